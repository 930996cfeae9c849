#include "verify/image.h"

#include <stdbool.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/image_records.h"
#include "verify/refuse.h"
#include "verify/text.h"

enum { RECORD_ALIGN = 4, SPAN_COUNT = 13 };

/* The spans of the head, in its order: how large a record is, how many there
 * may be, where they may start. */
static const struct span_row {
	size_t field;
	uint32_t size, max, align;
} span_rows[SPAN_COUNT] = {
#define SPAN(name, size, max, align)                                           \
	{                                                                      \
		offsetof(struct az_image_head, name), (size), (max), (align)   \
	}
	SPAN(text, 1, AZ_TEXT_MAX, AZ_PAGE_SIZE),
	SPAN(rodata, 1, AZ_RODATA_MAX, AZ_PAGE_SIZE),
	SPAN(data, 1, AZ_DATA_MAX, AZ_PAGE_SIZE),
	SPAN(funcs, sizeof(struct az_func), AZ_FUNCS_MAX, RECORD_ALIGN),
	SPAN(sigs, sizeof(struct az_sig), AZ_SIG_MAX, RECORD_ALIGN),
	SPAN(imports, sizeof(struct az_import), AZ_IMPORT_MAX, RECORD_ALIGN),
	SPAN(exports, sizeof(struct az_export), AZ_EXPORTS_MAX, RECORD_ALIGN),
	SPAN(tables, sizeof(struct az_table), AZ_TABLES_MAX, RECORD_ALIGN),
	SPAN(elems, sizeof(struct az_elem), AZ_SEGMENTS_MAX, RECORD_ALIGN),
	SPAN(entries, sizeof(az_funcref), AZ_IMAGE_MAX, RECORD_ALIGN),
	SPAN(
	    segments, sizeof(struct az_segment), AZ_SEGMENTS_MAX, RECORD_ALIGN),
	SPAN(bytes, 1, AZ_IMAGE_MAX, 1),
	SPAN(names, 1, AZ_IMAGE_MAX, 1),
#undef SPAN
};

_Static_assert(offsetof(struct az_image_head, names) -
		       offsetof(struct az_image_head, text) ==
		   (SPAN_COUNT - 1) * sizeof(struct az_span),
    "every span of the head has its row");
_Static_assert(AZ_IMPORT_MAX <= AZ_FUNCREF_IMPORT, "slots fit a reference");

static enum az_refusal head_check(
    const uint8_t *bytes, size_t size, const char **why)
{
	const struct az_image_head *head = (const void *)bytes;

	REQUIRE((uintptr_t)bytes % RECORD_ALIGN == 0, AZ_REFUSE_IMAGE,
	    "image is not aligned in memory");
	REQUIRE(size >= AZ_IMAGE_HEAD_SIZE && size <= AZ_IMAGE_MAX,
	    AZ_REFUSE_IMAGE, "image is too small or too large");
	REQUIRE(memcmp(head->magic, AZ_IMAGE_MAGIC, sizeof(head->magic)) == 0,
	    AZ_REFUSE_IMAGE, "wrong magic");
	REQUIRE(head->abi == AZ_ABI_VERSION, AZ_REFUSE_ABI,
	    "image is of another ABI version");
	REQUIRE(head->head_size == AZ_IMAGE_HEAD_SIZE, AZ_REFUSE_IMAGE,
	    "wrong size of the head");
	REQUIRE(head->size == size, AZ_REFUSE_IMAGE,
	    "size is not the one in the head");
	REQUIRE(head->flags == 0 && head->reserved == 0 &&
		    text_is_zero(head->pad, sizeof(head->pad)),
	    AZ_REFUSE_IMAGE, "reserved field is not zero");
	return AZ_REFUSE_NONE;
}

static enum az_refusal memory_check(
    const struct az_image_head *head, const char **why)
{
	REQUIRE(head->has_memory <= 1, AZ_REFUSE_IMAGE,
	    "has_memory is neither 0 nor 1");
	REQUIRE(head->has_memory || (head->mem_min == 0 && head->mem_max == 0),
	    AZ_REFUSE_IMAGE, "pages without a memory");
	REQUIRE(head->mem_min <= head->mem_max &&
		    head->mem_max <= AZ_WASM_PAGES_MAX,
	    AZ_REFUSE_IMAGE, "bad size of the memory");
	REQUIRE(head->data_mem_size >= head->data.count &&
		    head->data_mem_size <= AZ_DATA_MAX,
	    AZ_REFUSE_IMAGE, "bad size of the data");
	return AZ_REFUSE_NONE;
}

