#include "wasm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "mem.h"
#include "wasm_read.h"
#include "wasm_write.h"

enum { VERSION_CORE = 1, VERSION_COMPONENT = 0x1000d, NAME_FUNCTIONS = 1 };

/* The section order that the format demands; 0: anywhere. */
static const uint8_t section_rank[WASM_SECTIONS] = { 0, 1, 2, 3, 4, 5, 7, 8, 9,
	10, 12, 13, 11, 6 };

static const uint8_t *read_valtypes(
    struct wasm_reader *r, uint32_t *count, uint32_t max, const char *what)
{
	const uint8_t *at;

	*count = wasm_count(r, max, what);
	at = r->at;
	for (uint32_t i = 0; i < *count && !wasm_failed(r); i++)
		(void)wasm_valtype(r);
	return at;
}

static void read_types(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, UINT32_MAX, "types");

	m->types = xcalloc(n, sizeof(*m->types));
	for (; m->type_count < n && !wasm_failed(r); m->type_count++) {
		struct wasm_type *t = &m->types[m->type_count];
		uint8_t form = wasm_byte(r);

		if (form != 0x60) {
			r->at--;
			if (form >= 0x4d && form <= 0x5f)
				wasm_refuse(r, WASM_GC);
			else
				wasm_fail(r, WASM_MALFORMED, NULL,
				    "0x%02x is not a function type", form);
			return;
		}
		t->params = read_valtypes(
		    r, &t->param_count, AZ_PARAMS_MAX, "parameters");
		t->results = read_valtypes(
		    r, &t->result_count, AZ_RESULTS_MAX, "results");
	}
}

static void read_funcs(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, AZ_FUNCS_MAX, "functions");

	m->funcs = xcalloc(n, sizeof(*m->funcs));
	for (; m->func_count < n && !wasm_failed(r); m->func_count++)
		m->funcs[m->func_count] = wasm_index(r, m->type_count, "type");
}

static int compare_names(const void *a, const void *b)
{
	const struct wasm_bytes *x = a, *y = b;
	size_t min = x->len < y->len ? x->len : y->len;
	int order = min != 0 ? memcmp(x->at, y->at, min) : 0;

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static void check_export_names(
    struct wasm_reader *r, const struct wasm_module *m)
{
	struct wasm_bytes *names = xcalloc(m->export_count, sizeof(*names));

	for (uint32_t i = 0; i < m->export_count; i++)
		names[i] = m->exports[i].name;
	if (m->export_count > 1)
		qsort(names, m->export_count, sizeof(*names), compare_names);
	for (uint32_t i = 1; i < m->export_count; i++) {
		if (compare_names(&names[i - 1], &names[i]) == 0)
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "duplicate export name `%.*s`",
			    (int)(names[i].len < 64 ? names[i].len : 64),
			    (const char *)names[i].at);
	}
	free(names);
}

static void read_exports(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, AZ_EXPORTS_MAX, "exports");

	m->exports = xcalloc(n, sizeof(*m->exports));
	for (; m->export_count < n && !wasm_failed(r); m->export_count++) {
		const uint32_t counts[] = { wasm_func_total(m), m->table_count,
			m->memory_count, m->global_count };
		static const char *const kinds[] = { "function", "table",
			"memory", "global" };
		struct wasm_export *e = &m->exports[m->export_count];
		uint8_t kind;

		e->name = wasm_name(r);
		kind = wasm_byte(r);
		if (kind == 4)
			wasm_refuse(r, WASM_EXCEPTIONS);
		else if (kind > 4)
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "export kind %u does not exist", kind);
		if (wasm_failed(r))
			return;
		e->kind = kind;
		e->index = wasm_index(r, counts[kind], kinds[kind]);
	}
	if (!wasm_failed(r))
		check_export_names(r, m);
}

static void read_start(struct wasm_reader *r, struct wasm_module *m)
{
	const struct wasm_type *t;

	m->start = wasm_index(r, wasm_func_total(m), "function");
	if (wasm_failed(r))
		return;
	t = wasm_func_type(m, m->start);
	if (t->param_count != 0 || t->result_count != 0)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "the start function takes parameters or gives results");
}

