#include "bundle_write.h"

#include <stdlib.h>
#include <string.h>

#include "abi/index.h"
#include "abi/trust.h"
#include "blob.h"
#include "fileio.h"
#include "index_write.h"
#include "keys.h"
#include "kernel_elf.h"
#include "verify/bundle.h"

/* Would a kernel that trusts the key accept it? */
static bool readable(
    const struct buf *bundle, const struct key_private *key, const char **why)
{
	struct az_trust_page *page = xcalloc(1, sizeof(*page));
	struct bundle view;
	enum az_refusal refusal;

	trust_page_init(page);
	trust_page_add(page, &key->public, "image", 0);
	refusal = bundle_open(
	    &view, (const uint8_t *)bundle->at, bundle->len, page, why);
	free(page);
	return refusal == AZ_REFUSE_NONE;
}

bool bundle_write(struct buf *out, const struct system_parts *parts,
    const struct key_private *key, const char **why)
{
	struct az_bundle_head head = { .magic = AZ_BUNDLE_MAGIC,
		.head_size = AZ_BUNDLE_HEAD_SIZE };
	struct buf index = { 0 };
	struct blob_list blobs;
	uint8_t hash[32];

	index_write(&index, &blobs, parts);
	head.index_size = (uint32_t)index.len;
	head.total_size = sizeof(head) + index.len;
	for (size_t i = 0; i < blobs.count; i++)
		head.total_size += blobs.at[i]->stored.len;
	key_id(head.key_id, &key->public);
	file_sha256(hash, index.at, index.len);
	key_sign(head.signature, key, hash);

	buf_add(out, &head, sizeof(head));
	buf_add(out, index.at, index.len);
	for (size_t i = 0; i < blobs.count; i++)
		if (blobs.at[i]->stored.len > 0)
			buf_add(out, blobs.at[i]->stored.at,
			    blobs.at[i]->stored.len);
	buf_fini(&index);
	free(blobs.at);
	return readable(out, key, why);
}
