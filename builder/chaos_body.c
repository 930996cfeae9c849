/* Bodies: the function, and its twin with the faults. */
#include <stdlib.h>

#include "abi/image.h"
#include "chaos_impl.h"
#include "wasm_op.h"
#include "wasm_write.h"

enum {
	EACH_MAX = 4, /* faults of a class in one function */
	WRONG_BITS = 0x5bd1e995,
	WRONG_ENTRY = 7919,
};

/* What a store needs to be left out: locals for its operands. */
enum { SCRATCH_ADDRESS, SCRATCH_VALUE, SCRATCH_COUNT = 5 };

/* A walk over one body: the first counts places, the second writes. */
struct twin {
	struct chaos *c;
	struct buf *out; /* NULL: count */
	const struct wasm_type *type;
	uint8_t *locals; /* types; parameters first */
	uint32_t local_count;
	bool *loops; /* of each label: is it a loop's? */
	size_t depth;
	uint32_t seen[CHAOS_CLASS_COUNT], total[CHAOS_CLASS_COUNT];
	uint32_t taken[CHAOS_CLASS_COUNT], first[CHAOS_CLASS_COUNT];
};

/* Is this place one of those to be changed? Spread over the function. */
static bool take(struct twin *t, enum chaos_class class, uint32_t *fault)
{
	uint32_t n = t->seen[class]++;
	uint32_t stride;

	if (t->out == NULL)
		return false;
	stride = t->total[class] / EACH_MAX + 1;
	if (n % stride != 0 ||
	    t->first[class] + t->taken[class] >= CHAOS_PLACES_MAX)
		return false;
	*fault = chaos_fault(class, t->first[class] + t->taken[class]++);
	return true;
}

static bool is_number(uint8_t type)
{
	return type >= AZ_F64 && type <= AZ_I32;
}

/* The local of the same type that comes next, around; itself when none. */
static uint32_t other_local(const struct twin *t, uint32_t local)
{
	for (uint32_t i = 1; i < t->local_count; i++) {
		uint32_t other = (local + i) % t->local_count;

		if (t->locals[other] == t->locals[local])
			return other;
	}
	return local;
}

/* The function of the same type that comes next, around. */
static uint32_t other_func(const struct twin *t, uint32_t func)
{
	const struct wasm_module *m = t->c->m;
	uint32_t own = func - m->imported_funcs;

	for (uint32_t i = 1; i < m->func_count; i++) {
		uint32_t other = (own + i) % m->func_count;

		if (m->funcs[other] == m->funcs[own])
			return m->imported_funcs + other;
	}
	return func;
}

static void op(struct twin *t, uint32_t code)
{
	wasm_put_op(t->out, code);
}

static void test(struct twin *t, uint32_t fault)
{
	chaos_test(t->c, t->out, fault);
}

static void open_if(struct twin *t)
{
	op(t, WASM_OP_IF);
	wasm_put_byte(t->out, WASM_BLOCK_EMPTY);
}

/* --- The classes, before an instruction ------------------------------------ */

static void flip(struct twin *t)
{
	uint32_t fault;

	if (!take(t, CHAOS_FLIP, &fault))
		return;
	op(t, WASM_OP_I32_EQZ);
	test(t, fault);
	op(t, WASM_OP_I32_EQZ);
	op(t, WASM_OP_I32_XOR);
}

static void loop_on(struct twin *t, uint32_t label)
{
	uint32_t fault;

	if (label >= t->depth || !t->loops[t->depth - 1 - label] ||
	    !take(t, CHAOS_ENDLESS_LOOP, &fault))
		return;
	test(t, fault);
	op(t, WASM_OP_I32_OR);
}

static void off_by_one(struct twin *t)
{
	uint32_t fault;

	if (!take(t, CHAOS_OFF_BY_ONE, &fault))
		return;
	test(t, fault);
	op(t, WASM_OP_I32_ADD);
}

/* Add to the i32 on the stack when the fault is on. */
static void add_when(struct twin *t, uint32_t fault, uint32_t value)
{
	test(t, fault);
	chaos_number(t->out, value);
	op(t, WASM_OP_I32_MUL);
	op(t, WASM_OP_I32_ADD);
}

