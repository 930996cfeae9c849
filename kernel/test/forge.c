#include "test/forge.h"

#include <bearssl.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "abi/device.h"
#include "abi/image.h"
#include "abi/layout.h"
#include "abi/socket.h"
#include "abi/rights.h"
#include "crypto/hash.h"

enum { KEY_SIZE = 32 };

static size_t align_up(size_t at, size_t align)
{
	return (at + align - 1) / align * align;
}

/* Private keys that everyone knows. */
static void key_private(uint8_t out[KEY_SIZE], int key)
{
	memset(out, 0x11 * (key + 1), KEY_SIZE);
}

static void key_public(uint8_t out[64], int key)
{
	uint8_t scalar[KEY_SIZE], encoded[BR_EC_KBUF_PUB_MAX_SIZE];
	br_ec_private_key sk = { BR_EC_secp256r1, scalar, KEY_SIZE };
	br_ec_public_key pk;

	key_private(scalar, key);
	br_ec_compute_pub(&br_ec_p256_m31, &pk, encoded, &sk);
	memcpy(out, encoded + 1, 64);
}

uint8_t *forge_deflate(const void *bytes, size_t len, size_t *size)
{
	uLongf bound = compressBound(len);
	uint8_t *out = malloc(bound);

	if (compress2(out, &bound, bytes, len, 9) != Z_OK)
		abort();
	*size = bound;
	return out;
}

const uint32_t forge_record_size[AZ_TABLE_KINDS] = {
	sizeof(struct az_system),
	sizeof(struct az_blob),
	sizeof(struct az_module),
	sizeof(struct az_text),
	sizeof(struct az_grant),
	sizeof(struct az_fileset),
	sizeof(struct az_file),
	1,
	sizeof(struct az_channel),
	sizeof(struct az_peer),
	sizeof(struct az_method),
	sizeof(struct az_node),
	sizeof(struct az_device),
	sizeof(struct az_region),
	sizeof(struct az_register),
	sizeof(struct az_ring),
	sizeof(struct az_step),
};

/* Place the tables; returns the size of the index. */
static size_t index_layout(
    struct az_index_head *index, const struct forge_parts *parts)
{
	size_t end = sizeof(*index);

	memcpy(index->magic, AZ_INDEX_MAGIC, sizeof(index->magic));
	index->abi = AZ_ABI_VERSION;
	index->kinds = AZ_TABLE_KINDS;
	for (int i = 0; i < AZ_TABLE_KINDS; i++) {
		end = align_up(end, 8);
		index->tables[i].off = (uint32_t)end;
		index->tables[i].count = parts->tables[i].count;
		end += (size_t)parts->tables[i].count * forge_record_size[i];
	}
	index->size = (uint32_t)end;
	return end;
}

static uint8_t *bundle_pack(const struct forge_parts *parts, size_t *size)
{
	struct az_index_head index = { 0 };
	struct az_bundle_head head = { .head_size = AZ_BUNDLE_HEAD_SIZE };
	size_t at = AZ_BUNDLE_HEAD_SIZE + index_layout(&index, parts);
	size_t total = at;
	uint8_t *out;

	for (uint32_t i = 0; i < parts->blob_count; i++)
		total += parts->blobs[i].size;
	memcpy(head.magic, AZ_BUNDLE_MAGIC, sizeof(head.magic));
	head.index_size = index.size;
	head.total_size = total;
	out = calloc(1, total);
	memcpy(out, &head, sizeof(head));
	memcpy(out + AZ_BUNDLE_HEAD_SIZE, &index, sizeof(index));
	for (int i = 0; i < AZ_TABLE_KINDS; i++)
		if (index.tables[i].count > 0)
			memcpy(out + AZ_BUNDLE_HEAD_SIZE + index.tables[i].off,
			    parts->tables[i].records,
			    (size_t)index.tables[i].count *
				forge_record_size[i]);
	for (uint32_t i = 0; i < parts->blob_count; i++) {
		if (parts->blobs[i].size > 0)
			memcpy(out + at, parts->blobs[i].stored,
			    parts->blobs[i].size);
		at += parts->blobs[i].size;
	}
	*size = total;
	return out;
}

/* A group of all modules, named as the system is. */
static struct az_node *flat_tree(const struct forge_parts *parts)
{
	uint32_t count = parts->tables[AZ_TABLE_MODULE].count;
	const struct az_system *system = parts->tables[AZ_TABLE_SYSTEM].records;
	struct az_node *nodes = calloc(count + 1, sizeof(*nodes));

