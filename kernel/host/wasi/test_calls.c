#include "host/input.h"
#include "host/test_fake.h"

#include <cmocka.h>

enum { OUT = 2000, SUBS = 3000, DATA = 4000, BEYOND = FAKE_MEMORY };

static struct wasi_subscription clock_sub(
    uint32_t id, uint64_t timeout, uint16_t flags)
{
	return (struct wasi_subscription){ .userdata = timeout + 1,
		.tag = WASI_EVENT_CLOCK,
		.id = id,
		.timeout = timeout,
		.flags = flags };
}

static struct wasi_subscription stream_sub(uint8_t tag, uint32_t fd)
{
	return (
	    struct wasi_subscription){ .userdata = fd, .tag = tag, .id = fd };
}

/* Poll; returns the errno, events are at DATA and their number at OUT. */
static uint64_t poll(const struct wasi_subscription *subs, uint32_t count)
{
	memcpy(AT(SUBS), subs, count * sizeof *subs);
	return CALL(POLL_ONEOFF, SUBS, DATA, count, OUT);
}

static struct wasi_event get_event(uint32_t i)
{
	struct wasi_event event;

	memcpy(&event, AT(DATA + i * sizeof event), sizeof event);
	return event;
}

static void no_call_is_missing(void **state)
{
	(void)state;
	for (int i = 0; i < AZ_CALL_COUNT; i++)
		assert_non_null(host_calls[i]);
}

static void arguments_come_from_the_index(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(CALL(ARGS_SIZES_GET, OUT, OUT + 4), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 2);
	assert_int_equal(get32(OUT + 4), 15);
	assert_int_equal(CALL(ARGS_GET, OUT, DATA), WASI_SUCCESS);
	assert_int_equal(get32(OUT), DATA);
	assert_int_equal(get32(OUT + 4), DATA + 5);
	assert_memory_equal(AT(DATA), "prog\0two words", 15);
	assert_int_equal(CALL(ENVIRON_SIZES_GET, OUT, OUT + 4), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 1);
	assert_int_equal(CALL(ENVIRON_GET, OUT, DATA), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "KEY=value", 10);
	assert_int_equal(CALL(ARGS_GET, BEYOND - 7, DATA), WASI_FAULT);
	assert_int_equal(CALL(ARGS_GET, OUT, BEYOND - 14), WASI_FAULT);
	assert_int_equal(CALL(ARGS_SIZES_GET, OUT, BEYOND - 3), WASI_FAULT);
	assert_int_equal(CALL(ENVIRON_SIZES_GET, BEYOND, OUT), WASI_FAULT);
	fake_stop();
}

