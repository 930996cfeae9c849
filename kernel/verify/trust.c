#include "verify/trust.h"

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/sig.h"
#include "verify/refuse.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_TRUST_PAGE

enum { TRUST_VERSION = 1 };

/* Plain UTF-8, then NULs to the end. */
static bool name_valid(const struct az_trust_key *key)
{
	const char *name = (const char *)key->name;
	size_t len = 0;

	while (len < sizeof(key->name) && name[len] != 0)
		len++;
	return text_is_utf8(name, len) && text_is_plain(name, len) &&
	       text_is_zero(key->name + len, sizeof(key->name) - len);
}

static enum az_refusal key_check(
    const struct az_trust_page *page, uint32_t i, const char **why)
{
	const struct az_trust_key *key = &page->keys[i];

	MUST((key->flags & ~(uint32_t)AZ_TRUST_DEV) == 0, "unknown key flag");
	MUST(name_valid(key), "malformed key name");
	MUST(sig_key_valid(key->point), "key is not on the curve");
	for (uint32_t j = 0; j < i; j++)
		MUST(memcmp(key->point, page->keys[j].point,
			 sizeof(key->point)) != 0,
		    "key comes twice");
	return AZ_REFUSE_NONE;
}

static enum az_refusal page_check(
    const struct az_trust_page *page, const char **why)
{
	const char *unused;

	MUST(memcmp(page->magic, AZ_TRUST_MAGIC, sizeof(page->magic)) == 0,
	    "wrong magic");
	MUST(page->version == TRUST_VERSION, "unknown version");
	MUST(page->key_count > 0, "no key");
	MUST(page->key_count <= AZ_TRUST_KEYS_MAX, "too many keys");
	MUST(text_is_zero(page->reserved, sizeof(page->reserved)),
	    "reserved bytes are not zero");
	unused = (const char *)&page->keys[page->key_count];
	MUST(text_is_zero(unused, (size_t)((const char *)(page + 1) - unused)),
	    "unused bytes are not zero");
	for (uint32_t i = 0; i < page->key_count; i++)
		PASS(key_check(page, i, why));
	return AZ_REFUSE_NONE;
}

enum az_refusal trust_check(const struct az_trust_page *page, const char **why)
{
	const char *unread;

	return page_check(page, why ? why : &unread);
}

void trust_key_id(uint8_t out[TRUST_ID_SIZE], const struct az_trust_key *key)
{
	uint8_t hash[HASH_SIZE];

	hash_sha256(hash, key->point, sizeof(key->point));
	memcpy(out, hash, TRUST_ID_SIZE);
}

const struct az_trust_key *trust_find(
    const struct az_trust_page *page, const uint8_t id[TRUST_ID_SIZE])
{
	uint8_t own[TRUST_ID_SIZE];

	for (uint32_t i = 0; i < page->key_count; i++) {
		trust_key_id(own, &page->keys[i]);
		if (memcmp(own, id, TRUST_ID_SIZE) == 0)
			return &page->keys[i];
	}
	return NULL;
}
