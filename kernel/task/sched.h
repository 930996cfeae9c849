/* task/sched: which thread runs, for how long, and when it wakes.
 *
 * Preemptive: the highest priority runs, round robin within one; a slice is
 * SCHED_SLICE_NS. A thread runs while a budget (task/budget) pays for it: its
 * home domain's, and while it is in another domain also that one's. An urgent
 * one has a budget, and every 17th turn is the background's when it waits: so
 * nobody waits for ever. One-shot timer: armed for the end of the slice only
 * when another thread is ready, else for the next event (base/timer; a timer
 * that is set in kernel code is armed on the way out); an idle machine sleeps.
 *
 * Kernel code runs with interrupts off on the calling thread's kernel stack
 * and is not preempted; long work calls sched_point between pieces. A thread
 * that is to be killed while inside the kernel is marked, and ends on its way
 * out or at its next wait.
 */
#ifndef AZ_TASK_SCHED_H
#define AZ_TASK_SCHED_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct thread;
struct trap_frame;

enum { SCHED_SLICE_NS = 10000000 };

/* The running thread's domain; NULL in the idle loop. */
struct domain *sched_domain(void);

/* The running thread; NULL in the idle loop. */
struct thread *sched_thread(void);

/* Give the rest of the slice to others. (Not POSIX's name: on Linux the C
 * library would call it.) */
void sched_pass(void);

/* Let interrupts in and others run if it is their turn. */
void sched_point(void);

/* Sleep until clock_now() >= ns, or until sched_wake(thread). Returns true
 * when woken before the time. CLOCK_NEVER: only a wake ends it. Does not
 * return when the thread is killed. */
bool sched_sleep_until(uint64_t ns);
/* Any context. A wake of a thread that does not sleep is remembered for its
 * next sleep. */
void sched_wake(struct thread *thread);

/* Make a new thread ready: it runs from its begin function. deadline: of its
 * domain, clock_now, or CLOCK_NEVER. */
void sched_start(struct thread *thread, uint64_t deadline);

/* End a thread with trap at the next point where that is possible. */
void sched_doom(struct thread *thread, uint32_t trap);

/* Told of each thread that ends by doom: where it was in module text, or
 * NULL inside a host call. */
void sched_set_witness(void (*witness)(
    struct domain *domain, uint32_t trap, const struct trap_frame *frame));

/* Called on the way back to module text: end or preempt the thread when that
 * is due. */
void sched_way_out(void);

/* Called at the end of an interrupt that hit module text (arch/trap): may
 * switch and then does not return. */
void sched_interrupted(struct trap_frame *frame);

/* Run threads for ever on the boot stack, sleeping when none is ready. Each
 * dead domain is given to reap, which may free everything of it. */
_Noreturn void sched_run(void (*reap)(struct domain *domain));

/* End the current domain. */
_Noreturn void sched_exit(uint32_t status);
_Noreturn void sched_trap(uint32_t trap);

#endif