static void clocks_are_as_coarse_as_granted(void **state)
{
	struct domain *d = fake_start();

	(void)state;
	fake.now = 5999;
	assert_int_equal(CALL(CLOCK_RES_GET, 1, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 1000);
	assert_int_equal(CALL(CLOCK_TIME_GET, 1, 1, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 5000);
	assert_int_equal(CALL(CLOCK_TIME_GET, 0, 0, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT), 1700000000000005000);
	for (uint64_t id = 2; id < 5; id++) {
		assert_int_equal(CALL(CLOCK_RES_GET, id, OUT), WASI_INVAL);
		assert_int_equal(CALL(CLOCK_TIME_GET, id, 0, OUT), WASI_INVAL);
	}
	assert_int_equal(CALL(CLOCK_TIME_GET, 0, 0, BEYOND - 7), WASI_FAULT);
	assert_int_equal(CALL(CLOCK_RES_GET, 0, BEYOND - 7), WASI_FAULT);
	d->clock_res = 0;
	assert_int_equal(CALL(CLOCK_RES_GET, 0, OUT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(CLOCK_TIME_GET, 0, 0, OUT), WASI_NOTCAPABLE);
	assert_string_equal(fake.log,
	    "azoth host denied module=mod function=clock_res_get "
	    "need=\"modules:"
	    " { mod: { grants: { clock: 1ms } } }\"\n");
	fake_stop();
}

static void random_needs_grant_and_seed(void **state)
{
	struct domain *d = fake_start();

	(void)state;
	assert_int_equal(CALL(RANDOM_GET, OUT, 0), WASI_SUCCESS);
	assert_int_equal(CALL(RANDOM_GET, OUT, 3), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0x00a5a5a5);
	assert_int_equal(CALL(RANDOM_GET, BEYOND - 1, 2), WASI_FAULT);
	fake.random_ready = false;
	assert_int_equal(CALL(RANDOM_GET, OUT, 3), WASI_AGAIN);
	assert_int_equal(CALL(RANDOM_GET, OUT, 3), WASI_AGAIN);
	assert_string_equal(fake.log,
	    "azoth host random-not-ready module=mod why=\"no source\"\n");
	d->random = false;
	assert_int_equal(CALL(RANDOM_GET, OUT, 3), WASI_NOTCAPABLE);
	assert_non_null(strstr(fake.log,
	    "azoth host denied module=mod function=random_get need=\"modules: "
	    "{ mod: { grants: { random: true } } }\"\n"));
	fake_stop();
}

static void process_calls(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(CALL(PROC_RAISE, 9), WASI_NOTSUP);
	assert_int_equal(CALL(PROC_RAISE, 31), WASI_INVAL);
	assert_int_equal(CALL(SCHED_YIELD, 0), WASI_SUCCESS);
	assert_int_equal(fake.yields, 1);
	if (setjmp(fake.end) == 0)
		(void)CALL(PROC_EXIT, 33);
	assert_int_equal(fake.status, 33);
	fake_stop();
}

static void poll_waits_for_the_first_clock(void **state)
{
	struct wasi_subscription subs[] = {
		clock_sub(WASI_MONOTONIC, 9000, 0),
		clock_sub(WASI_REALTIME, 2500, 0),
	};

	(void)state;
	fake_start();
	assert_int_equal(poll(subs, 2), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 1);
	assert_int_equal(get_event(0).userdata, 2501);
	assert_int_equal(get_event(0).error, WASI_SUCCESS);
	/* 5000 + 2500, up to the granted resolution. */
	assert_int_equal(fake.now, 8000);
	subs[0] = clock_sub(WASI_MONOTONIC, 20000, WASI_SUBCLOCK_ABSTIME);
	subs[1] =
	    clock_sub(WASI_REALTIME, fake.wall + 30000, WASI_SUBCLOCK_ABSTIME);
	assert_int_equal(poll(subs, 2), WASI_SUCCESS);
	assert_int_equal(fake.now, 20000);
	assert_int_equal(poll(subs + 1, 1), WASI_SUCCESS);
	assert_int_equal(fake.now, 30000);
	/* Long past: at once. */
	assert_int_equal(poll(subs, 2), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 2);
	assert_int_equal(fake.now, 30000);
	subs[0] = clock_sub(WASI_MONOTONIC, UINT64_MAX, 0);
	assert_int_equal(poll(subs, 2), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 1);
	fake_stop();
}

static void poll_reports_errors_in_events(void **state)
{
	struct wasi_subscription subs[] = {
		clock_sub(2, 9000, 0),
		clock_sub(WASI_MONOTONIC, 9000, 2),
		stream_sub(WASI_EVENT_FD_READ, 77),
		stream_sub(WASI_EVENT_FD_READ, 1),
		stream_sub(WASI_EVENT_FD_WRITE, 3),
	};
	static const enum wasi_errno errors[] = { WASI_INVAL, WASI_INVAL,
		WASI_BADF, WASI_NOTCAPABLE, WASI_NOTCAPABLE };
	struct domain *d = fake_start();

	(void)state;
	assert_int_equal(poll(subs, 5), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(get_event(i).error, errors[i]);
	d->clock_res = 0;
	subs[0] = clock_sub(WASI_MONOTONIC, 0, 0);
	assert_int_equal(poll(subs, 1), WASI_SUCCESS);
	assert_int_equal(get_event(0).error, WASI_NOTCAPABLE);
	fake_stop();
}

static void poll_checks_its_arguments(void **state)
{
	struct wasi_subscription sub = stream_sub(3, 1);

	(void)state;
	fake_start();
	assert_int_equal(CALL(POLL_ONEOFF, SUBS, DATA, 0, OUT), WASI_INVAL);
	assert_int_equal(CALL(POLL_ONEOFF, SUBS, DATA, 4097, OUT), WASI_INVAL);
	assert_int_equal(
	    CALL(POLL_ONEOFF, BEYOND - 47, DATA, 1, OUT), WASI_FAULT);
	assert_int_equal(
	    CALL(POLL_ONEOFF, SUBS, BEYOND - 31, 1, OUT), WASI_FAULT);
	assert_int_equal(
	    CALL(POLL_ONEOFF, SUBS, DATA, 1, BEYOND - 3), WASI_FAULT);
	assert_int_equal(poll(&sub, 1), WASI_INVAL);
	/* Events over the subscriptions. */
	memset(AT(SUBS), 0, 48);
	assert_int_equal(CALL(POLL_ONEOFF, SUBS, SUBS, 1, SUBS), WASI_SUCCESS);
	fake_stop();
}

static void poll_finds_streams_ready(void **state)
{
	struct wasi_subscription subs[] = {
		stream_sub(WASI_EVENT_FD_READ, 0),
		stream_sub(WASI_EVENT_FD_WRITE, 1),
		stream_sub(WASI_EVENT_FD_WRITE, 2),
		clock_sub(WASI_MONOTONIC, 1000000, 0),
	};

	(void)state;
	fake_start();
	assert_int_equal(poll(subs, 4), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 3);
	assert_int_equal(get_event(0).type, WASI_EVENT_FD_READ);
	assert_int_equal(get_event(0).nbytes, 0);
	assert_int_equal(get_event(2).userdata, 2);
	assert_int_equal(fake.now, 5000);
	fake_stop();
}

/* Give the domain another standard input. */
static void restart_with(uint32_t kind)
{
	host_detach(&fake.domain);
	fake.module.stdin_kind = kind;
	assert_int_equal(host_attach(&fake.domain), AZ_OK);
}

static uint64_t read_input(uint32_t len)
{
	put32(SUBS, DATA);
	put32(SUBS + 4, len);
	return CALL(FD_READ, 0, SUBS, 1, OUT);
}

static void empty_and_file_input(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0);
	restart_with(AZ_STDIN_FILE);
	assert_int_equal(read_input(8), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "contents", 8);
	assert_int_equal(CALL(FD_FILESTAT_GET, 0, OUT), WASI_SUCCESS);
	assert_int_equal(get64(OUT + 32), fake.blob_len);
	fake_stop();
}

static void console_gives_lines(void **state)
{
	(void)state;
	fake_start();
	restart_with(AZ_STDIN_CONSOLE);
	fake.input = "one\rtwo\nlast\x04";
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 4);
	assert_memory_equal(AT(DATA), "one\n", 4);
	assert_int_equal(read_input(2), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "tw", 2);
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "o\n", 2);
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 4);
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 0);
	assert_int_equal(CALL(FD_FDSTAT_SET_FLAGS, 0, 4), WASI_SUCCESS);
	assert_int_equal(read_input(100), WASI_AGAIN);
	assert_int_equal(read_input(0), WASI_SUCCESS);
	fake_stop();
}

