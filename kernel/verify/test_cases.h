/* verify/test_cases: a good sample, and changes of it that break one rule each
 * or none. Before it includes this, once, a program has
 *	struct view: the sample's records, writable
 *	CASES: rows X(refusal, text of the check, change of *v)
 * and behind it the two functions declared here; its setup makes sample. */
#ifndef AZ_VERIFY_TEST_CASES_H
#define AZ_VERIFY_TEST_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/fault.h"

static uint8_t *sample;
static size_t sample_size;

/* Of a copy of the sample. */
static struct view view_of(uint8_t *bytes);
/* What the door says to a sample that was changed. */
static enum az_refusal judge(const uint8_t *bytes, const char **why);

static const struct {
	enum az_refusal refusal;
	const char *why, *code;
} cases[] = {
#define X(refusal, why, ...) { AZ_REFUSE_##refusal, why, #__VA_ARGS__ },
	CASES
#undef X
};

enum { CASE_COUNT = sizeof(cases) / sizeof(cases[0]) };

static void case_apply(struct view *v, int n)
{
	int i = 0;

#define X(refusal, why, ...)                                                   \
	if (i++ == n) {                                                        \
		__VA_ARGS__;                                                   \
	}
	CASES
#undef X
}

static void test_one_change(void **state)
{
	int passed = 0;

	(void)state;
	for (int i = 0; i < CASE_COUNT; i++) {
		uint8_t *bytes = malloc(sample_size);
		const char *why = "";
		enum az_refusal got;
		struct view v;

		memcpy(bytes, sample, sample_size);
		v = view_of(bytes);
		case_apply(&v, i);
		got = judge(bytes, &why);
		if (got == cases[i].refusal && strstr(why, cases[i].why))
			passed++;
		else
			print_error("%s: refused as %d (%s)\n", cases[i].code,
			    got, why);
		free(bytes);
	}
	assert_int_equal(passed, CASE_COUNT);
}

static int teardown(void **state)
{
	(void)state;
	free(sample);
	return 0;
}

#endif
