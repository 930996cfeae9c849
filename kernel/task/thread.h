/* task/thread: what runs on the CPU, as the scheduler sees it.
 *
 * A thread that does not run is always resumed through saved_sp: it blocked
 * inside the kernel, or it was preempted in module text, and then saved_sp
 * is a fresh kernel stack that reloads `frame` and `fpu`. Kernel stacks are
 * never used while module text runs.
 * Memory: a run of mm/map, the record at its top, the kernel stack below it
 * down to the guard page.
 */
#ifndef AZ_TASK_THREAD_H
#define AZ_TASK_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/context.h"
#include "arch/trap.h"
#include "base/err.h"
#include "base/timer.h"
#include "task/record.h"

struct domain;

/* Bytes of a thread: its record and its kernel stack. */
enum { THREAD_SIZE = 8192 };

enum thread_state {
	THREAD_NEW,
	THREAD_READY, /* in the queue of its priority */
	THREAD_RUNNING,
	THREAD_SLEEPING, /* until `wake` fires */
	THREAD_DEAD,     /* off the CPU and in no queue */
};

/* Its kernel stack ends where it begins: &thread is the first stack pointer. */
struct thread {
	/* What it executes. The one behind the last holds a call in the
	 * making, or what is left of one that is over. */
	_Alignas(THREAD_ALIGN) struct record records[RECORDS_MAX + 1];
	struct domain *domain; /* its home */
	struct record *top; /* behind the last record, while it does not run */

	/* Gates (ipc/gate). */
	struct domain *waits_for; /* the callee that it wants to enter */
	struct thread *next_caller;
	bool overtaken;  /* another had the callee while this one waited */
	int32_t verdict; /* enum az_status: how its call ends; 0: it does not */

	/* Scheduler only, interrupts off. */
	enum thread_state state;
	struct thread *next; /* in the one queue that state names */
	uint64_t saved_sp;
	struct timer wake;  /* set while THREAD_SLEEPING */
	bool woken;         /* a wake came while it was awake */
	bool throttled;     /* sleeps because its budget is spent */
	bool preempted;     /* frame and fpu are valid */
	uint64_t ran_since; /* when it was last put on the CPU */
	uint64_t owed;      /* ns by which its next turn is shorter */

	struct trap_frame frame;
	_Alignas(16) uint8_t fpu[CONTEXT_FPU_SIZE];
};
_Static_assert(sizeof(struct thread) == THREAD_ALIGN, "record_thread");

/* The domain in which t's records up to r end. */
static inline struct domain *thread_domain(
    const struct thread *t, const struct record *r)
{
	return r == t->records ? t->domain : r->gate->callee;
}

/* A new thread, on whose kernel stack begin runs first. AZ_ENOMEM: nothing is
 * left behind. begin must not return. */
az_err thread_alloc(
    struct thread **out, struct domain *domain, void (*begin)(void));
/* Free *t, which is dead and not the current thread, and forget the registers
 * wherever they were saved and in the CPU. */
void thread_free(struct thread **t);

/* Make a dead thread new again, to run begin; forget: its registers as well, as
 * thread_free does, and all that its stack held. */
void thread_renew(struct thread *t, void (*begin)(void), bool forget);

/* Clear what t, which does not run, will not look at again: its stack below
 * where it goes on, registers it is not to load, records that are over. Others'
 * values are among that, of calls that it made into them. */
void thread_scrub(struct thread *t);

#endif
