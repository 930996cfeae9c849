/* The header of a module's parts: what they call, and the globals. */
#include "ctext.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sigs.h"
#include "wasm.h"
#include "wasm_plan.h"

static const char *c_type(uint8_t type)
{
	switch (type) {
	case AZ_I64:
		return "u64";
	case AZ_F32:
		return "f32";
	case AZ_F64:
		return "f64";
	default: /* references are numbers */
		return "u32";
	}
}

static char c_letter(uint8_t type)
{
	return "dfji"[wasm_lowered(type) - AZ_F64];
}

static void put_result(struct buf *out, const struct az_sig *s)
{
	const uint8_t *types = s->types + s->param_count;

	/* Those of a wide type leave their results in globals. */
	if (s->result_count == 0 || s->result_count > WASM_NARROW)
		buf_puts(out, "void ");
	else if (s->result_count == 1)
		buf_printf(out, "%s ", c_type(types[0]));
	else
		buf_printf(out, "struct wasm_multi_%c%c ", c_letter(types[0]),
		    c_letter(types[1]));
}

/* A declaration; last, when not NULL, is one more parameter. */
static void put_declaration(struct buf *out, const struct az_sig *s,
    const char *name, uint32_t index, const char *last)
{
	put_result(out, s);
	buf_printf(out, "%s%u(", name, index);
	for (uint32_t i = 0; i < s->param_count; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", c_type(s->types[i]));
	if (last != NULL)
		buf_printf(out, "%s%s", s->param_count > 0 ? ", " : "", last);
	else if (s->param_count == 0)
		buf_puts(out, "void");
	buf_puts(out, ");\n");
}

/* A helper's, from its type in abi/call: all are u32. */
static void put_helper(struct buf *out, const struct wasm_helper *helper)
{
	size_t params = strcspn(helper->type, ":");

	buf_printf(out, "%s %s(",
	    helper->type[params + 1] != '\0' ? "u32" : "void", helper->name);
	for (size_t i = 0; i < params; i++)
		buf_puts(out, i > 0 ? ", u32" : "u32");
	buf_puts(out, ");\n");
}

static void put_globals(struct buf *out, const struct ctext_job *job)
{
	const struct wasm_module *m = job->module;
	const struct wasm_plan *p = job->plan;

	buf_puts(out, "extern struct {\n\tAZ_GLOBAL(u32, none);\n");
	for (uint32_t i = 0; i < m->global_count; i++)
		buf_printf(out, "\tAZ_GLOBAL(%s, w2c_g%u);\n",
		    c_type(m->globals[i].type), i);
	for (uint32_t i = 0; i < p->global_count; i++)
		buf_printf(out, "\tAZ_GLOBAL(%s, w2c_g%u);\n",
		    c_type(p->globals[i]), m->global_count + i);
	buf_puts(out, "} az_I;\n");
}

/* One for each table and signature; without tables as with one. */
static void put_thunks(struct buf *out, const struct ctext_job *job)
{
	uint32_t tables = job->module->table_count, count = job->sigs->count;

	for (uint32_t i = 0; i < count * (tables > 0 ? tables : 1); i++)
		put_declaration(
		    out, &job->sigs->at[i % count], "az_thunk_", i, "u32");
}

/* By function index: whether the module exports it. */
static bool *find_exported(const struct wasm_module *m)
{
	bool *exported = xcalloc(wasm_func_total(m), sizeof(*exported));

	for (uint32_t i = 0; i < m->export_count; i++) {
		if (m->exports[i].kind == WASM_FUNC)
			exported[m->exports[i].index] = true;
	}
	return exported;
}

/* An exported function is a boundary: whoever calls it makes a call, and it
 * takes whatever comes. */
static void put_functions(
    struct buf *out, const struct wasm_module *m, const struct sigs *sigs)
{
	bool *exported = find_exported(m);

	for (uint32_t i = 0; i < m->func_count; i++) {
		if (exported[m->imported_funcs + i])
			buf_puts(out, "__attribute__((noipa)) ");
		put_declaration(out, &sigs->at[sigs->of_type[m->funcs[i]]],
		    "w2c_f", m->imported_funcs + i, NULL);
	}
	free(exported);
}

void ctext_head(struct buf *out, const struct ctext_job *job)
{
	const struct wasm_module *m = job->module;
	const struct sigs *sigs = job->sigs;

	buf_puts(out, "#include \"prelude.h\"\n\n");
	for (uint32_t i = 0; i < job->plan->helper_count; i++)
		put_helper(out, job->plan->helpers[i]);
	put_thunks(out, job);
	for (uint32_t i = 0; i < m->import_count; i++)
		put_declaration(out,
		    &sigs->at[sigs->of_type[m->imports[i].type]], "az_import_",
		    i, NULL);
	put_functions(out, m, sigs);
	put_globals(out, job);
}
