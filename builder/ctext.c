#include "ctext.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctext_switch.h"
#include "sigs.h"
#include "wasm.h"
#include "wasm_plan.h"

/* Reads wasm2c's text, writes ours. Errors stick, as in wasm_read. */
struct editor {
	const char *start, *at, *end;
	struct buf *out;
	const struct wasm_module *module;
	const struct sigs *sigs;
	const struct wasm_plan *plan;
	char *error; /* "" while there is none */
};

struct word {
	const char *at;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void fail(
    struct editor *e, const char *fmt, ...)
{
	size_t line = 1, used;
	va_list args;

	if (e->error[0] == '\0') {
		for (const char *p = e->start; p < e->at; p++)
			line += *p == '\n';
		used = (size_t)snprintf(
		    e->error, CTEXT_ERROR_SIZE, "line %zu: ", line);
		va_start(args, fmt);
		vsnprintf(e->error + used, CTEXT_ERROR_SIZE - used, fmt, args);
		va_end(args);
	}
	e->at = e->end;
}

static bool failed(const struct editor *e)
{
	return e->error[0] != '\0';
}

static bool eat(struct editor *e, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(e->end - e->at) < len || memcmp(e->at, text, len) != 0)
		return false;
	e->at += len;
	return true;
}

static void need(struct editor *e, const char *text)
{
	if (!eat(e, text))
		fail(e, "expected `%s`", text);
}

