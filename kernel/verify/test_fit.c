/* Images held against the modules that an index makes of them. */
#include "verify/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/image.h"
#include "verify/bundle.h"
#include "verify/image.h"

static struct az_image_head head;
static struct az_sig sigs[2];
static struct az_func funcs[1];
static struct az_import imports[1];
static struct az_export exports[1];
static struct az_grant grants[2];
static struct az_module modules[1];
static const char names[] = "_start";
static struct image_view view;
static struct bundle bundle;

static int set_up(void **state)
{
	(void)state;
	head = (struct az_image_head){ .start_func = AZ_NONE,
		.mem_min = 2,
		.funcs.count = 1,
		.sigs.count = 2,
		.imports.count = 1,
		.exports.count = 1 };
	sigs[0] = (struct az_sig){ 0 };
	sigs[1] = (struct az_sig){ .param_count = 1, .types = { AZ_I32 } };
	funcs[0] = (struct az_func){ 0 };
	imports[0] = (struct az_import){ .kind = AZ_IMPORT_HOST,
		.call = AZ_CALL_FD_WRITE };
	exports[0] =
	    (struct az_export){ .name_len = 6, .kind = AZ_EXPORT_FUNC };
	grants[0] = (struct az_grant){ .kind = AZ_GRANT_CLOCK, .value = 1 };
	grants[1] =
	    (struct az_grant){ .kind = AZ_GRANT_LOG, .value = AZ_LEVEL_INFO };
	modules[0] = (struct az_module){ .memory = 2 << 16,
		.grants = { .first = 0, .count = 1 } };
	view = (struct image_view){ .head = &head,
		.sigs = sigs,
		.funcs = funcs,
		.imports = imports,
		.exports = exports,
		.names = names };
	bundle = (struct bundle){ .modules = modules,
		.grants = grants,
		.module_count = 1,
		.grant_count = 2 };
	return 0;
}

static void expect(enum az_refusal refusal, const char *text)
{
	const char *why = "";

	assert_int_equal(fit_check(&view, &bundle, 0, &why), refusal);
	assert_string_equal(why, text);
}

static void wasi_needs_no_grant(void **state)
{
	(void)state;
	expect(AZ_REFUSE_NONE, "");
}

static void native_import_needs_its_own_grant(void **state)
{
	(void)state;
	imports[0].call = AZ_CALL_LOG;
	expect(AZ_REFUSE_IMPORT, "import without its grant");
	modules[0].grants.count = 2;
	expect(AZ_REFUSE_NONE, "");
	imports[0].call = AZ_CALL_POWER;
	expect(AZ_REFUSE_IMPORT, "import without its grant");
	/* Another module's grants do not count. */
	modules[0].grants = (struct az_run){ 0, 0 };
	imports[0].call = AZ_CALL_LOG;
	expect(AZ_REFUSE_IMPORT, "import without its grant");
}

static void memory_at_start_must_be_granted(void **state)
{
	(void)state;
	head.mem_min = 3;
	expect(AZ_REFUSE_MEMORY, "image needs more memory than it was granted");
	head.mem_min = UINT32_MAX;
	expect(AZ_REFUSE_MEMORY, "image needs more memory than it was granted");
}

static void start_must_be_a_function_of_the_image(void **state)
{
	(void)state;
	exports[0].index = AZ_FUNCREF_IMPORT;
	expect(AZ_REFUSE_IMAGE, "no function _start");
	exports[0].index = AZ_NONE;
	expect(AZ_REFUSE_IMAGE, "no function _start");
	head.exports.count = 0;
	expect(AZ_REFUSE_IMAGE, "no function _start");
}

static void start_takes_and_gives_nothing(void **state)
{
	(void)state;
	funcs[0].sig = 1;
	expect(AZ_REFUSE_IMAGE, "_start takes or gives values");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(wasi_needs_no_grant, set_up),
		cmocka_unit_test_setup(
		    native_import_needs_its_own_grant, set_up),
		cmocka_unit_test_setup(memory_at_start_must_be_granted, set_up),
		cmocka_unit_test_setup(
		    start_must_be_a_function_of_the_image, set_up),
		cmocka_unit_test_setup(start_takes_and_gives_nothing, set_up),
	};

	return cmocka_run_group_tests_name("verify/fit", tests, NULL, NULL);
}
