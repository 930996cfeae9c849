/* Asks for secrets: its own, ones that it is not granted or nobody delivered,
 * into too little room, and one that is longer than was granted. */
#include "../authority/trial.h"

static char bytes[64];

void _start(void)
{
	int64_t sum = 0;
	int32_t n = az_secret("key", 3, bytes, sizeof(bytes));

	trial_say("length", n);
	for (int32_t i = 0; i < n; i++)
		sum = sum * 31 + bytes[i];
	trial_say("sum", sum);
	bytes[0] = 'x';
	trial_say("small", az_secret("key", 3, bytes, 2));
	trial_say("untouched", bytes[0] == 'x');
	trial_say("long", az_secret("long", 4, bytes, sizeof(bytes)));
	trial_say("late", az_secret("late", 4, bytes, sizeof(bytes)));
	trial_say("other", az_secret("other", 5, bytes, sizeof(bytes)));
	trial_say("nowhere", az_secret("key", 3, bytes, 0xffffffff));
}
