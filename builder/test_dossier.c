/* What the document says of consoles that are too large or hostile; its form
 * is tested by run-cli against test/dossier. */
#include "dossier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define K "azoth 1.5 warn sup "

static void feed(struct dossier *e, const char *const *lines)
{
	dossier_init(e);
	for (; *lines != NULL; lines++)
		dossier_line(e, *lines);
}

#define FEED(e, ...) feed(e, (const char *const[]){ __VA_ARGS__, NULL })

static void answers_the_right_event(void **state)
{
	struct dossier e;

	(void)state;
	FEED(&e, K "trap module=a kind=\"k\" func=\"f\" generation=4",
	    K "trap module=b kind=\"l\" func=\"g\" generation=0",
	    K "frame module=a n=0 func=\"f\" off=0x1f",
	    K "restart module=a generation=5 reason=\"k\" n=1 of=2 us=7",
	    K "frame module=a n=1 func=\"late\" off=0x1f",
	    K "restart module=a generation=6 reason=\"exit code=9\" us=8",
	    K "restart module=b generation=3 reason=\"l\" us=8");
	assert_int_equal(e.event_count, 3);
	assert_int_equal(e.events[0].done, DOSSIER_RESTART);
	assert_int_equal(e.events[0].us, 7);
	assert_int_equal(e.events[0].generation, 4);
	assert_int_equal(e.events[0].at_us, 1500000);
	assert_int_equal(e.events[0].frame_count, 1);
	assert_int_equal(e.events[0].frames[0].offset, 0x1f);
	assert_int_equal(e.events[1].done, DOSSIER_RESTART);
	assert_string_equal(e.events[2].what, "exit");
	assert_int_equal(e.events[2].code, 9);
	assert_int_equal(e.events[2].generation, 5);
	assert_int_equal(e.modules[0].generation, 6);
	assert_int_equal(e.modules[0].restarts, 6);
	assert_int_equal(e.modules[1].restarts, 3);
	dossier_fini(&e);
}

/* The oldest events go, are counted, and nothing is said of them any more. */
static void keeps_the_last(void **state)
{
	struct dossier e;
	json_t *json;

	(void)state;
	FEED(&e, K "trap module=old kind=\"k\" func=\"f\"");
	for (int i = 0; i < DOSSIER_EVENTS_MAX; i++)
		dossier_line(&e, K "restart module=new reason=\"killed\"");
	dossier_line(&e, K "frame module=old n=0 func=\"f\" off=0x1");
	dossier_line(&e, K "give-up module=old");
	json = dossier_json(
	    &e, &(struct dossier_run){ .image = "x", .result = "ok" });
	assert_int_equal(
	    json_integer_value(json_object_get(json, "events_lost")), 1);
	assert_int_equal(e.events[0].frame_count, 0);
	assert_int_equal(e.events[0].done, DOSSIER_RESTART);
	assert_string_equal(e.modules[0].end, "give-up");
	json_decref(json);
	dossier_fini(&e);
}

static void bounds_everything(void **state)
{
	struct dossier e;
	char line[512];

	(void)state;
	dossier_init(&e);
	for (int i = 0; i <= DOSSIER_MODULES_MAX; i++) {
		snprintf(line, sizeof line, K "start module=m%d", i);
		dossier_line(&e, line);
	}
	assert_int_equal(e.module_count, DOSSIER_MODULES_MAX);
	for (int i = 0; i <= DOSSIER_ESCALATIONS_MAX; i++)
		dossier_line(&e, K "escalate group=g reason=intensity");
	assert_int_equal(e.escalation_count, DOSSIER_ESCALATIONS_MAX);
	dossier_line(&e, K "trap module=m1 kind=\"k\"");
	for (int i = 0; i <= GUEST_FRAMES_MAX; i++)
		dossier_line(&e, K "frame module=m1 func=\"f\" off=0x1");
	assert_int_equal(e.events[0].frame_count, GUEST_FRAMES_MAX);
	memset(line, 'x', sizeof line - 1);
	memcpy(line, "m1 | ", 5);
	line[sizeof line - 1] = 0;
	dossier_line(&e, line);
	assert_int_equal(strlen(e.modules[1].lines[0]), GUEST_TEXT_MAX - 1);
	dossier_fini(&e);
}

/* Only what modules that the kernel named wrote, and none of it as events. */
static void lines_are_only_lines(void **state)
{
	struct dossier e;

	(void)state;
	FEED(&e, "m | before it is known", K "start module=m",
	    "m | azoth 1 warn sup trap module=m kind=\"k\"", "m |+ no newline",
	    "m # info a level", "m ? odd", "m |", "m", "", "n | another");
	assert_int_equal(e.event_count, 0);
	assert_int_equal(e.module_count, 1);
	assert_int_equal(e.modules[0].line_count, 4);
	assert_string_equal(e.modules[0].lines[1], "no newline");
	assert_string_equal(e.modules[0].lines[2], "info a level");
	assert_string_equal(e.modules[0].lines[3], "");
	dossier_fini(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_the_right_event),
		cmocka_unit_test(keeps_the_last),
		cmocka_unit_test(bounds_everything),
		cmocka_unit_test(lines_are_only_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
