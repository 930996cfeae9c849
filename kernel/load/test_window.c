/* Memory that modules share, over the fake arch: who sees what, when. */
#include "load/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "abi/ring.h"
#include "abi/rights.h"
#include "ipc/channel.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "task/domain.h"
#include "task/memory.h"
#include "test/fake.h"
#include "test/forge_system.h"
#include "verify/bundle.h"
#include "verify/fit.h"
#include "verify/image.h"
#include "verify/windows.h"

enum {
	SERVER,
	CLIENT,
	OTHER,
	COUNT,
	RAM = 16 << 20,
	RING = 4096,
	ARENA = 8192,
	RING_AT = 0x2000,
	ARENA_AT = 0x8000,
	INBOX_AT = 0xa000,
	SOCKETS_AT = 0x1000,
	SOCKETS = 5 * 4096, /* 8 of 2 KiB, and a head */
	SOCKETS_END = 0x8000,
};
#define SLOT UINT64_C(0x110000000000)

static const struct forge_face faces[COUNT][8] = {
	{ { FORGE_EXPORT, "put", "iii:i", NULL, 0 },
	    { FORGE_WINDOW, "az_window_feed_1", NULL, NULL, RING_AT },
	    { FORGE_WINDOW, "az_window_store", NULL, NULL, ARENA_AT },
	    { FORGE_WINDOW, "az_window_inbox", NULL, NULL, INBOX_AT } },
	{ { FORGE_EXPORT, "_start", ":", NULL, 0 },
	    { FORGE_WINDOW, "az_window_feed_1", NULL, NULL, RING_AT + 4096 },
	    { FORGE_WINDOW, "az_window_end_feed_1", NULL, NULL,
		RING_AT + 4096 + AZ_RING_HEAD + RING },
	    { FORGE_WINDOW, "az_window_store", NULL, NULL, ARENA_AT + 4096 } },
	{ { FORGE_EXPORT, "_start", ":", NULL, 0 },
	    { FORGE_WINDOW, "az_window_store", NULL, NULL, ARENA_AT },
	    { FORGE_WINDOW, "az_window_sockets", NULL, NULL, SOCKETS_AT },
	    { FORGE_WINDOW, "az_window_end_sockets", NULL, NULL,
		SOCKETS_END } },
};
static struct forge_module modules[COUNT] = {
	{ .name = "server", .faces = faces[SERVER], .face_count = 4 },
	{ .name = "client", .faces = faces[CLIENT], .face_count = 4 },
	{ .name = "other", .faces = faces[OTHER], .face_count = 4 },
};
static struct forge_channel channels[] = {
	{ .name = "feed-1",
	    .like = { .type = AZ_CHANNEL_RING, .size = RING },
	    .ends = { { CLIENT, AZ_RIGHT_WRITE, 0 },
		{ SERVER, AZ_RIGHT_READ, 0 } },
	    .end_count = 2 },
	{ .name = "store",
	    .like = { .type = AZ_CHANNEL_CALL, .size = ARENA },
	    .ends = { { SERVER, 0, 0 }, { CLIENT, AZ_RIGHT_CALL, 0 },
		{ OTHER, AZ_RIGHT_CALL, 0 } },
	    .end_count = 3,
	    .methods = { { .name = "put",
		.type = "iii:i",
		.like = { .copy_count = 1,
		    .copies = { { 0, 1, AZ_COPY_IN, 4096 } } } } },
	    .method_count = 1 },
	{ .name = "lan.client",
	    .like = { .type = AZ_CHANNEL_SOCKET,
		.queue = 8,
		.size = SOCKETS,
		.record = 1024 },
	    .ends = { { OTHER, AZ_RIGHT_WRITE | AZ_RIGHT_READ, 0 },
		{ CLIENT, AZ_RIGHT_READ, 0 } },
	    .end_count = 2 },
};
enum { CHANNELS = sizeof(channels) / sizeof(channels[0]) };

static uint8_t *bytes, *images[COUNT];
static struct bundle b;
static struct image_view views[COUNT];
static struct domain domains[COUNT];
static uint64_t free_at_start;

