#include "host/test_fake.h"

#include <cmocka.h>

static void long_paths_let_others_run(void **state)
{
	struct files_walk walk = { .set = 0, .start = AT_ROOT };
	char path[AZ_PATH_MAX];
	uint32_t at;

	(void)state;
	fake_start();
	for (size_t i = 0; i < sizeof(path); i += 8)
		memcpy(path + i, "./dir/..", 8);
	for (size_t i = 8; i < sizeof(path); i += 8)
		path[i] = '/';
	assert_int_equal(files_resolve(&at, &walk, path, 7), FILES_OK);
	assert_int_equal(fake.points, 0);
	assert_int_equal(
	    files_resolve(&at, &walk, path, sizeof(path)), FILES_OK);
	assert_int_equal(at, AT_ROOT);
	assert_in_range(fake.points, 4, 6);
}

static void paths_resolve_as_posix_says(void **state)
{
	static const struct {
		const char *path;
		bool follow;
		enum files_result result;
		uint32_t at;
	} cases[] = {
		{ ".", false, FILES_OK, AT_ROOT },
		{ "./", false, FILES_OK, AT_ROOT },
		{ "dir", false, FILES_OK, AT_DIR },
		{ "dir///", false, FILES_OK, AT_DIR },
		{ "dir/deep/leaf", false, FILES_OK, AT_LEAF },
		{ "dir/.//deep/../../dir/deep///./leaf", false, FILES_OK,
		    AT_LEAF },
		{ "dir/..", false, FILES_OK, AT_ROOT },
		{ "", false, FILES_NOENT, 0 },
		{ "nothing", false, FILES_NEW, 0 },
		{ "nothing/", false, FILES_NEW, 0 },
		{ "nothing/x", false, FILES_NOENT, 0 },
		{ "di", false, FILES_NEW, 0 },
		{ "dirx", false, FILES_NEW, 0 },
		{ "file/", false, FILES_NOTDIR, 0 },
		{ "file///", true, FILES_NOTDIR, 0 },
		{ "file/x", false, FILES_NOTDIR, 0 },
		{ "file/.", false, FILES_NOTDIR, 0 },
		{ "file/..", false, FILES_NOTDIR, 0 },
		{ "..", false, FILES_OUTSIDE, 0 },
		{ "dir/../..", false, FILES_OUTSIDE, 0 },
		{ "dir/../../dir", false, FILES_OUTSIDE, 0 },
		{ "/", false, FILES_OUTSIDE, 0 },
		{ "/dir", false, FILES_OUTSIDE, 0 },
		{ "todir", false, FILES_OK, AT_TODIR },
		{ "todir", true, FILES_OK, AT_DIR },
		{ "todir/", false, FILES_OK, AT_DIR },
		{ "todir/inner", false, FILES_OK, AT_INNER },
		{ "todir/../file", false, FILES_OK, AT_FILE },
		{ "tofile", false, FILES_OK, AT_TOFILE },
		{ "tofile", true, FILES_OK, AT_INNER },
		{ "tofile/", false, FILES_NOTDIR, 0 },
		{ "dangling", false, FILES_OK, AT_DANGLING },
		{ "dangling", true, FILES_NEW, 0 },
		{ "dangling/x", true, FILES_NOENT, 0 },
		{ "loop", false, FILES_OK, AT_LOOP },
		{ "loop", true, FILES_LOOP, 0 },
		{ "loop/x", false, FILES_LOOP, 0 },
		{ "out", false, FILES_OK, AT_OUT },
		{ "out", true, FILES_OUTSIDE, 0 },
		{ "abs", true, FILES_OUTSIDE, 0 },
		{ "dir/\xff", false, FILES_BAD_NAME, 0 },
		{ "\xed\xa0\x80", false, FILES_BAD_NAME, 0 },
	};

	(void)state;
	fake_start();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct files_walk walk = { 0, AT_ROOT, cases[i].follow };
		uint32_t at = AT_ROOT;
		enum files_result result = files_resolve(
		    &at, &walk, cases[i].path, (uint32_t)strlen(cases[i].path));

		if (result != cases[i].result || at != cases[i].at)
			fail_msg(
			    "%s: result %d at %u", cases[i].path, result, at);
	}
	fake_stop();
}

static void start_is_the_limit(void **state)
{
	struct files_walk walk = { 0, AT_DIR, true };
	uint32_t at;

	(void)state;
	fake_start();
	assert_int_equal(files_resolve(&at, &walk, "deep/..", 7), FILES_OK);
	assert_int_equal(at, AT_DIR);
	assert_int_equal(
	    files_resolve(&at, &walk, "../file", 7), FILES_OUTSIDE);
	fake_stop();
}

static void long_and_broken_paths(void **state)
{
	static char path[AZ_PATH_MAX + 1];
	struct files_walk walk = { 0, AT_ROOT, true };
	uint32_t at;

	(void)state;
	fake_start();
	memset(path, '/', sizeof path);
	path[0] = '.';
	assert_int_equal(
	    files_resolve(&at, &walk, path, AZ_PATH_MAX), FILES_OK);
	assert_int_equal(
	    files_resolve(&at, &walk, path, AZ_PATH_MAX + 1), FILES_TOO_LONG);
	assert_int_equal(
	    files_resolve(&at, &walk, "file\0", 5), FILES_BAD_NAME);
	fake_stop();
}

static void children_are_contiguous(void **state)
{
	uint32_t first;

	(void)state;
	fake_start();
	assert_int_equal(files_children(&first, 0, AT_ROOT), 9);
	assert_int_equal(first, AT_ABS);
	assert_int_equal(files_children(&first, 0, AT_DIR), 2);
	assert_int_equal(first, AT_DEEP);
	assert_int_equal(files_children(&first, 0, AT_EMPTY), 0);
	assert_int_equal(files_children(&first, 1, AT_ROOT), 0);
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_paths_let_others_run),
		cmocka_unit_test(paths_resolve_as_posix_says),
		cmocka_unit_test(start_is_the_limit),
		cmocka_unit_test(long_and_broken_paths),
		cmocka_unit_test(children_are_contiguous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