	nodes[0].name = system->name;
	for (uint32_t i = 0; i < count; i++) {
		nodes[i + 1].kind = AZ_NODE_MODULE;
		nodes[i + 1].module = i;
	}
	return nodes;
}

uint8_t *forge_bundle(const struct forge_parts *parts, size_t *size)
{
	struct forge_parts whole = *parts;
	struct az_node *nodes = NULL;
	uint8_t *out;

	if (parts->tables[AZ_TABLE_SYSTEM].count > 0 &&
	    parts->tables[AZ_TABLE_NODE].count == 0) {
		nodes = flat_tree(parts);
		whole.tables[AZ_TABLE_NODE].records = nodes;
		whole.tables[AZ_TABLE_NODE].count =
		    parts->tables[AZ_TABLE_MODULE].count + 1;
	}
	out = bundle_pack(&whole, size);
	free(nodes);
	return out;
}

void forge_sign(uint8_t *bundle, int key)
{
	struct az_bundle_head *head = (void *)bundle;
	uint8_t scalar[KEY_SIZE], point[64], hash[HASH_SIZE];
	br_ec_private_key sk = { BR_EC_secp256r1, scalar, KEY_SIZE };

	key_private(scalar, key);
	key_public(point, key);
	hash_sha256(hash, point, sizeof(point));
	memcpy(head->key_id, hash, sizeof(head->key_id));
	hash_sha256(hash, bundle + AZ_BUNDLE_HEAD_SIZE, head->index_size);
	if (br_ecdsa_i31_sign_raw(&br_ec_p256_m31, &br_sha256_vtable, hash, &sk,
		head->signature) != sizeof(head->signature))
		abort();
}

void forge_trust(struct az_trust_page *page, uint32_t count)
{
	memset(page, 0, sizeof(*page));
	memcpy(page->magic, AZ_TRUST_MAGIC, sizeof(page->magic));
	page->version = 1;
	page->key_count = count;
	for (uint32_t i = 0; i < count; i++) {
		key_public(page->keys[i].point, (int)i);
		page->keys[i].flags = i == 0 ? AZ_TRUST_DEV : 0;
		memcpy(page->keys[i].name, "test", 4);
	}
}

/* --- The sample bundle ---------------------------------------------------- */

/* Pieces of the sample's text, by name. */
#define TEXTS(X)                                                               \
	X(SYSTEM, "sample")                                                    \
	X(VERSION, "1.0")                                                      \
	X(CMDLINE, "console=serial log=info")                                  \
	X(FIRST, "first")                                                      \
	X(SECOND, "second-2")                                                  \
	X(ARG, "line one\nline \xc3\xa9")                                      \
	X(ENV, "KEY=value")                                                    \
	X(MOUNT, "/data/files")                                                \
	X(SET, "files")                                                        \
	X(FILE_A, "a.txt")                                                     \
	X(FILE_DIR, "dir")                                                     \
	X(FILE_B, "b")                                                         \
	X(FILE_LINK, "link")                                                   \
	X(TARGET, "../a.txt")                                                  \
	X(STORE, "store")                                                      \
	X(FEED, "feed")                                                        \
	X(BELL, "bell")                                                        \
	X(PUT, "put")                                                          \
	X(PUT_TYPE, "iiF:i")                                                   \
	X(GET, "get")                                                          \
	X(GET_TYPE, "I:")                                                      \
	X(GROUP, "inner")                                                      \
	X(PORT, "lan.first")                                                   \
	X(NIC, "nic0")                                                         \
	X(PLACE, "tcp/lan:80")                                                 \
	X(CONNECT_TO, "udp/lan:any:53")                                        \
	X(SECRET, "key")

#define AS_MEMBER(name, text) char name[sizeof(text) - 1];
#define AS_BYTES(name, text) text
struct text_layout {
	TEXTS(AS_MEMBER)
};
static const char text_bytes[] = TEXTS(AS_BYTES);

#define TEXT(name)                                                             \
	{                                                                      \
		(uint32_t) offsetof(struct text_layout, name),                 \
		    (uint32_t)sizeof(((struct text_layout *)0)->name)          \
	}

static const struct az_system sample_system = {
	.name = TEXT(SYSTEM),
	.version = TEXT(VERSION),
	.cmdline = TEXT(CMDLINE),
	.serial = 7,
	.epoch = 1700000000,
	.memory = 128 << 20,
	.flags = AZ_SYSTEM_DEV,
};

