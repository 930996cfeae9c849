#include "verify/image_records.h"

#include <stdbool.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/refuse.h"
#include "verify/seen.h"
#include "verify/text.h"

/* System V x86-64: what of a call's arguments travels in registers. */
enum { INT_REGISTERS = 6, FLOAT_REGISTERS = 8, STACK_SLOT = 8 };

static const char *const call_types[AZ_CALL_COUNT] = {
#define X(sym, module, name, type, grant) [sym] = (type),
	AZ_CALLS
#undef X
};

static bool name_ok(const struct image_view *v, uint32_t off, uint32_t len)
{
	return text_holds(v->names, v->head->names.count, off, len);
}

/* A function or an import slot that exists; not null. */
static bool ref_ok(const struct image_view *v, az_funcref ref)
{
	if (ref & AZ_FUNCREF_IMPORT)
		return (ref ^ AZ_FUNCREF_IMPORT) < v->head->imports.count;
	return ref < v->head->funcs.count;
}

static uint32_t stack_args(const struct az_sig *sig)
{
	uint32_t ints = 0, floats = 0, slots = 0;

	for (uint32_t i = 0; i < sig->param_count; i++) {
		if (image_is_float(sig->types[i]))
			slots += ++floats > FLOAT_REGISTERS;
		else
			slots += ++ints > INT_REGISTERS;
	}
	return slots * STACK_SLOT;
}

static bool is_reference(uint32_t type)
{
	return type == AZ_FUNCREF || type == AZ_EXTERNREF;
}

static enum az_refusal sig_check(const struct az_sig *sig, const char **why)
{
	uint32_t used;

	REQUIRE(sig->param_count <= AZ_PARAMS_MAX &&
		    sig->result_count <= AZ_RESULTS_MAX,
	    AZ_REFUSE_IMAGE, "type: too many parameters or results");
	used = (uint32_t)sig->param_count + sig->result_count;
	for (uint32_t i = 0; i < used; i++)
		REQUIRE((sig->types[i] >= AZ_F64 && sig->types[i] <= AZ_I32) ||
			    is_reference(sig->types[i]),
		    AZ_REFUSE_IMAGE, "type: unknown value type");
	REQUIRE(text_is_zero(sig->types + used, sizeof(sig->types) - used),
	    AZ_REFUSE_IMAGE, "type: unused bytes are not zero");
	REQUIRE(sig->stack_args == stack_args(sig), AZ_REFUSE_IMAGE,
	    "type: wrong bytes of stack arguments");
	return AZ_REFUSE_NONE;
}

/* Whether a type before i equals it. */
static bool sig_taken(const struct image_view *v, uint32_t i)
{
	for (uint32_t j = 0; j < i; j++) {
		if (memcmp(&v->sigs[j], &v->sigs[i], sizeof(*v->sigs)) == 0)
			return true;
	}
	return false;
}

enum az_refusal image_sigs_check(const struct image_view *v, const char **why)
{
	struct seen seen = { 0 };

	for (uint32_t i = 0; i < v->head->sigs.count; i++) {
		const struct az_sig *sig = &v->sigs[i];

		PASS(sig_check(sig, why));
		REQUIRE(!seen_before(&seen, seen_hash(sig, sizeof(*sig))) ||
			    !sig_taken(v, i),
		    AZ_REFUSE_IMAGE, "type: comes twice");
	}
	return AZ_REFUSE_NONE;
}

static enum az_refusal func_check(
    const struct image_view *v, const struct az_func *f, const char **why)
{
	REQUIRE(f->sig < v->head->sigs.count, AZ_REFUSE_IMAGE,
	    "function: of no type");
	REQUIRE(f->stack_args == v->sigs[f->sig].stack_args, AZ_REFUSE_IMAGE,
	    "function: wrong bytes of stack arguments");
	REQUIRE(name_ok(v, f->name, f->name_len), AZ_REFUSE_IMAGE,
	    "function: name outside the names");
	return AZ_REFUSE_NONE;
}

static enum az_refusal start_check(const struct image_view *v, const char **why)
{
	uint32_t start = v->head->start_func;
	const struct az_sig *sig;

