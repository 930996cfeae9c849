/* Bundles as attackers send them: every bit, every length, every key. */
#include "verify/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "test/forge.h"
#include "verify/inflate.h"
#include "verify/trust.h"

static struct az_trust_page trust;
static uint8_t work[INFLATE_WORK_SIZE];

struct sample {
	uint8_t *bytes;
	size_t size;
	struct az_bundle_head *head;
};

static int sample_setup(void **state)
{
	struct sample *s = calloc(1, sizeof(*s));

	forge_trust(&trust, 2);
	s->bytes = forge_sample(&s->size);
	s->head = (void *)s->bytes;
	*state = s;
	return 0;
}

static int sample_teardown(void **state)
{
	struct sample *s = *state;

	free(s->bytes);
	free(s);
	return 0;
}

static enum az_refusal try_open(const struct sample *s)
{
	struct bundle b;

	return bundle_open(&b, s->bytes, s->size, &trust, NULL);
}

/* Open, check the command line, decode every blob: all that boot does. */
static enum az_refusal try_boot(const struct sample *s)
{
	static const char cmdline[] = "console=serial log=info";
	struct bundle b;
	enum az_refusal r = bundle_open(&b, s->bytes, s->size, &trust, NULL);

	if (r == AZ_REFUSE_NONE)
		r = bundle_check_cmdline(&b, cmdline, strlen(cmdline));
	for (uint32_t i = 0; r == AZ_REFUSE_NONE && i < b.blob_count; i++) {
		uint8_t *out = malloc(b.blobs[i].raw_size);

		r = bundle_decode_blob(&b, i, out, work);
		free(out);
	}
	return r;
}

static void test_sample_is_accepted(void **state)
{
	const struct sample *s = *state;
	struct bundle b;
	const char *why = "";
	struct bundle_text name;

	assert_int_equal(bundle_open(&b, s->bytes, s->size, &trust, &why), 0);
	assert_int_equal(try_boot(s), AZ_REFUSE_NONE);
	assert_int_equal(b.module_count, 2);
	assert_int_equal(b.file_count, 5);
	assert_ptr_equal(b.key, &trust.keys[0]);
	name = bundle_text(&b, b.modules[1].name);
	assert_int_equal(name.len, 8);
	assert_memory_equal(name.at, "second-2", 8);
}

/* What must refuse a flip of a bit of byte `at`. */
static enum az_refusal flip_reason(const struct sample *s, size_t at)
{
	size_t index_end = AZ_BUNDLE_HEAD_SIZE + s->head->index_size;

	if (at < offsetof(struct az_bundle_head, index_size))
		return AZ_REFUSE_HEAD; /* magic, head_size */
	if (at < offsetof(struct az_bundle_head, total_size))
		return AZ_REFUSE_COUNT; /* size, signature: see below */
	if (at < offsetof(struct az_bundle_head, key_id))
		return AZ_REFUSE_SIZE;
	if (at < offsetof(struct az_bundle_head, reserved))
		return AZ_REFUSE_KEY;
	if (at < offsetof(struct az_bundle_head, signature))
		return AZ_REFUSE_HEAD;
	return at < index_end ? AZ_REFUSE_SIGNATURE : AZ_REFUSE_BLOB_HASH;
}

static void test_every_bit(void **state)
{
	struct sample *s = *state;
	enum az_refusal got, want;

	free(s->bytes);
	s->bytes = forge_small(&s->size);
	s->head = (void *)s->bytes;
	assert_int_equal(try_boot(s), AZ_REFUSE_NONE);

	for (size_t bit = 0; bit < 8 * s->size; bit++) {
		want = flip_reason(s, bit / 8);
		s->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		got = try_boot(s);
		s->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* An index size that still fits hashes other bytes. */
		if (want == AZ_REFUSE_COUNT && got == AZ_REFUSE_SIGNATURE)
			continue;
		if (want == AZ_REFUSE_COUNT)
			want = AZ_REFUSE_SIZE;
		if (got != want)
			fail_msg("bit %zu: %d, not %d", bit, got, want);
	}
}

/* The bundle cut short at n: the size in the head does not fit, and where it
 * is made to fit, what it speaks of is missing. */
static void cut_at(const struct sample *s, size_t n)
{
	struct sample cut = { .bytes = malloc(n + 1), .size = n };
	enum az_refusal got;

	memcpy(cut.bytes, s->bytes, n);
	cut.head = (void *)cut.bytes;
	assert_int_equal(try_open(&cut), AZ_REFUSE_SIZE);
	if (n >= sizeof(*cut.head)) {
		cut.head->total_size = n;
		got = try_open(&cut);
		assert_int_equal(got, AZ_REFUSE_SIZE);
	}
	free(cut.bytes);
}

static void test_every_cut(void **state)
{
	const struct sample *s = *state;

	for (size_t n = 0; n < s->size; n++)
		if (n <= AZ_BUNDLE_HEAD_SIZE || n % 64 == 0)
			cut_at(s, n);
	cut_at(s, s->size - 1);
}

