#include "sup/evidence.h"

#include <stddef.h>

#include "abi/fault.h"
#include "arch/clock.h"
#include "base/fmt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timer.h"
#include "mm/map.h"
#include "sup/report.h"
#include "task/domain.h"
#include "task/sched.h"

enum { ENTRIES = 32, WORDS_MAX = 64, LAST_MAX = 96, NS_PER_US = 1000 };

enum what { TRAPPED, RESTARTED, READY };

struct entry {
	enum what what;
	struct report report; /* of another than a trap: domain, generation */
	enum domain_end end;
	uint32_t end_code, n, of;
	uint64_t ns; /* that it took */
	uint64_t stack[WORDS_MAX];
	char last[LAST_MAX];
};

static struct {
	struct entry *entries;
	uint32_t first, count, lost;
	bool late; /* it has waited for long enough */
	struct timer timer;
} ring;

static void on_due(struct timer *t)
{
	(void)t;
	ring.late = true;
	sched_want_chores();
}

az_err evidence_init(void)
{
	ring.timer.fire = on_due;
	return map_array(&ring.entries, ENTRIES);
}

static void print_restart(const struct entry *e)
{
	char code[sizeof("exit code=4294967295")];
	const char *reason = code;

	if (e->end == DOMAIN_EXITED)
		(void)fmt_into(code, sizeof(code), "exit code=%u", e->end_code);
	else
		reason = report_trap_text(e->end_code);
	log_warn("sup",
	    "restart module=%s generation=%u reason=\"%s\" n=%u of=%u us=%lu",
	    e->report.domain->name, e->report.generation, reason, e->n, e->of,
	    e->ns / NS_PER_US);
}

static void print(const struct entry *e)
{
	if (e->what == TRAPPED)
		report_print(&e->report);
	else if (e->what == RESTARTED)
		print_restart(e);
	else
		log_info("sup", "ready module=%s ms=%lu",
		    e->report.domain->name, e->ns / NS_PER_US / 1000);
}

void evidence_print(void)
{
	log_set_before(NULL);
	timer_cancel(&ring.timer);
	ring.late = false;
	for (; ring.count > 0; ring.count--) {
		struct entry *e = &ring.entries[ring.first];

		print(e);
		memset(e, 0, sizeof(*e));
		ring.first = (ring.first + 1) % ENTRIES;
	}
	if (ring.lost > 0)
		log_warn("sup", "evidence lost=%u", ring.lost);
	ring.lost = 0;
}

void evidence_idle(void)
{
	if (ring.late || !sched_any_ready())
		evidence_print();
}

static struct entry *add(enum what what, const struct domain *d, uint64_t now)
{
	struct entry *e;

	if (ring.count == ENTRIES) {
		ring.first = (ring.first + 1) % ENTRIES;
		ring.count--;
		ring.lost++;
	}
	if (ring.count == 0) {
		timer_set(&ring.timer, now + EVIDENCE_DELAY_NS);
		log_set_before(evidence_print);
	}
	e = &ring.entries[(ring.first + ring.count++) % ENTRIES];
	e->what = what;
	e->report.domain = d;
	e->report.generation = d->generation;
	return e;
}

/* Make the evidence independent of the instance. */
static void keep(struct entry *e, const struct report *r)
{
	e->report = *r;
	if (r->words > WORDS_MAX)
		e->report.words = WORDS_MAX;
	memcpy(e->stack, r->stack, e->report.words * sizeof(*e->stack));
	e->report.stack = e->stack;
	if (r->last == NULL)
		return;
	if (r->last_len > LAST_MAX)
		e->report.last_len = LAST_MAX;
	memcpy(e->last, r->last, e->report.last_len);
	e->report.last = e->last;
}

void evidence_trap(
    const struct domain *d, uint32_t trap, const struct report_site *site)
{
	struct report r;

	report_take(&r, d, trap, site);
	if (d->module->restart != AZ_RESTART_TEMPORARY) {
		keep(add(TRAPPED, d, clock_now()), &r);
		return;
	}
	evidence_print();
	report_print(&r);
}

void evidence_restart(const struct domain *d, uint32_t n, uint32_t of)
{
	struct entry *e = add(RESTARTED, d, d->started);

	e->end = d->end;
	e->end_code = d->end_code;
	e->n = n;
	e->of = of;
	e->ns = d->started - d->ended;
}

void evidence_ready(const struct domain *d)
{
	uint64_t now = clock_now();

	add(READY, d, now)->ns = now - d->started;
}