	if (start == AZ_NONE)
		return AZ_REFUSE_NONE;
	REQUIRE(start < v->head->funcs.count, AZ_REFUSE_IMAGE,
	    "start is no function");
	sig = &v->sigs[v->funcs[start].sig];
	REQUIRE(sig->param_count == 0 && sig->result_count == 0,
	    AZ_REFUSE_IMAGE, "start takes or gives something");
	return AZ_REFUSE_NONE;
}

enum az_refusal image_funcs_check(const struct image_view *v, const char **why)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < v->head->funcs.count; i++) {
		const struct az_func *f = &v->funcs[i];

		REQUIRE(f->off == end && f->len > 0, AZ_REFUSE_IMAGE,
		    "function: does not follow the one before");
		end += f->len;
		REQUIRE(end <= v->head->text.count, AZ_REFUSE_IMAGE,
		    "function: passes the end of the text");
		PASS(func_check(v, f, why));
	}
	REQUIRE(end == v->head->text.count, AZ_REFUSE_IMAGE,
	    "text without a function");
	return start_check(v, why);
}

static uint8_t type_of(char letter)
{
	switch (letter) {
	case 'i':
		return AZ_I32;
	case 'I':
		return AZ_I64;
	case 'f':
		return AZ_F32;
	default:
		return AZ_F64;
	}
}

bool image_sig_is(
    const struct az_sig *sig, bool handle, const char *type, size_t len)
{
	uint32_t counts[2] = { handle, 0 }, side = 0, used = handle;

	if (handle && sig->types[0] != AZ_I32)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (type[i] == ':') {
			side = 1;
			continue;
		}
		if (sig->types[used++] != type_of(type[i]))
			return false;
		counts[side]++;
	}
	return counts[0] == sig->param_count && counts[1] == sig->result_count;
}

static enum az_refusal host_import_check(
    const struct image_view *v, const struct az_import *m, const char **why)
{
	REQUIRE(
	    m->call < AZ_CALL_COUNT, AZ_REFUSE_IMPORT, "import: unknown call");
	REQUIRE(image_sig_is(&v->sigs[m->sig], false, call_types[m->call],
		    strlen(call_types[m->call])),
	    AZ_REFUSE_IMPORT, "import: not of the call's type");
	REQUIRE(m->module == 0 && m->module_len == 0 && m->name == 0 &&
		    m->name_len == 0,
	    AZ_REFUSE_IMPORT, "import: a call with a name");
	return AZ_REFUSE_NONE;
}

/* What it names is a question of the bundle: verify/fit. */
static enum az_refusal channel_import_check(
    const struct image_view *v, const struct az_import *m, const char **why)
{
	const struct az_sig *sig = &v->sigs[m->sig];

	REQUIRE(
	    m->call == 0, AZ_REFUSE_IMPORT, "import: of a channel and a call");
	REQUIRE(name_ok(v, m->module, m->module_len) &&
		    name_ok(v, m->name, m->name_len),
	    AZ_REFUSE_IMPORT, "import: name outside the names");
	REQUIRE(sig->stack_args == 0 && sig->result_count <= 1,
	    AZ_REFUSE_IMPORT, "import: more values than a channel carries");
	return AZ_REFUSE_NONE;
}

enum az_refusal image_imports_check(
    const struct image_view *v, const char **why)
{
	for (uint32_t i = 0; i < v->head->imports.count; i++) {
		const struct az_import *m = &v->imports[i];

		REQUIRE(
		    m->kind == AZ_IMPORT_HOST || m->kind == AZ_IMPORT_CHANNEL,
		    AZ_REFUSE_IMPORT, "import: unknown kind");
		REQUIRE(m->sig < v->head->sigs.count, AZ_REFUSE_IMPORT,
		    "import: of no type");
		REQUIRE(m->pad == 0, AZ_REFUSE_IMPORT,
		    "import: reserved field is not zero");
		if (m->kind == AZ_IMPORT_HOST)
			PASS(host_import_check(v, m, why));
		else
			PASS(channel_import_check(v, m, why));
	}
	return AZ_REFUSE_NONE;
}

