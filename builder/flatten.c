#include "flatten.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/image.h"
#include "abi/layout.h"
#include "mem.h"
#include "object.h"
#include "sigs.h"
#include "translate.h"
#include "wasm_plan.h"

enum { RECORD_ALIGN = 4, GLOBAL_SIZE = 8, GROWING_ROOM = 65536 };

/* An image being written: its bytes, and the texts that become its last
 * span. */
struct writer {
	const struct flatten_job *job;
	const struct object_code *code;
	struct buf out, names;
	char *error;
};

static struct az_image_head *head(struct writer *w)
{
	return (void *)w->out.at;
}

/* Start a span at the next multiple of align; count comes later. */
static struct az_span span_begin(struct writer *w, size_t align)
{
	while (w->out.len % align != 0)
		buf_putc(&w->out, '\0');
	return (struct az_span){ .off = (uint32_t)w->out.len };
}

static void span_bytes(
    struct writer *w, size_t field, size_t align, const struct buf *bytes)
{
	struct az_span s = span_begin(w, align);

	s.count = (uint32_t)bytes->len;
	buf_add(&w->out, bytes->at, bytes->len);
	memcpy(w->out.at + field, &s, sizeof(s));
}

#define SPAN(name) offsetof(struct az_image_head, name)

/* Records that were gathered in a buf. */
static void span_records(
    struct writer *w, size_t field, struct buf *records, size_t size)
{
	struct az_span s = span_begin(w, RECORD_ALIGN);

	s.count = (uint32_t)(records->len / size);
	buf_add(&w->out, records->at, records->len);
	memcpy(w->out.at + field, &s, sizeof(s));
	buf_fini(records);
}

/* Is byte i of a name part of a control character, U+0000 to U+001F or U+007F
 * to U+009F? Names are printed. */
static bool is_control(struct wasm_bytes name, size_t i)
{
	uint8_t c = name.at[i];

	return c < 0x20 || c == 0x7f ||
	       (c >= 0x80 && c < 0xa0 && i > 0 && name.at[i - 1] == 0xc2);
}

/* Add a name, control characters replaced. */
static uint32_t add_name(struct writer *w, struct wasm_bytes name)
{
	uint32_t off = (uint32_t)w->names.len;

	for (size_t i = 0; i < name.len; i++) {
		char c = (char)name.at[i];

		/* U+00A0 keeps a sequence of two bytes one. */
		if (is_control(name, i))
			c = (c & 0x80) != 0 ? (char)0xa0 : '?';
		buf_putc(&w->names, c);
	}
	return off;
}

static bool is_plain(struct wasm_bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (is_control(name, i))
			return false;
	}
	return true;
}

static az_funcref funcref(const struct wasm_module *m, uint32_t func)
{
	if (func == UINT32_MAX)
		return AZ_NONE;
	if (func < m->imported_funcs)
		return func | AZ_FUNCREF_IMPORT;
	return func - m->imported_funcs;
}

static az_funcref item_ref(
    const struct wasm_module *m, const struct wasm_const *item)
{
	return item->kind == WASM_REF_FUNC ? funcref(m, (uint32_t)item->bits)
					   : AZ_NONE;
}

static uint64_t initial_value(
    const struct writer *w, const struct wasm_const *init)
{
	if (init->kind == WASM_REF_FUNC)
		return w->job->plan->refs[init->bits];
	return init->kind == WASM_REF_NULL ? 0 : init->bits;
}

/* az_I: a field nobody uses, so that it is never empty, then the globals. */
static int write_data(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	struct buf b = { 0 };
	uint64_t value = 0;

	buf_add(&b, &value, GLOBAL_SIZE);
	for (uint32_t i = 0; i < m->global_count; i++) {
		value = initial_value(w, &m->globals[i].init);
		buf_add(&b, &value, GLOBAL_SIZE);
	}
	value = 0;
	for (uint32_t i = 0; i < w->job->plan->global_count; i++)
		buf_add(&b, &value, GLOBAL_SIZE);
	span_bytes(w, SPAN(data), AZ_PAGE_SIZE, &b);
	head(w)->data_mem_size = (uint32_t)b.len;
	buf_fini(&b);
	if (head(w)->data_mem_size <= AZ_DATA_MAX)
		return 0;
	snprintf(w->error, FLATTEN_ERROR_SIZE,
	    "globals take more than %u bytes", AZ_DATA_MAX);
	return -1;
}

static void write_funcs(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	const struct sigs *sigs = w->job->sigs;
	struct buf b = { 0 };

	for (uint32_t i = 0; i < m->func_count; i++) {
		uint32_t index = m->imported_funcs + i;
		uint16_t sig = sigs->of_type[m->funcs[i]];
		struct wasm_bytes name = m->func_names[index];
		struct az_func f = {
			.off = w->code->funcs[i].off,
			.len = w->code->funcs[i].len,
			.sig = sig,
			.stack_args = sigs->at[sig].stack_args,
			.name = add_name(w, name),
			.name_len = (uint32_t)name.len,
			.wasm_index = index,
		};

		buf_add(&b, &f, sizeof(f));
	}
	span_records(w, SPAN(funcs), &b, sizeof(struct az_func));
}

