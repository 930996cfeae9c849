/* task/test_sched: threads over a clock that moves only when one says that it
 * works; module text is a call of sched_way_out where a timer interrupt would
 * have hit. Include it once a program, whose tests start with set_up. */
#ifndef AZ_TASK_TEST_SCHED_H
#define AZ_TASK_TEST_SCHED_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/fault.h"
#include "arch/clock.h"
#include "arch/power.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "test/fake.h"

enum { MS = 1000000, THREADS_MAX = 8, RAM = 64 << 20 };

struct script {
	struct domain domain;
	struct az_module module;
	void (*run)(struct script *self);
	char letter;
};

static struct script scripts[THREADS_MAX];
static uint32_t script_count, reaped, chores_done;
static uint32_t pieces; /* of 4 ms each: work at home for each end */
static char trace[256];

static void note(char c)
{
	size_t len = strlen(trace);

	if (len + 1 < sizeof(trace))
		trace[len] = c;
}

static struct script *self_script(void)
{
	return (struct script *)(void *)sched_domain();
}

static void begin(void)
{
	struct script *s = self_script();

	sched_way_out();
	s->run(s);
	sched_exit(0);
}

/* Compute for ns in steps of a tenth of a millisecond. */
static void work(uint64_t ns)
{
	for (uint64_t done = 0; done < ns; done += MS / 10) {
		fake_advance(MS / 10);
		sched_way_out();
	}
}

static struct script *add(void (*run)(struct script *self))
{
	struct script *s = &scripts[script_count];

	s->run = run;
	s->letter = (char)('a' + script_count);
	s->domain.module = &s->module;
	script_count++;
	return s;
}

static void chores(void)
{
	chores_done++;
}

static void reap(struct domain *d)
{
	for (uint32_t i = 0; i < pieces; i++) {
		note('.');
		fake_advance(4 * MS);
		sched_point();
	}
	sched_charge_home(d);
	sched_halt(d->thread);
	thread_free(&d->thread);
	if (++reaped == script_count)
		power_end(AZ_END_OK);
}

static void run_all(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < script_count; i++) {
		struct script *s = &scripts[i];
		uint64_t end = s->module.deadline;

		assert_int_equal(
		    thread_alloc(&s->domain.thread, &s->domain, begin), AZ_OK);
		sched_start(s->domain.thread,
		    end != 0 ? clock_now() + end : CLOCK_NEVER);
	}
	sched_run(reap, chores);
}

static void play(void)
{
	enum az_end end;

	assert_true(fake_catch(run_all, NULL, &end));
	assert_int_equal(end, AZ_END_OK);
}

static int set_up(void **state)
{
	(void)state;
	memset(scripts, 0, sizeof(scripts));
	memset(trace, 0, sizeof(trace));
	script_count = reaped = chores_done = pieces = 0;
	fake_memory(RAM);
	clock_start();
	return 0;
}

static void work_30(struct script *self)
{
	for (int i = 0; i < 6; i++) {
		note(self->letter);
		work(5 * MS);
	}
}

static void spin(struct script *self)
{
	(void)self;
	for (;;)
		work(MS);
}

static struct script *add_as(
    enum az_priority priority, void (*run)(struct script *self))
{
	struct script *s = add(run);

	s->module.priority = priority;
	return s;
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

#endif