static void test_trailing_bytes(void **state)
{
	struct sample *s = *state;

	s->bytes = realloc(s->bytes, s->size + 8);
	memset(s->bytes + s->size, 0, 8);
	s->head = (void *)s->bytes;
	s->size += 8;
	assert_int_equal(try_open(s), AZ_REFUSE_SIZE);
	s->head->total_size = s->size;
	assert_int_equal(try_open(s), AZ_REFUSE_SIZE);
}

static void test_unaligned(void **state)
{
	const struct sample *s = *state;
	uint8_t *moved = malloc(s->size + 8);
	struct bundle b;

	memcpy(moved + 4, s->bytes, s->size);
	assert_int_equal(
	    bundle_open(&b, moved + 4, s->size, &trust, NULL), AZ_REFUSE_HEAD);
	free(moved);
}

static void test_index_size_lies(void **state)
{
	struct sample *s = *state;
	static const uint32_t lies[] = { 0, 1, 159, 160, AZ_INDEX_MAX,
		AZ_INDEX_MAX + 1, 0x7fffffff, 0xffffffff, 0xffffff80 };
	uint32_t truth = s->head->index_size;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		s->head->index_size = lies[i];
		assert_int_equal(try_open(s),
		    lies[i] == 160 ? AZ_REFUSE_SIGNATURE : AZ_REFUSE_SIZE);
	}
	s->head->index_size = truth;
	assert_int_equal(try_open(s), AZ_REFUSE_NONE);
}

static void test_keys(void **state)
{
	struct sample *s = *state;
	uint8_t id[16];

	/* Another trusted key is as good; a key that is not trusted is none. */
	forge_sign(s->bytes, 1);
	assert_int_equal(try_open(s), AZ_REFUSE_NONE);
	forge_sign(s->bytes, 2);
	assert_int_equal(try_open(s), AZ_REFUSE_KEY);
	/* Signed by one trusted key, but under the name of another. */
	forge_sign(s->bytes, 1);
	memcpy(id, s->head->key_id, sizeof(id));
	forge_sign(s->bytes, 0);
	memcpy(s->head->key_id, id, sizeof(id));
	assert_int_equal(try_open(s), AZ_REFUSE_SIGNATURE);
	/* The right name over the signature of a key that is not trusted. */
	forge_sign(s->bytes, 2);
	memcpy(s->head->key_id, id, sizeof(id));
	assert_int_equal(try_open(s), AZ_REFUSE_SIGNATURE);
}

/* Two blobs change places, each intact. */
static void test_swapped_blobs(void **state)
{
	struct sample *s = *state;
	struct bundle b;
	uint8_t *first, *copy;
	size_t all, second;

	assert_int_equal(
	    bundle_open(&b, s->bytes, s->size, &trust, NULL), AZ_REFUSE_NONE);
	first = (uint8_t *)bundle_blob(&b, 0);
	second = b.blobs[1].stored_size;
	all = b.blobs[0].stored_size + second;
	copy = malloc(all);
	memcpy(copy, bundle_blob(&b, 1), second);
	memcpy(copy + second, first, all - second);
	memcpy(first, copy, all);
	free(copy);
	assert_int_equal(try_open(s), AZ_REFUSE_NONE);
	assert_int_equal(bundle_check_blob(&b, 0), AZ_REFUSE_BLOB_HASH);
	assert_int_equal(bundle_check_blob(&b, 1), AZ_REFUSE_BLOB_HASH);
	assert_int_equal(bundle_check_blob(&b, 2), AZ_REFUSE_NONE);
}

static void test_swapped_hashes(void **state)
{
	struct sample *s = *state;
	struct bundle b;
	struct az_blob *blobs;
	uint8_t hash[32];

	assert_int_equal(
	    bundle_open(&b, s->bytes, s->size, &trust, NULL), AZ_REFUSE_NONE);
	blobs = (struct az_blob *)b.blobs;
	memcpy(hash, blobs[0].sha256, 32);
	memcpy(blobs[0].sha256, blobs[2].sha256, 32);
	memcpy(blobs[2].sha256, hash, 32);
	assert_int_equal(try_open(s), AZ_REFUSE_SIGNATURE);
	forge_sign(s->bytes, 0);
	assert_int_equal(try_boot(s), AZ_REFUSE_BLOB_HASH);
}

/* A signed size that the stream does not have, one more and one less. */
static void test_raw_size_lies(void **state)
{
	struct sample *s = *state;
	struct bundle b;
	struct az_blob *blob;

	assert_int_equal(
	    bundle_open(&b, s->bytes, s->size, &trust, NULL), AZ_REFUSE_NONE);
	blob = (struct az_blob *)&b.blobs[2];
	for (int i = -1; i <= 1; i += 2) {
		blob->raw_size += (uint64_t)(int64_t)i;
		((struct az_file *)b.files)[3].size = 0;
		forge_sign(s->bytes, 0);
		assert_int_equal(try_boot(s), AZ_REFUSE_BLOB_INFLATE);
		blob->raw_size -= (uint64_t)(int64_t)i;
	}
	forge_sign(s->bytes, 0);
	assert_int_equal(try_boot(s), AZ_REFUSE_NONE);
}