static const struct az_module sample_modules[] = {
	{
	    .name = TEXT(FIRST),
	    .version = TEXT(VERSION),
	    .args = { 0, 2 },
	    .env = { 2, 1 },
	    .grants = { 0, 8 },
	    .blob = 0,
	    .stdin_kind = AZ_STDIN_FILE,
	    .stdin_blob = 1,
	    .memory = 4 * AZ_WASM_PAGE,
	    .stack = 0x10000,
	    .cpu_budget = 1000000,
	    .cpu_period = 20000000,
	    .deadline = 1000000000,
	},
	{
	    .name = TEXT(SECOND),
	    .version = TEXT(VERSION),
	    .args = { 0, 1 },
	    .grants = { 8, 4 },
	    .blob = 0,
	    .restart = AZ_RESTART_PERMANENT,
	    .expect = AZ_EXPECT_TRAP,
	    .stack = 0x10000,
	    .ready = 1000000000,
	    .priority = AZ_PRIORITY_NORMAL,
	    .state = 3,
	},
};

/* One channel of each type; the second module serves. */
static const struct az_channel sample_channels[] = {
	{
	    .name = TEXT(STORE),
	    .type = AZ_CHANNEL_CALL,
	    .flags = AZ_CHANNEL_RETRY | AZ_CHANNEL_EXCLUSIVE,
	    .owner = 1,
	    .queue = 8,
	    .peers = { 0, 2 },
	    .methods = { 0, 2 },
	    .timeout = 5000000,
	    .size = 2 * AZ_PAGE_SIZE,
	},
	{
	    .name = TEXT(FEED),
	    .type = AZ_CHANNEL_RING,
	    .flags = AZ_CHANNEL_KEEP,
	    .owner = 0,
	    .peers = { 2, 2 },
	    .size = 0x4000,
	    .record = 64,
	},
	{
	    .name = TEXT(BELL),
	    .type = AZ_CHANNEL_SIGNAL,
	    .owner = 1,
	    .peers = { 4, 2 },
	},
	{
	    .name = TEXT(PORT),
	    .type = AZ_CHANNEL_SOCKET,
	    .owner = 1,
	    .peers = { 6, 2 },
	    .queue = 8,
	    .size = 5 * AZ_PAGE_SIZE, /* 8 sockets of 2 KiB, and a head */
	    .record = AZ_SOCKET_BUFFER_MIN,
	},
	{
	    .name = TEXT(NIC),
	    .type = AZ_CHANNEL_DEVICE,
	    .owner = 1,
	    .peers = { 8, 2 },
	    .size = 4 * AZ_PAGE_SIZE,
	},
};

/* A network card with rings of descriptors. */
static const struct az_device sample_devices[] = {
	{
	    .channel = 4,
	    .bus = AZ_BUS_PCI,
	    .ids = { 0x100e8086, 0x100f8086 },
	    .class_code = 0x020000,
	    .class_mask = 0xffff00,
	    .engine = AZ_ENGINE_RINGS,
	    .interrupt = AZ_INTERRUPT_PCI,
	    .rate = 20000,
	    .regions = { 0, 1 },
	    .registers = { 0, 7 },
	    .rings = { 0, 2 },
	    .reset = { 0, 3 },
	},
};

static const struct az_region sample_regions[] = {
	{ .kind = AZ_REGION_BAR, .number = 0, .size = 0x20000 },
};

enum { CTRL, BASE_LOW, BASE_HIGH, BYTES, HEAD, TAIL, TABLE };
static const struct az_register sample_registers[] = {
	[CTRL] = { 0, 0, 4, 1, 0, AZ_ACCESS_PLAIN, 0xffffffff, 0x04000000 },
	[BASE_LOW] = { 0, 0x2800, 4, 1, 0, AZ_ACCESS_ADDRESS, 0, 0 },
	[BASE_HIGH] = { 0, 0x2804, 4, 1, 0, AZ_ACCESS_ADDRESS, 0, 0 },
	[BYTES] = { 0, 0x2808, 4, 1, 0, AZ_ACCESS_ADDRESS, 0, 0 },
	[HEAD] = { 0, 0x2810, 4, 1, 0, AZ_ACCESS_DOORBELL, 0xffff, 0 },
	[TAIL] = { 0, 0x2818, 4, 1, 0, AZ_ACCESS_DOORBELL, 0xffff, 0 },
	[TABLE] = { 0, 0x5200, 2, 128, 4, AZ_ACCESS_PLAIN, 0xffff, 0xffff },
};

