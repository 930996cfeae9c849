#include "sup/run.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/layout.h"
#include "arch/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "load/bind.h"
#include "load/blob.h"
#include "load/program.h"
#include "load/spawn.h"
#include "load/window.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "sup/report.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/bundle.h"
#include "verify/fit.h"

static struct {
	const struct bundle *bundle;
	const struct run_hooks *hooks;
	struct domain *domains;    /* one per module, in its order */
	struct program **programs; /* likewise, shared */
	uint32_t alive;
	uint64_t frames_free; /* before the first instance */
	bool failed;          /* some module did not end as expected */
} run;

static void set_identity(struct domain *d, uint32_t i)
{
	const struct az_module *m = &run.bundle->modules[i];
	struct bundle_text name = bundle_text(run.bundle, m->name);

	d->id = i;
	memcpy(d->name, name.at, name.len); /* checked: <= AZ_NAME_MAX */
	d->slot = (uint64_t)(i + 1) * AZ_SLOT_SIZE;
	d->memory = (uint8_t *)(uintptr_t)(d->slot + AZ_MEMORY_BASE);
	d->memory_max = m->memory;
	d->module = m;
	bind_grants(d, run.bundle, i);
}

/* Everything about module i that can be refused. */
static enum az_refusal check(uint32_t i, const char **why)
{
	struct domain *d = &run.domains[i];
	uint32_t blob = run.bundle->modules[i].blob;
	struct program *p;
	enum az_refusal refusal;

	refusal = program_get(&p, blob, run.hooks->entry, why);
	if (refusal != AZ_REFUSE_NONE)
		return refusal;
	run.programs[i] = p;
	d->image = &p->image;
	return fit_check(d->image, run.bundle, i, why);
}

/* Build the instance of module i. A segment that does not fit is the
 * module's own trap and must not stop the others. */
static az_err build(uint32_t i)
{
	struct domain *d = &run.domains[i];
	az_err err = spawn_map(d, run.programs[i]);

	if (err == AZ_ERANGE) {
		d->end = DOMAIN_TRAPPED;
		return AZ_OK;
	}
	TRY(err);
	TRY(thread_alloc(&d->thread, d, run.hooks->begin));
	return run.hooks->attach(d);
}

/* What a refused blob is called: by its first user, if any is an image. */
static const char *blob_user(uint32_t blob)
{
	static char name[AZ_NAME_MAX + 1];

	for (uint32_t i = 0; i < run.bundle->module_count; i++) {
		struct bundle_text text =
		    bundle_text(run.bundle, run.bundle->modules[i].name);

		if (run.bundle->modules[i].blob != blob)
			continue;
		memcpy(name, text.at, text.len); /* checked: <= AZ_NAME_MAX */
		name[text.len] = 0;
		return name;
	}
	return "";
}

static const char *blob_why(enum az_refusal refusal)
{
	switch (refusal) {
	case AZ_REFUSE_BLOB_HASH:
		return "a blob is not the one that was signed";
	case AZ_REFUSE_BLOB_INFLATE:
		return "a blob does not decode";
	default:
		return "no memory for the blobs";
	}
}

static enum az_refusal load_blobs(const char **why, const char **who)
{
	enum az_refusal refusal;

	*why = blob_why(AZ_REFUSE_MEMORY);
	if (blob_init(run.bundle) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	for (uint32_t i = 0; i < run.bundle->blob_count; i++) {
		refusal = blob_load(i);
		if (refusal != AZ_REFUSE_NONE) {
			*why = blob_why(refusal);
			*who = blob_user(i);
			return refusal;
		}
	}
	return AZ_REFUSE_NONE;
}

static az_err alloc_tables(uint32_t count)
{
	void *domains, *programs;

	TRY(map_alloc(&domains, (count + 1) * sizeof(struct domain)));
	run.domains = domains;
	TRY(map_alloc(&programs, (count + 1) * sizeof(struct program *)));
	run.programs = programs;
	return window_init(run.bundle);
}

enum az_refusal run_load(const struct bundle *b, const struct run_hooks *hooks,
    const char **why, const char **who)
{
	enum az_refusal refusal;

	run.bundle = b;
	run.hooks = hooks;
	*who = "";
	refusal = load_blobs(why, who);
	if (refusal != AZ_REFUSE_NONE)
		return refusal;
	*why = "no memory for the modules";
	if (alloc_tables(b->module_count) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	for (uint32_t i = 0; i < b->module_count; i++) {
		set_identity(&run.domains[i], i);
		*who = run.domains[i].name;
		refusal = check(i, why);
		if (refusal != AZ_REFUSE_NONE)
			return refusal;
	}
	run.frames_free = frame_count_free();
	for (uint32_t i = 0; i < b->module_count; i++) {
		*why = "no memory for the instance";
		*who = run.domains[i].name;
		if (build(i) != AZ_OK)
			return AZ_REFUSE_MEMORY;
	}
	return AZ_REFUSE_NONE;
}

static bool as_expected(const struct domain *d)
{
	if (d->module->expect == AZ_EXPECT_TRAP)
		return d->end == DOMAIN_TRAPPED;
	return d->end == DOMAIN_EXITED && d->end_code == d->module->expect_code;
}

static void log_end(const struct domain *d)
{
	unsigned long long ms = (d->ended - d->started) / 1000000;
	const char *word = as_expected(d) ? "yes" : "no";

	if (d->end == DOMAIN_EXITED)
		log_info("sup",
		    "exit module=%s end=exit code=%u expected=%s ms=%llu "
		    "memory=%llu grow_refused=%u",
		    d->name, d->end_code, word, ms,
		    (unsigned long long)d->memory_size, d->grow_refused);
	else
		log_info("sup",
		    "exit module=%s end=trap code=%u trap=\"%s\" expected=%s "
		    "ms=%llu memory=%llu grow_refused=%u",
		    d->name, d->end_code, report_trap_text(d->end_code), word,
		    ms, (unsigned long long)d->memory_size, d->grow_refused);
}

/* The last module has ended, and every instance is taken apart: the frames
 * that they held must be free again. */
static void end_system(void)
{
	log_info("sup", "end result=%s frames_lost=%lld",
	    run.failed ? "failed" : "ok",
	    (long long)(run.frames_free - frame_count_free()));
	run.hooks->finish(run.failed ? AZ_END_FAILED : AZ_END_OK);
}

static void account_end(const struct domain *d)
{
	run.failed = run.failed || !as_expected(d);
	if (--run.alive == 0)
		end_system();
}

static void reap(struct domain *d)
{
	run.hooks->detach(d);
	log_end(d);
	spawn_unmap(d, run.programs[d->id]);
	thread_free(&d->thread);
	account_end(d);
}

static uint64_t deadline_of(const struct domain *d)
{
	uint64_t ns = d->module->deadline;

	/* One beyond the end of time is none. */
	if (ns == 0 || ns > CLOCK_NEVER - d->started)
		return CLOCK_NEVER;
	return d->started + ns;
}

void run_system(void)
{
	uint32_t count = run.bundle->module_count;

	run.alive = count;
	if (count == 0)
		end_system();
	for (uint32_t i = 0; i < count; i++) {
		struct domain *d = &run.domains[i];

		d->started = clock_now();
		log_info("sup", "start module=%s", d->name);
		if (d->end != DOMAIN_RUNNING) {
			d->ended = d->started;
			log_end(d);
			account_end(d);
			continue;
		}
		sched_start(d->thread, deadline_of(d));
	}
	sched_run(reap);
}
