#include "verify/image_records.h"

#include <stdbool.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/refuse.h"
#include "verify/seen.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_IMAGE

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

	MUST(sig->param_count <= AZ_PARAMS_MAX &&
		 sig->result_count <= AZ_RESULTS_MAX,
	    "type: too many parameters or results");
	used = (uint32_t)sig->param_count + sig->result_count;
	for (uint32_t i = 0; i < used; i++)
		MUST((sig->types[i] >= AZ_F64 && sig->types[i] <= AZ_I32) ||
			 is_reference(sig->types[i]),
		    "type: unknown value type");
	MUST(text_is_zero(sig->types + used, sizeof(sig->types) - used),
	    "type: unused bytes are not zero");
	MUST(sig->stack_args == stack_args(sig),
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
		MUST(!seen_before(&seen, seen_hash(sig, sizeof(*sig))) ||
			 !sig_taken(v, i),
		    "type: comes twice");
	}
	return AZ_REFUSE_NONE;
}

static enum az_refusal func_check(
    const struct image_view *v, const struct az_func *f, const char **why)
{
	MUST(f->sig < v->head->sigs.count, "function: of no type");
	MUST(f->stack_args == v->sigs[f->sig].stack_args,
	    "function: wrong bytes of stack arguments");
	MUST(name_ok(v, f->name, f->name_len),
	    "function: name outside the names");
	return AZ_REFUSE_NONE;
}

static enum az_refusal start_check(const struct image_view *v, const char **why)
{
	uint32_t start = v->head->start_func;
	const struct az_sig *sig;

	if (start == AZ_NONE)
		return AZ_REFUSE_NONE;
	MUST(start < v->head->funcs.count, "start is no function");
	sig = &v->sigs[v->funcs[start].sig];
	MUST(sig->param_count == 0 && sig->result_count == 0,
	    "start takes or gives something");
	return AZ_REFUSE_NONE;
}

enum az_refusal image_funcs_check(const struct image_view *v, const char **why)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < v->head->funcs.count; i++) {
		const struct az_func *f = &v->funcs[i];

		MUST(f->off == end && f->len > 0,
		    "function: does not follow the one before");
		end += f->len;
		MUST(end <= v->head->text.count,
		    "function: passes the end of the text");
		PASS(func_check(v, f, why));
	}
	MUST(end == v->head->text.count, "text without a function");
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

/* --- Imports --------------------------------------------------------------- */

#undef REASON
#define REASON AZ_REFUSE_IMPORT

static enum az_refusal host_import_check(
    const struct image_view *v, const struct az_import *m, const char **why)
{
	MUST(m->call < AZ_CALL_COUNT, "import: unknown call");
	MUST(image_sig_is(&v->sigs[m->sig], false, call_types[m->call],
		 strlen(call_types[m->call])),
	    "import: not of the call's type");
	MUST(m->module == 0 && m->module_len == 0 && m->name == 0 &&
		 m->name_len == 0,
	    "import: a call with a name");
	return AZ_REFUSE_NONE;
}

/* What it names is a question of the bundle: verify/fit. */
static enum az_refusal channel_import_check(
    const struct image_view *v, const struct az_import *m, const char **why)
{
	const struct az_sig *sig = &v->sigs[m->sig];

	MUST(m->call == 0, "import: of a channel and a call");
	MUST(name_ok(v, m->module, m->module_len) &&
		 name_ok(v, m->name, m->name_len),
	    "import: name outside the names");
	MUST(sig->stack_args == 0 && sig->result_count <= 1,
	    "import: more values than a channel carries");
	return AZ_REFUSE_NONE;
}

enum az_refusal image_imports_check(
    const struct image_view *v, const char **why)
{
	for (uint32_t i = 0; i < v->head->imports.count; i++) {
		const struct az_import *m = &v->imports[i];

		MUST(m->kind == AZ_IMPORT_HOST || m->kind == AZ_IMPORT_CHANNEL,
		    "import: unknown kind");
		MUST(m->sig < v->head->sigs.count, "import: of no type");
		MUST(m->pad == 0, "import: reserved field is not zero");
		if (m->kind == AZ_IMPORT_HOST)
			PASS(host_import_check(v, m, why));
		else
			PASS(channel_import_check(v, m, why));
	}
	return AZ_REFUSE_NONE;
}

/* --- Exports, tables, segments --------------------------------------------- */

#undef REASON
#define REASON AZ_REFUSE_IMAGE

enum az_refusal image_exports_check(
    const struct image_view *v, const char **why)
{
	for (uint32_t i = 0; i < v->head->exports.count; i++) {
		const struct az_export *e = &v->exports[i];

		MUST(name_ok(v, e->name, e->name_len),
		    "export: name outside the names");
		MUST(e->kind == AZ_EXPORT_FUNC || e->kind == AZ_EXPORT_MEMORY ||
			 e->kind == AZ_EXPORT_GLOBAL,
		    "export: unknown kind");
		if (e->kind == AZ_EXPORT_FUNC)
			MUST(ref_ok(v, e->index), "export: no such function");
		else if (e->kind == AZ_EXPORT_MEMORY)
			MUST(e->index == 0 && v->head->has_memory,
			    "export: no such memory");
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

		MUST(e->mode <= AZ_DECLARED, "elements: unknown mode");
		if (e->mode == AZ_ACTIVE)
			MUST(e->table < v->head->tables.count,
			    "elements: no such table");
		else
			MUST(e->table == 0 && e->dest == 0,
			    "elements: passive with a place");
		MUST(e->first <= entries && e->count <= entries - e->first,
		    "elements: outside the entries");
		/* First: the next check costs what the counts say. */
		sum += e->count;
		MUST(sum <= entries, "elements: more than there are entries");
		MUST(e->mode != AZ_ACTIVE || elem_types_fit(v, e),
		    "elements: not of the table's type");
	}
	return AZ_REFUSE_NONE;
}

enum az_refusal image_tables_check(const struct image_view *v, const char **why)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < v->head->tables.count; i++) {
		const struct az_table *t = &v->tables[i];

		MUST(is_reference(t->type), "table: of no type of references");
		MUST(t->size <= t->capacity && t->capacity <= t->max,
		    "table: larger than its maximum");
		sum += t->capacity;
	}
	MUST(
	    (uint64_t)v->head->tables.count * v->head->sigs.count <= AZ_SIG_MAX,
	    "table: too many for so many types");
	MUST(sum <= AZ_TABLE_ENTRIES_MAX, "table: too many entries in all");
	for (uint32_t i = 0; i < v->head->entries.count; i++)
		MUST(v->entries[i] == AZ_NONE || ref_ok(v, v->entries[i]),
		    "entry: no such function");
	return elems_check(v, why);
}

enum az_refusal image_segments_check(
    const struct image_view *v, const char **why)
{
	uint32_t bytes = v->head->bytes.count;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < v->head->segments.count; i++) {
		const struct az_segment *s = &v->segments[i];

		MUST(s->mode <= AZ_PASSIVE, "segment: unknown mode");
		if (s->mode == AZ_ACTIVE)
			MUST(
			    v->head->has_memory, "segment: no memory to write");
		else
			MUST(s->dest == 0, "segment: passive with a place");
		MUST(s->first <= bytes && s->size <= bytes - s->first,
		    "segment: outside the bytes");
		sum += s->size;
	}
	MUST(sum <= bytes, "segment: more than there are bytes");
	return AZ_REFUSE_NONE;
}
