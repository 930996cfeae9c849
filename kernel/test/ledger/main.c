/* test/ledger: the product's kernel, which kills its modules at random moments
 * and balances its books after each kill.
 *
 * A timer picks the victim: the one that runs, most often, else any. The
 * linker's --wrap puts this between sup/run and the layers below: what is
 * restored must hold exactly the frames that it began with, no timer, no
 * place in a queue, no call and no caller. Linked and booted by tools/boot-ledger only; it says so. */
#include <stddef.h>

#include "abi/layout.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/page.h"
#include "arch/power.h"
#include "base/log.h"
#include "base/timer.h"
#include "mm/frame.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/image.h"

enum {
	KILLS = LEDGER_KILLS,
	DOMAINS_MAX = 64,
	GAP_MIN = 2000, /* ns */
	GAP_SPREAD = 1 << 21,
	ANY = 8, /* one in so many victims does not run */
};

void __real_sched_start(struct thread *t, uint64_t deadline);
void __wrap_sched_start(struct thread *t, uint64_t deadline);
void __real_thread_renew(struct thread *t, void (*begin)(void), bool forget);
void __wrap_thread_renew(struct thread *t, void (*begin)(void), bool forget);

static struct {
	struct domain *domains[DOMAINS_MAX];
	struct timer timer;
	uint32_t domain_count;
	uint64_t frames; /* free, when all instances were new */
	uint64_t random;
	uint32_t kills, running, grown, wrong;
} ledger;

static uint64_t draw(void)
{
	ledger.random ^= ledger.random << 13;
	ledger.random ^= ledger.random >> 7;
	ledger.random ^= ledger.random << 17;
	return ledger.random;
}

static uint64_t initial(const struct domain *d)
{
	return (uint64_t)d->image->head->mem_min * AZ_WASM_PAGE;
}

static void set_timer(void)
{
	uint64_t gap = GAP_MIN + draw() % (draw() % GAP_SPREAD + 1);

	timer_set(&ledger.timer, clock_now() + gap);
}

static void kill_one(struct timer *t)
{
	struct domain *d = sched_domain();

	(void)t;
	if (d != NULL && draw() % ANY != 0)
		ledger.running++;
	else
		d = ledger.domains[draw() % ledger.domain_count];
	if (d->life == DOMAIN_STARTING || d->life == DOMAIN_READY)
		sched_end(d, DOMAIN_TRAPPED, AZ_TRAP_KILLED);
	set_timer();
}

void __wrap_sched_start(struct thread *t, uint64_t deadline)
{
	struct domain *d = t->domain;

	if (ledger.domain_count == 0) {
		log_warn("ledger", "test kernel: kills at random");
		ledger.frames = frame_count_free();
		ledger.random = cpu_cycles() | 1;
		ledger.timer.fire = kill_one;
		set_timer();
	}
	if (d->generation == 0)
		ledger.domains[ledger.domain_count++] = d;
	__real_sched_start(t, deadline);
}

/* Frames that modules have taken since. */
static uint64_t taken(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < ledger.domain_count; i++)
		sum +=
		    ledger.domains[i]->memory_size - initial(ledger.domains[i]);
	return sum / PAGE_SIZE;
}

static void finish(void)
{
	log_info("ledger", "kills=%u running=%u grown=%u wrong=%u",
	    ledger.kills, ledger.running, ledger.grown, ledger.wrong);
	power_end(ledger.wrong == 0 ? AZ_END_OK : AZ_END_FAILED);
}

static void check(const char *what, uint64_t found, uint64_t wanted)
{
	if (found == wanted)
		return;
	ledger.wrong++;
	log_error("ledger", "%s: %llu, not %llu", what,
	    (unsigned long long)found, (unsigned long long)wanted);
}

void __wrap_thread_renew(struct thread *t, void (*begin)(void), bool forget)
{
	struct domain *d = t->domain;

	ledger.kills++;
	ledger.grown += taken() > 0;
	check("memory", d->memory_size, initial(d));
	check("frames", frame_count_free() + taken(), ledger.frames);
	check("wake", t->wake.at, 0);
	check("deadline", d->deadline.at, 0);
	check("state", t->state, THREAD_DEAD);
	check("life", d->life, DOMAIN_DOWN);
	check("activation", d->entered > RECORD_CLOSED, false);
	for (struct thread *c = d->callers; c != NULL; c = c->next_caller)
		check("caller", c->waits_for == d, true);
	check("times", d->late.at | d->alone.at, 0);
	check("call", t->waits_for != NULL, false);
	check("records", (uint64_t)(t->top - t->records), 1);
	if (ledger.kills == KILLS)
		finish();
	__real_thread_renew(t, begin, forget);
}