/* Spans in order, aligned, within the image; what is between is zero. */
static enum az_refusal spans_check(
    const uint8_t *bytes, uint32_t size, const char **why)
{
	uint64_t end = AZ_IMAGE_HEAD_SIZE;

	for (int i = 0; i < SPAN_COUNT; i++) {
		const struct span_row *row = &span_rows[i];
		const struct az_span *s = (const void *)(bytes + row->field);

		REQUIRE(s->count <= row->max, AZ_REFUSE_IMAGE,
		    "too many records in a span");
		REQUIRE(s->off % row->align == 0, AZ_REFUSE_IMAGE,
		    "span is not aligned");
		REQUIRE(s->off >= end && s->off <= size, AZ_REFUSE_IMAGE,
		    "spans overlap or are out of order");
		REQUIRE(text_is_zero(bytes + end, (size_t)(s->off - end)),
		    AZ_REFUSE_IMAGE, "gap between spans is not zero");
		end = s->off + (uint64_t)s->count * row->size;
		REQUIRE(end <= size, AZ_REFUSE_IMAGE,
		    "span passes the end of the image");
	}
	REQUIRE(text_is_zero(bytes + end, (size_t)(size - end)),
	    AZ_REFUSE_IMAGE, "bytes behind the last span");
	return AZ_REFUSE_NONE;
}

/* Point into the spans; their bounds have been checked. */
static void spans_find(struct image_view *v)
{
	const struct az_image_head *h = v->head;

	v->text = v->bytes + h->text.off;
	v->rodata = v->bytes + h->rodata.off;
	v->data = v->bytes + h->data.off;
	v->funcs = (const void *)(v->bytes + h->funcs.off);
	v->sigs = (const void *)(v->bytes + h->sigs.off);
	v->imports = (const void *)(v->bytes + h->imports.off);
	v->exports = (const void *)(v->bytes + h->exports.off);
	v->tables = (const void *)(v->bytes + h->tables.off);
	v->elems = (const void *)(v->bytes + h->elems.off);
	v->entries = (const void *)(v->bytes + h->entries.off);
	v->segments = (const void *)(v->bytes + h->segments.off);
	v->seg_bytes = v->bytes + h->bytes.off;
	v->names = (const char *)(v->bytes + h->names.off);
}

enum az_refusal image_open(
    struct image_view *out, const uint8_t *bytes, size_t size, const char **why)
{
	const char *unread;
	struct image_view v = { .bytes = bytes, .head = (const void *)bytes };

	if (!why)
		why = &unread;
	PASS(head_check(bytes, size, why));
	PASS(memory_check(v.head, why));
	PASS(spans_check(bytes, v.head->size, why));
	spans_find(&v);
	REQUIRE(text_is_utf8(v.names, v.head->names.count) &&
		    text_is_plain(v.names, v.head->names.count),
	    AZ_REFUSE_IMAGE, "names are not plain UTF-8");
	/* Types first: the others are checked against them. */
	PASS(image_sigs_check(&v, why));
	PASS(image_funcs_check(&v, why));
	PASS(image_imports_check(&v, why));
	PASS(image_exports_check(&v, why));
	PASS(image_tables_check(&v, why));
	PASS(image_segments_check(&v, why));
	*out = v;
	return AZ_REFUSE_NONE;
}

const struct az_func *image_func_at(const struct image_view *v, uint32_t off)
{
	uint32_t low = 0, high = v->head->funcs.count;

	/* Functions cover the text: the last one that starts at or before. */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (v->funcs[middle].off <= off)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || off >= v->head->text.count)
		return NULL;
	return &v->funcs[low - 1];
}

const struct az_export *image_export(
    const struct image_view *v, enum az_export_kind kind, const char *name)
{
	return image_find_export(v, kind, name, strlen(name));
}

const struct az_export *image_find_export(const struct image_view *v,
    enum az_export_kind kind, const char *name, size_t len)
{
	for (uint32_t i = 0; i < v->head->exports.count; i++) {
		const struct az_export *e = &v->exports[i];

		if (e->kind == (uint32_t)kind && e->name_len == len &&
		    memcmp(v->names + e->name, name, len) == 0)
			return e;
	}
	return NULL;
}