/* What is typed here is shown; \b stays in its line. */
static void keyboards_edit(void **state)
{
	static const char typed[] = "\b\bone\n\btx\bwo\n";

	(void)state;
	fake_start();
	restart_with(AZ_STDIN_CONSOLE);
	input_type((const uint8_t *)typed, sizeof(typed) - 1);
	assert_string_equal(fake.log, "one\ntx\b \bwo\n");
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "one\n", 4);
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 4);
	assert_memory_equal(AT(DATA), "two\n", 4);
	fake_stop();
}

static void waiting_for_input_shows_the_prompt(void **state)
{
	struct wasi_subscription subs[] = {
		stream_sub(WASI_EVENT_FD_READ, 0),
		clock_sub(WASI_MONOTONIC, 1000000, 0),
	};

	(void)state;
	fake_start();
	restart_with(AZ_STDIN_CONSOLE);
	memcpy(AT(DATA), "name? ", 6);
	put32(SUBS, DATA);
	put32(SUBS + 4, 6);
	assert_int_equal(CALL(FD_WRITE, 1, SUBS, 1, OUT), WASI_SUCCESS);
	fake.input = "eve\n";
	fake.input_at = 7000;
	assert_int_equal(read_input(100), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 4);
	assert_string_equal(fake.log, "mod |+ name? \n");
	assert_int_equal(fake.wakes, 1);
	fake.input = "bob\n";
	fake.input_at = 90000;
	assert_int_equal(poll(subs, 2), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 1);
	assert_int_equal(get_event(0).nbytes, 4);
	assert_int_equal(read_input(100), WASI_SUCCESS);
	/* Nothing more: the clock ends the wait. */
	assert_int_equal(poll(subs, 2), WASI_SUCCESS);
	assert_int_equal(get32(OUT), 1);
	assert_int_equal(get_event(0).type, WASI_EVENT_CLOCK);
	fake_stop();
}