static const struct az_ring sample_rings[] = {
	{ .entries = 256,
	    .direction = AZ_DMA_WRITE,
	    .address_at = 0,
	    .length_at = 8,
	    .command_at = 11,
	    .status_at = 12,
	    .done = 1,
	    .base_low = BASE_LOW,
	    .base_high = BASE_HIGH,
	    .bytes = BYTES,
	    .head = HEAD,
	    .tail = TAIL },
	{ .entries = 8,
	    .direction = AZ_DMA_READ,
	    .address_at = 0,
	    .length_at = 8,
	    .command_at = 11,
	    .status_at = 12,
	    .done = 1,
	    .command = 8,
	    .last = 1,
	    .allowed = 0x40,
	    .base_low = BASE_LOW,
	    .base_high = AZ_NONE,
	    .bytes = BYTES,
	    .head = HEAD,
	    .tail = TAIL },
};

static const struct az_step sample_steps[] = {
	{ .op = AZ_STEP_WRITE, .target = CTRL, .value = 0x04000000 },
	{ .op = AZ_STEP_DELAY, .limit = 10 },
	{ .op = AZ_STEP_WAIT, .target = CTRL, .mask = 0x04000000, .limit = 10 },
};

static const struct az_peer sample_peers[] = {
	{ .module = 1 },
	{ .module = 0,
	    .rights = AZ_RIGHT_CALL | AZ_RIGHT_LEND,
	    .lease = 1000000000 },
	{ .module = 0, .rights = AZ_RIGHT_WRITE },
	{ .module = 1, .rights = AZ_RIGHT_READ | AZ_RIGHT_LEND },
	{ .module = 1, .rights = AZ_RIGHT_WRITE | AZ_RIGHT_LEND },
	{ .module = 0, .rights = AZ_RIGHT_READ },
	{ .module = 1, .rights = AZ_RIGHT_WRITE | AZ_RIGHT_READ },
	{ .module = 0, .rights = AZ_RIGHT_READ },
	{ .module = 1,
	    .rights = AZ_RIGHT_WRITE | AZ_RIGHT_READ,
	    .lease = 1000000000 },
	{ .module = 0, .rights = AZ_RIGHT_READ },
};

static const struct az_method sample_methods[] = {
	{
	    .name = TEXT(PUT),
	    .type = TEXT(PUT_TYPE),
	    .flags = AZ_METHOD_STATUS | AZ_METHOD_IDEMPOTENT,
	    .copy_count = 2,
	    .copies = { { 0, 1, AZ_COPY_IN, 4096 },
		{ 1, AZ_COPY_FIXED, AZ_COPY_OUT, 8 } },
	},
	{ .name = TEXT(GET), .type = TEXT(GET_TYPE) },
};

static const struct az_node sample_nodes[] = {
	{
	    .name = TEXT(SYSTEM),
	    .strategy = AZ_STRATEGY_REST_FOR_ONE,
	    .intensity = 3,
	    .escalate = AZ_ESCALATE_REBOOT,
	    .period = 5000000000,
	    .backoff_min = 10,
	    .backoff_max = 20,
	},
	{ .kind = AZ_NODE_MODULE, .module = 1 },
	{ .name = TEXT(GROUP) },
	{ .kind = AZ_NODE_MODULE, .parent = 2, .module = 0 },
};

static const struct az_text sample_strings[] = {
	TEXT(FIRST),
	TEXT(ARG),
	TEXT(ENV),
};

#define TEXT_OF(name)                                                          \
	.text_off = offsetof(struct text_layout, name),                        \
	.text_len = sizeof(((struct text_layout *)0)->name)

static const struct az_grant sample_grants[] = {
	{ .kind = AZ_GRANT_LOG, .value = AZ_LEVEL_INFO },
	{ .kind = AZ_GRANT_CLOCK, .value = 1000000 },
	{ .kind = AZ_GRANT_RANDOM },
	{ .kind = AZ_GRANT_FILES, .value = 0, TEXT_OF(MOUNT) },
	{ .kind = AZ_GRANT_POWER, .value = AZ_POWER_HALT },
	{ .kind = AZ_GRANT_LISTEN, .value = 3, TEXT_OF(PLACE) },
	{ .kind = AZ_GRANT_CONNECT, .value = 3, TEXT_OF(CONNECT_TO) },
	{ .kind = AZ_GRANT_SECRET, .value = 4096, TEXT_OF(SECRET) },
	{ .kind = AZ_GRANT_LOG, .value = AZ_LEVEL_ERROR },
	{ .kind = AZ_GRANT_RESET, .value = 0 },
	{ .kind = AZ_GRANT_DEVICE, .value = 0 },
	{ .kind = AZ_GRANT_OBSERVE },
};