static uint32_t number(struct editor *e)
{
	uint64_t n = 0;
	const char *start = e->at;

	for (; e->at < e->end && isdigit((unsigned char)*e->at); e->at++) {
		n = n * 10 + (uint64_t)(*e->at - '0');
		if (n > UINT32_MAX)
			break;
	}
	if (e->at == start || n > UINT32_MAX)
		fail(e, "expected a number");
	return (uint32_t)n;
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct word word(struct editor *e)
{
	struct word w = { e->at, 0 };

	while (e->at < e->end && in_word(*e->at))
		e->at++;
	w.len = (size_t)(e->at - w.at);
	return w;
}

static bool word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

static void put_word(struct editor *e, struct word w)
{
	buf_add(e->out, w.at, w.len);
}

/* The arguments that remain after the instance: ", a, b)" or ")". */
static void edit_arguments(struct editor *e)
{
	if (eat(e, ", "))
		return;
	if (e->at == e->end || *e->at != ')')
		fail(e, "unknown form of a call");
}

/* What a call of function index is called: the module's own, or a helper. */
static void put_callee(struct editor *e, uint32_t index)
{
	uint32_t total = wasm_func_total(e->module);

	if (index < total)
		buf_printf(e->out, "w2c_f%u", index);
	else if (index - total < e->plan->helper_count)
		buf_puts(e->out, e->plan->helpers[index - total]->name);
	else
		fail(e, "function %u does not exist", index);
}

/* w2c_f9(instance, a) -> w2c_f9(a) */
static bool edit_call(struct editor *e, struct word w)
{
	if (!eat(e, "(instance")) {
		put_word(e, w);
		return true;
	}
	/* The text ends behind the word: this reads digits only. */
	put_callee(e, (uint32_t)strtoul(w.at + strlen("w2c_f"), NULL, 10));
	buf_putc(e->out, '(');
	edit_arguments(e);
	return true;
}

/* (*Z_iZ_5)(instance->Z_i_instance, a) -> az_import_5(a) */
static void edit_import(struct editor *e)
{
	uint32_t import = number(e);

	need(e, ")(instance->Z_i_instance");
	if (import >= e->module->import_count)
		fail(e, "import %u does not exist", import);
	buf_printf(e->out, "az_import_%u(", import);
	edit_arguments(e);
}

/* Skip a type such as u32 (*)(void*, u32, f64). */
static void skip_cast(struct editor *e)
{
	while (e->at < e->end && *e->at != '(' && *e->at != '\n')
		e->at++;
	need(e, "(*)(");
	while (e->at < e->end && *e->at != ')' && *e->at != '\n')
		e->at++;
	need(e, "), ");
}

/* CALL_INDIRECT(instance->w2c_T0, TYPE, 3, i,
 *     instance->w2c_T0.data[i].module_instance, a) -> az_thunk_K(a, i) */
static bool edit_call_indirect(struct editor *e, struct word w)
{
	uint32_t table, type;
	struct word index;

	(void)w;
	need(e, "(instance->w2c_T");
	table = number(e);
	need(e, ", ");
	skip_cast(e);
	type = number(e);
	need(e, ", ");
	index = word(e);
	need(e, ", instance->w2c_T");
	if (number(e) != table || table >= e->module->table_count ||
	    type >= e->module->type_count)
		fail(e, "unknown form of an indirect call");
	need(e, ".data[");
	(void)word(e);
	need(e, "].module_instance");
	if (failed(e))
		return false;
	buf_printf(e->out, "az_thunk_%u(",
	    table * e->sigs->count + e->sigs->of_type[type]);
	while (eat(e, ", ")) {
		put_word(e, word(e));
		buf_puts(e->out, ", ");
	}
	need(e, ")");
	put_word(e, index);
	buf_putc(e->out, ')');
	return true;
}

/* i32_load(&instance->w2c_M0, (u64)(a) + 8u) -> i32_load(a, 8u) */
static bool edit_access(struct editor *e, struct word w)
{
	struct word base;
	uint32_t offset = 0;

	need(e, "(&instance->w2c_M0, (u64)(");
	base = word(e);
	need(e, ")");
	if (eat(e, " + ")) {
		offset = number(e);
		(void)eat(e, "u");
	}
	put_word(e, w);
	buf_putc(e->out, '(');
	put_word(e, base);
	buf_printf(e->out, ", %uu", offset);
	return true;
}

static bool edit_grow(struct editor *e, struct word w)
{
	(void)w;
	need(e, "(&instance->w2c_M0, ");
	buf_puts(e->out, "az_mem_grow(");
	return true;
}

static bool edit_fill(struct editor *e, struct word w)
{
	(void)w;
	need(e, "(&instance->w2c_M0, ");
	buf_puts(e->out, "az_mem_fill(");
	return true;
}

static bool edit_copy(struct editor *e, struct word w)
{
	(void)w;
	need(e, "(&instance->w2c_M0, &instance->w2c_M0, ");
	buf_puts(e->out, "az_mem_copy(");
	return true;
}

/* memory_init(&instance->w2c_M0, data_segment_data_w2c_d1,
 *     (instance->data_segment_dropped_w2c_d1 ? 0 : 1), d, s, n) */
static bool edit_init(struct editor *e, struct word w)
{
	uint32_t segment;

	(void)w;
	need(e, "(&instance->w2c_M0, data_segment_data_w2c_d");
	segment = number(e);
	need(e, ", (instance->data_segment_dropped_w2c_d");
	if (number(e) != segment)
		fail(e, "unknown form of memory.init");
	need(e, " ? 0 : 1), ");
	buf_printf(e->out, "az_mem_init(%uu, ", segment);
	return true;
}

static bool edit_switch(struct editor *e, struct word w)
{
	const char *rest = ctext_switch(e->out, e->at, e->end);

	(void)w;
	if (rest != NULL)
		e->at = rest;
	else
		fail(e, "unknown form of br_table");
	return rest != NULL;
}

/* What is left: state behind the instance. */
static bool edit_instance(struct editor *e, struct word w)
{
	(void)w;
	if (eat(e, "->w2c_g")) {
		uint32_t global = number(e);

		if (global >= e->module->global_count + e->plan->global_count)
			fail(e, "global %u does not exist", global);
		buf_printf(e->out, "az_I.w2c_g%u", global);
	} else if (eat(e, "->w2c_M0.pages")) {
		buf_puts(e->out, "az_mem_size()");
	} else if (eat(e, "->data_segment_dropped_w2c_d")) {
		buf_printf(e->out, "az_data_drop(%uu)", number(e));
		need(e, " = true");
	} else {
		fail(e, "unknown use of the instance");
	}
	return !failed(e);
}

static bool is_access(struct word w)
{
	static const char *const widths[] = { "8_s", "8_u", "16_s", "16_u",
		"32_s", "32_u", "8", "16", "32", "" };
	const char *rest;
	size_t left;

	if (w.len < 8 || strchr("if", w.at[0]) == NULL ||
	    (memcmp(w.at + 1, "32_", 3) != 0 &&
		memcmp(w.at + 1, "64_", 3) != 0))
		return false;
	rest = w.at + 4;
	left = w.len - 4;
	if (left >= 4 && memcmp(rest, "load", 4) == 0)
		rest += 4, left -= 4;
	else if (left >= 5 && memcmp(rest, "store", 5) == 0)
		rest += 5, left -= 5;
	else
		return false;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		if (word_is((struct word){ rest, left }, widths[i]))
			return true;
	}
	return false;
}

