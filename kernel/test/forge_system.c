#include "test/forge_system.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "crypto/hash.h"
#include "test/forge.h"

enum { STACK = 0x10000, RECORD_ALIGN = 4, RET = 0xc3 };

/* Bytes that grow; of one span, table, or of the whole. */
struct bytes {
	uint8_t *at;
	size_t len;
};

static uint32_t add(struct bytes *b, const void *data, size_t len)
{
	size_t off = b->len;

	if (len == 0)
		return (uint32_t)off;
	b->at = realloc(b->at, off + len);
	memcpy(b->at + off, data, len);
	b->len += len;
	return (uint32_t)off;
}

static void pad_to(struct bytes *b, size_t align)
{
	while (b->len % align != 0)
		add(b, "", 1);
}

/* --- Images --------------------------------------------------------------- */

struct image {
	struct bytes text, funcs, sigs, imports, exports, names;
	uint32_t func_count;
};

static uint8_t valtype(char letter)
{
	return letter == 'i'   ? AZ_I32
	       : letter == 'I' ? AZ_I64
	       : letter == 'f' ? AZ_F32
			       : AZ_F64;
}

/* The index of a type, which is added when it is new. */
static uint16_t sig_of(struct image *m, const char *type)
{
	struct az_sig sig = { 0 }, *all = (void *)m->sigs.at;
	size_t count = m->sigs.len / sizeof(sig), i = 0;
	uint32_t ints = 0, floats = 0, used = 0;
	const char *end = strchr(type, ':');

	for (; *type; type++) {
		if (type == end)
			continue;
		sig.types[used++] = valtype(*type);
		sig.param_count += type < end;
		sig.result_count += type > end;
		ints += type < end && (*type == 'i' || *type == 'I');
		floats += type < end && (*type == 'f' || *type == 'F');
	}
	sig.stack_args = (uint16_t)(8 * ((ints > 6 ? ints - 6 : 0) +
					    (floats > 8 ? floats - 8 : 0)));
	while (i < count && memcmp(&all[i], &sig, sizeof(sig)) != 0)
		i++;
	if (i == count)
		add(&m->sigs, &sig, sizeof(sig));
	return (uint16_t)i;
}

static uint32_t add_name(struct image *m, const char *name)
{
	return add(&m->names, name, strlen(name));
}

static uint32_t add_func(struct image *m, const char *type)
{
	uint8_t ret = RET;
	uint16_t sig = sig_of(m, type);
	struct az_func f = { .off = add(&m->text, &ret, 1),
		.len = 1,
		.sig = sig,
		.stack_args = ((struct az_sig *)m->sigs.at)[sig].stack_args,
		.wasm_index = m->func_count };

	add(&m->funcs, &f, sizeof(f));
	return m->func_count++;
}

static void add_export(struct image *m, const struct forge_face *face)
{
	bool window = face->kind == FORGE_WINDOW;
	struct az_export e = { .name = add_name(m, face->name),
		.name_len = (uint32_t)strlen(face->name),
		.kind = window ? AZ_EXPORT_GLOBAL : AZ_EXPORT_FUNC,
		.index = window ? face->value : add_func(m, face->type) };

	add(&m->exports, &e, sizeof(e));
}

static void add_import(struct image *m, const struct forge_face *face)
{
	struct az_import i = { .kind = AZ_IMPORT_HOST,
		.sig = sig_of(m, face->type) };

	if (face->kind == FORGE_CALL) {
		i.call = (uint16_t)face->value;
	} else {
		i.kind = AZ_IMPORT_CHANNEL;
		i.module = add_name(m, face->channel);
		i.module_len = (uint32_t)strlen(face->channel);
		i.name = add_name(m, face->name);
		i.name_len = (uint32_t)strlen(face->name);
	}
	add(&m->imports, &i, sizeof(i));
}

static void put_span(struct bytes *out, struct az_span *span,
    struct bytes *records, size_t size, size_t align)
{
	pad_to(out, align);
	span->off = add(out, records->at, records->len);
	span->count = (uint32_t)(records->len / size);
	free(records->at);
}

static uint8_t *pack_image(struct image *m, size_t *size)
{
	struct az_image_head h = { .magic = AZ_IMAGE_MAGIC,
		.abi = AZ_ABI_VERSION,
		.head_size = AZ_IMAGE_HEAD_SIZE,
		.mem_min = 1,
		.mem_max = 1,
		.has_memory = 1,
		.start_func = AZ_NONE };
	struct bytes out = { 0 }, none = { 0 };

	add(&out, &h, sizeof(h));
	put_span(&out, &h.text, &m->text, 1, AZ_PAGE_SIZE);
	put_span(&out, &h.rodata, &none, 1, AZ_PAGE_SIZE);
	put_span(&out, &h.data, &none, 1, AZ_PAGE_SIZE);
	put_span(
	    &out, &h.funcs, &m->funcs, sizeof(struct az_func), RECORD_ALIGN);
	put_span(&out, &h.sigs, &m->sigs, sizeof(struct az_sig), RECORD_ALIGN);
	put_span(&out, &h.imports, &m->imports, sizeof(struct az_import),
	    RECORD_ALIGN);
	put_span(&out, &h.exports, &m->exports, sizeof(struct az_export),
	    RECORD_ALIGN);
	for (struct az_span *s = &h.tables; s < &h.names; s++)
		put_span(&out, s, &none, 1, RECORD_ALIGN);
	put_span(&out, &h.names, &m->names, 1, 1);
	h.size = (uint32_t)out.len;
	memcpy(out.at, &h, sizeof(h));
	*size = out.len;
	return out.at;
}

