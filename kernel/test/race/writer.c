/* writer: another client, which never stops writing to the arena. */
#include "race.client.h"

AZ_WINDOW(race, 32768);

int main(void)
{
	volatile uint8_t *at = az_window_race;

	(void)race_look(az_window_race, 0);
	for (uint32_t n = 0;; n++)
		at[n * 7919 % 32768] ^= (uint8_t)(n | 1);
}