static void bend_pointer(struct twin *t)
{
	static const uint32_t by[] = { 4, 0x1000, 64, 0x7ffffff0, 0x10000 };
	uint32_t fault;

	if (take(t, CHAOS_POINTER, &fault))
		add_when(t, fault, by[fault % (sizeof(by) / sizeof(*by))]);
}

static void bend_entry(struct twin *t)
{
	uint32_t fault;

	if (take(t, CHAOS_WILD_CALL, &fault))
		add_when(t, fault, WRONG_ENTRY);
}

/* Keep what the local had. */
static void keep_local(struct twin *t, uint32_t local)
{
	uint32_t fault;

	if (!is_number(t->locals[local]) ||
	    !take(t, CHAOS_UNINITIALISED, &fault))
		return;
	chaos_op(t->out, WASM_OP_LOCAL_GET, local);
	test(t, fault);
	op(t, WASM_OP_I32_EQZ);
	op(t, WASM_OP_SELECT);
}

static uint8_t stored_type(uint32_t code)
{
	static const uint8_t types[] = { AZ_I32, AZ_I64, AZ_F32, AZ_F64, AZ_I32,
		AZ_I32, AZ_I64, AZ_I64, AZ_I64 };

	return types[code - WASM_OP_I32_STORE];
}

/* --- The classes, in place of an instruction ------------------------------- */

static bool skip_store(
    struct twin *t, const struct wasm_insn *insn, const uint8_t *end)
{
	uint32_t address = t->local_count + SCRATCH_ADDRESS;
	uint32_t value =
	    t->local_count + SCRATCH_VALUE + (AZ_I32 - stored_type(insn->op));
	uint32_t fault;

	if (!take(t, CHAOS_SKIPPED_STORE, &fault))
		return false;
	chaos_op(t->out, WASM_OP_LOCAL_SET, value);
	chaos_op(t->out, WASM_OP_LOCAL_SET, address);
	test(t, fault);
	op(t, WASM_OP_I32_EQZ);
	open_if(t);
	chaos_op(t->out, WASM_OP_LOCAL_GET, address);
	chaos_op(t->out, WASM_OP_LOCAL_GET, value);
	buf_add(t->out, insn->at, (size_t)(end - insn->at));
	op(t, WASM_OP_END);
	return true;
}

/* A call of another function of the type. */
static bool wild_call(struct twin *t, const struct wasm_insn *insn)
{
	const struct chaos *c = t->c;
	uint32_t other, fault;

	if (insn->a < c->m->imported_funcs)
		return false;
	other = other_func(t, insn->a);
	if (other == insn->a || !take(t, CHAOS_WILD_CALL, &fault))
		return false;
	test(t, fault);
	op(t, WASM_OP_IF);
	wasm_put_signed(t->out, c->m->funcs[insn->a - c->m->imported_funcs]);
	chaos_op(t->out, WASM_OP_CALL, chaos_func(c, other));
	op(t, WASM_OP_ELSE);
	chaos_op(t->out, WASM_OP_CALL, chaos_func(c, insn->a));
	op(t, WASM_OP_END);
	return true;
}

/* --- The classes, behind an instruction ------------------------------------ */

static void wrong_local(struct twin *t, uint32_t local)
{
	uint32_t other = other_local(t, local), fault;

	if (other == local || !is_number(t->locals[local]) ||
	    !take(t, CHAOS_WRONG_LOCAL, &fault))
		return;
	chaos_op(t->out, WASM_OP_LOCAL_GET, other);
	test(t, fault);
	op(t, WASM_OP_I32_EQZ);
	op(t, WASM_OP_SELECT);
}

static void wrong_constant(struct twin *t)
{
	uint32_t fault;

	if (!take(t, CHAOS_WRONG_CONSTANT, &fault))
		return;
	test(t, fault);
	chaos_number(t->out, WRONG_BITS);
	op(t, WASM_OP_I32_MUL);
	op(t, WASM_OP_I32_XOR);
}

/* --- The walk -------------------------------------------------------------- */