static const char sample_contents[] = "contents of a, contents of b";

static const struct az_fileset sample_filesets[] = {
	{ .name = TEXT(SET), .files = { 0, 5 }, .blob = 2 },
};

static const struct az_file sample_files[] = {
	{ .kind = AZ_FILE_DIR },
	{ .name = TEXT(FILE_A), .kind = AZ_FILE_REGULAR, .size = 13 },
	{ .name = TEXT(FILE_DIR), .kind = AZ_FILE_DIR },
	{ .name = TEXT(FILE_B),
	    .kind = AZ_FILE_REGULAR,
	    .parent = 2,
	    .off = 13,
	    .size = 15 },
	{ .name = TEXT(FILE_LINK),
	    .target = TEXT(TARGET),
	    .kind = AZ_FILE_SYMLINK,
	    .parent = 2 },
};

static void blob_describe(struct az_blob *out, const struct forge_blob *blob,
    size_t raw_size, enum az_codec codec)
{
	*out = (struct az_blob){
		.stored_size = blob->size,
		.raw_size = raw_size,
		.codec = codec,
	};
	hash_sha256(out->sha256, blob->stored, blob->size);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { SAMPLE_BLOBS = 3 };

/* Make the bundle out of parts whose blob records are still to be filled. */
static uint8_t *sample_pack(struct forge_parts *parts, size_t *size)
{
	static const char input[] = "typed at the console\n";
	struct forge_blob blobs[SAMPLE_BLOBS];
	struct az_blob records[SAMPLE_BLOBS];
	size_t image_size;
	uint8_t *image = forge_image(&image_size), *out;

	blobs[0].stored = forge_deflate(image, image_size, &blobs[0].size);
	blobs[1] = (struct forge_blob){ input, sizeof(input) - 1 };
	blobs[2].stored = forge_deflate(
	    sample_contents, sizeof(sample_contents) - 1, &blobs[2].size);
	blob_describe(&records[0], &blobs[0], image_size, AZ_CODEC_ZLIB);
	blob_describe(&records[1], &blobs[1], blobs[1].size, AZ_CODEC_STORED);
	blob_describe(
	    &records[2], &blobs[2], sizeof(sample_contents) - 1, AZ_CODEC_ZLIB);
	parts->tables[AZ_TABLE_BLOB].records = records;
	parts->tables[AZ_TABLE_BLOB].count = parts->blob_count;
	parts->blobs = blobs;
	out = forge_bundle(parts, size);
	forge_sign(out, 0);
	free(image);
	free((void *)blobs[0].stored);
	free((void *)blobs[2].stored);
	return out;
}

#define TABLE(array)                                                           \
	{                                                                      \
		(array), COUNT(array)                                          \
	}

uint8_t *forge_sample(size_t *size)
{
	struct forge_parts parts = {
		.tables = {
			{ &sample_system, 1 },
			{ NULL, 0 },
			TABLE(sample_modules),
			TABLE(sample_strings),
			TABLE(sample_grants),
			TABLE(sample_filesets),
			TABLE(sample_files),
			{ text_bytes, sizeof(text_bytes) - 1 },
			TABLE(sample_channels),
			TABLE(sample_peers),
			TABLE(sample_methods),
			TABLE(sample_nodes),
			TABLE(sample_devices),
			TABLE(sample_regions),
			TABLE(sample_registers),
			TABLE(sample_rings),
			TABLE(sample_steps),
		},
		.blob_count = SAMPLE_BLOBS,
	};

	return sample_pack(&parts, size);
}

uint8_t *forge_small(size_t *size)
{
	static const struct az_fileset fileset = { .files = { 0, 1 },
		.name = TEXT(SYSTEM) };
	struct az_module module = sample_modules[1];
	struct forge_parts parts = {
		.tables = {
			{ &sample_system, 1 },
			{ NULL, 0 },
			{ &module, 1 },
			{ sample_strings, 1 },
			{ sample_grants, 1 },
			{ &fileset, 1 },
			{ sample_files, 1 },
			{ text_bytes,
			    offsetof(struct text_layout, ARG) },
		},
		.blob_count = 1,
	};

	module.grants = (struct az_run){ 0, 1 };
	return sample_pack(&parts, size);
}
