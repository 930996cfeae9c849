/* The index behind the signature: its head, the bounds of its tables, then
 * every record (records.h). */
#include "verify/bundle.h"

#include "abi/image.h"
#include "base/mem.h"
#include "verify/records.h"
#include "verify/refuse.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_INDEX

enum { TABLE_ALIGN = 8 };

/* Every table but that of the system: where a bundle has it and how many
 * records there are, and how many there may be. */
#define TABLES(X)                                                              \
	X(BLOB, blobs, blob_count, AZ_BLOBS_MAX)                               \
	X(MODULE, modules, module_count, AZ_MODULES_MAX)                       \
	X(STRING, strings, string_count, AZ_INDEX_MAX)                         \
	X(GRANT, grants, grant_count, AZ_INDEX_MAX)                            \
	X(FILESET, filesets, fileset_count, AZ_FILES_MAX)                      \
	X(FILE, files, file_count, AZ_FILES_MAX)                               \
	X(TEXT, text, text_size, AZ_INDEX_MAX)                                 \
	X(CHANNEL, channels, channel_count, AZ_CHANNELS_MAX)                   \
	X(PEER, peers, peer_count, AZ_PEERS_MAX)                               \
	X(METHOD, methods, method_count, AZ_INDEX_MAX)                         \
	X(NODE, nodes, node_count, AZ_NODES_MAX)                               \
	X(DEVICE, devices, device_count, AZ_DEVICES_MAX)                       \
	X(REGION, regions, region_count, AZ_REGIONS_MAX)                       \
	X(REGISTER, registers, register_count, AZ_REGISTERS_MAX)               \
	X(RING, rings, ring_count, AZ_RINGS_MAX)                               \
	X(STEP, steps, step_count, AZ_STEPS_MAX)

static const struct {
	uint32_t size, max;
} table_rows[AZ_TABLE_KINDS] = {
	[AZ_TABLE_SYSTEM] = { sizeof(struct az_system), 1 },
#define X(kind, records, number, max)                                          \
	[AZ_TABLE_##kind] = { sizeof(*((struct bundle *)0)->records), (max) },
	TABLES(X)
#undef X
};

static enum az_refusal head_check(
    const struct az_index_head *index, uint32_t size, const char **why)
{
	MUST(memcmp(index->magic, AZ_INDEX_MAGIC, sizeof(index->magic)) == 0,
	    "wrong magic of the index");
	REQUIRE(index->abi == AZ_ABI_VERSION, AZ_REFUSE_ABI,
	    "index is of another ABI version");
	MUST(index->size == size,
	    "size of the index is not the one in the head");
	MUST(index->kinds == AZ_TABLE_KINDS, "wrong number of tables");
	MUST(index->reserved == 0, "reserved field of the index is not zero");
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
		MUST(t->off == at && at <= index->size,
		    "table is not where it must be");
		MUST(text_is_zero(bytes + end, (size_t)(at - end)),
		    "gap between tables is not zero");
		end = at + (uint64_t)t->count * table_rows[i].size;
		MUST(end <= index->size, "table passes the end of the index");
	}
	MUST(end == index->size, "bytes behind the last table");
	MUST(index->tables[AZ_TABLE_SYSTEM].count == 1, "no system record");
	return AZ_REFUSE_NONE;
}

/* Point into the tables; their bounds have been checked. */
static void tables_find(struct bundle *b)
{
	const uint8_t *at = (const uint8_t *)b->index;
	const struct az_index_table *t = b->index->tables;

	b->system = (const void *)(at + t[AZ_TABLE_SYSTEM].off);
#define X(kind, records, number, max)                                          \
	b->records = (const void *)(at + t[AZ_TABLE_##kind].off);              \
	b->number = t[AZ_TABLE_##kind].count;
	TABLES(X)
#undef X
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
	MUST(text_is_utf8(b.text, b.text_size), "text is not UTF-8");
	PASS(blobs_check(&b, why));
	PASS(system_check(&b, why));
	PASS(strings_check(&b, why));
	PASS(modules_check(&b, why));
	PASS(grants_check(&b, why));
	PASS(filesets_check(&b, why));
	PASS(channels_check(&b, why));
	PASS(nodes_check(&b, why));
	PASS(devices_check(&b, why));
	*out = b;
	return AZ_REFUSE_NONE;
}
