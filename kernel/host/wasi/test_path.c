#include "host/test_fake.h"

#include <cmocka.h>

enum { PATH = 100, PATH2 = 200, OUT = 2000, DATA = 4000, BEYOND = FAKE_MEMORY };

/* Put text at addr and give the two arguments that name it. */
static uint64_t put_path(uint32_t addr, const char *text)
{
	memcpy(AT(addr), text, strlen(text));
	return strlen(text);
}

static uint64_t open_at(const char *path, uint64_t follow, uint64_t oflags,
    uint64_t base, uint64_t inheriting)
{
	return CALL(PATH_OPEN, 3, follow, PATH, put_path(PATH, path), oflags,
	    base, inheriting, 0, OUT);
}

static void open_answers_as_wasi_demands(void **state)
{
	static const struct {
		const char *path;
		uint64_t follow, oflags, base;
		enum wasi_errno err;
	} cases[] = {
		{ "file", 0, 0, 0, WASI_SUCCESS },
		{ "file", 1, 0, WASI_FD_READ, WASI_SUCCESS },
		{ ".", 0, 0, WASI_RIGHTS_DIR, WASI_SUCCESS },
		{ ".", 0, WASI_O_DIRECTORY, 0, WASI_SUCCESS },
		{ ".", 0, WASI_O_DIRECTORY, WASI_FD_READ, WASI_SUCCESS },
		{ ".", 0, WASI_O_DIRECTORY, WASI_FD_READ | WASI_FD_WRITE,
		    WASI_ISDIR },
		{ "dir", 0, WASI_O_TRUNC, 0, WASI_ISDIR },
		{ "dir/deep/", 0, 0, 0, WASI_SUCCESS },
		{ "file", 0, WASI_O_DIRECTORY, 0, WASI_NOTDIR },
		{ "file/", 0, 0, 0, WASI_NOTDIR },
		{ "file/x", 0, 0, 0, WASI_NOTDIR },
		{ "none", 0, 0, 0, WASI_NOENT },
		{ "", 0, 0, 0, WASI_NOENT },
		{ "none/x", 0, WASI_O_CREAT, 0, WASI_NOENT },
		{ "none", 0, WASI_O_CREAT, 0, WASI_ROFS },
		{ "none", 0, WASI_O_CREAT | WASI_O_EXCL, 0, WASI_ROFS },
		{ "file", 0, WASI_O_CREAT, 0, WASI_SUCCESS },
		{ "file", 0, WASI_O_CREAT | WASI_O_EXCL, 0, WASI_EXIST },
		{ "dangling", 0, WASI_O_CREAT | WASI_O_EXCL, 0, WASI_EXIST },
		{ "dangling", 1, WASI_O_CREAT, 0, WASI_ROFS },
		{ "file", 0, WASI_O_TRUNC, 0, WASI_ROFS },
		{ "file", 0, 0, WASI_FD_WRITE, WASI_ROFS },
		{ "file", 0, 0, WASI_FD_ALLOCATE, WASI_SUCCESS },
		{ "file", 0, 0, WASI_FD_FILESTAT_SET_SIZE, WASI_SUCCESS },
		{ "file", 0, WASI_O_CREAT | WASI_O_DIRECTORY, 0, WASI_INVAL },
		{ "file", 0, 16, 0, WASI_INVAL },
		{ "file", 2, 0, 0, WASI_INVAL },
		{ "file", 0, 0, 1ull << 28, WASI_NOTCAPABLE },
		{ "/file", 0, 0, 0, WASI_PERM },
		{ "../x", 0, 0, 0, WASI_PERM },
		{ "out", 1, 0, 0, WASI_PERM },
		{ "abs", 1, 0, 0, WASI_PERM },
		{ "todir", 0, 0, 0, WASI_LOOP },
		{ "todir", 0, WASI_O_DIRECTORY, 0, WASI_LOOP },
		{ "todir", 1, WASI_O_DIRECTORY, 0, WASI_SUCCESS },
		{ "tofile", 1, WASI_O_DIRECTORY, 0, WASI_NOTDIR },
		{ "dangling", 0, 0, 0, WASI_LOOP },
		{ "dangling", 1, 0, 0, WASI_NOENT },
		{ "loop", 1, 0, 0, WASI_LOOP },
		{ "f\xff", 0, 0, 0, WASI_ILSEQ },
	};

	(void)state;
	fake_start();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t err = open_at(cases[i].path, cases[i].follow,
		    cases[i].oflags, cases[i].base, 0);

		if (err != cases[i].err)
			fail_msg("case %zu, %s: errno %llu", i, cases[i].path,
			    (unsigned long long)err);
		if (err == WASI_SUCCESS)
			assert_int_equal(
			    CALL(FD_CLOSE, get32(OUT)), WASI_SUCCESS);
	}
	assert_int_equal(CALL(FD_FDSTAT_GET, 4, OUT), WASI_BADF);
	fake_stop();
}