static void build(uint32_t flags)
{
	struct forge_system s = { modules, COUNT, channels, CHANNELS, NULL, 0 };
	const char *why = "";
	size_t size;

	channels[0].like.flags = flags & AZ_CHANNEL_KEEP;
	channels[1].like.flags = flags & AZ_CHANNEL_EXCLUSIVE;
	for (int i = 0; i < COUNT; i++)
		modules[i].like.memory = 1 << 16;
	bytes = forge_system(&s, &size);
	assert_int_equal(bundle_check_index(&b, bytes, size, &why), 0);
	for (int i = 0; i < COUNT; i++) {
		images[i] =
		    forge_faces(modules[i].faces, modules[i].face_count, &size);
		assert_int_equal(
		    image_open(&views[i], images[i], size, &why), 0);
	}
}

static void start(uint32_t flags)
{
	fake_memory(RAM);
	build(flags);
	assert_int_equal(channel_init(&b), AZ_OK);
	assert_int_equal(window_init(&b), AZ_OK);
	free_at_start = frame_count_free();
	for (uint32_t i = 0; i < COUNT; i++) {
		uint64_t slot = SLOT + i * AZ_SLOT_SIZE;

		domains[i] = (struct domain){ .id = i,
			.slot = slot,
			.image = &views[i],
			.memory = (uint8_t *)(slot + AZ_MEMORY_BASE),
			.memory_max = 1 << 16 };
		assert_int_equal(memory_grow(&domains[i], 1), 0);
	}
}

static void map_them(void)
{
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(window_map(&domains[i]), AZ_OK);
}

/* Every frame comes back, whatever was taken meanwhile. */
static void stop(void)
{
	for (uint32_t i = 0; i < COUNT; i++) {
		window_unmap(&domains[i]);
		map_release((uint64_t)(uintptr_t)domains[i].memory, 1 << 16);
		free(images[i]);
	}
	assert_int_equal(frame_count_free(), free_at_start);
	free(bytes);
}

static uint8_t *ring_of(uint32_t i)
{
	return domains[i].memory + RING_AT + (i == CLIENT ? 4096 : 0);
}

static uint8_t *arena_of(uint32_t i)
{
	return domains[i].memory + ARENA_AT + (i == CLIENT ? 4096 : 0);
}

static void ends_see_the_same(void **state)
{
	(void)state;
	start(0);
	memset(domains[CLIENT].memory, 0xee, 1 << 16);
	map_them();
	for (uint32_t i = 0; i < AZ_RING_HEAD + RING; i += 1000) {
		assert_int_equal(ring_of(CLIENT)[i], 0);
		ring_of(CLIENT)[i] = (uint8_t)i;
		assert_int_equal(ring_of(SERVER)[i], (uint8_t)i);
	}
	/* Nothing beside the windows is anything but the module's own. */
	assert_int_equal(ring_of(CLIENT)[-1], 0xee);
	assert_int_equal(ring_of(CLIENT)[AZ_RING_HEAD + RING], 0xee);
	arena_of(OTHER)[ARENA - 1] = 7;
	assert_int_equal(arena_of(CLIENT)[ARENA - 1], 7);
	assert_int_equal(arena_of(SERVER)[ARENA - 1], 7);
	assert_int_equal(
	    window_address(&domains[CLIENT], &b.channels[1]), ARENA_AT + 4096);
	assert_int_equal(window_address(&domains[OTHER], &b.channels[0]), 0);
	stop();
}

static bool all_are(const uint8_t *at, size_t size, uint8_t value)
{
	while (size > 0 && at[size - 1] == value)
		size--;
	return size == 0;
}

/* A stack's window may be larger than the sockets of its clients: what is
 * behind them is nobody's memory, in any life of the stack. */
static void behind_the_sockets_is_nothing(void **state)
{
	enum { REST = SOCKETS_END - SOCKETS_AT - SOCKETS };
	uint8_t *sockets, *rest;

	(void)state;
	start(0);
	for (uint32_t i = 0; i < COUNT; i++)
		memset(domains[i].memory, 0xee, 1 << 16);
	map_them();
	sockets = domains[OTHER].memory + SOCKETS_AT;
	rest = sockets + SOCKETS;
	assert_true(all_are(sockets, SOCKETS + REST, 0));
	assert_int_equal(sockets[-1], 0xee);
	for (int reset = 0; reset < 2; reset++) {
		memset(sockets, 0x11, SOCKETS);
		memset(rest, 0x77, REST);
		assert_true(all_are(window_run(2), SOCKETS, 0x11));
		assert_true(all_are(domains[CLIENT].memory, RING_AT, 0xee));
		assert_true(all_are(domains[SERVER].memory, RING_AT, 0xee));
		assert_true(all_are(arena_of(OTHER), ARENA, 0));
		window_renew(&domains[OTHER], reset);
		assert_true(all_are(rest, REST, 0));
	}
	/* Its frame goes back clean, and only once. */
	memset(rest, 0x77, REST);
	window_unmap(&domains[OTHER]);
	assert_int_equal(window_map(&domains[OTHER]), AZ_OK);
	assert_true(all_are(rest, REST, 0));
	stop();
}

