/* test/ledger: the product's kernel, which kills its modules at random moments
 * and balances its books after each kill.
 *
 * A timer picks the victim: the one that runs, most often, else any; or, when
 * LEDGER_VICTIM names it, that one about every LEDGER_GAP ns, as soon as it
 * runs, but no later than LEDGER_GAP / 8. The linker's --wrap puts this between
 * sup/run and the layers below: what is restored must hold exactly the frames
 * that it began with, no timer, no place in a queue, no call and no caller;
 * the pool of a device that was its own is not written to any more. Linked and
 * booted by tools/boot-ledger and tools/boot-web-kills only; it says so. */
#include <stddef.h>

#include "abi/layout.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/page.h"
#include "arch/power.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timer.h"
#include "dev/device_impl.h"
#include "load/window.h"
#include "mm/frame.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/image.h"

#ifndef LEDGER_VICTIM
#define LEDGER_VICTIM ""
#define LEDGER_GAP 0
#endif

enum {
	KILLS = LEDGER_KILLS,
	GAP = LEDGER_GAP,  /* ns; 0: any */
	LOOK_NS = 5000,    /* whether it runs */
	QUIET_NS = 200000, /* for a device to write late */
	START_NS = 2000000000,
	END_NS = 1000000000,
	TABLE_SPAN = 2 << 20, /* of a page table */
	CHANNELS_MAX = 64,
	FRAME_MIN = 56, /* bytes */
	SEND = 1,       /* the ring of both cards */
	DOMAINS_MAX = 64,
	GAP_MIN = 2000, /* ns */
	GAP_SPREAD = 1 << 21,
	ANY = 8, /* one in so many victims does not run */
};

void __real_sched_start(struct thread *t, uint64_t deadline);
void __wrap_sched_start(struct thread *t, uint64_t deadline);
void __real_thread_renew(struct thread *t, void (*begin)(void), bool forget);
void __wrap_thread_renew(struct thread *t, void (*begin)(void), bool forget);
int32_t __real_device_post(
    struct device *d, uint32_t ring, const struct az_dma *list, uint32_t count);
int32_t __wrap_device_post(
    struct device *d, uint32_t ring, const struct az_dma *list, uint32_t count);
int32_t __real_device_reap(
    struct device *d, uint32_t ring, struct az_dma_done *list, uint32_t count);
int32_t __wrap_device_reap(
    struct device *d, uint32_t ring, struct az_dma_done *list, uint32_t count);

static struct {
	struct domain *domains[DOMAINS_MAX];
	struct timer timer;
	uint32_t domain_count;
	uint64_t frames; /* free, when all instances were new */
	uint64_t random;
	uint32_t kills, running, grown, wrong, quiet;
	uint64_t killed; /* the victim, then; 0: it has been at work since */
	uint64_t until;  /* it is killed though it does not run */
	uint64_t work_sum, work_max; /* ns from a kill to its next frame */
	uint32_t works;
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

	if (GAP != 0)
		gap = GAP * 7ull / 8 + draw() % (GAP / 8 + 1);
	ledger.until = clock_now() + gap + GAP / 8;
	timer_set(&ledger.timer, clock_now() + gap);
}

static struct domain *find_victim(void)
{
	for (uint32_t i = 0; i < ledger.domain_count; i++)
		if (memcmp(ledger.domains[i]->name, LEDGER_VICTIM,
			sizeof(LEDGER_VICTIM)) == 0)
			return ledger.domains[i];
	return sched_domain() != NULL && draw() % ANY != 0
		   ? sched_domain()
		   : ledger.domains[draw() % ledger.domain_count];
}

static void kill_one(struct timer *t)
{
	struct domain *d = find_victim();

	if (GAP != 0 && d != sched_domain() && clock_now() < ledger.until) {
		timer_set(t, clock_now() + LOOK_NS);
		return;
	}
	ledger.running += d == sched_domain();
	if (d->life == DOMAIN_STARTING || d->life == DOMAIN_READY) {
		sched_end(d, DOMAIN_TRAPPED, AZ_TRAP_KILLED);
		ledger.killed = clock_now();
	}
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
		if (GAP != 0)
			timer_set(&ledger.timer, clock_now() + START_NS);
	}
	if (d->generation == 0)
		ledger.domains[ledger.domain_count++] = d;
	__real_sched_start(t, deadline);
}