static void before(struct twin *t, const struct wasm_insn *insn)
{
	switch (insn->op) {
	case WASM_OP_BR_IF:
		loop_on(t, insn->a);
		flip(t);
		break;
	case WASM_OP_IF:
		flip(t);
		break;
	case WASM_OP_I32_EQ ... WASM_OP_I32_GE_U:
		off_by_one(t);
		break;
	case WASM_OP_I32_LOAD ... WASM_OP_I32_STORE - 1:
		bend_pointer(t);
		break;
	case WASM_OP_CALL_INDIRECT:
		bend_entry(t);
		break;
	case WASM_OP_LOCAL_SET:
	case WASM_OP_LOCAL_TEE:
		keep_local(t, insn->a);
		break;
	}
}

/* The instruction itself, with the result's indices. */
static void copy(const struct chaos *c, struct buf *out,
    const struct wasm_insn *insn, const uint8_t *end)
{
	if (insn->op == WASM_OP_CALL && insn->a < c->m->imported_funcs)
		chaos_op(out, WASM_OP_CALL, c->wrapped[insn->a]);
	else if (insn->op == WASM_OP_CALL || insn->op == WASM_OP_REF_FUNC)
		chaos_op(out, insn->op, chaos_func(c, insn->a));
	else
		buf_add(out, insn->at, (size_t)(end - insn->at));
}

static bool instead(
    struct twin *t, const struct wasm_insn *insn, const uint8_t *end)
{
	if (insn->op >= WASM_OP_I32_STORE && insn->op < WASM_OP_MEMORY_SIZE)
		return skip_store(t, insn, end);
	return insn->op == WASM_OP_CALL && wild_call(t, insn);
}

static void behind(struct twin *t, const struct wasm_insn *insn)
{
	if (insn->op == WASM_OP_LOCAL_GET)
		wrong_local(t, insn->a);
	else if (insn->op == WASM_OP_I32_CONST)
		wrong_constant(t);
}

static void follow_labels(struct twin *t, const struct wasm_insn *insn)
{
	if (insn->op >= WASM_OP_BLOCK && insn->op <= WASM_OP_IF)
		t->loops[t->depth++] = insn->op == WASM_OP_LOOP;
	else if (insn->op == WASM_OP_END && t->depth > 0)
		t->depth--;
}

static void walk(struct twin *t, struct wasm_reader r)
{
	struct wasm_insn insn;

	t->depth = 0;
	while (r.at < r.end) {
		wasm_next(&r, t->c->m, &insn);
		before(t, &insn);
		if (!instead(t, &insn, r.at) && t->out != NULL)
			copy(t->c, t->out, &insn, r.at);
		behind(t, &insn);
		follow_labels(t, &insn);
	}
}

/* What breaks a function as a whole, at its entry. */
static void break_entry(struct twin *t)
{
	uint32_t fault;

	if (take(t, CHAOS_STACK_EATER, &fault)) {
		test(t, fault);
		open_if(t);
		chaos_number(t->out, 0);
		chaos_op(t->out, WASM_OP_CALL, t->c->eat);
		op(t, WASM_OP_DROP);
		op(t, WASM_OP_END);
	}
	if (take(t, CHAOS_KILL, &fault)) {
		test(t, fault);
		open_if(t);
		op(t, WASM_OP_UNREACHABLE);
		op(t, WASM_OP_END);
	}
	if (take(t, CHAOS_HANG, &fault)) {
		op(t, WASM_OP_LOOP);
		wasm_put_byte(t->out, WASM_BLOCK_EMPTY);
		test(t, fault);
		chaos_op(t->out, WASM_OP_BR_IF, 0);
		op(t, WASM_OP_END);
	}
}

/* The types of parameters and locals; the cursor is at the code then. */
static void read_locals(struct twin *t, struct wasm_reader *r)
{
	const uint8_t *start = r->at;
	struct wasm_reader count = *r;
	uint32_t total = t->type->param_count, runs = wasm_u32(&count);

	for (uint32_t i = 0; i < runs; i++) {
		total += wasm_u32(&count);
		(void)wasm_valtype(&count);
	}
	t->locals = xcalloc(total + 1u, 1);
	for (; t->local_count < t->type->param_count; t->local_count++)
		t->locals[t->local_count] = t->type->params[t->local_count];
	r->at = start;
	runs = wasm_u32(r);
	for (uint32_t i = 0; i < runs; i++) {
		uint32_t n = wasm_u32(r);
		uint8_t type = wasm_valtype(r);

		while (n-- > 0)
			t->locals[t->local_count++] = type;
	}
}