static void edit_word(struct editor *e, struct word w)
{
	static const struct {
		const char *word;
		bool (*edit)(struct editor *e, struct word w);
	} edits[] = {
		{ "instance", edit_instance },
		{ "switch", edit_switch },
		{ "CALL_INDIRECT", edit_call_indirect },
		{ "wasm_rt_grow_memory", edit_grow },
		{ "memory_fill", edit_fill },
		{ "memory_copy", edit_copy },
		{ "memory_init", edit_init },
	};

	if (w.len > 5 && memcmp(w.at, "w2c_f", 5) == 0) {
		edit_call(e, w);
		return;
	}
	if (is_access(w)) {
		edit_access(e, w);
		return;
	}
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		if (word_is(w, edits[i].word)) {
			edits[i].edit(e, w);
			return;
		}
	}
	put_word(e, w);
}

/* The body after its opening brace, to the "}" in the first column. */
static void edit_body(struct editor *e)
{
	while (e->at < e->end) {
		if (in_word(*e->at)) {
			edit_word(e, word(e));
		} else if (eat(e, "(*Z_iZ_")) {
			edit_import(e);
		} else if (eat(e, "\n}\n")) {
			buf_puts(e->out, "\n}\n");
			return;
		} else {
			buf_putc(e->out, *e->at++);
		}
	}
	fail(e, "a function has no end");
}

/* At "static TYPE w2c_fN(Z_m_instance_t* instance": copy it without static
 * and instance, up to the opening brace. False when it is something else. */
static bool edit_function_head(struct editor *e, uint32_t expected)
{
	static const char first[] = "(Z_m_instance_t* instance";
	const char *brace, *open;
	char name[24];
	size_t len = (size_t)snprintf(name, sizeof(name), " w2c_f%u", expected);

	brace = memchr(e->at, '{', (size_t)(e->end - e->at));
	open = memchr(e->at, '(', (size_t)(e->end - e->at));
	if (brace == NULL || open == NULL || brace < open ||
	    (size_t)(open - e->at) < len ||
	    memcmp(open - len, name, len) != 0 ||
	    (size_t)(brace - open) < sizeof(first) ||
	    memcmp(open, first, sizeof(first) - 1) != 0)
		return false;
	need(e, "static ");
	buf_add(e->out, e->at, (size_t)(open + 1 - e->at));
	e->at = open + sizeof(first) - 1;
	if (!eat(e, ", "))
		buf_puts(e->out, "void");
	buf_add(e->out, e->at, (size_t)(brace + 1 - e->at));
	e->at = brace + 1;
	return true;
}

static struct buf *new_part(struct ctext *c)
{
	struct buf *b;

	c->parts = xrealloc(c->parts, (c->part_count + 1) * sizeof(*c->parts));
	b = &c->parts[c->part_count++];
	*b = (struct buf){ 0 };
	buf_puts(b, "#include \"module.h\"\n");
	return b;
}

/* Go to the next line that may begin a function. */
static bool next_static(struct editor *e)
{
	while (e->at < e->end) {
		const char *line = e->at;
		const char *nl = memchr(line, '\n', (size_t)(e->end - line));

		if (e->end - line > 7 && memcmp(line, "static ", 7) == 0)
			return true;
		e->at = nl != NULL ? nl + 1 : e->end;
	}
	return false;
}

static void edit_functions(struct ctext *c, struct editor *e)
{
	const struct wasm_module *m = e->module;
	uint32_t done = 0;

	e->out = new_part(c);
	while (done < m->func_count && next_static(e)) {
		if (!edit_function_head(e, m->imported_funcs + done)) {
			e->at += strlen("static ");
			continue;
		}
		edit_body(e);
		done++;
		if (e->out->len >= CTEXT_PART_SIZE && done < m->func_count)
			e->out = new_part(c);
	}
	if (!failed(e) && done != m->func_count)
		fail(e, "function %u is missing", m->imported_funcs + done);
}

int ctext_edit(struct ctext *out, const char *text, size_t len,
    const struct ctext_job *job, char error[CTEXT_ERROR_SIZE])
{
	struct editor e = { .start = text,
		.at = text,
		.end = text + len,
		.module = job->module,
		.sigs = job->sigs,
		.plan = job->plan,
		.error = error };

	*out = (struct ctext){ 0 };
	error[0] = '\0';
	ctext_head(&out->head, job);
	edit_functions(out, &e);
	if (!failed(&e))
		return 0;
	ctext_fini(out);
	return -1;
}

void ctext_fini(struct ctext *c)
{
	for (size_t i = 0; i < c->part_count; i++)
		buf_fini(&c->parts[i]);
	free(c->parts);
	buf_fini(&c->head);
	*c = (struct ctext){ 0 };
}
