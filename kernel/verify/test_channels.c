/* Channels that break one rule of abi/index each. */
#include "verify/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "test/forge.h"
#include "test/forge_system.h"

#define ALL 0xffffffffu
#define MS 1000000ull

enum { A, B, C }; /* modules */

/* Calls to b, a ring from a to c, a signal of b. */
static const struct forge_module modules[] = { { .name = "a" }, { .name = "b" },
	{ .name = "c" } };
static const struct forge_channel channels[] = {
	{ .name = "store",
	    .like = { .type = AZ_CHANNEL_CALL,
		.flags = AZ_CHANNEL_RETRY | AZ_CHANNEL_EXCLUSIVE,
		.queue = 8,
		.timeout = 5 * MS,
		.size = 2 * AZ_PAGE_SIZE },
	    .ends = { { B }, { A, AZ_RIGHT_CALL | AZ_RIGHT_LEND, 7 },
		{ C, AZ_RIGHT_CALL } },
	    .end_count = 3,
	    .methods = { { "put", "iiF:i",
			     { .flags = AZ_METHOD_STATUS | AZ_METHOD_IDEMPOTENT,
				 .copy_count = 2,
				 .copies = { { 0, 1, AZ_COPY_IN, 4096 },
				     { 1, AZ_COPY_FIXED, AZ_COPY_OUT, 8 } } } },
		{ .name = "get", .type = "I:" } },
	    .method_count = 2 },
	{ .name = "feed",
	    .like = { .type = AZ_CHANNEL_RING,
		.flags = AZ_CHANNEL_KEEP,
		.size = 0x4000,
		.record = 64 },
	    .ends = { { A, AZ_RIGHT_WRITE }, { C, AZ_RIGHT_READ } },
	    .end_count = 2 },
	{ .name = "bell",
	    .like = { .type = AZ_CHANNEL_SIGNAL },
	    .ends = { { B, AZ_RIGHT_WRITE | AZ_RIGHT_LEND },
		{ A, AZ_RIGHT_READ }, { C, AZ_RIGHT_READ } },
	    .end_count = 3 },
};
static const struct forge_system sample_system = { .modules = modules,
	.module_count = 3,
	.channels = channels,
	.channel_count = 3 };

/* The sample's records, writable. peer: of store 0 to 2, of feed 3 and 4, of
 * bell 5 to 7. */
struct view {
	struct az_channel *ch;
	struct az_peer *peer;
	struct az_method *meth;
	char *text;
};