static void messages_are_single_lines(void **state)
{
	struct domain *d = fake_start();
	const char *last;
	uint32_t len;

	(void)state;
	assert_null(host_last_line(d, &len));
	memcpy(AT(DATA), "first\nsecond", 12);
	assert_int_equal(CALL(LOG, AZ_LEVEL_WARN, DATA, 12), WASI_SUCCESS);
	assert_int_equal(CALL(LOG, AZ_LEVEL_DEBUG, DATA, 12), WASI_SUCCESS);
	assert_string_equal(fake.log, "mod # warn first\\x0asecond\n");
	last = host_last_line(d, &len);
	assert_int_equal(len, 12);
	assert_memory_equal(last, "first\nsecond", 12);
	assert_int_equal(CALL(LOG, 0, DATA, 1), WASI_INVAL);
	assert_int_equal(CALL(LOG, 5, DATA, 1), WASI_INVAL);
	assert_int_equal(CALL(LOG, 1, DATA, 1001), WASI_MSGSIZE);
	assert_int_equal(CALL(LOG, 1, BEYOND, 1), WASI_FAULT);
	d->log_level = 0;
	assert_int_equal(CALL(LOG, 1, DATA, 1), WASI_NOTCAPABLE);
	fake_stop();
}

static enum az_power_op asked;

static void on_power(enum az_power_op op)
{
	asked = op;
}

static void power_needs_its_bit(void **state)
{
	struct domain *d = fake_start();

	(void)state;
	host_set_power(on_power);
	d->power = AZ_POWER_HALT;
	assert_int_equal(CALL(POWER, 0), WASI_INVAL);
	assert_int_equal(CALL(POWER, 3), WASI_INVAL);
	/* What it lacks is said once. */
	assert_int_equal(CALL(POWER, AZ_POWER_REBOOT), WASI_NOTCAPABLE);
	assert_int_equal(CALL(POWER, AZ_POWER_REBOOT), WASI_NOTCAPABLE);
	assert_int_equal(asked, 0);
	(void)CALL(POWER, AZ_POWER_HALT);
	assert_int_equal(asked, AZ_POWER_HALT);
	assert_string_equal(fake.log,
	    "azoth host denied module=mod function=power need=\"modules: "
	    "{ mod: { grants: { power: [ reboot ] } } }\"\n"
	    "azoth host power module=mod op=halt\n");
	fake_stop();
}

static void attach_leaves_nothing_behind(void **state)
{
	struct domain *d = fake_start();

	(void)state;
	host_detach(d);
	fake.no_memory = true;
	assert_int_equal(host_attach(d), AZ_ENOMEM);
	fake.no_memory = false;
	fake.module.grants.count = 1 + AZ_PREOPENS_MAX;
	assert_int_equal(host_attach(d), AZ_OK);
	assert_int_equal(CALL(FD_PRESTAT_GET, FDS_MAX - 1, OUT), WASI_SUCCESS);
	host_detach(d);
	assert_int_equal(fake.pages, 0);
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_call_is_missing),
		cmocka_unit_test(arguments_come_from_the_index),
		cmocka_unit_test(clocks_are_as_coarse_as_granted),
		cmocka_unit_test(random_needs_grant_and_seed),
		cmocka_unit_test(process_calls),
		cmocka_unit_test(poll_waits_for_the_first_clock),
		cmocka_unit_test(poll_reports_errors_in_events),
		cmocka_unit_test(poll_checks_its_arguments),
		cmocka_unit_test(poll_finds_streams_ready),
		cmocka_unit_test(empty_and_file_input),
		cmocka_unit_test(console_gives_lines),
		cmocka_unit_test(keyboards_edit),
		cmocka_unit_test(waiting_for_input_shows_the_prompt),
		cmocka_unit_test(messages_are_single_lines),
		cmocka_unit_test(power_needs_its_bit),
		cmocka_unit_test(attach_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