static void read_code(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, UINT32_MAX, "function bodies");

	if (n != m->func_count) {
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "%u functions have %u bodies", m->func_count, n);
		return;
	}
	m->bodies = xcalloc(n, sizeof(*m->bodies));
	for (uint32_t i = 0; i < n && !wasm_failed(r); i++) {
		struct wasm_reader body = wasm_sub(r, wasm_u32(r));

		m->bodies[i].at = body.at;
		m->bodies[i].len = wasm_left(&body);
		wasm_walk_body(&body, m);
	}
}

/* The name section is no part of the module's meaning: when it is malformed
 * it is only cut short. */
static void read_func_names(struct wasm_module *m, struct wasm_bytes bytes)
{
	struct wasm_error ignored = { 0 };
	struct wasm_reader names = { bytes.at, bytes.at, bytes.at + bytes.len,
		&ignored };

	while (names.at < names.end && !wasm_failed(&names)) {
		uint8_t id = wasm_byte(&names);
		struct wasm_reader sub = wasm_sub(&names, wasm_u32(&names));
		uint32_t n = id == NAME_FUNCTIONS
				 ? wasm_count(&sub, UINT32_MAX, "names")
				 : 0;

		for (; n > 0 && !wasm_failed(&sub); n--) {
			uint32_t func = wasm_u32(&sub);
			struct wasm_bytes name = wasm_name(&sub);

			if (!wasm_failed(&sub) && func < wasm_func_total(m))
				m->func_names[func] = name;
		}
	}
}

static void name_funcs(struct wasm_module *m)
{
	m->func_names = xcalloc(wasm_func_total(m), sizeof(*m->func_names));
	for (uint32_t i = 0; i < m->custom_count; i++) {
		const struct wasm_custom *c = &m->customs[i];

		if (wasm_is_text(c->name, "name"))
			read_func_names(m, c->bytes);
	}
	for (uint32_t i = 0; i < m->export_count; i++) {
		const struct wasm_export *e = &m->exports[i];

		if (e->kind == WASM_FUNC && m->func_names[e->index].len == 0)
			m->func_names[e->index] = e->name;
	}
}

static void read_custom(struct wasm_reader *r, struct wasm_module *m)
{
	struct wasm_custom c = { .name = wasm_name(r) };

	if (wasm_failed(r))
		return;
	c.bytes = wasm_take(r, wasm_left(r));
	m->customs =
	    xrealloc(m->customs, (m->custom_count + 1) * sizeof(*m->customs));
	m->customs[m->custom_count++] = c;
}

/* No section of 2.0; one that has tags is of exceptions. */
static void read_tags(struct wasm_reader *r)
{
	if (wasm_left(r) > 0)
		wasm_refuse(r, WASM_EXCEPTIONS);
	else
		wasm_fail(r, WASM_MALFORMED, NULL, "malformed section id 13");
}

static void read_section(struct wasm_reader *r, struct wasm_module *m,
    enum wasm_section id, uint32_t *data_count)
{
	switch (id) {
	case WASM_SEC_CUSTOM:
		read_custom(r, m);
		break;
	case WASM_SEC_TYPE:
		read_types(r, m);
		break;
	case WASM_SEC_IMPORT:
		wasm_read_imports(r, m);
		break;
	case WASM_SEC_FUNCTION:
		read_funcs(r, m);
		break;
	case WASM_SEC_TABLE:
		wasm_read_tables(r, m);
		break;
	case WASM_SEC_MEMORY:
		wasm_read_memories(r, m);
		break;
	case WASM_SEC_GLOBAL:
		wasm_read_globals(r, m);
		break;
	case WASM_SEC_EXPORT:
		read_exports(r, m);
		break;
	case WASM_SEC_START:
		read_start(r, m);
		break;
	case WASM_SEC_ELEMENT:
		wasm_read_elems(r, m);
		break;
	case WASM_SEC_DATA_COUNT:
		*data_count = m->data_count = wasm_u32(r);
		break;
	case WASM_SEC_CODE:
		read_code(r, m);
		break;
	case WASM_SEC_DATA:
		wasm_read_datas(r, m, *data_count);
		break;
	default:
		read_tags(r);
	}
}

