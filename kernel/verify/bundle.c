#include "verify/bundle.h"

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/sig.h"
#include "verify/inflate.h"
#include "verify/refuse.h"
#include "verify/text.h"
#include "verify/trust.h"

#define REASON AZ_REFUSE_HEAD

_Static_assert(sizeof(((struct az_bundle_head *)0)->signature) == SIG_SIZE,
    "the signature has its one fixed length");

/* All that is read before the signature has been checked. */
static enum az_refusal head_check(
    const uint8_t *bytes, size_t size, const char **why)
{
	const struct az_bundle_head *head = (const void *)bytes;

	MUST((uintptr_t)bytes % _Alignof(uint64_t) == 0,
	    "bundle is not 8-aligned in memory");
	REQUIRE(size >= AZ_BUNDLE_HEAD_SIZE, AZ_REFUSE_SIZE,
	    "shorter than a bundle's head");
	MUST(memcmp(head->magic, AZ_BUNDLE_MAGIC, sizeof(head->magic)) == 0,
	    "wrong magic");
	MUST(head->head_size == AZ_BUNDLE_HEAD_SIZE, "wrong size of the head");
	MUST(text_is_zero(head->reserved, sizeof(head->reserved)),
	    "reserved bytes are not zero");
	REQUIRE(head->total_size == size, AZ_REFUSE_SIZE,
	    "size is not the one in the head");
	REQUIRE(head->index_size <= AZ_INDEX_MAX, AZ_REFUSE_SIZE,
	    "index is too large");
	REQUIRE(head->index_size >= sizeof(struct az_index_head) &&
		    head->index_size <= size - AZ_BUNDLE_HEAD_SIZE,
	    AZ_REFUSE_SIZE, "index is not inside the bundle");
	return AZ_REFUSE_NONE;
}

static enum az_refusal signature_check(const struct az_trust_key **key,
    const uint8_t *bytes, const struct az_trust_page *trust, const char **why)
{
	const struct az_bundle_head *head = (const void *)bytes;
	uint8_t hash[HASH_SIZE];

	*key = trust_find(trust, head->key_id);
	REQUIRE(*key, AZ_REFUSE_KEY, "signed by a key that is not trusted");
	hash_sha256(hash, bytes + AZ_BUNDLE_HEAD_SIZE, head->index_size);
	REQUIRE(sig_verify((*key)->point, hash, head->signature),
	    AZ_REFUSE_SIGNATURE, "signature of the index is wrong");
	return AZ_REFUSE_NONE;
}

enum az_refusal bundle_open(struct bundle *out, const uint8_t *bytes,
    size_t size, const struct az_trust_page *trust, const char **why)
{
	const char *unread;
	const struct az_trust_key *key;
	struct bundle b;

	if (!why)
		why = &unread;
	PASS(trust_check(trust, why));
	PASS(head_check(bytes, size, why));
	PASS(signature_check(&key, bytes, trust, why));
	PASS(bundle_check_index(&b, bytes, size, why));
	b.key = key;
	*out = b;
	return AZ_REFUSE_NONE;
}

static bool text_equals(
    const struct bundle *b, struct az_text t, const char *text, size_t len)
{
	return t.len == len && memcmp(b->text + t.off, text, len) == 0;
}

const struct az_module *bundle_module(
    const struct bundle *b, const char *name, size_t len)
{
	for (uint32_t i = 0; i < b->module_count; i++)
		if (text_equals(b, b->modules[i].name, name, len))
			return &b->modules[i];
	return NULL;
}

enum az_refusal bundle_check_cmdline(
    const struct bundle *b, const char *cmdline, size_t len)
{
	return text_equals(b, b->system->cmdline, cmdline, len)
		   ? AZ_REFUSE_NONE
		   : AZ_REFUSE_CMDLINE;
}

struct bundle_text bundle_text(const struct bundle *b, struct az_text t)
{
	return (struct bundle_text){ .at = b->text + t.off, .len = t.len };
}

int bundle_text_compare(struct bundle_text x, struct bundle_text y)
{
	int order = memcmp(x.at, y.at, x.len < y.len ? x.len : y.len);

	return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

const struct az_channel *bundle_channel(
    const struct bundle *b, const char *name, size_t len)
{
	for (uint32_t i = 0; i < b->channel_count; i++)
		if (text_equals(b, b->channels[i].name, name, len))
			return &b->channels[i];
	return NULL;
}

const struct az_peer *bundle_end(
    const struct bundle *b, const struct az_channel *c, uint32_t i)
{
	const struct az_peer *peers = b->peers + c->peers.first;

	for (uint32_t k = 0; k < c->peers.count; k++)
		if (peers[k].module == i)
			return &peers[k];
	return NULL;
}

const struct az_method *bundle_method(const struct bundle *b,
    const struct az_channel *c, const char *name, size_t len)
{
	const struct az_method *methods = b->methods + c->methods.first;

	for (uint32_t k = 0; k < c->methods.count; k++)
		if (text_equals(b, methods[k].name, name, len))
			return &methods[k];
	return NULL;
}

const uint8_t *bundle_blob(const struct bundle *b, uint32_t i)
{
	const uint8_t *at =
	    b->bytes + AZ_BUNDLE_HEAD_SIZE + b->head->index_size;

	for (uint32_t j = 0; j < i; j++)
		at += b->blobs[j].stored_size;
	return at;
}

enum az_refusal bundle_check_blob(const struct bundle *b, uint32_t i)
{
	uint8_t hash[HASH_SIZE];

	hash_sha256(hash, bundle_blob(b, i), b->blobs[i].stored_size);
	if (!hash_equal(hash, b->blobs[i].sha256))
		return AZ_REFUSE_BLOB_HASH;
	return AZ_REFUSE_NONE;
}

enum az_refusal bundle_decode_blob(
    const struct bundle *b, uint32_t i, uint8_t *out, void *work)
{
	const struct az_blob *blob = &b->blobs[i];
	const uint8_t *stored = bundle_blob(b, i);

	PASS(bundle_check_blob(b, i));
	if (blob->codec == AZ_CODEC_STORED && blob->raw_size > 0)
		memcpy(out, stored, blob->raw_size);
	if (blob->codec == AZ_CODEC_ZLIB &&
	    inflate_exact(
		out, blob->raw_size, stored, blob->stored_size, work) != AZ_OK)
		return AZ_REFUSE_BLOB_INFLATE;
	return AZ_REFUSE_NONE;
}