#define BAD_CASES                                                              \
	X(CHANNEL, "channel: malformed name", v->ch[0].name.len = 0)           \
	X(CHANNEL, "channel: malformed name", v->ch[0].name.off = ALL)         \
	X(CHANNEL, "channel: malformed name",                                  \
	    v->text[v->ch[1].name.off] = 'F')                                  \
	X(CHANNEL, "channel: name comes twice", v->ch[2].name = v->ch[0].name) \
	X(CHANNEL, "channel: unknown type", v->ch[0].type = 0)                 \
	X(CHANNEL, "channel: unknown type", v->ch[2].type = 6)                 \
	X(CHANNEL, "channel: unknown type", v->ch[2].type = ALL)               \
	X(CHANNEL, "ends out of order", v->ch[0].peers.first = 1)              \
	X(CHANNEL, "ends out of order", v->ch[1].peers.first = 0)              \
	X(CHANNEL, "ends out of order", v->ch[2].peers.count = 4)              \
	X(CHANNEL, "ends out of order", v->ch[2].peers.count = ALL)            \
	X(CHANNEL, "ends out of order",                                        \
	    v->ch[0].peers = (struct az_run){ 1, 0 })                          \
	X(CHANNEL, "wrong number of ends", v->ch[0].peers.count = 0)           \
	X(CHANNEL, "wrong number of ends", v->ch[0].peers.count = 1)           \
	X(CHANNEL, "wrong number of ends", v->ch[1].peers.count = 3)           \
	X(CHANNEL, "end without a channel", v->ch[2].peers.count = 2)          \
	X(CHANNEL, "methods out of order", v->ch[0].methods.first = 1)         \
	X(CHANNEL, "methods out of order", v->ch[0].methods.count = 3)         \
	X(CHANNEL, "methods out of order", v->ch[1].methods.first = 1)         \
	X(CHANNEL, "method without a channel", v->ch[0].methods.count = 1)     \
	X(CHANNEL, "of what is not called", v->ch[0].methods.count = 1;        \
	    v->ch[1].methods = (struct az_run){ 1, 1 })                        \
	/* what the type allows */                                             \
	X(CHANNEL, "flag that its type", v->ch[0].flags |= AZ_CHANNEL_KEEP)    \
	X(CHANNEL, "flag that its type", v->ch[0].flags |= AZ_CHANNEL_TRAP)    \
	X(CHANNEL, "flag that its type", v->ch[0].flags |= 16)                 \
	X(CHANNEL, "flag that its type", v->ch[1].flags |= AZ_CHANNEL_RETRY)   \
	X(CHANNEL, "flag that its type", v->ch[2].flags = AZ_CHANNEL_KEEP)     \
	X(CHANNEL, "length of the queue", v->ch[0].queue = AZ_QUEUE_MAX + 1)   \
	X(CHANNEL, "length of the queue", v->ch[1].queue = 1)                  \
	X(CHANNEL, "length of the queue", v->ch[2].queue = 1)                  \
	X(CHANNEL, "bad timeout", v->ch[0].timeout = MS - 1)                   \
	X(CHANNEL, "bad timeout", v->ch[0].timeout = 3600 * 1000 * MS + 1)     \
	X(CHANNEL, "bad timeout", v->ch[1].timeout = MS)                       \
	X(CHANNEL, "channel: bad size", v->ch[0].size = AZ_PAGE_SIZE + 1)      \
	X(CHANNEL, "channel: bad size",                                        \
	    v->ch[0].size = AZ_SHARED_MAX + AZ_PAGE_SIZE)                      \
	X(CHANNEL, "channel: bad size", v->ch[0].size = 0)                     \
	X(CHANNEL, "channel: bad size", v->ch[1].size = 0)                     \
	X(CHANNEL, "channel: bad size", v->ch[1].size = 0x3000)                \
	X(CHANNEL, "channel: bad size", v->ch[1].size = 0x800)                 \
	X(CHANNEL, "channel: bad size", v->ch[1].size = 2 * AZ_SHARED_MAX)     \
	X(CHANNEL, "channel: bad size", v->ch[2].size = AZ_PAGE_SIZE)          \
	X(CHANNEL, "size of a record", v->ch[1].record = 12)                   \
	X(CHANNEL, "size of a record", v->ch[1].record = AZ_RECORD_MAX + 8)    \
	X(CHANNEL, "size of a record", v->ch[0].record = 8)                    \
	X(CHANNEL, "size of a record", v->ch[2].record = 8)                    \
	/* ends */                                                             \
	X(CHANNEL, "end: of no module", v->peer[4].module = 3)                 \
	X(CHANNEL, "end: of no module",                                        \
	    v->peer[0].module = v->ch[0].owner = ALL)                          \
	X(CHANNEL, "owner's is not the first", v->ch[0].owner = A)             \
	X(CHANNEL, "owner's is not the first", v->peer[4].module = A)          \
	X(CHANNEL, "sorted by module, or twice", v->peer[2].module = A)        \
	X(CHANNEL, "sorted by module, or twice", v->peer[6].module = C;        \
	    v->peer[7].module = A)                                             \
	X(CHANNEL, "rights that it cannot have",                               \
	    v->peer[0].rights = AZ_RIGHT_LEND)                                 \
	X(CHANNEL, "rights that it cannot have",                               \
	    v->peer[1].rights = AZ_RIGHT_LEND)                                 \
	X(CHANNEL, "rights that it cannot have",                               \
	    v->peer[1].rights |= AZ_RIGHT_READ)                                \
	X(CHANNEL, "rights that it cannot have",                               \
	    v->peer[3].rights = AZ_RIGHT_READ)                                 \
	X(CHANNEL, "rights that it cannot have",                               \
	    v->peer[4].rights |= AZ_RIGHT_WRITE)                               \
	X(CHANNEL, "rights that it cannot have", v->peer[6].rights = 0)        \
	X(CHANNEL, "rights that it cannot have", v->peer[6].rights |= 16)      \
	/* methods: put is iiF:i, get is I: */                                 \
	X(CHANNEL, "method: malformed name", v->meth[0].name.len = 0)          \
	X(CHANNEL, "method: malformed name", v->meth[0].name.off = ALL)        \
	X(CHANNEL, "method: malformed name",                                   \
	    v->text[v->meth[0].name.off] = '\n')                               \
	X(CHANNEL, "method: name comes twice",                                 \
	    v->meth[1].name = v->meth[0].name)                                 \
	X(CHANNEL, "method: malformed type", v->meth[0].type.off = ALL)        \
	X(CHANNEL, "method: malformed type", v->meth[0].type.len = 0)          \
	X(CHANNEL, "method: malformed type", v->meth[0].type.len = 3)          \
	X(CHANNEL, "method: malformed type",                                   \
	    v->text[v->meth[0].type.off] = 'r')                                \
	X(CHANNEL, "method: malformed type",                                   \
	    v->text[v->meth[0].type.off + 4] = ':')                            \
	X(CHANNEL, "method: malformed type",                                   \
	    v->text[v->meth[0].type.off + 2] = ':';                            \
	    v->text[v->meth[0].type.off + 3] = 'i')                            \
	X(CHANNEL, "method: unknown flag", v->meth[1].flags = 4)               \
	X(CHANNEL, "status that is no i32",                                    \
	    v->meth[1].flags = AZ_METHOD_STATUS)                               \
	X(CHANNEL, "status that is no i32",                                    \
	    v->text[v->meth[0].type.off + 4] = 'I')                            \
	X(CHANNEL, "too many copies", v->meth[0].copy_count = 5)               \
	X(CHANNEL, "unused copy", v->meth[0].copy_count = 1)                   \
	X(CHANNEL, "unused copy", v->meth[1].copies[3].max = 1)                \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].pointer = 2)               \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].pointer = 3)               \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].length = 0)                \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].length = 2)                \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].length = 3)                \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].flags = 0)                 \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].flags = 4)                 \
	X(CHANNEL, "bad copy", v->meth[0].copies[0].max = 0)                   \
	X(CHANNEL, "bad copy", v->meth[0].copies[1].max = AZ_COPY_MAX + 1)     \
	X(CHANNEL, "bad copy", v->meth[1].copy_count = 1;                      \
	    v->meth[1].copies[0] = v->meth[0].copies[1])

