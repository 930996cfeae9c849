/* What goes with a call: rightly, and from callers that lie about it. */
#include "load/carry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "abi/rights.h"
#include "abi/status.h"
#include "ipc/channel.h"
#include "load/window.h"
#include "mm/map.h"
#include "task/domain.h"
#include "task/memory.h"
#include "task/record.h"
#include "test/fake.h"
#include "test/forge_system.h"
#include "verify/bundle.h"
#include "verify/image.h"

enum {
	SERVER,
	CLIENT,
	COUNT,
	MEMORY = 1 << 16,
	ARENA = 8192,
	ARENA_AT = 0x4000,  /* the client's */
	SHARED_AT = 0x6000, /* the server's */
	INBOX_AT = 0xa000,
};
#define SLOT UINT64_C(0x110000000000)

static const struct forge_face faces[COUNT][3] = {
	{ { FORGE_EXPORT, "put", "ifiIii:i", NULL, 0 },
	    { FORGE_WINDOW, "az_window_store", NULL, NULL, SHARED_AT },
	    { FORGE_WINDOW, "az_window_inbox", NULL, NULL, INBOX_AT } },
	{ { FORGE_EXPORT, "_start", ":", NULL, 0 },
	    { FORGE_WINDOW, "az_window_store", NULL, NULL, ARENA_AT } },
};
static const struct forge_module modules[COUNT] = {
	{ .name = "server",
	    .like.memory = MEMORY,
	    .faces = faces[SERVER],
	    .face_count = 3 },
	{ .name = "client",
	    .like.memory = MEMORY,
	    .faces = faces[CLIENT],
	    .face_count = 2 },
};
/* list(0, 2) in, record(4) out: arguments 1 and 3 are none of them. */
static const struct forge_channel channels[] = {
	{ .name = "store",
	    .like = { .type = AZ_CHANNEL_CALL, .size = ARENA },
	    .ends = { { SERVER, 0, 0 }, { CLIENT, AZ_RIGHT_CALL, 0 } },
	    .end_count = 2,
	    .methods = { { .name = "put",
		.type = "ifiIii:i",
		.like = { .copy_count = 2,
		    .copies = { { 0, 2, AZ_COPY_IN, 4096 },
			{ 4, AZ_COPY_FIXED, AZ_COPY_OUT, 24 } } } } },
	    .method_count = 1 },
};

static uint8_t *bytes, *images[COUNT];
static struct bundle b;
static struct image_view views[COUNT];
static struct domain domains[COUNT];
static struct gate gate;

static int set_up(void **state)
{
	const struct forge_system s = { modules, COUNT, channels, 1, NULL, 0 };
	const char *why;
	size_t size;

	(void)state;
	fake_memory(16 << 20);
	bytes = forge_system(&s, &size);
	assert_int_equal(bundle_check_index(&b, bytes, size, &why), 0);
	assert_int_equal(channel_init(&b), AZ_OK);
	assert_int_equal(window_init(&b), AZ_OK);
	carry_init(&b);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct domain *d = &domains[i];

		images[i] = forge_faces(faces[i], i == SERVER ? 3 : 2, &size);
		assert_int_equal(
		    image_open(&views[i], images[i], size, &why), 0);
		*d = (struct domain){ .id = i,
			.slot = SLOT + i * AZ_SLOT_SIZE,
			.image = &views[i],
			.memory_max = MEMORY };
		d->memory = (uint8_t *)(d->slot + AZ_MEMORY_BASE);
		assert_int_equal(memory_grow(d, 1), 0);
		assert_int_equal(window_map(d), AZ_OK);
	}
	gate = (struct gate){ .callee = &domains[SERVER], .method = b.methods };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		window_unmap(&domains[i]);
		map_release((uint64_t)(uintptr_t)domains[i].memory, MEMORY);
		free(images[i]);
	}
	free(bytes);
	return 0;
}

/* A call with a list at `list` and a record at `record`, up to the server. */
static int32_t call(uint64_t list, uint64_t len, uint64_t record)
{
	struct domain *d = &domains[CLIENT];
	const uint64_t given[] = { list, len, 77, record, 88 };

	memcpy(d->given, given, sizeof(given));
	memcpy(d->args, given, sizeof(given));
	return carry_call(d, &gate, d->args, false);
}

