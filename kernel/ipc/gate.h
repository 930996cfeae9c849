/* ipc/gate: calls from one domain into another, and how they end.
 *
 * A gate is bound for each import of a channel; its fast path is
 * ipc/x86_64/gate.inc. This is the rest: a callee that is busy, dead or
 * closed, calls that are repeated, that take too long or that lose an end.
 * Invariants: a domain has one activation, and waits in one call at most; a
 * domain that is entered has a record, of a thread, that says so; callers
 * that wait for it are its list, in the order of their priorities.
 * Splitting: when a caller must go on while its callee does too, the chain is
 * cut there. The thread that executes the upper part becomes the home of that
 * part's first domain, whose idle one goes on with the lower part.
 * Context: interrupts off.
 */
#ifndef AZ_IPC_GATE_H
#define AZ_IPC_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/status.h"

struct bundle;
struct domain;
struct gate;
struct record;
struct thread;
struct trap_frame;

/* Before any other: the signed channels. Calls follow their capabilities: one
 * that ends takes what was bound to it and the call that is under way. */
void gate_init(const struct bundle *b);

/* Fill d's gates, all open and no handle known. Domains lie in an array, by
 * module; the images of all that d calls are there. */
void gate_bind(struct domain *d);

/* From now on d's home thread runs; calls wait until it parks. */
void gate_open(struct domain *d);

/* Nothing executes in d after this, no record names it, and nobody waits for
 * it: its callers go on with why. AZ_PEER_DIED: d will be opened again; calls
 * that it has not seen, old and new ones, wait for that. Not for the current
 * domain. d's home thread is to be halted then. */
void gate_evict(struct domain *d, enum az_status why);

/* The call in which d is, if it is in one, ends for d with why; its callee
 * goes on alone, for what is left of the time that the channel gives a call. */
void gate_abandon(struct domain *d, enum az_status why);

/* What goes with a call besides its arguments (load/carry): in before it,
 * out when it has returned. 0, or an enum az_status in place of the call. */
typedef int32_t gate_carry_fn(
    struct domain *caller, const struct gate *g, uint64_t *args, bool out);
/* d's activation is over, and there was nobody to carry anything back to. */
typedef void gate_alone_fn(const struct domain *d);
void gate_set_carry(gate_carry_fn *carry, gate_alone_fn *alone);

/* The end of a reactor's own work: calls come in, the thread is set aside. */
_Noreturn void gate_park(void);

/* Take an interrupt in gate_call for one in module text (trap_set_handlers). */
void gate_rewind(struct trap_frame *frame);

/* Give calls that have no end yet theirs (sched_set_tick). */
void gate_stamp(struct thread *t);

/* Called by x86_64/gate.inc only. */
_Noreturn void gate_enter(const uint64_t *args);
_Noreturn void gate_leave(uint64_t value);

#endif
