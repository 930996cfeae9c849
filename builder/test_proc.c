/* Results, redirections, time-outs and interruption of child programs. */
#include "proc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mem.h"

static const char *const ok[] = { "true", NULL };
static const char *const sleeper[] = { "sleep", "60", NULL };

static void test_results(void **state)
{
	const char *const bad[] = { "sh", "-c", "exit 7", NULL };
	const char *const killed[] = { "sh", "-c", "kill -9 $$", NULL };
	const char *const none[] = { "azoth-no-such-program", NULL };

	(void)state;
	assert_int_equal(proc_run(ok, NULL), 0);
	assert_int_equal(proc_run(bad, NULL), 7);
	assert_int_equal(proc_run(killed, NULL), PROC_SIGNALED);
	assert_int_equal(proc_run(none, NULL), PROC_MISSING);
}

static void test_output(void **state)
{
	char path[] = "/tmp/azoth-proc-XXXXXX";
	const char *const argv[] = { "sh", "-c",
		"cat; echo $LC_ALL $AZ_X; echo no >&2; pwd", NULL };
	const char *const env[] = { "AZ_X=yes", NULL };
	const struct proc_opts opts = {
		.log_path = path, .cwd = "/usr", .env = env
	};
	char text[64] = { 0 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(proc_run(argv, &opts), 0);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 14);
	assert_string_equal(text, "C yes\nno\n/usr\n");
	close(fd);
	unlink(path);
}

static void test_timeout(void **state)
{
	const struct proc_opts opts = { .timeout_ms = 50 };

	(void)state;
	assert_int_equal(proc_run(sleeper, &opts), PROC_TIMEOUT);
}

static void test_kept_output(void **state)
{
	static const char *const argv[] = { "sh", "-c",
		"echo yes; echo no >&2; exit 3", NULL };
	const struct proc_opts quiet = { .log_path = "/dev/null" };
	struct buf both = { 0 }, one = { 0 };

	(void)state;
	assert_int_equal(proc_output(&both, argv, NULL), 3);
	assert_string_equal(both.at, "yes\nno\n");
	assert_int_equal(proc_output(&one, argv, &quiet), 3);
	assert_string_equal(one.at, "yes\n");
	buf_fini(&both);
	buf_fini(&one);
}

static void test_wait_any(void **state)
{
	struct proc procs[3] = { 0 };
	int index = -1;

	(void)state;
	assert_int_equal(proc_start(&procs[0], sleeper, NULL), 0);
	assert_int_equal(proc_start(&procs[2], ok, NULL), 0);
	assert_int_equal(proc_wait_any(procs, 3, &index), 0);
	assert_int_equal(index, 2);
	assert_int_equal(procs[2].pid, 0);
	kill(procs[0].pid, SIGKILL);
	assert_int_equal(proc_wait(&procs[0]), PROC_SIGNALED);
}

/* Last: the mark stays. */
static void test_interrupt(void **state)
{
	(void)state;
	proc_catch_signals();
	assert_false(proc_interrupted());
	raise(SIGINT);
	assert_true(proc_interrupted());
	assert_int_equal(proc_run(sleeper, NULL), PROC_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_kept_output),
		cmocka_unit_test(test_wait_any),
		cmocka_unit_test(test_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