static void open_checks_its_arguments(void **state)
{
	uint64_t len;

	(void)state;
	fake_start();
	len = put_path(PATH, "file");
	assert_int_equal(
	    CALL(PATH_OPEN, 9, 0, PATH, len, 0, 0, 0, 0, OUT), WASI_BADF);
	assert_int_equal(
	    CALL(PATH_OPEN, 1, 0, PATH, len, 0, 0, 0, 0, OUT), WASI_NOTDIR);
	assert_int_equal(
	    CALL(PATH_OPEN, 3, 0, PATH, len, 0, 0, 0, 32, OUT), WASI_INVAL);
	assert_int_equal(
	    CALL(PATH_OPEN, 3, 0, BEYOND - 1, 2, 0, 0, 0, 0, OUT), WASI_FAULT);
	assert_int_equal(
	    CALL(PATH_OPEN, 3, 0, PATH, len, 0, 0, 0, 0, BEYOND - 3),
	    WASI_FAULT);
	assert_int_equal(
	    CALL(PATH_OPEN, 3, 0, PATH, 5, 0, 0, 0, 0, OUT), WASI_ILSEQ);
	assert_int_equal(CALL(PATH_OPEN, 3, 0, PATH, 4097, 0, 0, 0, 0, OUT),
	    WASI_NAMETOOLONG);
	assert_int_equal(CALL(FD_FDSTAT_GET, 4, OUT), WASI_BADF);
	fake_stop();
}

static void rights_are_inherited_and_bound(void **state)
{
	uint32_t dir;

	(void)state;
	fake_start();
	assert_int_equal(
	    open_at("dir", 0, 0,
		WASI_PATH_OPEN | WASI_FD_READDIR | WASI_FD_SEEK, WASI_FD_READ),
	    WASI_SUCCESS);
	dir = get32(OUT);
	assert_int_equal(CALL(FD_FDSTAT_GET, dir, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT + 8), WASI_PATH_OPEN | WASI_FD_READDIR);
	assert_int_equal(get64(OUT + 16), WASI_FD_READ);
	assert_int_equal(CALL(PATH_OPEN, dir, 0, PATH, put_path(PATH, "inner"),
			     0, WASI_FD_SEEK, 0, 0, OUT),
	    WASI_NOTCAPABLE);
	assert_int_equal(
	    CALL(PATH_OPEN, dir, 0, PATH, 5, 0, WASI_FD_READ, 0, 0, OUT),
	    WASI_SUCCESS);
	/* The directory is the limit, not the mount. */
	assert_int_equal(CALL(PATH_OPEN, dir, 0, PATH,
			     put_path(PATH, "../file"), 0, 0, 0, 0, OUT),
	    WASI_PERM);
	assert_int_equal(
	    CALL(PATH_FILESTAT_GET, dir, 0, PATH, 5, OUT), WASI_NOTCAPABLE);
	fake_stop();
}

