/* client: has its list looked at, in the arena. */
#include <stdio.h>
#include <string.h>

#include "race.client.h"

AZ_WINDOW(race, 32768);

enum { CALLS = 40 };

int main(void)
{
	int changed = 0, other = 0;

	for (int n = 0; n < CALLS; n++) {
		int32_t status;

		memset(az_window_race, n, sizeof(az_window_race));
		status = race_look(az_window_race, sizeof(az_window_race));
		changed += status == AZ_FAIL(RACE_SEEN_CHANGED);
		other += status != 0 && status != AZ_FAIL(RACE_SEEN_CHANGED);
	}
	printf("changed %s other %d\n", changed != 0 ? "yes" : "no", other);
	return az_power(AZ_POWER_HALT);
}
