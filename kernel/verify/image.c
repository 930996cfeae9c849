#include "verify/image.h"

#include <stdbool.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/image_records.h"
#include "verify/refuse.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_IMAGE

enum { RECORD_ALIGN = 4, SPAN_COUNT = 13 };

/* The spans of the head, in its order: where a view has the records, how many
 * there may be, where they may start. */
#define SPANS(X)                                                               \
	X(text, text, AZ_TEXT_MAX, AZ_PAGE_SIZE)                               \
	X(rodata, rodata, AZ_RODATA_MAX, AZ_PAGE_SIZE)                         \
	X(data, data, AZ_DATA_MAX, AZ_PAGE_SIZE)                               \
	X(funcs, funcs, AZ_FUNCS_MAX, RECORD_ALIGN)                            \
	X(sigs, sigs, AZ_SIG_MAX, RECORD_ALIGN)                                \
	X(imports, imports, AZ_IMPORT_MAX, RECORD_ALIGN)                       \
	X(exports, exports, AZ_EXPORTS_MAX, RECORD_ALIGN)                      \
	X(tables, tables, AZ_TABLES_MAX, RECORD_ALIGN)                         \
	X(elems, elems, AZ_SEGMENTS_MAX, RECORD_ALIGN)                         \
	X(entries, entries, AZ_IMAGE_MAX, RECORD_ALIGN)                        \
	X(segments, segments, AZ_SEGMENTS_MAX, RECORD_ALIGN)                   \
	X(bytes, seg_bytes, AZ_IMAGE_MAX, 1)                                   \
	X(names, names, AZ_IMAGE_MAX, 1)

static const struct span_row {
	size_t field;
	uint32_t size, max, align;
} span_rows[SPAN_COUNT] = {
#define X(span, records, max, align)                                           \
	{ offsetof(struct az_image_head, span),                                \
		sizeof(*((struct image_view *)0)->records), (max), (align) },
	SPANS(X)
#undef X
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

	MUST((uintptr_t)bytes % RECORD_ALIGN == 0,
	    "image is not aligned in memory");
	MUST(size >= AZ_IMAGE_HEAD_SIZE && size <= AZ_IMAGE_MAX,
	    "image is too small or too large");
	MUST(memcmp(head->magic, AZ_IMAGE_MAGIC, sizeof(head->magic)) == 0,
	    "wrong magic");
	REQUIRE(head->abi == AZ_ABI_VERSION, AZ_REFUSE_ABI,
	    "image is of another ABI version");
	MUST(head->head_size == AZ_IMAGE_HEAD_SIZE, "wrong size of the head");
	MUST(head->size == size, "size is not the one in the head");
	MUST(head->flags == 0 && head->reserved == 0 &&
		 text_is_zero(head->pad, sizeof(head->pad)),
	    "reserved field is not zero");
	return AZ_REFUSE_NONE;
}

static enum az_refusal memory_check(
    const struct az_image_head *head, const char **why)
{
	MUST(head->has_memory <= 1, "has_memory is neither 0 nor 1");
	MUST(head->has_memory || (head->mem_min == 0 && head->mem_max == 0),
	    "pages without a memory");
	MUST(head->mem_min <= head->mem_max &&
		 head->mem_max <= AZ_WASM_PAGES_MAX,
	    "bad size of the memory");
	MUST(head->data_mem_size >= head->data.count &&
		 head->data_mem_size <= AZ_DATA_MAX,
	    "bad size of the data");
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

		MUST(s->count <= row->max, "too many records in a span");
		MUST(s->off % row->align == 0, "span is not aligned");
		MUST(s->off >= end && s->off <= size,
		    "spans overlap or are out of order");
		MUST(text_is_zero(bytes + end, (size_t)(s->off - end)),
		    "gap between spans is not zero");
		end = s->off + (uint64_t)s->count * row->size;
		MUST(end <= size, "span passes the end of the image");
	}
	MUST(text_is_zero(bytes + end, (size_t)(size - end)),
	    "bytes behind the last span");
	return AZ_REFUSE_NONE;
}

/* Point into the spans; their bounds have been checked. */
static void spans_find(struct image_view *v)
{
#define X(span, records, max, align)                                           \
	v->records = (const void *)(v->bytes + v->head->span.off);
	SPANS(X)
#undef X
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
	MUST(text_is_utf8(v.names, v.head->names.count) &&
		 text_is_plain(v.names, v.head->names.count),
	    "names are not plain UTF-8");
	/* Types first: the others are checked against them. */
	PASS(image_sigs_check(&v, why));
	PASS(image_funcs_check(&v, why));
	PASS(image_imports_check(&v, why));
	PASS(image_exports_check(&v, why));
	PASS(image_tables_check(&v, why));
	PASS(image_segments_check(&v, why));
	v.main = image_export(&v, AZ_EXPORT_FUNC, "_start");
	v.command = v.main != NULL;
	if (!v.command)
		v.main = image_export(&v, AZ_EXPORT_FUNC, "_initialize");
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