static struct az_ring_side *writer, *reader;

static void fill(uint32_t flags)
{
	start(flags);
	map_them();
	writer = (struct az_ring_side *)(void *)ring_of(CLIENT);
	reader = (struct az_ring_side *)(void *)(ring_of(SERVER) + 4096);
	writer->position = 3000;
	reader->position = 1000;
	ring_of(CLIENT)[AZ_RING_HEAD + 5] = 9;
	arena_of(CLIENT)[5] = 9;
}

static void renew_reader(uint32_t flags, bool reset, bool kept)
{
	fill(flags);
	window_renew(&domains[SERVER], reset);
	assert_int_equal(writer->position, 3000);
	assert_int_equal(reader->position, kept ? 1000 : 3000);
	assert_int_equal(ring_of(SERVER)[AZ_RING_HEAD + 5], 9);
	assert_int_equal(arena_of(SERVER)[5], reset ? 0 : 9);
	stop();
}

static void a_reader_keeps_or_drops(void **state)
{
	(void)state;
	renew_reader(AZ_CHANNEL_KEEP, false, true);
	renew_reader(0, false, false);
	renew_reader(AZ_CHANNEL_KEEP, true, false);
	renew_reader(0, true, false);
}

/* What it wrote is its reader's, unless it is reset. */
static void a_writer_loses_nothing(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 4; n++) {
		bool reset = n / 2 != 0;

		fill(n % 2 != 0 ? AZ_CHANNEL_KEEP : 0);
		window_renew(&domains[CLIENT], reset);
		assert_int_equal(writer->position, 3000);
		assert_int_equal(reader->position, 1000);
		assert_int_equal(
		    ring_of(SERVER)[AZ_RING_HEAD + 5], reset ? 0 : 9);
		stop();
	}
}

/* While a call works, clients write as they like: nothing arrives. Afterwards
 * all see the arena again. */
static void exclusive_keeps_clients_out(void **state)
{
	(void)state;
	start(AZ_CHANNEL_EXCLUSIVE);
	map_them();
	for (uint32_t n = 1; n < 200; n++) {
		memset(arena_of(CLIENT), (int)n, ARENA);
		window_take(&b.channels[1]);
		for (uint32_t i = 0; i < ARENA; i++) {
			arena_of(i % 2 != 0 ? CLIENT : OTHER)[i] ^= 0x55;
			assert_int_equal(arena_of(SERVER)[i], (uint8_t)n);
		}
		arena_of(SERVER)[n] = 0xab;
		if (n % 3 == 0)
			window_take(&b.channels[1]); /* another call */
		window_give_back(&domains[SERVER]);
		assert_int_equal(arena_of(CLIENT)[n], 0xab);
		assert_int_equal(arena_of(OTHER)[n], 0xab);
	}
	window_take(&b.channels[1]);
	stop();
}

static void what_is_not_exclusive_stays(void **state)
{
	(void)state;
	start(0);
	map_them();
	window_take(&b.channels[1]);
	arena_of(CLIENT)[0] = 1;
	assert_int_equal(arena_of(SERVER)[0], 1);
	stop();
}