static void bytes_go_in_and_come_back(void **state)
{
	struct domain *d = &domains[CLIENT];
	uint8_t *inbox = domains[SERVER].memory + INBOX_AT;

	(void)state;
	memset(inbox, 0xee, 16384);
	memset(d->memory + 100, 5, 300);
	assert_int_equal(call(100, 300, 1000), 0);
	assert_int_equal(d->args[0], INBOX_AT);
	assert_int_equal(d->args[1], 300);
	assert_int_equal(d->args[2], 77);
	assert_int_equal(d->args[3], INBOX_AT + 4096);
	assert_int_equal(d->args[4], 88);
	assert_memory_equal(inbox, d->memory + 100, 300);
	assert_int_equal(inbox[300], 0xee);
	/* The place of what comes back shows nothing of before. */
	for (int i = 0; i < 24; i++)
		assert_int_equal(inbox[4096 + i], 0);
	memset(inbox, 9, 8192);
	assert_int_equal(carry_call(d, &gate, d->args, true), 0);
	assert_int_equal(d->memory[100], 5);
	for (int i = -1; i <= 24; i++)
		assert_int_equal(d->memory[1000 + i], i >= 0 && i < 24 ? 9 : 0);
}

static void a_list_in_the_arena_is_shared(void **state)
{
	struct domain *d = &domains[CLIENT];

	(void)state;
	memset(d->memory + ARENA_AT, 3, ARENA);
	assert_int_equal(call(ARENA_AT + 50, ARENA - 50, 0), 0);
	assert_int_equal(d->args[0], SHARED_AT + 50);
	assert_int_equal(domains[SERVER].memory[d->args[0]], 3);
	assert_int_equal(call(ARENA_AT, 0, 0), 0);
	assert_int_equal(call(ARENA_AT + ARENA - 1, 1, 0), 0);
	/* A record is always copied, so that nobody writes to it. */
	assert_int_equal(call(0, 0, ARENA_AT), 0);
	assert_int_equal(d->args[3], INBOX_AT + 4096);
}

static void lies_are_refused(void **state)
{
	static const struct {
		uint64_t list, len, record;
		bool good;
	} rows[] = {
		{ 0, 4096, 0, true },
		{ 0, 4097, 0, false },
		{ 0, UINT32_MAX, 0, false },
		{ MEMORY, 0, 0, true },
		{ MEMORY + 1, 0, 0, false },
		{ MEMORY - 10, 10, 0, true },
		{ MEMORY - 10, 11, 0, false },
		{ UINT32_MAX, 2, 0, false },
		{ UINT32_MAX - 15, 32, 0, false },
		{ ARENA_AT + 1, ARENA, 0, false },
		{ ARENA_AT + ARENA - 1, 2, 0, false },
		{ ARENA_AT, UINT32_MAX, 0, false },
		{ ARENA_AT - 1, 5000, 0, false },
		{ 0, 0, MEMORY - 24, true },
		{ 0, 0, MEMORY - 23, false },
		{ 0, 0, UINT32_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(domains[SERVER].memory + INBOX_AT, 0xee, 8192);
		assert_int_equal(
		    call(rows[i].list, rows[i].len, rows[i].record),
		    rows[i].good ? 0 : AZ_BAD_ARGUMENT);
		if (!rows[i].good)
			for (int k = 0; k < 8192; k++)
				assert_int_equal(
				    domains[SERVER].memory[INBOX_AT + k], 0xee);
	}
}

/* The form that is called through a handle has that before the others. */
static void a_handle_comes_first(void **state)
{
	struct domain *d = &domains[CLIENT];
	const uint64_t given[] = { 1234, 100, 3, 77, 1000, 88 };

	(void)state;
	memcpy(d->given, given, sizeof(given));
	memcpy(d->args, given, sizeof(given));
	assert_int_equal(carry_call(d, &gate, d->args + 1, false), 0);
	assert_int_equal(d->args[0], 1234);
	assert_int_equal(d->args[1], INBOX_AT);
	assert_int_equal(d->args[4], INBOX_AT + 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    bytes_go_in_and_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_list_in_the_arena_is_shared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    lies_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_handle_comes_first, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