/* What is allowed besides the sample. */
#define GOOD_CASES                                                             \
	X(NONE, "", v->ch[0].flags = AZ_CHANNEL_TRAP; v->ch[0].size = 0)       \
	X(NONE, "", v->ch[0].queue = 0)                                        \
	X(NONE, "", v->ch[0].queue = AZ_QUEUE_MAX)                             \
	X(NONE, "", v->ch[0].timeout = 0)                                      \
	X(NONE, "", v->ch[0].timeout = 3600 * 1000 * MS)                       \
	X(NONE, "", v->ch[0].size = 3 * AZ_PAGE_SIZE)                          \
	X(NONE, "", v->ch[1].size = AZ_SHARED_MAX)                             \
	X(NONE, "", v->ch[1].size = AZ_PAGE_SIZE;                              \
	    v->ch[1].record = AZ_RECORD_MAX)                                   \
	X(NONE, "", v->ch[1].flags = v->ch[1].record = 0)                      \
	X(NONE, "", v->peer[6].lease = ~0ull)                                  \
	X(NONE, "", v->meth[0].copies[0].flags = AZ_COPY_IN | AZ_COPY_OUT)     \
	X(NONE, "", v->text[v->meth[1].name.off] = '[')                        \
	X(NONE, "", v->text[v->meth[1].type.off] = 'f')

#define CASES BAD_CASES GOOD_CASES
#include "verify/test_cases.h"

static struct view view_of(uint8_t *bytes)
{
	struct bundle b;

