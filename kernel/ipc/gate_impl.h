/* ipc/gate_impl: what gate.c (the slow ways in and out), gate_bind.c,
 * gate_end.c, turn.c and x86_64/rewind.c have of each other; for
 * them alone. */
#ifndef AZ_IPC_GATE_IMPL_H
#define AZ_IPC_GATE_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/layout.h"
#include "task/domain.h"
#include "task/record.h"
#include "task/sched.h"
#include "wasm/table.h"

struct az_channel;
struct thread;

static inline uint64_t gate_label(const char *label)
{
	return (uint64_t)label;
}

/* Where d's stubs see its gates. */
static inline const struct gate *gate_first_of(const struct domain *d)
{
	return (const struct gate *)(d->slot + table_gates_base(d->image));
}

/* What t calls through that has not entered its callee. */
static inline const struct gate *gate_awaited(struct thread *t)
{
	return (*sched_top(t))->gate;
}

const struct az_channel *gate_channel(const struct gate *g);

/* What forbids d's call through g for good: 0 or an enum az_status. */
int32_t gate_check(struct domain *d, const struct gate *g, uint32_t handle);

/* d's activation has ended without a caller. */
void gate_alone_over(struct domain *d);

/* Make the return of d's activation come to gate_leave. */
void gate_hook(const struct domain *d);

/* Let t wait until d is free. False: as many calls wait through that channel
 * as may. */
bool gate_wait_for(struct domain *d, struct thread *t);

/* t's call will not be made: whoever waits behind it is next. */
void gate_stop_waiting(struct thread *t);

/* How t's call has ended without its callee, which is thereby answered; 0: it
 * has not. */
int32_t gate_verdict(struct thread *t);

/* Set the end of the call that caller makes through g, and that of the callee's
 * work, if it has none; or forget both. */
void gate_limit(struct domain *caller, const struct gate *g);
void gate_unlimit(struct domain *caller);

/* End the call behind the current thread's last record, in place of the
 * callee. */
_Noreturn void gate_answer(int32_t status);

#endif
