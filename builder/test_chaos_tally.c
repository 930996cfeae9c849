/* The tally: what console lines make of a fault. */
#include "chaos_tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define K "azoth 0.100000 warn "

/* Feed lines, NULL at the end. */
static void feed(struct chaos_tally *t, const char *const *lines)
{
	for (; *lines != NULL; lines++)
		chaos_tally_line(t, *lines);
}

#define FEED(t, ...) feed(t, (const char *const[]){ __VA_ARGS__, NULL })

static void assert_count(const struct chaos_tally *t, enum chaos_class class,
    struct chaos_count wanted)
{
	assert_memory_equal(&t->classes[class], &wanted, sizeof(wanted));
}

static void quiet_until_the_next(void **state)
{
	struct chaos_tally t;

	(void)state;
	chaos_tally_init(&t, "ok");
	FEED(&t, "store ! az-fault=00010002", "client | ok",
	    "store ! az-fault=000d0000");
	assert_count(
	    &t, CHAOS_FLIP, (struct chaos_count){ .injected = 1, .quiet = 1 });
	assert_count(&t, CHAOS_KILL, (struct chaos_count){ .injected = 1 });
	assert_false(chaos_tally_pending(&t));
	chaos_tally_end(&t, CHAOS_STOPPED);
	assert_int_equal(t.classes[CHAOS_KILL].quiet, 1);
	assert_int_equal(t.answers, 1);
	chaos_tally_fini(&t);
}

static void recovered_by_an_answer(void **state)
{
	struct chaos_tally t;

	(void)state;
	chaos_tally_init(&t, "ok");
	FEED(&t, "store ! az-fault=000d0002",
	    K "sup restart module=store generation=1 reason=\"x\"",
	    K "sup restart module=store generation=2 reason=\"x\"",
	    "store ! az-fault=000d0003");
	assert_true(chaos_tally_pending(&t));
	FEED(&t, "client | ok");
	assert_false(chaos_tally_pending(&t));
	assert_count(&t, CHAOS_KILL,
	    (struct chaos_count){
		.injected = 2, .manifested = 1, .recovered = 1 });
	assert_int_equal(t.restarts, 2);
	chaos_tally_fini(&t);
}

/* A client that breaks by what a server told it. */
static void blames_the_last(void **state)
{
	struct chaos_tally t;

	(void)state;
	chaos_tally_init(&t, "ok");
	FEED(&t, "store ! az-fault=00030000",
	    K "sup restart module=client generation=1 reason=\"x\"");
	assert_int_equal(t.classes[CHAOS_WRONG_LOCAL].manifested, 1);
	chaos_tally_end(&t, CHAOS_LOST);
	assert_count(&t, CHAOS_WRONG_LOCAL,
	    (struct chaos_count){ .injected = 1, .manifested = 1 });
	assert_int_equal(t.lost_runs, 1);
	chaos_tally_fini(&t);
}

/* A module that is silent, and is reset by another. */
static void ends_by_a_reset(void **state)
{
	struct chaos_tally t;

	(void)state;
	chaos_tally_init(&t, "ok");
	FEED(&t, "store ! az-fault=000e0000",
	    K "sup reset module=store by=warden us=9", "client | ok");
	assert_count(&t, CHAOS_HANG,
	    (struct chaos_count){
		.injected = 1, .manifested = 1, .recovered = 1 });
	chaos_tally_fini(&t);
}

static void climbs(void **state)
{
	struct chaos_tally t;

	(void)state;
	chaos_tally_init(&t, "ok");
	FEED(&t, "store ! az-fault=000c0000",
	    K "sup restart module=store generation=1 reason=\"x\"",
	    K "sup escalate group=root reason=intensity");
	assert_int_equal(t.classes[CHAOS_STACK_EATER].escalated, 1);
	FEED(&t, "store ! az-fault=000e0000");
	chaos_tally_end(&t, CHAOS_GAVE_UP);
	assert_count(&t, CHAOS_HANG,
	    (struct chaos_count){
		.injected = 1, .manifested = 1, .escalated = 1 });
	/* The last of a storm is not started again. */
	FEED(&t, "store ! az-fault=000d0000",
	    K "sup trap module=store kind=\"x\" func=\"f\"",
	    K "sup escalate group=root reason=intensity");
	assert_int_equal(t.classes[CHAOS_KILL].escalated, 1);
	FEED(&t, "store ! az-fault=000e0000");
	chaos_tally_end(&t, CHAOS_DEAD);
	assert_int_equal(t.kernel_deaths, 1);
	FEED(&t, K "sup evidence lost=3");
	assert_int_equal(t.unseen, 3);
	chaos_tally_fini(&t);
}

/* No module can pass for the kernel, and none has a fault of no class. */
static void believes_the_kernel_alone(void **state)
{
	struct chaos_tally t;

	(void)state;
	chaos_tally_init(&t, NULL);
	FEED(&t, "store ! az-fault=00010000",
	    "store | azoth 0.1 warn sup restart module=store",
	    K "host denied module=store function=\" sup restart module=store\"",
	    "store ! az-fault=00ff0000", "store ! az-fault=", "", "x");
	assert_int_equal(t.restarts, 0);
	assert_int_equal(chaos_tally_sum(&t).injected, 1);
	FEED(&t, K "sup restart module=store generation=1", "store | hello");
	assert_int_equal(chaos_tally_sum(&t).recovered, 1);
	chaos_tally_fini(&t);
}

/* The first rows, the sum, and what stands below. */
static void prints_a_table(void **state)
{
	struct chaos_tally t;
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	(void)state;
	chaos_tally_init(&t, "ok");
	FEED(&t, "store ! az-fault=00010000", "store ! az-fault=00020001",
	    K "sup restart module=store generation=1", "client | ok");
	chaos_tally_end(&t, CHAOS_STOPPED);
	chaos_tally_print(&t, to);
	fclose(to);
	assert_non_null(strstr(text,
	    "fault                 injected    not shown  manifested  "
	    "recovered  escalated   lost\n"
	    "flip-condition               1            1           0          "
	    "0          0      0\n"
	    "off-by-one                   1            0           1          "
	    "1          0      0\n"));
	assert_non_null(strstr(text,
	    "all                          2            1           1          "
	    "1          0      0\n"
	    "1 runs, 0 of them lost, 1 restarts, 1 answers, 0 kernel "
	    "deaths\n"));
	free(text);
	chaos_tally_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_until_the_next),
		cmocka_unit_test(recovered_by_an_answer),
		cmocka_unit_test(blames_the_last),
		cmocka_unit_test(ends_by_a_reset),
		cmocka_unit_test(climbs),
		cmocka_unit_test(believes_the_kernel_alone),
		cmocka_unit_test(prints_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