/* The runs of locals as they were, and the scratch ones. */
static void put_locals(struct buf *out, struct wasm_bytes body)
{
	static const uint8_t scratch[SCRATCH_COUNT] = { AZ_I32, AZ_I32, AZ_I64,
		AZ_F32, AZ_F64 };
	struct wasm_error error = { 0 };
	struct wasm_reader r = { body.at, body.at, body.at + body.len, &error };
	uint32_t runs = wasm_u32(&r);
	const uint8_t *first = r.at;

	wasm_put_u32(out, runs + SCRATCH_COUNT);
	r.at = body.at;
	wasm_walk_locals(&r);
	buf_add(out, first, (size_t)(r.at - first));
	for (int i = 0; i < SCRATCH_COUNT; i++) {
		wasm_put_u32(out, 1);
		wasm_put_byte(out, scratch[i]);
	}
}

static void note_spans(struct twin *t, uint32_t home)
{
	struct chaos *c = t->c;

	for (int i = 0; i < CHAOS_CLASS_COUNT; i++) {
		struct chaos_span *s;

		if (t->taken[i] == 0)
			continue;
		c->spans =
		    arena_push(c->arena, c->spans, &c->span_count, sizeof(*s));
		s = &c->spans[c->span_count - 1];
		s->first = chaos_fault((enum chaos_class)i, t->first[i]);
		s->count = t->taken[i];
		s->home = home;
		c->places->count[i] += t->taken[i];
	}
}

/* Returns the twin's index; every function has one: it can be killed. */
static uint32_t make_twin(struct chaos *c, uint32_t func, uint32_t home)
{
	const struct wasm_module *m = c->m;
	struct wasm_bytes code = m->bodies[func];
	struct wasm_error error = { 0 };
	struct wasm_reader r = { code.at, code.at, code.at + code.len, &error };
	struct buf body = { 0 };
	struct twin t = { .c = c, .type = &m->types[m->funcs[func]] };

	read_locals(&t, &r);
	t.loops = xcalloc(code.len, sizeof(*t.loops));
	walk(&t, r);
	for (int i = 0; i < CHAOS_CLASS_COUNT; i++) {
		t.total[i] = t.seen[i];
		t.seen[i] = 0;
		t.first[i] = c->places->count[i];
	}
	t.out = &body;
	put_locals(&body, code);
	break_entry(&t);
	walk(&t, r);
	note_spans(&t, home);
	free(t.locals);
	free(t.loops);
	return chaos_make(
	    c, m->funcs[func], m->func_names[m->imported_funcs + func], &body);
}

void chaos_body(struct chaos *c, struct buf *out, uint32_t func)
{
	const struct wasm_module *m = c->m;
	struct wasm_bytes code = m->bodies[func];
	struct wasm_error error = { 0 };
	struct wasm_reader r = { code.at, code.at, code.at + code.len, &error };
	uint32_t home = func + 1, twin = make_twin(c, func, home);
	struct wasm_insn insn;

	wasm_walk_locals(&r);
	buf_add(out, code.at, (size_t)(r.at - code.at));
	chaos_op(out, WASM_OP_GLOBAL_GET, c->home);
	chaos_number(out, home);
	wasm_put_op(out, WASM_OP_I32_EQ);
	wasm_put_op(out, WASM_OP_IF);
	wasm_put_byte(out, WASM_BLOCK_EMPTY);
	chaos_params(out, &m->types[m->funcs[func]]);
	chaos_op(out, WASM_OP_CALL, twin);
	wasm_put_op(out, WASM_OP_RETURN);
	wasm_put_op(out, WASM_OP_END);
	while (r.at < r.end) {
		wasm_next(&r, m, &insn);
		copy(c, out, &insn, r.at);
	}
}
