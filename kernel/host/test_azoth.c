/* Module "azoth" as modules call it. What the calls do is tested in ipc/. */
#include "host/test_fake.h"

#include <cmocka.h>

#include "abi/observe.h"
#include "abi/status.h"

enum { NAME = 100, BEYOND = FAKE_MEMORY - 2 };
#define MS ((uint64_t)1000000)

static uint32_t channel(const char *name)
{
	memcpy(AT(NAME), name, strlen(name));
	return (uint32_t)CALL(CHANNEL, NAME, strlen(name));
}

static void channels_have_handles(void **state)
{
	uint32_t tick;

	(void)state;
	fake_start();
	tick = channel("tick");
	assert_true((int32_t)tick > 0);
	assert_int_equal(channel("tick"), tick);
	assert_true((int32_t)channel("store") > 0);
	assert_int_not_equal(channel("store"), tick);
	assert_int_equal(CALL(CHANNEL, BEYOND, 4), (uint32_t)AZ_BAD_ARGUMENT);
	assert_int_equal(
	    CALL(CHANNEL, UINT32_MAX, 4), (uint32_t)AZ_BAD_ARGUMENT);
	assert_int_equal(
	    CALL(CHANNEL, NAME, UINT32_MAX), (uint32_t)AZ_BAD_ARGUMENT);
	/* A name that is none may be anything: it is not logged. */
	assert_int_equal(channel("fa\n"), (uint32_t)AZ_DENIED);
	assert_string_equal(fake.log, "");
	for (int i = 0; i < 3; i++)
		assert_int_equal(channel("far"), (uint32_t)AZ_DENIED);
	assert_string_equal(fake.log,
	    "azoth host denied module=mod function=channel "
	    "need=\"channels: { far: { readers: [ mod ] } }\"\n");
	fake_stop();
}

static void signals_and_rings(void **state)
{
	uint32_t duo;

	(void)state;
	fake_start();
	duo = channel("duo");
	assert_int_equal(CALL(SIGNAL_RAISE, channel("tick")), 0);
	assert_int_equal(CALL(SIGNAL_RAISE, duo), (uint32_t)AZ_DENIED);
	assert_int_equal(CALL(SIGNAL_RAISE, 0), (uint32_t)AZ_BAD_HANDLE);
	assert_int_equal(CALL(SIGNAL_AFTER, duo, 2 * MS, 0), 0);
	timer_run(fake.now + 2 * MS);
	assert_int_equal(CALL(SIGNAL_WAIT, duo, UINT64_MAX), 1);
	assert_int_equal(CALL(SIGNAL_WAIT, duo, 5 * MS), 0);
	assert_int_equal(fake.now, 5000 + 5 * MS);
	assert_int_equal(CALL(RING_WAKE, channel("pipe")), 0);
	assert_int_equal(CALL(RING_WAIT, channel("pipe"), MS), 0);
	assert_int_equal(CALL(RING_WAIT, duo, MS), (uint32_t)AZ_BAD_HANDLE);
	assert_int_equal(CALL(RING_WAKE, duo), (uint32_t)AZ_BAD_HANDLE);
	fake_stop();
}

static void capabilities_are_made_and_ended(void **state)
{
	uint32_t tick, part, lent;
	struct cap *c;

	(void)state;
	fake_start();
	tick = channel("tick");
	part = (uint32_t)CALL(CAP_DERIVE, tick, AZ_RIGHT_WRITE, 9 * MS);
	assert_true((int32_t)part > 0);
	lent =
	    (uint32_t)CALL(CAP_LEND, tick, channel("store"), AZ_RIGHT_WRITE, 0);
	assert_int_equal(cap_find_any(&c, FAKE_PEER, (uint32_t)lent), 0);
	assert_int_equal(c->rights, AZ_RIGHT_WRITE);
	assert_int_equal(CALL(SIGNAL_RAISE, part), 0);
	timer_run(fake.now + 9 * MS);
	assert_int_equal(CALL(SIGNAL_RAISE, part), (uint32_t)AZ_BAD_HANDLE);
	assert_int_equal(CALL(CAP_REVOKE, tick), 0);
	assert_int_equal(
	    cap_find_any(&c, FAKE_PEER, (uint32_t)lent), AZ_BAD_HANDLE);
	assert_int_equal(CALL(CAP_REVOKE, lent), (uint32_t)AZ_BAD_HANDLE);
	fake.peer.generation = 3;
	assert_int_equal(CALL(GENERATION, tick), 3);
	assert_int_equal(CALL(CAP_CLOSE, tick), 0);
	assert_int_equal(CALL(CAP_CLOSE, tick), (uint32_t)AZ_BAD_HANDLE);
	assert_int_equal(channel("tick"), (uint32_t)AZ_PEER_REVOKED);
	fake_stop();
}

static void who_may_observes(void **state)
{
	struct az_seen seen;
	struct domain *d = fake_start();

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(CALL(OBSERVE, 0, NAME), (uint32_t)AZ_DENIED);
	assert_string_equal(fake.log,
	    "azoth host denied module=mod function=observe "
	    "need=\"modules: { mod: { grants: { observe: true } } }\"\n");
	d->observe = true;
	assert_int_equal(CALL(OBSERVE, 0, BEYOND), (uint32_t)AZ_BAD_ARGUMENT);
	assert_int_equal(CALL(OBSERVE, 1, NAME), (uint32_t)AZ_BAD_ARGUMENT);
	assert_int_equal(CALL(OBSERVE, 0, NAME), 0);
	memcpy(&seen, AT(NAME), sizeof(seen));
	assert_string_equal(seen.name, "root");
	assert_int_equal(seen.state, AZ_SEEN_GROUP);
	d->observe = false;
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channels_have_handles),
		cmocka_unit_test(signals_and_rings),
		cmocka_unit_test(capabilities_are_made_and_ended),
		cmocka_unit_test(who_may_observes),
	};

	return cmocka_run_group_tests_name("host/azoth", tests, NULL, NULL);
}
