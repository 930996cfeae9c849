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
 * and is not preempted; long work calls sched_point between pieces. So where
 * a thread is not current, nothing of the kernel is half done for it, and it
 * can be ended there. The boot stack, where ends are seen to, comes before all
 * threads; its own long work lets urgent ones in at once, and others in turns.
 */
#ifndef AZ_TASK_SCHED_H
#define AZ_TASK_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "task/domain.h"

struct record;
struct thread;
struct trap_frame;

enum { SCHED_SLICE_NS = 10000000 };

/* The domain that the running thread executes; NULL in the idle loop. */
struct domain *sched_domain(void);

/* The running thread; NULL in the idle loop. */
struct thread *sched_thread(void);
/* What points behind a thread's last record. */
struct record **sched_top(struct thread *thread);

/* Give the rest of the slice to others. (Not POSIX's name: on Linux the C
 * library would call it.) */
void sched_pass(void);

/* Let interrupts in and others run if it is their turn. */
void sched_point(void);
/* Let the current thread's time be paid before it changes whose it is. */
void sched_charge(void);
/* Let d pay for what the boot stack has worked since anybody paid for that. */
void sched_charge_home(struct domain *d);

/* Sleep until clock_now() >= ns, or until sched_wake(thread). Returns true
 * when woken before the time. CLOCK_NEVER: only a wake ends it. Does not
 * return when the thread is killed. */
bool sched_sleep_until(uint64_t ns);
/* Any context. A wake of a thread that does not sleep is remembered for its
 * next sleep. */
void sched_wake(struct thread *thread);

/* Go on in kernel code as `to`, which sleeps: the current thread's turn is its
 * now. False: nothing has changed, for one of them has a budget or is in a
 * call, or others come first. After that assembly may put each in the other's
 * place, by cpu_local()->record alone, until the kernel is entered again. The
 * time until then is charged to the one that is found running; the end of the
 * turn stays where it was.
 * Invariant: so two are joined at a time at most, one of them runs, both have
 * RUNNING's rights to it and neither budget nor watchdog, and no thread of a
 * higher rank than either is ready. */
bool sched_join(struct thread *to);
/* The one of two joined that does not run sleeps, until ns or a wake, and goes
 * on with fn, as sched_continue has it. The kernel is entered: before anything
 * else. */
void sched_part(struct thread *off, uint64_t ns, void (*fn)(void));

/* Make a new thread ready: it runs from its begin function. deadline: of its
 * domain, clock_now, or CLOCK_NEVER. */
void sched_start(struct thread *thread, uint64_t deadline);

/* End d, from wherever: it is reaped before anybody else's turn. Nothing when
 * it has ended already. */
void sched_end(struct domain *d, enum domain_end end, uint32_t code);
/* Take a thread that is not current out of all queues, wherever it was: in
 * module text, asleep, or between two pieces of work. Its domain's deadline is
 * off. */
void sched_halt(struct thread *thread);

/* Let a thread that is not current, wherever it was, sleep until it is woken,
 * and go on with fn, which must not return, on an empty stack. */
void sched_suspend(struct thread *thread, void (*fn)(void));
/* Set the running thread aside, until sched_suspend. */
_Noreturn void sched_park(void);

/* Called with each thread that leaves the CPU, and, when sched_need_tick has
 * asked for it, at least every ns while one with gates runs. */
void sched_set_tick(void (*tick)(struct thread *thread));
void sched_need_tick(uint64_t ns);

/* Whether some thread waits for its turn. */
bool sched_any_ready(void);

/* Let the chores of sched_run be done before anybody else's turn (any
 * context); let the current thread sleep until they are. */
void sched_want_chores(void);
void sched_do_chores(void);

/* Called on the way back to module text: end or preempt the thread when that
 * is due. */
void sched_way_out(void);

/* Called at the end of an interrupt that hit module text (arch/trap): may
 * switch and then does not return. */
void sched_interrupted(struct trap_frame *frame);

/* Whether a thread is to run, or a timer will fire. */
bool sched_expects(void);

/* Run threads for ever on the boot stack, sleeping when none is ready. Each
 * domain that has ended is given to reap, which may free everything of it, or
 * start it again. chores is called before each sleep as well. */
_Noreturn void sched_run(
    void (*reap)(struct domain *domain), void (*chores)(void));

/* End the current domain. */
_Noreturn void sched_exit(uint32_t status);
_Noreturn void sched_trap(uint32_t trap);

#endif