	if (bundle_check_index(&b, bytes, sample_size, NULL) != AZ_REFUSE_NONE)
		abort();
	return (struct view){ (void *)b.channels, (void *)b.peers,
		(void *)b.methods, (void *)b.text };
}

static enum az_refusal judge(const uint8_t *bytes, const char **why)
{
	struct bundle b;

	return bundle_check_index(&b, bytes, sample_size, why);
}

static enum az_refusal check_system(const struct forge_system *s)
{
	size_t size;
	uint8_t *bytes = forge_system(s, &size);
	struct bundle b;
	enum az_refusal r = bundle_check_index(&b, bytes, size, NULL);

	free(bytes);
	return r;
}

/* The most that registers hold, and one more. */
static void test_method_types(void **state)
{
	static const struct {
		const char *type;
		bool good;
	} rows[] = { { ":", true }, { "iIiIiI:F", true },
		{ "ffffFFFF:f", true }, { "iIfFiIfFiIfFfF:I", true },
		{ "iiiiiii:", false }, { "fffffffff:", false },
		{ ":ii", false }, { "i", false }, { "", false },
		{ ":v", false }, { "i:i:", false }, { "i i:", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct forge_channel c = channels[0];
		const struct forge_system s = { modules, 3, &c, 1, NULL, 0 };

		c.methods[1].type = rows[i].type;
		assert_int_equal(check_system(&s),
		    rows[i].good ? AZ_REFUSE_NONE : AZ_REFUSE_CHANNEL);
	}
}

static struct forge_channel calls(
    const char *name, uint32_t server, uint32_t client)
{
	return (struct forge_channel){ .name = name,
		.like.type = AZ_CHANNEL_CALL,
		.ends = { { server }, { client, AZ_RIGHT_CALL } },
		.end_count = 2 };
}

/* Who calls must not be waited for by whom it calls. */
static void test_cycles(void **state)
{
	struct forge_channel c[4] = { calls("x", B, A), calls("y", C, B),
		calls("z", C, A), channels[1] };
	const struct forge_system s = { modules, 3, c, 4, NULL, 0 };

	(void)state;
	assert_int_equal(check_system(&s), AZ_REFUSE_NONE);
	c[2] = calls("z", A, C);
	assert_int_equal(check_system(&s), AZ_REFUSE_CHANNEL);
	c[2] = calls("z", A, B);
	assert_int_equal(check_system(&s), AZ_REFUSE_CHANNEL);
	/* What goes round by other types waits for nobody. */
	c[2] = calls("z", C, A);
	c[3].ends[0].module = C;
	c[3].ends[1].module = A;
	assert_int_equal(check_system(&s), AZ_REFUSE_NONE);
}

enum { MANY = AZ_CHANNELS_MAX, NAME = 8 };

/* Module i is served by i + 1 over channel i; both lists share the names. */
static uint8_t *long_chain(size_t *size, bool closed)
{
	struct az_module *m = calloc(MANY, sizeof(*m));
	struct az_channel *c = calloc(MANY, sizeof(*c));
	struct az_peer *p = calloc(2 * MANY, sizeof(*p));
	struct az_system system = { .name = { 0, NAME } };
	struct az_blob blob = { .codec = AZ_CODEC_STORED };
	char *text = malloc(NAME * MANY + 1);
	uint32_t count = closed ? MANY : MANY - 1;
	struct forge_parts parts = {
		.tables = { [AZ_TABLE_SYSTEM] = { &system, 1 },
		    [AZ_TABLE_BLOB] = { &blob, 1 },
		    [AZ_TABLE_MODULE] = { m, MANY },
		    [AZ_TABLE_TEXT] = { text, NAME * MANY },
		    [AZ_TABLE_CHANNEL] = { c, count },
		    [AZ_TABLE_PEER] = { p, 2 * count } }
	};
	uint8_t *out;

	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t server = (i + 1) % MANY;

		snprintf(text + NAME * i, NAME + 1, "m%07u", i);
		m[i] = (struct az_module){ .name = { NAME * i, NAME },
			.stack = 2 * AZ_PAGE_SIZE };
		c[i] = (struct az_channel){ .name = { NAME * i, NAME },
			.type = AZ_CHANNEL_CALL,
			.owner = server,
			.peers = { 2 * i, 2 } };
		p[2 * i].module = server;
		p[2 * i + 1] = (struct az_peer){ i, AZ_RIGHT_CALL, 0 };
	}
	out = forge_bundle(&parts, size);
	free(m);
	free(c);
	free(p);
	free(text);
	return out;
}

