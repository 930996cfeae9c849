/* How many grants a module has: limits that the sample of test/forge does not
 * reach. */
#include "verify/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

enum { PLACE = 11 };

/* Folders and places, by turns; what each is of is checked elsewhere. */
static enum az_refusal judge(uint32_t count, const char **why)
{
	static struct az_grant grants[AZ_GRANTS_MAX];
	static char text[AZ_GRANTS_MAX * PLACE];
	const struct az_module module = { .grants = { 0, count } };
	struct bundle b = { .modules = &module,
		.module_count = 1,
		.grants = grants,
		.grant_count = count,
		.text = text,
		.text_size = sizeof(text),
		.fileset_count = 1,
		.channel_count = 1 };

	for (uint32_t i = 0; i < count; i++) {
		bool folder = i % 2 == 0;
		char *at = text + (size_t)i * PLACE;

		memcpy(at, folder ? "/any/file00" : "tcp/lan:100", PLACE);
		at[PLACE - 2] = (char)('0' + i / 10);
		at[PLACE - 1] = (char)('0' + i % 10);
		grants[i] = (struct az_grant){ .kind = folder ? AZ_GRANT_FILES
							      : AZ_GRANT_LISTEN,
			.text_off = i * PLACE,
			.text_len = PLACE };
	}
	return grants_check(&b, why);
}

static void preopens_have_a_limit(void **state)
{
	const char *why = "";

	(void)state;
	assert_int_equal(judge(AZ_PREOPENS_MAX, &why), AZ_REFUSE_NONE);
	assert_int_equal(judge(AZ_PREOPENS_MAX + 1, &why), AZ_REFUSE_LIMIT);
	assert_string_equal(why, "module: too many files and places to listen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preopens_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
