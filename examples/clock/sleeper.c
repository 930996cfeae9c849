/* sleeper MS TIMES: sleeps TIMES times for MS milliseconds, and looks at the
 * clock, whose resolution the manifest decides. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (long long)time.tv_sec * NS_PER_S + time.tv_nsec;
}

int main(int argc, char **argv)
{
	long ms = argc > 1 ? atol(argv[1]) : 10;
	int times = argc > 2 ? atoi(argv[2]) : 3;
	struct timespec pause = { .tv_nsec = ms * NS_PER_MS }, resolution;
	long long start = now();

	clock_getres(CLOCK_MONOTONIC, &resolution);
	printf("my clock ticks every %ld ns\n", resolution.tv_nsec);
	for (int n = 0; n < times; n++)
		nanosleep(&pause, NULL);

	/* A tick of the clock may be missing at both ends. */
	long long slept = now() - start + 2 * (long long)resolution.tv_nsec;
	bool enough = slept >= (long long)times * ms * NS_PER_MS;
	printf("slept %d times %ld ms: %s\n", times, ms,
	    enough ? "in time" : "too short");
	return enough ? 0 : 1;
}