enum az_refusal image_exports_check(
    const struct image_view *v, const char **why)
{
	for (uint32_t i = 0; i < v->head->exports.count; i++) {
		const struct az_export *e = &v->exports[i];

		REQUIRE(name_ok(v, e->name, e->name_len), AZ_REFUSE_IMAGE,
		    "export: name outside the names");
		REQUIRE(e->kind == AZ_EXPORT_FUNC ||
			    e->kind == AZ_EXPORT_MEMORY ||
			    e->kind == AZ_EXPORT_GLOBAL,
		    AZ_REFUSE_IMAGE, "export: unknown kind");
		if (e->kind == AZ_EXPORT_FUNC)
			REQUIRE(ref_ok(v, e->index), AZ_REFUSE_IMAGE,
			    "export: no such function");
		else if (e->kind == AZ_EXPORT_MEMORY)
			REQUIRE(e->index == 0 && v->head->has_memory,
			    AZ_REFUSE_IMAGE, "export: no such memory");
	}
	return AZ_REFUSE_NONE;
}

/* Only nulls, where the table is none of functions. */
static bool elem_types_fit(const struct image_view *v, const struct az_elem *e)
{
	bool fit = true;

	for (uint32_t i = 0; i < e->count; i++)
		fit = fit && v->entries[e->first + i] == AZ_NONE;
	return fit || v->tables[e->table].type == AZ_FUNCREF;
}

static enum az_refusal elems_check(const struct image_view *v, const char **why)
{
	uint32_t entries = v->head->entries.count;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < v->head->elems.count; i++) {
		const struct az_elem *e = &v->elems[i];

		REQUIRE(e->mode <= AZ_DECLARED, AZ_REFUSE_IMAGE,
		    "elements: unknown mode");
		if (e->mode == AZ_ACTIVE)
			REQUIRE(e->table < v->head->tables.count,
			    AZ_REFUSE_IMAGE, "elements: no such table");
		else
			REQUIRE(e->table == 0 && e->dest == 0, AZ_REFUSE_IMAGE,
			    "elements: passive with a place");
		REQUIRE(e->first <= entries && e->count <= entries - e->first,
		    AZ_REFUSE_IMAGE, "elements: outside the entries");
		/* First: the next check costs what the counts say. */
		sum += e->count;
		REQUIRE(sum <= entries, AZ_REFUSE_IMAGE,
		    "elements: more than there are entries");
		REQUIRE(e->mode != AZ_ACTIVE || elem_types_fit(v, e),
		    AZ_REFUSE_IMAGE, "elements: not of the table's type");
	}
	return AZ_REFUSE_NONE;
}

enum az_refusal image_tables_check(const struct image_view *v, const char **why)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < v->head->tables.count; i++) {
		const struct az_table *t = &v->tables[i];

		REQUIRE(is_reference(t->type), AZ_REFUSE_IMAGE,
		    "table: of no type of references");
		REQUIRE(t->size <= t->capacity && t->capacity <= t->max,
		    AZ_REFUSE_IMAGE, "table: larger than its maximum");
		sum += t->capacity;
	}
	REQUIRE(
	    (uint64_t)v->head->tables.count * v->head->sigs.count <= AZ_SIG_MAX,
	    AZ_REFUSE_IMAGE, "table: too many for so many types");
	REQUIRE(sum <= AZ_TABLE_ENTRIES_MAX, AZ_REFUSE_IMAGE,
	    "table: too many entries in all");
	for (uint32_t i = 0; i < v->head->entries.count; i++)
		REQUIRE(v->entries[i] == AZ_NONE || ref_ok(v, v->entries[i]),
		    AZ_REFUSE_IMAGE, "entry: no such function");
	return elems_check(v, why);
}

enum az_refusal image_segments_check(
    const struct image_view *v, const char **why)
{
	uint32_t bytes = v->head->bytes.count;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < v->head->segments.count; i++) {
		const struct az_segment *s = &v->segments[i];

		REQUIRE(s->mode <= AZ_PASSIVE, AZ_REFUSE_IMAGE,
		    "segment: unknown mode");
		if (s->mode == AZ_ACTIVE)
			REQUIRE(v->head->has_memory, AZ_REFUSE_IMAGE,
			    "segment: no memory to write");
		else
			REQUIRE(s->dest == 0, AZ_REFUSE_IMAGE,
			    "segment: passive with a place");
		REQUIRE(s->first <= bytes && s->size <= bytes - s->first,
		    AZ_REFUSE_IMAGE, "segment: outside the bytes");
		sum += s->size;
	}
	REQUIRE(sum <= bytes, AZ_REFUSE_IMAGE,
	    "segment: more than there are bytes");
	return AZ_REFUSE_NONE;
}