static void overlapping_windows_are_refused(void **state)
{
	enum { AT = RING_AT + 4096, END = AT + AZ_RING_HEAD + RING };
	static const uint32_t places[] = { AT, AT + 4096, AT - 4096, END - 4096,
		END, AT - ARENA };
	static struct forge_face clash[4];
	const char *why = "";

	(void)state;
	memcpy(clash, faces[CLIENT], sizeof(clash));
	modules[CLIENT].faces = clash;
	for (int i = 0; i < 6; i++) {
		clash[3].value = places[i];
		build(0);
		assert_int_equal(fit_check(&views[CLIENT], &b, CLIENT, &why),
		    i < 4 ? AZ_REFUSE_CHANNEL : AZ_REFUSE_NONE);
		if (i < 4)
			assert_string_equal(why, "a window where another is");
		for (int k = 0; k < COUNT; k++)
			free(images[k]);
		free(bytes);
	}
	modules[CLIENT].faces = faces[CLIENT];
}

static void without_frames_nothing_is_lost(void **state)
{
	bool done = false;

	(void)state;
	for (uint32_t n = 1; !done; n++) {
		start(AZ_CHANNEL_EXCLUSIVE);
		frame_fail_at(n);
		done = true;
		for (uint32_t i = 0; i < COUNT && done; i++)
			done = window_map(&domains[i]) == AZ_OK;
		frame_fail_at(0);
		stop();
	}
}

/* The door: each window in its place, of its size. */
static void windows_are_checked(void **state)
{
	static const struct {
		uint32_t face, value;
		const char *name, *why;
	} rows[] = {
		{ 1, RING_AT, "az_window_feed", "no window for a channel" },
		{ 1, 0, NULL, "no window for a channel" },
		{ 1, RING_AT + 8, NULL, "a window that starts within a page" },
		{ 2, 0xf000, NULL, "a window that is not in memory" },
		{ 2, 0xfffff000, NULL, "a window that is not in memory" },
		{ 3, 0xd000, NULL, "a window that is not in memory" },
		{ 3, INBOX_AT, "az_window_inbix", "no window for a channel" },
		{ 3, INBOX_AT, NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct forge_face changed[4];
		const char *why = "";

		memcpy(changed, faces[SERVER], sizeof(changed));
		changed[rows[i].face].value = rows[i].value;
		if (rows[i].name != NULL)
			changed[rows[i].face].name = rows[i].name;
		modules[SERVER].faces = changed;
		build(0);
		assert_int_equal(fit_check(&views[SERVER], &b, SERVER, &why),
		    rows[i].why[0] != '\0' ? AZ_REFUSE_IMAGE : AZ_REFUSE_NONE);
		if (rows[i].why[0] != '\0')
			assert_string_equal(why, rows[i].why);
		for (int k = 0; k < COUNT; k++)
			free(images[k]);
		free(bytes);
	}
	modules[SERVER].faces = faces[SERVER];
}

static enum az_refusal fit_with(const struct az_segment *s, const char **why)
{
	struct image_view view = views[CLIENT];
	struct az_image_head head = *view.head;

	head.segments.count = 1;
	view.head = &head;
	view.segments = s;
	return fit_check(&view, &b, CLIENT, why);
}

/* A segment would be written again at a restart, over a ring that is kept. */
static void a_window_holds_no_data(void **state)
{
	enum { AT = RING_AT + 4096, END = AT + AZ_RING_HEAD + RING };
	static const struct az_segment in[] = {
		{ .dest = AT, .size = 1 },
		{ .dest = END - 1, .size = 1 },
		{ .dest = 0, .size = AT + 1 },
		{ .dest = 0, .size = 0xffff },
		{ .dest = ARENA_AT + 4096 + ARENA - 1, .size = 100 },
	};
	static const struct az_segment beside[] = {
		{ .dest = 0, .size = AT },
		{ .dest = END, .size = ARENA_AT + 4096 - END },
		{ .dest = AT + 8, .size = 0 },
		{ .dest = 0, .size = 0xffff, .mode = AZ_PASSIVE },
	};
	const char *why = "";

	(void)state;
	build(0);
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		assert_int_equal(fit_with(&in[i], &why), AZ_REFUSE_IMAGE);
		assert_string_equal(
		    why, "a window with data of the module's own");
	}
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		assert_int_equal(fit_with(&beside[i], &why), AZ_REFUSE_NONE);
	for (int k = 0; k < COUNT; k++)
		free(images[k]);
	free(bytes);
}