static void write_sigs(struct writer *w)
{
	const struct sigs *sigs = w->job->sigs;
	struct buf b = { 0 };

	buf_add(&b, sigs->at, sigs->count * sizeof(*sigs->at));
	span_records(w, SPAN(sigs), &b, sizeof(struct az_sig));
}

static const struct {
	const char *module, *name;
} calls[] = {
#define X(sym, module, name, type, grant) { module, name },
	AZ_CALLS
#undef X
};

/* The number of a host call; AZ_CALL_COUNT: there is none. */
static uint16_t find_call(const struct wasm_import *import)
{
	uint16_t call = 0;

	while (call < AZ_CALL_COUNT &&
	       (!wasm_is_text(import->module, calls[call].module) ||
		   !wasm_is_text(import->name, calls[call].name)))
		call++;
	return call;
}

/* A module that is none of the host's is a channel, or a handle of one. */
static struct az_import import_record(
    struct writer *w, const struct wasm_import *import)
{
	struct az_import record = {
		.kind = AZ_IMPORT_HOST,
		.sig = w->job->sigs->of_type[import->type],
	};

	if (wasm_is_text(import->module, AZ_WASI_MODULE) ||
	    wasm_is_text(import->module, AZ_NATIVE_MODULE)) {
		record.call = find_call(import);
		return record;
	}
	record.kind = AZ_IMPORT_CHANNEL;
	record.module = add_name(w, import->module);
	record.module_len = (uint32_t)import->module.len;
	record.name = add_name(w, import->name);
	record.name_len = (uint32_t)import->name.len;
	return record;
}

static int write_imports(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	struct buf b = { 0 };

	for (uint32_t i = 0; i < m->import_count; i++) {
		const struct wasm_import *import = &m->imports[i];
		struct az_import record = import_record(w, import);

		if (record.call == AZ_CALL_COUNT) {
			snprintf(w->error, FLATTEN_ERROR_SIZE,
			    "no such import: %.*s.%.*s",
			    (int)(import->module.len & 63),
			    (const char *)import->module.at,
			    (int)(import->name.len & 63),
			    (const char *)import->name.at);
			buf_fini(&b);
			return -1;
		}
		buf_add(&b, &record, sizeof(record));
	}
	span_records(w, SPAN(imports), &b, sizeof(struct az_import));
	return 0;
}

/* A global that says where a window for shared memory lies. */
static bool is_window(const struct wasm_module *m, const struct wasm_export *e)
{
	static const char prefix[] = "az_window_";
	const struct wasm_global *g = &m->globals[e->index];

	return e->name.len >= sizeof(prefix) - 1 &&
	       memcmp(e->name.at, prefix, sizeof(prefix) - 1) == 0 &&
	       g->type == AZ_I32 && !g->mutable && g->init.kind == WASM_LITERAL;
}

/* Whether others may know of an export, and its record but for the name.
 * Tables and other globals of a module are nobody else's business, and what
 * has an unprintable name cannot be asked for. */
static bool export_record(struct az_export *out, const struct wasm_module *m,
    const struct wasm_export *e)
{
	*out = (struct az_export){ .name_len = (uint32_t)e->name.len };
	if (!is_plain(e->name))
		return false;
	if (e->kind == WASM_FUNC) {
		out->kind = AZ_EXPORT_FUNC;
		out->index = funcref(m, e->index);
	} else if (e->kind == WASM_MEMORY) {
		out->kind = AZ_EXPORT_MEMORY;
	} else if (e->kind == WASM_GLOBAL && is_window(m, e)) {
		out->kind = AZ_EXPORT_GLOBAL;
		out->index = (uint32_t)m->globals[e->index].init.bits;
	} else {
		return false;
	}
	return true;
}

static void write_exports(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	struct buf b = { 0 };

	for (uint32_t i = 0; i < m->export_count; i++) {
		const struct wasm_export *e = &m->exports[i];
		struct az_export record;

		if (!export_record(&record, m, e))
			continue;
		record.name = add_name(w, e->name);
		buf_add(&b, &record, sizeof(record));
	}
	span_records(w, SPAN(exports), &b, sizeof(struct az_export));
}

/* Entries reserved for a table that grows, so that all tables together keep
 * below the limit. */
static uint32_t growing_room(const struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	uint64_t sizes = 0, growing = 0;
	uint32_t room = GROWING_ROOM;

	for (uint32_t i = 0; i < m->table_count; i++) {
		sizes += m->tables[i].limits.min;
		growing += w->job->plan->grows[i];
	}
	while (room > 0 && sizes + growing * room > AZ_TABLE_ENTRIES_MAX)
		room /= 2;
	return room;
}