static void test_long_chain(void **state)
{
	struct bundle b;
	size_t size;
	uint8_t *bytes = long_chain(&size, false);

	(void)state;
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_NONE);
	free(bytes);
	bytes = long_chain(&size, true);
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_CHANNEL);
	free(bytes);
}

static void test_many_methods(void **state)
{
	enum { N = AZ_METHODS_MAX + 1 };
	static struct az_method methods[N];
	static char text[NAME * N + 4];
	struct az_system system = { .name = { 0, NAME } };
	struct az_blob blob = { .codec = AZ_CODEC_STORED };
	struct az_module both[2] = {
		{ .name = { 0, NAME }, .stack = 2 * AZ_PAGE_SIZE },
		{ .name = { NAME, NAME }, .stack = 2 * AZ_PAGE_SIZE },
	};
	struct az_peer peers[2] = { { 0 }, { 1, AZ_RIGHT_CALL, 0 } };
	struct az_channel c = { .name = { 0, NAME },
		.type = AZ_CHANNEL_CALL,
		.peers = { 0, 2 },
		.methods = { 0, N } };
	struct forge_parts parts = {
		.tables = { [AZ_TABLE_SYSTEM] = { &system, 1 },
		    [AZ_TABLE_BLOB] = { &blob, 1 },
		    [AZ_TABLE_MODULE] = { both, 2 },
		    [AZ_TABLE_TEXT] = { text, NAME * N + 1 },
		    [AZ_TABLE_CHANNEL] = { &c, 1 },
		    [AZ_TABLE_PEER] = { peers, 2 },
		    [AZ_TABLE_METHOD] = { methods, N } }
	};
	struct bundle b;
	uint8_t *bytes;
	size_t size;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		snprintf(text + NAME * i, NAME + 1, "m%07u", i);
		methods[i].name = (struct az_text){ NAME * i, NAME };
		methods[i].type = (struct az_text){ NAME * N, 1 };
	}
	text[NAME * N] = ':';
	bytes = forge_bundle(&parts, &size);
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_LIMIT);
	free(bytes);
	c.methods.count--;
	parts.tables[AZ_TABLE_METHOD].count--;
	bytes = forge_bundle(&parts, &size);
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_NONE);
	free(bytes);
}

/* What there is, is found, and nothing else. */
static void test_finding(void **state)
{
	const struct az_channel *store;
	struct bundle b;

	(void)state;
	assert_int_equal(bundle_check_index(&b, sample, sample_size, NULL), 0);
	assert_ptr_equal(bundle_module(&b, "c", 1), &b.modules[C]);
	assert_null(bundle_module(&b, "", 0));
	store = bundle_channel(&b, "store", 5);
	assert_ptr_equal(store, &b.channels[0]);
	assert_ptr_equal(bundle_channel(&b, "bell", 4), &b.channels[2]);
	assert_null(bundle_channel(&b, "stor", 4));
	assert_null(bundle_channel(&b, "ball", 4));
	assert_ptr_equal(bundle_end(&b, store, C), &b.peers[2]);
	assert_ptr_equal(bundle_end(&b, &b.channels[1], C), &b.peers[4]);
	assert_null(bundle_end(&b, &b.channels[1], B));
	assert_ptr_equal(bundle_method(&b, store, "get", 3), &b.methods[1]);
	assert_null(bundle_method(&b, store, "pot", 3));
	assert_null(bundle_method(&b, &b.channels[2], "put", 3));
}

static int setup(void **state)
{
	(void)state;
	sample = forge_system(&sample_system, &sample_size);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_change),
		cmocka_unit_test(test_method_types),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_many_methods),
		cmocka_unit_test(test_finding),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