static void stat_and_readlink(void **state)
{
	uint64_t len;

	(void)state;
	fake_start();
	len = put_path(PATH, "tofile");
	assert_int_equal(
	    CALL(PATH_FILESTAT_GET, 3, 0, PATH, len, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT + 8), 1 + AT_TOFILE);
	assert_int_equal(get64(OUT + 16), WASI_SYMBOLIC_LINK);
	assert_int_equal(get64(OUT + 32), strlen("dir//inner"));
	assert_int_equal(
	    CALL(PATH_FILESTAT_GET, 3, 1, PATH, len, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT + 8), 1 + AT_INNER);
	assert_int_equal(
	    CALL(PATH_FILESTAT_GET, 3, 1, PATH, len, BEYOND - 63), WASI_FAULT);
	memset(AT(DATA), '#', 20);
	assert_int_equal(
	    CALL(PATH_READLINK, 3, PATH, len, DATA, 20, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 10);
	assert_memory_equal(AT(DATA), "dir//inner##", 12);
	assert_int_equal(
	    CALL(PATH_READLINK, 3, PATH, len, DATA, 3, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 3);
	assert_int_equal(
	    CALL(PATH_READLINK, 3, PATH, len, BEYOND - 1, 20, OUT), WASI_FAULT);
	len = put_path(PATH, "file");
	assert_int_equal(
	    CALL(PATH_READLINK, 3, PATH, len, DATA, 20, OUT), WASI_INVAL);
	fake_stop();
}

/* What each call that changes the tree says about one path. */
static void changes_are_refused(void **state)
{
	static const struct {
		const char *path;
		enum wasi_errno make, change;
	} cases[] = {
		{ "new", WASI_ROFS, WASI_NOENT },
		{ "dir/new/", WASI_ROFS, WASI_NOENT },
		{ "none/new", WASI_NOENT, WASI_NOENT },
		{ "dir", WASI_EXIST, WASI_ROFS },
		{ "dangling", WASI_EXIST, WASI_ROFS },
		{ "file/x", WASI_NOTDIR, WASI_NOTDIR },
		{ "../x", WASI_PERM, WASI_PERM },
		{ "", WASI_NOENT, WASI_NOENT },
	};

	(void)state;
	fake_start();
	put_path(PATH2, "file");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t len = put_path(PATH, cases[i].path);
		enum wasi_errno make = cases[i].make;
		enum wasi_errno change = cases[i].change;

		assert_int_equal(
		    CALL(PATH_CREATE_DIRECTORY, 3, PATH, len), make);
		assert_int_equal(
		    CALL(PATH_SYMLINK, PATH2, 4, 3, PATH, len), make);
		assert_int_equal(
		    CALL(PATH_LINK, 3, 0, PATH2, 4, 3, PATH, len), make);
		assert_int_equal(CALL(PATH_UNLINK_FILE, 3, PATH, len), change);
		assert_int_equal(
		    CALL(PATH_REMOVE_DIRECTORY, 3, PATH, len), change);
		assert_int_equal(
		    CALL(PATH_FILESTAT_SET_TIMES, 3, 0, PATH, len, 0, 0, 1),
		    change);
		assert_int_equal(
		    CALL(PATH_RENAME, 3, PATH, len, 3, PATH2, 4), change);
		assert_int_equal(CALL(PATH_RENAME, 3, PATH2, 4, 3, PATH, len),
		    make == WASI_EXIST ? WASI_ROFS : make);
	}
	assert_int_equal(
	    CALL(PATH_FILESTAT_SET_TIMES, 3, 0, PATH, 1, 0, 0, 12), WASI_INVAL);
	assert_int_equal(CALL(PATH_SYMLINK, BEYOND, 1, 3, PATH, 1), WASI_FAULT);
	fake_stop();
}

static void changes_need_their_right(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(open_at(".", 0, 0, 0, 0), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 4);
	for (uint64_t fd = 1; fd <= 4; fd += 3) {
		enum wasi_errno err = fd == 4 ? WASI_NOTCAPABLE : WASI_NOTDIR;

		assert_int_equal(CALL(PATH_OPEN, fd, 0, PATH, 1), err);
		assert_int_equal(CALL(PATH_CREATE_DIRECTORY, fd, PATH, 1), err);
		assert_int_equal(CALL(PATH_SYMLINK, PATH, 1, fd, PATH, 1), err);
		assert_int_equal(
		    CALL(PATH_LINK, fd, 0, PATH, 1, 3, PATH, 1), err);
		assert_int_equal(
		    CALL(PATH_LINK, 3, 0, PATH, 1, fd, PATH, 1), err);
		assert_int_equal(CALL(PATH_UNLINK_FILE, fd, PATH, 1), err);
		assert_int_equal(CALL(PATH_REMOVE_DIRECTORY, fd, PATH, 1), err);
		assert_int_equal(
		    CALL(PATH_FILESTAT_SET_TIMES, fd, 0, PATH, 1), err);
		assert_int_equal(
		    CALL(PATH_FILESTAT_GET, fd, 0, PATH, 1, OUT), err);
		assert_int_equal(
		    CALL(PATH_READLINK, fd, PATH, 1, 0, 0, OUT), err);
		assert_int_equal(
		    CALL(PATH_RENAME, fd, PATH, 1, 3, PATH, 1), err);
		assert_int_equal(
		    CALL(PATH_RENAME, 3, PATH, 1, fd, PATH, 1), err);
	}
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_answers_as_wasi_demands),
		cmocka_unit_test(open_checks_its_arguments),
		cmocka_unit_test(rights_are_inherited_and_bound),
		cmocka_unit_test(stat_and_readlink),
		cmocka_unit_test(changes_are_refused),
		cmocka_unit_test(changes_need_their_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
