/* How a function of WIT becomes one of WebAssembly.
 *
 *	scalar, enum		i32, i64, f32 or f64
 *	record			its address, copied in
 *	list<u8>		its address and length, copied in
 *	-> scalar, enum		the result
 *	-> result<_, E>		an i32 status: 0, 1 + the value of E, or one of
 *				enum az_status
 *	-> T and result<T, E>	a status, and where T goes, as the last
 *				arguments: an address; for list<u8> address,
 *				room, and the address of a u32, its length
 */
#include "wit_impl.h"

#include <stdlib.h>
#include <string.h>

enum { INTEGERS_MAX = 6, FLOATS_MAX = 8, ARGUMENTS_MAX = 16 };

struct lowering {
	struct arena *a;
	const struct wit_func *f;
	struct diags *list;
	struct wit_method *m;
	char letters[ARGUMENTS_MAX + 1];
	const char *names[ARGUMENTS_MAX];
	unsigned count; /* of arguments, also of those that do not fit */
	unsigned integers, floats;
	unsigned copies;
};

static void add_argument(struct lowering *l, const char *name, char letter)
{
	if (l->count < ARGUMENTS_MAX) {
		l->letters[l->count] = letter;
		l->names[l->count] = name;
	}
	l->count++;
	if (letter == 'f' || letter == 'F')
		l->floats++;
	else
		l->integers++;
}

/* Bytes that the next argument points at. */
static void add_copy(struct lowering *l, bool out, uint8_t length, uint32_t max)
{
	if (l->copies < WIT_COPIES_MAX)
		l->m->copies[l->copies] = (struct wit_copy){
			.pointer = (uint8_t)l->count,
			.length = length,
			.in = !out,
			.out = out,
			.max = max,
		};
	l->copies++;
}

static void lower_param(struct lowering *l, const struct wit_field *p)
{
	char *name = wit_snake(l->a, p->name);

	switch (p->type.kind) {
	case WIT_BYTES:
		add_copy(l, false, (uint8_t)(l->count + 1), WIT_COPY_SIZE);
		add_argument(l, name, 'i');
		add_argument(l, arena_printf(l->a, "%s_len", name), 'i');
		break;
	case WIT_RECORD:
		add_copy(l, false, WIT_COPY_FIXED, p->type.def->size);
		add_argument(l, name, 'i');
		break;
	default:
		add_argument(l, name, wit_letter(p->type.kind));
	}
}

static void lower_out(struct lowering *l, const struct wit_type *t)
{
	uint32_t size;

	if (t->kind == WIT_BYTES) {
		add_copy(l, true, (uint8_t)(l->count + 1), WIT_COPY_SIZE);
		add_argument(l, "result", 'i');
		add_argument(l, "result_max", 'i');
		add_copy(l, true, WIT_COPY_FIXED, sizeof(uint32_t));
		add_argument(l, "result_len", 'i');
		return;
	}
	size = t->kind == WIT_RECORD ? t->def->size : wit_scalar_size(t->kind);
	add_copy(l, true, WIT_COPY_FIXED, size);
	add_argument(l, "result", 'i');
}

static void report(const struct lowering *l, const char *code, const char *what,
    const char *help)
{
	diag_help(diag_add(l->list, code, l->f->at, "function `%s` %s",
		      l->f->name, what),
	    "%s", help);
}

static void check_arguments(const struct lowering *l)
{
	if (l->integers > INTEGERS_MAX)
		report(l, "AZ0123",
		    "has more than 6 integers and addresses for arguments",
		    "put them into a record; a list takes two, a list "
		    "that is returned three");
	if (l->floats > FLOATS_MAX)
		report(l, "AZ0123", "has more than 8 floats for arguments",
		    "put them into a record");
	if (l->copies > WIT_COPIES_MAX)
		report(l, "AZ0123", "has more than 4 lists and records",
		    "put them together; a list that is returned counts twice");
	for (unsigned i = 0; i < l->count && i < ARGUMENTS_MAX; i++)
		for (unsigned k = 0; k < i; k++)
			if (strcmp(l->names[i], l->names[k]) == 0)
				report(l, "AZ0122",
				    "has two arguments of one name in C",
				    "rename a parameter: of a list `x` the "
				    "length is `x-len`, and what is returned "
				    "is `result`");
}

static void lower(struct lowering *l)
{
	const struct wit_func *f = l->f;
	enum wit_kind result = f->result.kind;
	bool by_address = result == WIT_BYTES || result == WIT_RECORD;

	for (size_t i = 0; i < f->count; i++)
		lower_param(l, &f->params[i]);
	l->m->status = f->fallible || by_address;
	if (l->m->status && result != WIT_NOTHING)
		lower_out(l, &f->result);
	check_arguments(l);
	if (l->m->status)
		l->m->type = arena_printf(l->a, "%s:i", l->letters);
	else if (result != WIT_NOTHING)
		l->m->type =
		    arena_printf(l->a, "%s:%c", l->letters, wit_letter(result));
	else
		l->m->type = arena_printf(l->a, "%s:", l->letters);
	l->m->name = wit_snake(l->a, f->name);
	l->m->idempotent = f->idempotent;
	l->m->copy_count = l->copies;
}

struct wit_method *wit_lower(
    struct arena *a, const struct wit *w, struct diags *list)
{
	struct wit_method *methods =
	    arena_alloc(a, (w->func_count + 1) * sizeof(*methods));
	size_t errors = diags_errors(list);

	for (size_t i = 0; i < w->func_count; i++) {
		struct lowering l = { .a = a,
			.f = &w->funcs[i],
			.list = list,
			.m = &methods[i] };

		lower(&l);
	}
	return diags_errors(list) == errors ? methods : NULL;
}