/* Frames of that much of d's memory, and its page tables but the first. */
static uint64_t frames_of(const struct domain *d, uint64_t size)
{
	uint64_t start = (uint64_t)(uintptr_t)d->memory;

	return size / PAGE_SIZE + (start + size - 1) / TABLE_SPAN -
	       start / TABLE_SPAN;
}

/* Frames that modules have taken since. */
static uint64_t taken(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < ledger.domain_count; i++) {
		const struct domain *d = ledger.domains[i];

		sum += frames_of(d, d->memory_size) - frames_of(d, initial(d));
	}
	return sum;
}

static void finish(struct timer *t)
{
	(void)t;
	power_end(ledger.wrong == 0 ? AZ_END_OK : AZ_END_FAILED);
}

/* Who was killed last comes back, when there is a victim. */
static void close_books(void)
{
	if (GAP != 0)
		log_info("ledger", "quiet=%u frames=%u mean_us=%lu max_us=%lu",
		    ledger.quiet, ledger.works,
		    ledger.work_sum / (ledger.works + !ledger.works) / 1000,
		    ledger.work_max / 1000);
	log_info("ledger", "kills=%u running=%u grown=%u wrong=%u",
	    ledger.kills, ledger.running, ledger.grown, ledger.wrong);
	if (GAP == 0)
		finish(NULL);
	ledger.timer.fire = finish;
	timer_set(&ledger.timer, clock_now() + END_NS);
}

static void check(const char *what, uint64_t found, uint64_t wanted)
{
	if (found == wanted)
		return;
	ledger.wrong++;
	log_error("ledger", "%s: %llu, not %llu", what,
	    (unsigned long long)found, (unsigned long long)wanted);
}

/* Of enough to see any frame. */
static uint64_t sum_of(const uint8_t *bytes, uint32_t size)
{
	uint64_t sum = 0, word;

	for (uint32_t i = 0; i < size; i += FRAME_MIN) {
		memcpy(&word, bytes + i, sizeof(word));
		sum = sum * 31 + word;
	}
	return sum;
}

/* Devices that nobody drives do not write any more. */
static void check_quiet(void)
{
	uint64_t since = clock_now();

	for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
		struct device *device = device_find(i);
		uint64_t sum, until = clock_now() + QUIET_NS;

		if (device == NULL || device->started)
			continue;
		sum = sum_of(window_run(i), device->pool_size);
		while (clock_now() < until)
			continue;
		check("pool", sum_of(window_run(i), device->pool_size), sum);
		ledger.quiet++;
	}
	/* That is not what a kill costs. */
	ledger.killed += clock_now() - since;
	set_timer();
}

static void note_work(int32_t n, bool frames)
{
	uint64_t ns = clock_now() - ledger.killed;

	if (n <= 0 || !frames || ledger.killed == 0)
		return;
	ledger.killed = 0;
	ledger.works++;
	ledger.work_sum += ns;
	if (ns > ledger.work_max)
		ledger.work_max = ns;
}

int32_t __wrap_device_post(
    struct device *d, uint32_t ring, const struct az_dma *list, uint32_t count)
{
	int32_t n = __real_device_post(d, ring, list, count);

	note_work(n, ring == SEND);
	return n;
}

int32_t __wrap_device_reap(
    struct device *d, uint32_t ring, struct az_dma_done *list, uint32_t count)
{
	int32_t n = __real_device_reap(d, ring, list, count);

	note_work(n, ring != SEND);
	return n;
}

void __wrap_thread_renew(struct thread *t, void (*begin)(void), bool forget)
{
	struct domain *d = t->domain;

	ledger.kills++;
	ledger.grown += taken() > 0;
	/* Page tables of what modules have grown to are kept. */
	if (GAP != 0 && ledger.kills == 1)
		ledger.frames = frame_count_free() + taken();
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
	if (GAP != 0)
		check_quiet();
	if (ledger.kills == KILLS)
		close_books();
	__real_thread_renew(t, begin, forget);
}
