/* The index behind the signature: its head, the bounds of its tables, then
 * every record (records.h). */
#include "verify/bundle.h"

#include "abi/image.h"
#include "base/mem.h"
#include "verify/records.h"
#include "verify/refuse.h"
#include "verify/text.h"

enum { TABLE_ALIGN = 8 };

/* Bytes of a record, and how many there may be (0: as fit the index). */
static const struct {
	uint32_t size, max;
} table_rows[AZ_TABLE_KINDS] = {
	[AZ_TABLE_SYSTEM] = { sizeof(struct az_system), 1 },
	[AZ_TABLE_BLOB] = { sizeof(struct az_blob), AZ_BLOBS_MAX },
	[AZ_TABLE_MODULE] = { sizeof(struct az_module), AZ_MODULES_MAX },
	[AZ_TABLE_STRING] = { sizeof(struct az_text), AZ_INDEX_MAX },
	[AZ_TABLE_GRANT] = { sizeof(struct az_grant), AZ_INDEX_MAX },
	[AZ_TABLE_FILESET] = { sizeof(struct az_fileset), AZ_FILES_MAX },
	[AZ_TABLE_FILE] = { sizeof(struct az_file), AZ_FILES_MAX },
	[AZ_TABLE_TEXT] = { 1, AZ_INDEX_MAX },
	[AZ_TABLE_CHANNEL] = { sizeof(struct az_channel), AZ_CHANNELS_MAX },
	[AZ_TABLE_PEER] = { sizeof(struct az_peer), AZ_PEERS_MAX },
	[AZ_TABLE_METHOD] = { sizeof(struct az_method), AZ_INDEX_MAX },
	[AZ_TABLE_NODE] = { sizeof(struct az_node), AZ_NODES_MAX },
};

static enum az_refusal head_check(
    const struct az_index_head *index, uint32_t size, const char **why)
{
	REQUIRE(memcmp(index->magic, AZ_INDEX_MAGIC, sizeof(index->magic)) == 0,
	    AZ_REFUSE_INDEX, "wrong magic of the index");
	REQUIRE(index->abi == AZ_ABI_VERSION, AZ_REFUSE_ABI,
	    "index is of another ABI version");
	REQUIRE(index->size == size, AZ_REFUSE_INDEX,
	    "size of the index is not the one in the head");
	REQUIRE(index->kinds == AZ_TABLE_KINDS, AZ_REFUSE_INDEX,
	    "wrong number of tables");
	REQUIRE(index->reserved == 0, AZ_REFUSE_INDEX,
	    "reserved field of the index is not zero");
	return AZ_REFUSE_NONE;
}

/* Tables lie one behind the other, 8-aligned, zero bytes between them, and
 * the last one ends the index: there is one place that each can have. */
static enum az_refusal tables_check(
    const struct az_index_head *index, const char **why)
{
	const uint8_t *bytes = (const uint8_t *)index;
	uint64_t end = sizeof(*index);

	for (uint32_t i = 0; i < AZ_TABLE_KINDS; i++) {
		const struct az_index_table *t = &index->tables[i];
		uint64_t at =
		    (end + TABLE_ALIGN - 1) & ~(uint64_t)(TABLE_ALIGN - 1);

		REQUIRE(t->count <= table_rows[i].max, AZ_REFUSE_LIMIT,
		    "too many records in a table");
		REQUIRE(t->off == at && at <= index->size, AZ_REFUSE_INDEX,
		    "table is not where it must be");
		REQUIRE(text_is_zero(bytes + end, (size_t)(at - end)),
		    AZ_REFUSE_INDEX, "gap between tables is not zero");
		end = at + (uint64_t)t->count * table_rows[i].size;
		REQUIRE(end <= index->size, AZ_REFUSE_INDEX,
		    "table passes the end of the index");
	}
	REQUIRE(
	    end == index->size, AZ_REFUSE_INDEX, "bytes behind the last table");
	REQUIRE(index->tables[AZ_TABLE_SYSTEM].count == 1, AZ_REFUSE_INDEX,
	    "no system record");
	return AZ_REFUSE_NONE;
}

/* Point into the tables; their bounds have been checked. */
static void tables_find(struct bundle *b)
{
	const uint8_t *at = (const uint8_t *)b->index;
	const struct az_index_table *t = b->index->tables;

	b->system = (const void *)(at + t[AZ_TABLE_SYSTEM].off);
	b->blobs = (const void *)(at + t[AZ_TABLE_BLOB].off);
	b->modules = (const void *)(at + t[AZ_TABLE_MODULE].off);
	b->strings = (const void *)(at + t[AZ_TABLE_STRING].off);
	b->grants = (const void *)(at + t[AZ_TABLE_GRANT].off);
	b->filesets = (const void *)(at + t[AZ_TABLE_FILESET].off);
	b->files = (const void *)(at + t[AZ_TABLE_FILE].off);
	b->text = (const void *)(at + t[AZ_TABLE_TEXT].off);
	b->channels = (const void *)(at + t[AZ_TABLE_CHANNEL].off);
	b->peers = (const void *)(at + t[AZ_TABLE_PEER].off);
	b->methods = (const void *)(at + t[AZ_TABLE_METHOD].off);
	b->nodes = (const void *)(at + t[AZ_TABLE_NODE].off);
	b->blob_count = t[AZ_TABLE_BLOB].count;
	b->module_count = t[AZ_TABLE_MODULE].count;
	b->string_count = t[AZ_TABLE_STRING].count;
	b->grant_count = t[AZ_TABLE_GRANT].count;
	b->fileset_count = t[AZ_TABLE_FILESET].count;
	b->file_count = t[AZ_TABLE_FILE].count;
	b->text_size = t[AZ_TABLE_TEXT].count;
	b->channel_count = t[AZ_TABLE_CHANNEL].count;
	b->peer_count = t[AZ_TABLE_PEER].count;
	b->method_count = t[AZ_TABLE_METHOD].count;
	b->node_count = t[AZ_TABLE_NODE].count;
}

enum az_refusal bundle_check_index(
    struct bundle *out, const uint8_t *bytes, size_t size, const char **why)
{
	const char *unread;
	struct bundle b = {
		.bytes = bytes,
		.size = size,
		.head = (const void *)bytes,
		.index = (const void *)(bytes + AZ_BUNDLE_HEAD_SIZE),
	};

	if (!why)
		why = &unread;
	PASS(head_check(b.index, b.head->index_size, why));
	PASS(tables_check(b.index, why));
	tables_find(&b);
	REQUIRE(text_is_utf8(b.text, b.text_size), AZ_REFUSE_INDEX,
	    "text is not UTF-8");
	PASS(blobs_check(&b, why));
	PASS(system_check(&b, why));
	PASS(strings_check(&b, why));
	PASS(modules_check(&b, why));
	PASS(grants_check(&b, why));
	PASS(filesets_check(&b, why));
	PASS(channels_check(&b, why));
	PASS(nodes_check(&b, why));
	*out = b;
	return AZ_REFUSE_NONE;
}