static void read_sections(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t data_count = WASM_NO_DATA_COUNT;
	bool has_data = false;
	uint8_t last = 0;

	while (r->at < r->end && !wasm_failed(r)) {
		uint8_t id = wasm_byte(r);
		struct wasm_reader sub = wasm_sub(r, wasm_u32(r));

		if (wasm_failed(r))
			return;
		if (id >= WASM_SECTIONS) {
			wasm_fail(&sub, WASM_MALFORMED, NULL,
			    "section %u does not exist", id);
			return;
		}
		if (section_rank[id] != 0 && section_rank[id] <= last) {
			wasm_fail(&sub, WASM_MALFORMED, NULL,
			    "section %u is repeated or out of order", id);
			return;
		}
		if (section_rank[id] != 0)
			last = section_rank[id];
		has_data |= id == WASM_SEC_DATA;
		read_section(&sub, m, id, &data_count);
		if (!wasm_failed(r) && sub.at != sub.end)
			wasm_fail(&sub, WASM_MALFORMED, NULL,
			    "section %u is longer than its contents", id);
	}
	if (wasm_failed(r))
		return;
	if (m->func_count != 0 && m->bodies == NULL)
		wasm_fail(r, WASM_MALFORMED, NULL, "functions have no bodies");
	else if (!has_data && m->data_count != 0)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "the data count names segments that are missing");
}

static void read_header(struct wasm_reader *r)
{
	struct wasm_bytes magic = wasm_take(r, 4), version = wasm_take(r, 4);
	uint32_t number = 0;

	if (wasm_failed(r) || memcmp(magic.at, "\0asm", 4) != 0) {
		r->at = r->base;
		r->error->fault = WASM_OK;
		wasm_fail(r, WASM_MALFORMED, "give it a .wasm file",
		    "not a WebAssembly module");
		return;
	}
	for (size_t i = version.len; i > 0; i--)
		number = number << 8 | version.at[i - 1];
	if (number == VERSION_CORE)
		return;
	r->at -= 4;
	if ((number >> 16) == (VERSION_COMPONENT >> 16))
		wasm_fail(r, WASM_COMPONENT,
		    "build for wasm32-wasip1, or take the core module out of "
		    "the component",
		    "a component, and only core modules are supported");
	else
		wasm_fail(
		    r, WASM_MALFORMED, NULL, "version %u is unknown", number);
}

struct wasm_module *wasm_parse(
    const uint8_t *bytes, size_t len, struct wasm_error *error)
{
	struct wasm_reader r = { bytes, bytes, bytes + len, error };
	struct wasm_module *m = xcalloc(1, sizeof(*m));

	*error = (struct wasm_error){ 0 };
	m->source = (struct wasm_bytes){ bytes, len };
	m->start = UINT32_MAX;
	read_header(&r);
	read_sections(&r, m);
	if (wasm_failed(&r)) {
		wasm_free(m);
		return NULL;
	}
	name_funcs(m);
	return m;
}

void wasm_free(struct wasm_module *m)
{
	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->elem_count; i++)
		free(m->elems[i].items);
	free(m->types);
	free(m->imports);
	free(m->func_imports);
	free(m->funcs);
	free(m->tables);
	free(m->memories);
	free(m->globals);
	free(m->exports);
	free(m->elems);
	free(m->datas);
	free(m->customs);
	free(m->func_names);
	free(m->bodies);
	free(m);
}

bool wasm_is_text(struct wasm_bytes bytes, const char *text)
{
	return bytes.len == strlen(text) &&
	       (bytes.len == 0 || memcmp(bytes.at, text, bytes.len) == 0);
}

const struct wasm_type *wasm_func_type(
    const struct wasm_module *m, uint32_t func)
{
	uint32_t type = func < m->imported_funcs
			    ? m->imports[m->func_imports[func]].type
			    : m->funcs[func - m->imported_funcs];

	return &m->types[type];
}
