/* ipc/signal_impl: who waits at the ends of channels, for turn.c beside. */
#ifndef AZ_IPC_SIGNAL_IMPL_H
#define AZ_IPC_SIGNAL_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timer.h"
#include "ipc/signal.h"

struct thread;

struct alarm {
	struct timer timer;
	const struct cap *through; /* NULL: free */
	uint64_t period;           /* ns; 0: once */
	uint64_t due;              /* the time for which it is set */
};

/* What a domain does with signals. */
struct party {
	struct party *next;        /* waits at the same end */
	const struct cap *through; /* waits through it; NULL: does not */
	struct thread *thread;
	uint64_t ns, until; /* how long, until when */
	bool turns;         /* what it needs to go on is in the record, too */
	bool waits_any;     /* for what sets one of these: */
	bool counted, stirred; /* since _any, _sleep last looked */
	struct alarm alarms[SIGNAL_TIMERS_MAX];
};

struct end {
	uint32_t count;
	struct party *waiting;
};

struct party *signal_party(const struct domain *d);
struct end *signal_end(uint32_t end);
/* The other end of the ring that c is of. */
uint32_t signal_other(const struct cap *c);

/* When a wait of so many ns that begins now is over. */
uint64_t signal_moment(uint64_t ns);
/* The current thread begins to wait through c. */
struct party *signal_begin(const struct cap *c, uint64_t ns);
/* Sleep until something was counted for p, which is taken, or the time has
 * come, or what it waits through has ended. */
int32_t signal_finish(struct party *p);
/* p waits no longer. */
void signal_stop(struct party *p);

#endif
