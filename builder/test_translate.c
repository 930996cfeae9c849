/* The whole pipeline, with the real tools, on a small module. */
#include "translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exit.h"
#include "fileio.h"
#include "mem.h"
#include "verify/image.h"
#include "validate.h"
#include "wasm.h"

/* (module (memory 1) (func (export "peek") (param i32) (result i32)
 *   (i32.load offset=4 (local.get 0)))) */
static const uint8_t sample[] =
    "\0asm\1\0\0\0\1\6\1\x60\1\x7f\1\x7f\3\2\1\0\5\3\1\0\1"
    "\7\x8\1\4peek\0\0\x0a\x9\1\7\0\x20\0\x28\2\4\x0b";
enum { SAMPLE_SIZE = sizeof(sample) - 1 };

static char dir[] = "/tmp/azoth-translate-XXXXXX";

static struct image translate(const char *name)
{
	struct wasm_error error;
	struct wasm_module *m = wasm_parse(sample, SAMPLE_SIZE, &error);
	struct translate_job job = {
		.module = m, .name = name, .work_dir = dir
	};
	struct image image;
	char *log;

	assert_non_null(m);
	assert_int_equal(translate_module(&image, &job, &log), EXIT_DONE);
	assert_null(log);
	wasm_free(m);
	return image;
}

static void test_image(void **state)
{
	/* mov eax, edi; mov eax, [r15 + rax + 4]; ret */
	static const char want[] = "\x89\xf8\x41\x8b\x44\x07\x04\xc3";
	struct image a = translate("a"), b = translate("other");
	struct image_view v;

	(void)state;
	assert_int_equal(image_open(&v, a.bytes, a.size, NULL), AZ_REFUSE_NONE);
	assert_memory_equal(v.text, want, sizeof(want) - 1);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.bytes, b.bytes, a.size);
	free(a.bytes);
	free(b.bytes);
	/* Nothing is left behind. */
	assert_int_equal(rmdir(dir), 0);
	assert_non_null(mkdtemp(strcpy(dir, "/tmp/azoth-translate-XXXXXX")));
}

static void test_no_tool(void **state)
{
	struct wasm_error error;
	struct wasm_module *m = wasm_parse(sample, SAMPLE_SIZE, &error);
	struct translate_job job = {
		.module = m, .name = "a", .work_dir = dir
	};
	char *path = xstrdup(getenv("PATH")), *log = NULL;
	struct buf text = { 0 };
	struct image image;

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(translate_module(&image, &job, &log), EXIT_HOST);
	setenv("PATH", path, 1);
	assert_true(file_read(&text, log, FILE_SIZE_MAX));
	assert_non_null(strstr(text.at, "install package wabt"));
	assert_int_equal(unlink(log), 0);
	buf_fini(&text);
	free(log);
	free(path);
	wasm_free(m);
}

static void test_fingerprint(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	assert_int_equal(translate_fingerprint(a), EXIT_DONE);
	assert_int_equal(translate_fingerprint(b), EXIT_DONE);
	assert_memory_equal(a, b, sizeof(a));
}

static void test_validate(void **state)
{
	struct wasm_error error = { 0 };
	uint8_t bytes[SAMPLE_SIZE];
	char *path = xstrdup(getenv("PATH"));

	(void)state;
	memcpy(bytes, sample, SAMPLE_SIZE);
	assert_int_equal(
	    validate_module(&error, bytes, SAMPLE_SIZE), EXIT_DONE);
	assert_int_equal(error.fault, WASM_OK);
	/* f32.load gives the wrong type. */
	bytes[SAMPLE_SIZE - 4] = 0x2a;
	assert_int_equal(
	    validate_module(&error, bytes, SAMPLE_SIZE), EXIT_INPUT);
	assert_int_equal(error.fault, WASM_MALFORMED);
	assert_in_range(error.offset, SAMPLE_SIZE - 8, SAMPLE_SIZE);
	assert_ptr_equal(strstr(error.text, "type mismatch"), error.text);
	assert_int_equal(setenv("PATH", dir, 1), 0);
	assert_int_equal(
	    validate_module(&error, bytes, SAMPLE_SIZE), EXIT_HOST);
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_no_tool),
		cmocka_unit_test(test_fingerprint),
		cmocka_unit_test(test_validate),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	file_remove_tree(dir);
	return failed;
}