static void test_cmdline(void **state)
{
	const struct sample *s = *state;
	static const char good[] = "console=serial log=info";
	struct bundle b;
	size_t len = strlen(good);
	char bad[sizeof(good) + 1];

	assert_int_equal(
	    bundle_open(&b, s->bytes, s->size, &trust, NULL), AZ_REFUSE_NONE);
	assert_int_equal(bundle_check_cmdline(&b, good, len), 0);
	assert_int_equal(
	    bundle_check_cmdline(&b, good, len - 1), AZ_REFUSE_CMDLINE);
	assert_int_equal(bundle_check_cmdline(&b, NULL, 0), AZ_REFUSE_CMDLINE);
	memcpy(bad, good, sizeof(good));
	assert_int_equal(
	    bundle_check_cmdline(&b, bad, len + 1), AZ_REFUSE_CMDLINE);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bad[bit / 8] ^= (char)(1u << bit % 8);
		assert_int_equal(
		    bundle_check_cmdline(&b, bad, len), AZ_REFUSE_CMDLINE);
		bad[bit / 8] ^= (char)(1u << bit % 8);
	}
}

/* One mutation of the trust page. */
struct page_case {
	const char *name;
	void (*change)(struct az_trust_page *page);
};

#define CHANGE(name, code)                                                     \
	static void name(struct az_trust_page *p)                              \
	{                                                                      \
		code;                                                          \
	}

CHANGE(page_magic, p->magic[15] ^= 1)
CHANGE(page_version, p->version = 2)
CHANGE(page_empty, p->key_count = 0)
CHANGE(page_many, p->key_count = AZ_TRUST_KEYS_MAX + 1)
CHANGE(page_huge, p->key_count = 0xffffffff)
CHANGE(page_reserved, p->reserved[7] = 1)
CHANGE(page_pad, p->pad[sizeof(p->pad) - 1] = 1)
CHANGE(page_unused, p->keys[7].name[27] = 1)
CHANGE(page_cut, p->key_count = 1)
CHANGE(page_extra, p->key_count = 3)
CHANGE(page_point, p->keys[0].point[63] ^= 1)
CHANGE(page_flag, p->keys[1].flags = 2)
CHANGE(page_twice, p->keys[1] = p->keys[0])
CHANGE(page_name_utf8, p->keys[0].name[0] = 0xff)
CHANGE(page_name_control, p->keys[0].name[1] = 0x1b)
CHANGE(page_name_tail, p->keys[0].name[9] = 'x')
CHANGE(page_all_ff, memset(p->keys[0].point, 0xff, 64))
CHANGE(page_infinity, memset(p->keys[0].point, 0, 64))

static void test_trust_page(void **state)
{
	const struct sample *s = *state;
	static const struct page_case cases[] = {
#define CASE(name) { #name, name }
		CASE(page_magic), CASE(page_version), CASE(page_empty),
		CASE(page_many), CASE(page_huge), CASE(page_reserved),
		CASE(page_pad), CASE(page_unused), CASE(page_cut),
		CASE(page_extra), CASE(page_point), CASE(page_flag),
		CASE(page_twice), CASE(page_name_utf8), CASE(page_name_control),
		CASE(page_name_tail), CASE(page_all_ff), CASE(page_infinity)
	};
	struct az_trust_page page;
	struct bundle b;

	assert_int_equal(trust_check(&trust, NULL), AZ_REFUSE_NONE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		page = trust;
		cases[i].change(&page);
		if (bundle_open(&b, s->bytes, s->size, &page, NULL) !=
		    AZ_REFUSE_TRUST_PAGE)
			fail_msg("%s was accepted", cases[i].name);
	}
}

/* A kernel without a key accepts nothing, not even a key of zeros. */
static void test_no_key(void **state)
{
	struct sample *s = *state;
	struct az_trust_page page = { .version = 1 };
	struct bundle b;

	memcpy(page.magic, AZ_TRUST_MAGIC, sizeof(page.magic));
	memset(s->head->key_id, 0, sizeof(s->head->key_id));
	assert_int_equal(bundle_open(&b, s->bytes, s->size, &page, NULL),
	    AZ_REFUSE_TRUST_PAGE);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, sample_setup, sample_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sample_is_accepted),
		TEST(test_every_bit),
		TEST(test_every_cut),
		TEST(test_trailing_bytes),
		TEST(test_unaligned),
		TEST(test_index_size_lies),
		TEST(test_keys),
		TEST(test_swapped_blobs),
		TEST(test_swapped_hashes),
		TEST(test_raw_size_lies),
		TEST(test_cmdline),
		TEST(test_trust_page),
		TEST(test_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