/* `inbox` and `end-X` would have two meanings. */
static void a_window_has_one_name(void **state)
{
	static const char *const taken[] = { "inbox", "end-feed", "end_feed" };
	static const char *const free_ones[] = { "inboxes", "endless" };
	const char *why = "";

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		channels[0].name = i < 3 ? taken[i] : free_ones[i - 3];
		build(0);
		assert_int_equal(fit_check(&views[CLIENT], &b, CLIENT, &why),
		    i < 3 ? AZ_REFUSE_CHANNEL : AZ_REFUSE_IMAGE);
		assert_string_equal(why, i < 3 ? "a window's name that is taken"
					       : "no window for a channel");
		for (int k = 0; k < COUNT; k++)
			free(images[k]);
		free(bytes);
	}
	channels[0].name = "feed-1";
}

static void an_end_that_is_given_is_right(void **state)
{
	struct forge_face changed[4];
	const char *why = "";

	(void)state;
	memcpy(changed, faces[CLIENT], sizeof(changed));
	changed[2].value += 4096;
	modules[CLIENT].faces = changed;
	build(0);
	assert_int_equal(
	    fit_check(&views[CLIENT], &b, CLIENT, &why), AZ_REFUSE_IMAGE);
	assert_string_equal(why, "a window of another size than its channel");
	modules[CLIENT].faces = faces[CLIENT];
	for (int k = 0; k < COUNT; k++)
		free(images[k]);
	free(bytes);
}

static void lease_all(void)
{
	for (uint32_t i = 0; i < b.peer_count; i++)
		((struct az_peer *)(uintptr_t)&b.peers[i])->lease = 1;
}

static void shut(uint32_t module, uint32_t channel, enum cap_why why)
{
	const struct az_channel *c = &b.channels[channel];
	struct cap of = { .object = channel,
		.end = (uint32_t)(bundle_end(&b, c, module) - b.peers),
		.kind = (uint8_t)c->type };

	window_shut(&of, why);
}

/* What it writes goes nowhere, and what others write does not come. */
static void an_end_that_is_over_shares_nothing(void **state)
{
	(void)state;
	start(AZ_CHANNEL_EXCLUSIVE);
	lease_all();
	map_them();
	ring_of(CLIENT)[9000] = 1;
	arena_of(OTHER)[10] = 1;
	shut(CLIENT, 0, CAP_EXPIRED);
	shut(OTHER, 1, CAP_CLOSED);
	shut(CLIENT, 1, CAP_DIED);
	assert_int_equal(ring_of(CLIENT)[9000], 0);
	assert_int_equal(arena_of(OTHER)[10], 0);
	ring_of(CLIENT)[9000] = 2;
	arena_of(OTHER)[10] = 2;
	assert_int_equal(ring_of(SERVER)[9000], 1);
	assert_int_equal(arena_of(SERVER)[10], 1);
	assert_int_equal(arena_of(CLIENT)[10], 1);
	/* A call that works meanwhile does not open it. */
	window_take(&b.channels[1]);
	window_give_back(&domains[SERVER]);
	arena_of(SERVER)[11] = 3;
	assert_int_equal(arena_of(CLIENT)[11], 3);
	assert_int_equal(arena_of(OTHER)[11], 0);
	/* The next life has it again. */
	window_renew(&domains[OTHER], false);
	assert_int_equal(arena_of(OTHER)[11], 3);
	stop();
}

static void without_a_lease_there_is_nothing_to_shut(void **state)
{
	(void)state;
	start(0);
	map_them();
	shut(CLIENT, 0, CAP_CLOSED);
	ring_of(CLIENT)[9000] = 2;
	assert_int_equal(ring_of(SERVER)[9000], 2);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_see_the_same),
		cmocka_unit_test(behind_the_sockets_is_nothing),
		cmocka_unit_test(a_reader_keeps_or_drops),
		cmocka_unit_test(a_writer_loses_nothing),
		cmocka_unit_test(exclusive_keeps_clients_out),
		cmocka_unit_test(what_is_not_exclusive_stays),
		cmocka_unit_test(overlapping_windows_are_refused),
		cmocka_unit_test(without_frames_nothing_is_lost),
		cmocka_unit_test(windows_are_checked),
		cmocka_unit_test(a_window_holds_no_data),
		cmocka_unit_test(a_window_has_one_name),
		cmocka_unit_test(an_end_that_is_given_is_right),
		cmocka_unit_test(an_end_that_is_over_shares_nothing),
		cmocka_unit_test(without_a_lease_there_is_nothing_to_shut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
