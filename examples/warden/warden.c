/* warden MS [TIMES]: waits for signs of life, and resets who gives none for so
 * long: first itself, then also those whom it needs. Ends the system when that
 * was necessary TIMES times; without TIMES never. */
#include <azoth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NS_PER_MS = 1000000, EVERY = 10, NEEDS_MAX = 2 };

static struct worker {
	const char *name, *sign;
	const char *needs[NEEDS_MAX];
	int silences; /* in a row */
} workers[] = {
	{ "clerk", "kept", { "store", "meter" }, 0 },
	{ "alice", "fine", { "store" }, 0 },
};

static int64_t patience;
static int helped;

static void renew(const char *name)
{
	printf("reset %s\n", name);
	az_reset(name, strlen(name));
}

static void help(struct worker *w)
{
	printf("%s is silent\n", w->name);
	if (w->silences++ > 0) {
		for (int i = 0; i < NEEDS_MAX && w->needs[i] != NULL; i++)
			renew(w->needs[i]);
		helped++;
	}
	renew(w->name);
}

/* The signs that it gave; 0 after a while without one. */
static int32_t hear(struct worker *w)
{
	int32_t handle = az_channel(w->sign, strlen(w->sign));
	int32_t signs = az_signal_wait(handle, patience);

	if (signs <= 0) {
		help(w);
		return 0;
	}
	w->silences = 0;
	return signs;
}

int main(int argc, char **argv)
{
	int times = argc > 2 ? atoi(argv[2]) : 0;
	int32_t blocks = 0, told = 0;

	patience = (argc > 1 ? atoi(argv[1]) : 1) * (int64_t)NS_PER_MS;
	while (times == 0 || helped < times) {
		int32_t kept = hear(&workers[0]);

		if (hear(&workers[1]) > 0)
			blocks += kept;
		for (; told + EVERY <= blocks; told += EVERY)
			printf("%d blocks were right\n", told + EVERY);
	}
	return az_power(AZ_POWER_HALT);
}