uint8_t *forge_faces(
    const struct forge_face *faces, uint32_t count, size_t *size)
{
	struct image m = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		if (faces[i].kind == FORGE_IMPORT ||
		    faces[i].kind == FORGE_CALL)
			add_import(&m, &faces[i]);
		else
			add_export(&m, &faces[i]);
	}
	return pack_image(&m, size);
}

/* --- Systems -------------------------------------------------------------- */

struct build {
	struct bytes tables[AZ_TABLE_KINDS];
	struct forge_blob *blobs; /* of each module */
};

static struct az_text add_text(struct build *b, const char *text)
{
	uint32_t len = text ? (uint32_t)strlen(text) : 0;

	if (len == 0)
		return (struct az_text){ 0, 0 };
	return (
	    struct az_text){ add(&b->tables[AZ_TABLE_TEXT], text, len), len };
}

static void add_image(struct build *b, const struct forge_module *m, uint32_t i)
{
	struct az_blob record = { .codec = AZ_CODEC_STORED };
	size_t size = m->image_size;
	uint8_t *copy;

	if (m->image) {
		copy = malloc(size);
		memcpy(copy, m->image, size);
	} else if (m->faces) {
		copy = forge_faces(m->faces, m->face_count, &size);
	} else {
		copy = forge_image(&size);
	}
	b->blobs[i] = (struct forge_blob){ copy, size };
	record.raw_size = record.stored_size = size;
	hash_sha256(record.sha256, copy, size);
	add(&b->tables[AZ_TABLE_BLOB], &record, sizeof(record));
}

static void add_module(
    struct build *b, const struct forge_module *m, uint32_t i)
{
	struct bytes *grants = &b->tables[AZ_TABLE_GRANT];
	struct az_module record = m->like;

	record.name = add_text(b, m->name);
	record.grants =
	    (struct az_run){ (uint32_t)(grants->len / sizeof(*m->grants)),
		    m->grant_count };
	record.blob = i;
	if (record.stack == 0)
		record.stack = STACK;
	if (record.memory == 0)
		record.memory = AZ_WASM_PAGE;
	add(grants, m->grants, m->grant_count * sizeof(*m->grants));
	add(&b->tables[AZ_TABLE_MODULE], &record, sizeof(record));
	add_image(b, m, i);
}

static void add_methods(
    struct build *b, struct az_run *run, const struct forge_channel *c)
{
	struct bytes *methods = &b->tables[AZ_TABLE_METHOD];

	if (c->method_count == 0)
		return;
	run->first = (uint32_t)(methods->len / sizeof(struct az_method));
	run->count = c->method_count;
	for (uint32_t i = 0; i < c->method_count; i++) {
		struct az_method record = c->methods[i].like;

		record.name = add_text(b, c->methods[i].name);
		record.type = add_text(b, c->methods[i].type);
		add(methods, &record, sizeof(record));
	}
}

static void add_channel(struct build *b, const struct forge_channel *c)
{
	struct bytes *peers = &b->tables[AZ_TABLE_PEER];
	struct az_channel record = c->like;

	record.name = add_text(b, c->name);
	record.owner = c->ends[0].module;
	record.peers =
	    (struct az_run){ (uint32_t)(peers->len / sizeof(c->ends[0])),
		    c->end_count };
	add(peers, c->ends, c->end_count * sizeof(c->ends[0]));
	add_methods(b, &record.methods, c);
	add(&b->tables[AZ_TABLE_CHANNEL], &record, sizeof(record));
}

static void add_node(struct build *b, const struct forge_node *n)
{
	struct az_node record = n->like;

	record.name = add_text(b, n->name);
	if (!n->name)
		record.kind = AZ_NODE_MODULE;
	add(&b->tables[AZ_TABLE_NODE], &record, sizeof(record));
}

static uint8_t *pack_system(struct build *b, uint32_t blob_count, size_t *size)
{
	struct forge_parts parts = { .blobs = b->blobs,
		.blob_count = blob_count };
	uint8_t *out;

	for (int i = 0; i < AZ_TABLE_KINDS; i++) {
		parts.tables[i].records = b->tables[i].at;
		parts.tables[i].count =
		    (uint32_t)(b->tables[i].len / forge_record_size[i]);
	}
	out = forge_bundle(&parts, size);
	forge_sign(out, 0);
	return out;
}

uint8_t *forge_system(const struct forge_system *system, size_t *size)
{
	struct build b = { .blobs = calloc(
			       system->module_count + 1, sizeof(*b.blobs)) };
	struct az_system record = { .name = add_text(&b, "forged"),
		.memory = 128 << 20,
		.flags = AZ_SYSTEM_DEV };
	uint8_t *out;

	add(&b.tables[AZ_TABLE_SYSTEM], &record, sizeof(record));
	for (uint32_t i = 0; i < system->module_count; i++)
		add_module(&b, &system->modules[i], i);
	for (uint32_t i = 0; i < system->channel_count; i++)
		add_channel(&b, &system->channels[i]);
	for (uint32_t i = 0; i < system->node_count; i++)
		add_node(&b, &system->nodes[i]);
	out = pack_system(&b, system->module_count, size);
	for (int i = 0; i < AZ_TABLE_KINDS; i++)
		free(b.tables[i].at);
	for (uint32_t i = 0; i < system->module_count; i++)
		free((void *)b.blobs[i].stored);
	free(b.blobs);
	return out;
}