static void write_tables(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	uint32_t room = growing_room(w);
	struct buf b = { 0 };

	for (uint32_t i = 0; i < m->table_count; i++) {
		const struct wasm_limits *limits = &m->tables[i].limits;
		struct az_table t = { limits->min, limits->max, limits->min,
			m->tables[i].type };

		if (w->job->plan->grows[i] && t.capacity < room)
			t.capacity = room < t.max ? room : t.max;
		buf_add(&b, &t, sizeof(t));
	}
	span_records(w, SPAN(tables), &b, sizeof(struct az_table));
}

static void write_elems(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	struct buf b = { 0 };
	uint32_t first = 0;

	for (uint32_t i = 0; i < m->elem_count; i++) {
		const struct wasm_elem *e = &m->elems[i];
		struct az_elem record = { .mode = e->mode,
			.table = e->table,
			.dest = (uint32_t)e->dest.bits,
			.first = first,
			.count = e->count };

		buf_add(&b, &record, sizeof(record));
		first += e->count;
	}
	span_records(w, SPAN(elems), &b, sizeof(struct az_elem));
}

/* Those of the segments, and what else is referred to. */
static void write_entries(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	const struct wasm_plan *p = w->job->plan;
	struct buf b = { 0 };
	az_funcref ref;

	for (uint32_t i = 0; i < m->elem_count; i++) {
		for (uint32_t n = 0; n < m->elems[i].count; n++) {
			ref = item_ref(m, &m->elems[i].items[n]);
			buf_add(&b, &ref, sizeof(ref));
		}
	}
	for (uint32_t i = 0; i < p->entry_count; i++) {
		ref = funcref(m, p->entries[i]);
		buf_add(&b, &ref, sizeof(ref));
	}
	span_records(w, SPAN(entries), &b, sizeof(az_funcref));
}

static void write_segments(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	struct buf records = { 0 }, bytes = { 0 };

	for (uint32_t i = 0; i < m->data_count; i++) {
		const struct wasm_data *d = &m->datas[i];
		struct az_segment s = {
			.mode = d->passive ? AZ_PASSIVE : AZ_ACTIVE,
			.dest = (uint32_t)d->dest.bits,
			.first = (uint32_t)bytes.len,
			.size = (uint32_t)d->bytes.len,
		};

		buf_add(&records, &s, sizeof(s));
		buf_add(&bytes, d->bytes.at, d->bytes.len);
	}
	span_records(w, SPAN(segments), &records, sizeof(struct az_segment));
	span_bytes(w, SPAN(bytes), 1, &bytes);
	buf_fini(&bytes);
}

static void write_head(struct writer *w)
{
	const struct wasm_module *m = w->job->module;
	struct az_image_head h = {
		.magic = AZ_IMAGE_MAGIC,
		.abi = AZ_ABI_VERSION,
		.head_size = AZ_IMAGE_HEAD_SIZE,
		.start_func = funcref(m, m->start),
		.has_memory = m->memory_count,
	};

	if (m->memory_count > 0) {
		h.mem_min = m->memories[0].min;
		h.mem_max = m->memories[0].max < AZ_WASM_PAGES_MAX
				? m->memories[0].max
				: AZ_WASM_PAGES_MAX;
	}
	buf_add(&w->out, &h, sizeof(h));
}

static int write_image(struct writer *w)
{
	write_head(w);
	span_bytes(w, SPAN(text), AZ_PAGE_SIZE, &w->code->text);
	span_bytes(w, SPAN(rodata), AZ_PAGE_SIZE, &w->code->rodata);
	if (write_data(w) != 0)
		return -1;
	write_funcs(w);
	write_sigs(w);
	if (write_imports(w) != 0)
		return -1;
	write_exports(w);
	write_tables(w);
	write_elems(w);
	write_entries(w);
	write_segments(w);
	span_bytes(w, SPAN(names), 1, &w->names);
	if (w->out.len > AZ_IMAGE_MAX) {
		snprintf(w->error, FLATTEN_ERROR_SIZE,
		    "the image is larger than %d bytes", AZ_IMAGE_MAX);
		return -1;
	}
	head(w)->size = (uint32_t)w->out.len;
	return 0;
}

int flatten(struct image *out, const struct flatten_job *job,
    char error[FLATTEN_ERROR_SIZE])
{
	struct object_code code;
	struct writer w = { .job = job, .code = &code, .error = error };
	int result = object_read(&code, job, error);

	error[result == 0 ? 0 : FLATTEN_ERROR_SIZE - 1] = '\0';
	if (result == 0)
		result = write_image(&w);
	if (result == 0) {
		out->text_size = code.text.len;
		out->size = w.out.len;
		out->bytes = (uint8_t *)buf_take(&w.out);
	}
	buf_fini(&w.out);
	buf_fini(&w.names);
	object_code_fini(&code);
	return result;
}
