#include "host/test_fake.h"

#include <cmocka.h>

#include "host/lines.h"

/* Where the tests put things in module memory. */
enum {
	PATH = 100,
	IOVS = 1000,
	OUT = 2000,
	DATA = 4000,
	BEYOND = FAKE_MEMORY,
};

static void put_iov(uint32_t i, uint32_t buf, uint32_t len)
{
	put32(IOVS + 8 * i, buf);
	put32(IOVS + 8 * i + 4, len);
}

/* Open with all that a reader may ask for. */
static uint32_t open_path(const char *path)
{
	uint64_t base = WASI_RIGHTS_FILE | WASI_RIGHTS_DIR;
	size_t len = strlen(path);

	memcpy(AT(PATH), path, len);
	assert_int_equal(CALL(PATH_OPEN, 3, 1, PATH, len, 0, base,
			     WASI_RIGHTS_INHERIT, 0, OUT),
	    WASI_SUCCESS);
	return get32(OUT);
}

static uint64_t print(uint32_t fd, const char *text)
{
	size_t len = strlen(text);

	memcpy(AT(DATA), text, len);
	put_iov(0, DATA, (uint32_t)len);
	return CALL(FD_WRITE, fd, IOVS, 1, OUT);
}

/* Many short buffers copy as much as one long one. */
static void others_run_between_buffers(void **state)
{
	uint32_t fd;

	(void)state;
	fake_start();
	fd = open_path("file");
	for (uint32_t i = 0; i < 4; i++)
		put_iov(i, DATA, 3);
	fake.points = 0;
	assert_int_equal(CALL(FD_READ, fd, IOVS, 4, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 12);
	assert_int_equal(fake.points, 4);
}

static void unknown_descriptors_are_badf(void **state)
{
	static const uint32_t fds[] = { 4, FDS_MAX, 0xffff8597, UINT32_MAX };

	(void)state;
	fake_start();
	for (size_t i = 0; i < 4; i++) {
		uint64_t fd = fds[i];

		assert_int_equal(CALL(FD_ADVISE, fd, 0, 0, 9), WASI_BADF);
		assert_int_equal(CALL(FD_ALLOCATE, fd, 0, 0), WASI_BADF);
		assert_int_equal(CALL(FD_CLOSE, fd), WASI_BADF);
		assert_int_equal(CALL(FD_DATASYNC, fd), WASI_BADF);
		assert_int_equal(CALL(FD_SYNC, fd), WASI_BADF);
		assert_int_equal(CALL(FD_FDSTAT_GET, fd, BEYOND), WASI_BADF);
		assert_int_equal(CALL(FD_FDSTAT_SET_FLAGS, fd, 0), WASI_BADF);
		assert_int_equal(
		    CALL(FD_FDSTAT_SET_RIGHTS, fd, 0, 0), WASI_BADF);
		assert_int_equal(CALL(FD_FILESTAT_GET, fd, OUT), WASI_BADF);
		assert_int_equal(CALL(FD_FILESTAT_SET_SIZE, fd), WASI_BADF);
		assert_int_equal(CALL(FD_FILESTAT_SET_TIMES, fd), WASI_BADF);
		assert_int_equal(
		    CALL(FD_PREAD, fd, BEYOND, 1, 0, 0), WASI_BADF);
		assert_int_equal(CALL(FD_PRESTAT_GET, fd, OUT), WASI_BADF);
		assert_int_equal(
		    CALL(FD_PRESTAT_DIR_NAME, fd, OUT, 9), WASI_BADF);
		assert_int_equal(CALL(FD_PWRITE, fd, 0, 0, 0, 0), WASI_BADF);
		assert_int_equal(CALL(FD_READ, fd, BEYOND, 9, 0), WASI_BADF);
		assert_int_equal(CALL(FD_READDIR, fd, 0, 0, 0, 0), WASI_BADF);
		assert_int_equal(CALL(FD_RENUMBER, fd, 1), WASI_BADF);
		assert_int_equal(CALL(FD_RENUMBER, 1, fd), WASI_BADF);
		assert_int_equal(CALL(FD_SEEK, fd, 0, 9, 0), WASI_BADF);
		assert_int_equal(CALL(FD_TELL, fd, 0), WASI_BADF);
		assert_int_equal(CALL(FD_WRITE, fd, BEYOND, 9, 0), WASI_BADF);
		assert_int_equal(CALL(SOCK_ACCEPT, fd), WASI_BADF);
		assert_int_equal(CALL(SOCK_RECV, fd), WASI_BADF);
		assert_int_equal(CALL(SOCK_SEND, fd), WASI_BADF);
		assert_int_equal(CALL(SOCK_SHUTDOWN, fd), WASI_BADF);
	}
	fake_stop();
}

static void streams_write_lines(void **state)
{
	(void)state;
	fake_start();
	put_iov(1, DATA + 100, 4);
	memcpy(AT(DATA + 100), "two\n", 4);
	memcpy(AT(DATA), "one ", 4);
	put_iov(0, DATA, 4);
	assert_int_equal(CALL(FD_WRITE, 1, IOVS, 2, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 8);
	assert_int_equal(print(2, "err\n"), WASI_SUCCESS);
	assert_int_equal(print(1, "end"), WASI_SUCCESS);
	assert_string_equal(fake.log, "mod | one two\nmod ! err\n");
	host_detach(&fake.domain);
	assert_string_equal(fake.log, "mod | one two\nmod ! err\nmod |+ end\n");
	fake_stop();
}

static void output_needs_the_level(void **state)
{
	struct domain *d = fake_start();

	(void)state;
	d->log_level = AZ_LEVEL_WARN;
	assert_int_equal(print(1, "out\n"), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 4);
	assert_int_equal(print(2, "err\n"), WASI_SUCCESS);
	assert_string_equal(fake.log, "mod ! err\n");
	host_detach(d);
	d->log_level = 0;
	assert_int_equal(host_attach(d), AZ_OK);
	assert_int_equal(print(1, "out\n"), WASI_NOTCAPABLE);
	assert_int_equal(print(2, "out\n"), WASI_NOTCAPABLE);
	fake_stop();
}

static void bad_memory_is_fault_and_leaves_no_trace(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(CALL(FD_WRITE, 1, BEYOND - 4, 1, OUT), WASI_FAULT);
	put_iov(0, DATA, 4);
	put_iov(1, BEYOND - 1, 2);
	assert_int_equal(CALL(FD_WRITE, 1, IOVS, 2, OUT), WASI_FAULT);
	assert_int_equal(CALL(FD_WRITE, 1, IOVS, 1, BEYOND - 3), WASI_FAULT);
	assert_int_equal(CALL(FD_WRITE, 1, IOVS, 1025, OUT), WASI_INVAL);
	assert_int_equal(fake.log_len, 0);
	assert_int_equal(CALL(FD_READ, 0, IOVS, 2, OUT), WASI_FAULT);
	assert_int_equal(CALL(FD_FDSTAT_GET, 1, BEYOND - 23), WASI_FAULT);
	assert_int_equal(CALL(FD_FDSTAT_GET, 1, BEYOND - 24), WASI_SUCCESS);
	assert_int_equal(CALL(FD_FILESTAT_GET, 1, BEYOND - 63), WASI_FAULT);
	assert_int_equal(CALL(FD_PRESTAT_GET, 3, BEYOND - 7), WASI_FAULT);
	assert_int_equal(
	    CALL(FD_PRESTAT_DIR_NAME, 3, BEYOND - 4, 5), WASI_FAULT);
	/* The sum of lengths must fit what the result can say. */
	for (uint32_t i = 0; i < 2; i++)
		put_iov(i, 0, FAKE_MEMORY);
	assert_int_equal(CALL(FD_READ, 0, IOVS, 2, OUT), WASI_SUCCESS);
	fake_stop();
}

static void files_read_and_seek(void **state)
{
	uint32_t fd;

	(void)state;
	fake_start();
	fd = open_path("file");
	assert_int_equal(fd, 4);
	put_iov(0, DATA, 3);
	put_iov(1, DATA + 10, 100);
	assert_int_equal(CALL(FD_READ, fd, IOVS, 2, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 16);
	assert_memory_equal(AT(DATA), "con", 3);
	assert_memory_equal(AT(DATA + 10), "tents of file\0", 14);
	assert_int_equal(CALL(FD_READ, fd, IOVS, 2, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0);
	assert_int_equal(CALL(FD_TELL, fd, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 16);
	assert_int_equal(
	    CALL(FD_SEEK, fd, (uint64_t)-4, WASI_SEEK_END, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 12);
	assert_int_equal(
	    CALL(FD_SEEK, fd, 1000, WASI_SEEK_CUR, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 1012);
	assert_int_equal(CALL(FD_READ, fd, IOVS, 1, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0);
	assert_int_equal(
	    CALL(FD_SEEK, fd, (uint64_t)-2000, WASI_SEEK_CUR, OUT), WASI_INVAL);
	assert_int_equal(
	    CALL(FD_SEEK, fd, INT64_MAX, WASI_SEEK_CUR, OUT), WASI_OVERFLOW);
	assert_int_equal(CALL(FD_SEEK, fd, 0, 3, OUT), WASI_INVAL);
	assert_int_equal(CALL(FD_PREAD, fd, IOVS, 1, 9, OUT), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "of ", 3);
	assert_int_equal(
	    CALL(FD_PREAD, fd, IOVS, 1, UINT64_MAX, OUT), WASI_INVAL);
	assert_int_equal(CALL(FD_TELL, fd, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 1012);
	fake_stop();
}

/* A module may read a file over the list of buffers itself. */
static void read_over_its_own_list_stays_inside(void **state)
{
	uint32_t fd;

	(void)state;
	fake_start();
	fd = open_path("file");
	put_iov(0, IOVS + 8, 8);
	put_iov(1, DATA, 8);
	assert_int_equal(CALL(FD_READ, fd, IOVS, 2, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 8);
	fake_stop();
}

static void read_only_files_refuse_writing(void **state)
{
	uint32_t fd;

	(void)state;
	fake_start();
	fd = open_path("file");
	assert_int_equal(print(fd, "x"), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_PWRITE, fd, IOVS, 1, 0, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_ALLOCATE, fd, 0, 9), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_FILESTAT_SET_SIZE, fd, 9), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_FILESTAT_SET_TIMES, fd, 0, 0, 1), WASI_ROFS);
	assert_int_equal(CALL(FD_FILESTAT_SET_TIMES, fd, 0, 0, 3), WASI_INVAL);
	assert_int_equal(CALL(FD_FILESTAT_SET_TIMES, fd, 0, 0, 16), WASI_INVAL);
	assert_int_equal(CALL(FD_SYNC, fd), WASI_SUCCESS);
	assert_int_equal(CALL(FD_DATASYNC, fd), WASI_SUCCESS);
	assert_int_equal(CALL(FD_ADVISE, fd, 0, 0, 5), WASI_SUCCESS);
	assert_int_equal(CALL(FD_ADVISE, fd, 0, 0, 6), WASI_INVAL);
	fake_stop();
}

static void directories_are_no_files(void **state)
{
	uint32_t fd;

	(void)state;
	fake_start();
	fd = open_path("dir");
	put_iov(0, DATA, 4);
	assert_int_equal(CALL(FD_READ, fd, IOVS, 1, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_PREAD, fd, IOVS, 1, 0, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_WRITE, fd, IOVS, 1, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_PWRITE, fd, IOVS, 1, 0, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_SEEK, fd, 0, 1, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_SEEK, fd, 1, 0, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_TELL, fd, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_ALLOCATE, fd, 0, 0), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_FILESTAT_SET_SIZE, fd, 0), WASI_NOTCAPABLE);
	assert_int_equal(CALL(FD_ADVISE, fd, 0, 0, 0), WASI_BADF);
	fake_stop();
}

static void streams_do_not_seek(void **state)
{
	(void)state;
	fake_start();
	for (uint64_t fd = 1; fd < 3; fd++) {
		assert_int_equal(CALL(FD_SEEK, fd, 0, 1, OUT), WASI_SPIPE);
		assert_int_equal(CALL(FD_TELL, fd, OUT), WASI_SPIPE);
		assert_int_equal(
		    CALL(FD_PREAD, fd, IOVS, 0, 0, OUT), WASI_SPIPE);
		assert_int_equal(
		    CALL(FD_PWRITE, fd, IOVS, 0, 0, OUT), WASI_SPIPE);
		assert_int_equal(
		    CALL(FD_READ, fd, IOVS, 0, OUT), WASI_NOTCAPABLE);
		assert_int_equal(CALL(SOCK_SHUTDOWN, fd, 1), WASI_NOTSOCK);
		assert_int_equal(CALL(SOCK_ACCEPT, fd), WASI_NOTSOCK);
		assert_int_equal(CALL(SOCK_RECV, fd), WASI_NOTSOCK);
		assert_int_equal(CALL(SOCK_SEND, fd), WASI_NOTSOCK);
	}
	fake_stop();
}

static void stats_tell_files_apart(void **state)
{
	uint32_t fd;

	(void)state;
	fake_start();
	fd = open_path("file");
	assert_int_equal(CALL(FD_FILESTAT_GET, fd, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 2);
	assert_int_equal(get64(OUT + 8), 1 + AT_FILE);
	assert_int_equal(get64(OUT + 16), WASI_REGULAR_FILE);
	assert_int_equal(get64(OUT + 24), 1);
	assert_int_equal(get64(OUT + 32), 16);
	assert_int_equal(get64(OUT + 48), 1000000000ull * FAKE_EPOCH);
	assert_int_equal(CALL(FD_FILESTAT_GET, 1, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 1);
	assert_int_equal(get64(OUT + 16), WASI_CHARACTER_DEVICE);
	assert_int_equal(CALL(FD_FILESTAT_GET, 3, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT + 8), 1);
	assert_int_equal(get64(OUT + 16), WASI_DIRECTORY);
	assert_int_equal(CALL(FD_FDSTAT_GET, fd, OUT), WASI_SUCCESS);
	assert_int_equal(*AT(OUT), WASI_REGULAR_FILE);
	assert_int_equal(get64(OUT + 8), WASI_RIGHTS_FILE);
	assert_int_equal(get64(OUT + 16), 0);
	fake_stop();
}

static void rights_and_flags_change(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(CALL(FD_FDSTAT_SET_FLAGS, 1, 5), WASI_SUCCESS);
	assert_int_equal(CALL(FD_FDSTAT_SET_FLAGS, 1, 32), WASI_INVAL);
	assert_int_equal(CALL(FD_FDSTAT_GET, 1, OUT), WASI_SUCCESS);
	assert_int_equal(*AT(OUT + 2), 5);
	assert_int_equal(
	    CALL(FD_FDSTAT_SET_RIGHTS, 3, WASI_PATH_OPEN, 0), WASI_SUCCESS);
	assert_int_equal(
	    CALL(FD_FDSTAT_SET_RIGHTS, 3, WASI_RIGHTS_DIR, 0), WASI_NOTCAPABLE);
	assert_int_equal(
	    CALL(FD_FDSTAT_SET_RIGHTS, 3, WASI_PATH_OPEN, WASI_FD_READ),
	    WASI_NOTCAPABLE);
	assert_int_equal(
	    CALL(FD_FDSTAT_SET_RIGHTS, 1, 1ull << 40, 0), WASI_NOTCAPABLE);
	assert_int_equal(
	    CALL(FD_READDIR, 3, DATA, 100, 0, OUT), WASI_NOTCAPABLE);
	fake_stop();
}

static void preopens_tell_their_mount(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(CALL(FD_PRESTAT_GET, 3, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0);
	assert_int_equal(get32(OUT + 4), 5);
	memset(AT(DATA), '#', 8);
	assert_int_equal(
	    CALL(FD_PRESTAT_DIR_NAME, 3, DATA, 4), WASI_NAMETOOLONG);
	assert_int_equal(CALL(FD_PRESTAT_DIR_NAME, 3, DATA, 8), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "/data###", 8);
	assert_int_equal(CALL(FD_PRESTAT_GET, 1, OUT), WASI_BADF);
	/* Closed, and its number taken by something else. */
	assert_int_equal(open_path("dir"), 4);
	assert_int_equal(CALL(FD_RENUMBER, 4, 3), WASI_SUCCESS);
	assert_int_equal(CALL(FD_PRESTAT_GET, 3, OUT), WASI_BADF);
	assert_int_equal(CALL(FD_CLOSE, 4), WASI_BADF);
	assert_int_equal(CALL(FD_RENUMBER, 3, 3), WASI_SUCCESS);
	assert_int_equal(CALL(FD_FDSTAT_GET, 3, OUT), WASI_SUCCESS);
	assert_int_equal(CALL(FD_CLOSE, 3), WASI_SUCCESS);
	assert_int_equal(CALL(FD_FDSTAT_GET, 3, OUT), WASI_BADF);
	fake_stop();
}

static void readdir_pages_by_cookies(void **state)
{
	uint32_t full, fd;

	(void)state;
	fake_start();
	fd = open_path("dir");
	assert_int_equal(
	    CALL(FD_READDIR, fd, DATA, 1000, 0, OUT), WASI_SUCCESS);
	full = 4 * 24 + 1 + 2 + 4 + 5;
	assert_int_equal(get32(OUT), full);
	assert_int_equal(get64(DATA), 1);
	assert_int_equal(get64(DATA + 8), 1 + AT_DIR);
	assert_int_equal(get32(DATA + 16), 1);
	assert_int_equal(*AT(DATA + 20), WASI_DIRECTORY);
	assert_memory_equal(AT(DATA + 24), ".", 1);
	assert_int_equal(get64(DATA + 25 + 8), 1 + AT_ROOT);
	assert_memory_equal(AT(DATA + 49), "..", 2);
	assert_memory_equal(AT(DATA + 51 + 24), "deep", 4);
	/* Cut in an entry: the buffer is full to the last byte. */
	assert_int_equal(CALL(FD_READDIR, fd, DATA, 30, 0, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 30);
	assert_int_equal(
	    CALL(FD_READDIR, fd, DATA, 1000, 3, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 24 + 5);
	assert_int_equal(get64(DATA), 4);
	assert_memory_equal(AT(DATA + 24), "inner", 5);
	assert_int_equal(
	    CALL(FD_READDIR, fd, DATA, 1000, 4, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0);
	assert_int_equal(
	    CALL(FD_READDIR, fd, DATA, 1000, UINT64_MAX, OUT), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0);
	assert_int_equal(
	    CALL(FD_READDIR, fd, BEYOND - 9, 10, 0, OUT), WASI_FAULT);
	assert_int_equal(CALL(FD_READDIR, 1, DATA, 10, 0, OUT), WASI_NOTDIR);
	fake_stop();
}

static void descriptors_run_out(void **state)
{
	(void)state;
	fake_start();
	for (uint32_t fd = 4; fd < FDS_MAX; fd++)
		assert_int_equal(open_path("file"), fd);
	assert_int_equal(
	    CALL(PATH_OPEN, 3, 0, PATH, 4, 0, 0, 0, 0, OUT), WASI_MFILE);
	assert_int_equal(CALL(FD_CLOSE, 0), WASI_SUCCESS);
	assert_int_equal(open_path("file"), 0);
	fake_stop();
}

/* A bundle whose blob was not decoded is an input error, not a crash. */
static void missing_contents_are_io_errors(void **state)
{
	uint32_t fd;

	(void)state;
	fake_start();
	fake.sets[0].blob = 7;
	fd = open_path("file");
	put_iov(0, DATA, 3);
	assert_int_equal(CALL(FD_READ, fd, IOVS, 1, OUT), WASI_IO);
	fake.sets[0].blob = 0;
	fake.files[AT_FILE].size = 1000;
	assert_int_equal(CALL(FD_READ, fd, IOVS, 1, OUT), WASI_IO);
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_run_between_buffers),
		cmocka_unit_test(unknown_descriptors_are_badf),
		cmocka_unit_test(streams_write_lines),
		cmocka_unit_test(output_needs_the_level),
		cmocka_unit_test(bad_memory_is_fault_and_leaves_no_trace),
		cmocka_unit_test(files_read_and_seek),
		cmocka_unit_test(read_over_its_own_list_stays_inside),
		cmocka_unit_test(read_only_files_refuse_writing),
		cmocka_unit_test(directories_are_no_files),
		cmocka_unit_test(streams_do_not_seek),
		cmocka_unit_test(stats_tell_files_apart),
		cmocka_unit_test(rights_and_flags_change),
		cmocka_unit_test(preopens_tell_their_mount),
		cmocka_unit_test(readdir_pages_by_cookies),
		cmocka_unit_test(descriptors_run_out),
		cmocka_unit_test(missing_contents_are_io_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
