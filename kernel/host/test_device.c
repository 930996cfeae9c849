/* Devices and secrets as modules call for them, where there are none, and
 * where one is delivered. What devices do is tested in dev/. */
#include "host/input.h"
#include "host/test_fake.h"

#include <cmocka.h>

#include "abi/device.h"
#include "abi/status.h"
#include "dev/device.h"
#include "test/fake.h"

enum { NAME = 100, OUT = 400, BEYOND = FAKE_MEMORY - 2 };

static uint32_t put(const char *text)
{
	memcpy(AT(NAME), text, strlen(text));
	return (uint32_t)strlen(text);
}

static int32_t secret(const char *name, uint32_t size)
{
	return (int32_t)CALL(SECRET, NAME, put(name), OUT, size);
}

static void secrets_are_granted(void **state)
{
	struct az_text name;

	(void)state;
	fake_start();
	name = fake_text("key");
	fake.grants[1] = (struct az_grant){ .kind = AZ_GRANT_SECRET,
		.value = 8,
		.text_off = name.off,
		.text_len = name.len };
	fake_hand(NULL, NULL);
	assert_int_equal(secret("key", 8), AZ_PEER_GONE);
	fake_hand("opt/azoth/secret/key", "sesame");
	assert_int_equal(secret("key", 8), 6);
	assert_memory_equal(AT(OUT), "sesame", 6);
	memset(AT(OUT), 'x', 8);
	assert_int_equal(secret("key", 5), 6);
	assert_int_equal(*AT(OUT), 'x');
	assert_int_equal(secret("ke", 8), AZ_DENIED);
	assert_int_equal(secret("keys", 8), AZ_DENIED);
	assert_int_equal(secret("", 8), AZ_DENIED);
	assert_int_equal(secret("key", UINT32_MAX), AZ_BAD_ARGUMENT);
	assert_int_equal(
	    (int32_t)CALL(SECRET, BEYOND, 3, OUT, 8), AZ_BAD_ARGUMENT);
	/* Longer than the manifest says. */
	fake_hand("opt/azoth/secret/key", "open sesame");
	assert_int_equal(secret("key", 64), AZ_PEER_GONE);
	assert_int_equal(*AT(OUT), 'x');
	fake_hand(NULL, NULL);
	fake_stop();
}

static void no_device_is_said_to_be_none(void **state)
{
	static const struct az_device absent = {
		.bus = AZ_BUS_PCI, .ids = { 1 }, .flags = AZ_DEVICE_ENTROPY
	};
	static const struct device_hooks hooks;

	(void)state;
	fake_start();
	assert_int_equal((int32_t)CALL(DEVICE, 0, 0), AZ_DENIED);
	/* Channel 0, tick, is said to be one that this machine has not. */
	fake.bundle.devices = &absent;
	fake.bundle.device_count = 1;
	assert_int_equal(device_init(&fake.bundle, &hooks), AZ_OK);
	assert_int_equal((int32_t)CALL(DEVICE, NAME, 0), AZ_PEER_GONE);
	assert_int_equal(
	    (int32_t)CALL(DEVICE, NAME, put("tick")), AZ_PEER_GONE);
	assert_int_equal((int32_t)CALL(DEVICE, NAME, put("duo")), AZ_DENIED);
	assert_int_equal((int32_t)CALL(DEVICE, BEYOND, 4), AZ_BAD_ARGUMENT);
	/* A signal is no device, whatever may be done with it. */
	uint32_t tick = (uint32_t)CALL(CHANNEL, NAME, put("tick"));

	assert_int_equal((int64_t)CALL(DEV_READ, tick, 0, 0), AZ_BAD_HANDLE);
	assert_int_equal(
	    (int32_t)CALL(DEV_WRITE, tick, 0, 0, 0), AZ_BAD_HANDLE);
	assert_int_equal((int64_t)CALL(DEV_FEATURES, tick, 0), AZ_BAD_HANDLE);
	assert_int_equal((int32_t)CALL(DEV_RING, tick, 0, 8), AZ_BAD_HANDLE);
	assert_int_equal((int32_t)CALL(DEV_START, tick), AZ_BAD_HANDLE);
	assert_int_equal((int32_t)CALL(DEV_DONE, tick), AZ_BAD_HANDLE);
	assert_int_equal((int32_t)CALL(DEV_POST, tick, 0, 0, 1), AZ_BAD_HANDLE);
	assert_int_equal((int32_t)CALL(DEV_REAP, tick, 0, 2, 1), AZ_BAD_HANDLE);
	assert_int_equal(
	    (int32_t)CALL(DEV_TRANSFER, tick, 0, 0, 8, 0, 0), AZ_BAD_HANDLE);
	assert_int_equal((int32_t)CALL(RANDOM_MIX, OUT, 8), AZ_DENIED);
	assert_int_equal((int32_t)CALL(RANDOM_MIX, BEYOND, 8), AZ_BAD_ARGUMENT);
	assert_int_equal((int32_t)CALL(CONSOLE_TYPE, OUT, 8), AZ_DENIED);
	assert_int_equal(
	    (int32_t)CALL(CONSOLE_TYPE, BEYOND, 8), AZ_BAD_ARGUMENT);
	assert_int_equal(
	    (int32_t)CALL(CONSOLE_TYPE, 0, INPUT_MAX + 1), AZ_BAD_ARGUMENT);
	fake.bundle.device_count = 0;
	fake.pages -= 2; /* of devices, kept for ever */
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_granted),
		cmocka_unit_test(no_device_is_said_to_be_none),
	};

	return cmocka_run_group_tests_name("host/device", tests, NULL, NULL);
}
