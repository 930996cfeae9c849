/* task/watch: whether a domain hangs (watchdog: W): its home thread has used
 * W of the CPU's time since it last called the host or another domain, or
 * began. What it does for callers, on their threads, does not count.
 * A call of the host sets `heard`; one through a gate leaves its record behind
 * the last of the thread. Both are looked at as time is paid, four times in W,
 * so that what hangs has at most a quarter more; and no time between two looks
 * counts for more than that, for then the CPU itself stood still.
 * Context: interrupts off. */
#ifndef AZ_TASK_WATCH_H
#define AZ_TASK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct domain;

/* Zeroed is that of a domain that has not run. */
struct watch {
	uint64_t silent; /* ns since it was last known to call */
	bool heard;      /* it has called, or begun, and nobody has looked */
};

/* Look whether d has called in the ns that its thread has run since. */
void watch_look(struct domain *d, uint64_t ns);
/* Ns after which somebody must look again; CLOCK_NEVER without a watchdog. */
uint64_t watch_patience(const struct domain *d);

/* Whether it has not called for W. */
bool watch_hung(const struct domain *d);

/* The current thread was interrupted in module text, so nothing of the kernel
 * is half done for it: its home is ended when that hangs. */
void watch_interrupted(void);

#endif
