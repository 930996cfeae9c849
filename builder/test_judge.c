/* What is said of an image that the kernel would refuse. */
#include "judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "test/forge.h"
#include "verify/image.h"

static enum az_refusal judge(size_t off, uint8_t byte, char *why)
{
	size_t size;
	uint8_t *image = forge_image(&size);
	struct image_view v;
	enum az_refusal refusal;

	image[off] = byte;
	refusal = judge_image(&v, image, size, why);
	free(image);
	return refusal;
}

static void test_good(void **state)
{
	char why[JUDGE_WHY_SIZE];

	(void)state;
	assert_int_equal(judge(AZ_PAGE_SIZE, 0x90, why), AZ_REFUSE_NONE);
}

static void test_format(void **state)
{
	char why[JUDGE_WHY_SIZE];

	(void)state;
	assert_int_equal(judge(0, 'X', why), AZ_REFUSE_IMAGE);
	assert_string_equal(why, "wrong magic");
}

static void test_code(void **state)
{
	char why[JUDGE_WHY_SIZE];

	(void)state;
	assert_int_equal(judge(AZ_PAGE_SIZE, 0xf4, why), AZ_REFUSE_CODE);
	assert_memory_equal(
	    why, "function 0 `_start` at 0x0: V4: halt: f4 90", 43);
	/* A pop of the return address, by the function without a name. */
	assert_int_equal(judge(AZ_PAGE_SIZE + 81, 0x58, why), AZ_REFUSE_CODE);
	assert_string_equal(
	    why, "function 4 `` at 0x1: V5: pops its return address: 58");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
