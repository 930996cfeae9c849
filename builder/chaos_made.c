/* The functions that a module with faults has besides: what picks a fault and
 * says which, what eats the stack, and what stands around its calls. */
#include <string.h>

#include "abi/image.h"
#include "chaos_impl.h"
#include "wasm_op.h"
#include "wasm_write.h"

/* Where the line is put together: the bytes there are put back. */
enum {
	DESK = 1024,
	DESK_TEXT = DESK + 8,
	DESK_WRITTEN = DESK + 28,
	DESK_WORDS = 4, /* of 8 bytes; also locals 0 to 3 of pick */
	DIGITS = 8,
	TEXT_LEN = sizeof(CHAOS_MARK) - 1 + DIGITS + 1,
	STDERR = 2,
	LOCAL_CLASS = DESK_WORDS,
	LOCAL_DIGIT,
	ALIGN_8 = 3,
	ALIGN_4 = 2,
};
_Static_assert(sizeof(CHAOS_MARK) - 1 == 9, "one word and one byte");

static void op(struct buf *b, uint32_t code)
{
	wasm_put_op(b, code);
}

static void open_if(struct buf *b)
{
	op(b, WASM_OP_IF);
	wasm_put_byte(b, WASM_BLOCK_EMPTY);
}

static void memory_op(struct buf *b, uint32_t code, uint32_t align)
{
	op(b, code);
	wasm_put_u32(b, align);
	wasm_put_u32(b, 0);
}

static uint32_t make(struct chaos *c, uint32_t type, const char *name)
{
	struct buf later = { 0 };

	return chaos_make(c, type,
	    (struct wasm_bytes){ (const uint8_t *)name, strlen(name) }, &later);
}

static struct buf *body_of(struct chaos *c, uint32_t func)
{
	return &c->made[func - c->added - wasm_func_total(c->m)].body;
}

/* --- Counting and eating --------------------------------------------------- */

static void put_step(const struct chaos *c, struct buf *b)
{
	wasm_put_u32(b, 0);
	chaos_op(b, WASM_OP_GLOBAL_GET, c->left);
	op(b, WASM_OP_I32_EQZ);
	open_if(b);
	chaos_op(b, WASM_OP_CALL, c->pick);
	op(b, WASM_OP_END);
	chaos_op(b, WASM_OP_GLOBAL_GET, c->left);
	chaos_number(b, 1);
	op(b, WASM_OP_I32_SUB);
	chaos_op(b, WASM_OP_GLOBAL_SET, c->left);
	op(b, WASM_OP_END);
}

/* Calls itself without an end; what it does afterwards no compiler can turn
 * into a loop. */
static void put_eat(const struct chaos *c, struct buf *b)
{
	wasm_put_u32(b, 0);
	chaos_op(b, WASM_OP_LOCAL_GET, 0);
	chaos_number(b, 1);
	op(b, WASM_OP_I32_ADD);
	chaos_op(b, WASM_OP_CALL, c->eat);
	chaos_op(b, WASM_OP_GLOBAL_GET, c->left);
	op(b, WASM_OP_I32_XOR);
	op(b, WASM_OP_END);
}

void chaos_declare(struct chaos *c)
{
	c->step = make(c, c->type_none, "az_chaos_step");
	c->pick = make(c, c->type_none, "az_chaos_pick");
	c->eat = make(c, c->type_eat, "az_chaos_eat");
	put_step(c, body_of(c, c->step));
	put_eat(c, body_of(c, c->eat));
}

/* --- Picking --------------------------------------------------------------- */

static void save_desk(struct buf *b)
{
	for (uint32_t i = 0; i < DESK_WORDS; i++) {
		chaos_number(b, DESK + 8 * i);
		memory_op(b, WASM_OP_I64_LOAD, ALIGN_8);
		chaos_op(b, WASM_OP_LOCAL_SET, i);
	}
}

static void restore_desk(struct buf *b)
{
	for (uint32_t i = 0; i < DESK_WORDS; i++) {
		chaos_number(b, DESK + 8 * i);
		chaos_op(b, WASM_OP_LOCAL_GET, i);
		memory_op(b, WASM_OP_I64_STORE, ALIGN_8);
	}
}

static void put_shift(
    const struct chaos *c, struct buf *b, uint32_t code, uint32_t by)
{
	chaos_op(b, WASM_OP_GLOBAL_GET, c->seed);
	chaos_op(b, WASM_OP_GLOBAL_GET, c->seed);
	chaos_number(b, by);
	op(b, code);
	op(b, WASM_OP_I32_XOR);
	chaos_op(b, WASM_OP_GLOBAL_SET, c->seed);
}

/* Half of the starts go on without a fault for a while. */
static void put_seed(const struct chaos *c, struct buf *b)
{
	chaos_op(b, WASM_OP_GLOBAL_GET, c->seed);
	op(b, WASM_OP_I32_EQZ);
	open_if(b);
	chaos_number(b, DESK);
	chaos_number(b, 4);
	chaos_op(b, WASM_OP_CALL, c->random);
	op(b, WASM_OP_DROP);
	chaos_number(b, DESK);
	memory_op(b, WASM_OP_I32_LOAD, ALIGN_4);
	chaos_number(b, 1);
	op(b, WASM_OP_I32_OR);
	chaos_op(b, WASM_OP_GLOBAL_SET, c->seed);
	chaos_op(b, WASM_OP_GLOBAL_GET, c->seed);
	chaos_number(b, 2);
	op(b, WASM_OP_I32_AND);
	open_if(b);
	chaos_op(b, WASM_OP_GLOBAL_GET, c->seed);
	chaos_number(b, 8);
	op(b, WASM_OP_I32_SHR_U);
	chaos_number(b, c->options->every);
	op(b, WASM_OP_I32_REM_U);
	chaos_number(b, 1);
	op(b, WASM_OP_I32_ADD);
	chaos_op(b, WASM_OP_GLOBAL_SET, c->left);
	restore_desk(b);
	op(b, WASM_OP_RETURN);
	op(b, WASM_OP_END);
	op(b, WASM_OP_END);
	put_shift(c, b, WASM_OP_I32_SHL, 13);
	put_shift(c, b, WASM_OP_I32_SHR_U, 17);
	put_shift(c, b, WASM_OP_I32_SHL, 5);
}

static bool is_wanted(const struct chaos *c, int class)
{
	return c->places->count[class] > 0 &&
	       (c->options->only == 0 || (c->options->only >> class & 1) != 0);
}

/* The class by the upper half of the seed, the place by the lower. */
static void put_choice(const struct chaos *c, struct buf *b)
{
	uint32_t classes = 0, n = 0;

	for (int i = 0; i < CHAOS_CLASS_COUNT; i++)
		classes += is_wanted(c, i);
	if (classes == 0)
		return;
	chaos_op(b, WASM_OP_GLOBAL_GET, c->seed);
	chaos_number(b, 16);
	op(b, WASM_OP_I32_SHR_U);
	chaos_number(b, classes);
	op(b, WASM_OP_I32_REM_U);
	chaos_op(b, WASM_OP_LOCAL_SET, LOCAL_CLASS);
	for (int i = 0; i < CHAOS_CLASS_COUNT; i++) {
		if (!is_wanted(c, i))
			continue;
		chaos_op(b, WASM_OP_LOCAL_GET, LOCAL_CLASS);
		chaos_number(b, n++);
		op(b, WASM_OP_I32_EQ);
		open_if(b);
		chaos_op(b, WASM_OP_GLOBAL_GET, c->seed);
		chaos_number(b, CHAOS_PLACES_MAX - 1);
		op(b, WASM_OP_I32_AND);
		chaos_number(b, c->places->count[i]);
		op(b, WASM_OP_I32_REM_U);
		chaos_number(b, chaos_fault((enum chaos_class)i, 0));
		op(b, WASM_OP_I32_OR);
		chaos_op(b, WASM_OP_GLOBAL_SET, c->fault);
		op(b, WASM_OP_END);
	}
}

/* Which twin has the fault; 0: none, it is in front of a call. */
static void put_home(const struct chaos *c, struct buf *b)
{
	chaos_number(b, 0);
	chaos_op(b, WASM_OP_GLOBAL_SET, c->home);
	for (size_t i = 0; i < c->span_count; i++) {
		const struct chaos_span *s = &c->spans[i];

		chaos_op(b, WASM_OP_GLOBAL_GET, c->fault);
		chaos_number(b, s->first);
		op(b, WASM_OP_I32_SUB);
		chaos_number(b, s->count);
		op(b, WASM_OP_I32_LT_U);
		open_if(b);
		chaos_number(b, s->home);
		chaos_op(b, WASM_OP_GLOBAL_SET, c->home);
		op(b, WASM_OP_END);
	}
}

static void put_digit(const struct chaos *c, struct buf *b, uint32_t i)
{
	chaos_op(b, WASM_OP_GLOBAL_GET, c->fault);
	chaos_number(b, 4 * (DIGITS - 1 - i));
	op(b, WASM_OP_I32_SHR_U);
	chaos_number(b, 15);
	op(b, WASM_OP_I32_AND);
	chaos_op(b, WASM_OP_LOCAL_SET, LOCAL_DIGIT);
	chaos_number(b, DESK_TEXT + sizeof(CHAOS_MARK) - 1 + i);
	chaos_op(b, WASM_OP_LOCAL_GET, LOCAL_DIGIT);
	chaos_number(b, '0');
	op(b, WASM_OP_I32_ADD);
	chaos_op(b, WASM_OP_LOCAL_GET, LOCAL_DIGIT);
	chaos_number(b, 9);
	op(b, WASM_OP_I32_GT_U);
	chaos_number(b, 'a' - '9' - 1);
	op(b, WASM_OP_I32_MUL);
	op(b, WASM_OP_I32_ADD);
	memory_op(b, WASM_OP_I32_STORE8, 0);
}

static void put_byte(struct buf *b, uint32_t at, char byte)
{
	chaos_number(b, at);
	chaos_number(b, (uint32_t)byte);
	memory_op(b, WASM_OP_I32_STORE8, 0);
}

static void put_line(const struct chaos *c, struct buf *b)
{
	static const char mark[] = CHAOS_MARK;

	for (uint32_t i = 0; i < sizeof(mark) - 1; i++)
		put_byte(b, DESK_TEXT + i, mark[i]);
	for (uint32_t i = 0; i < DIGITS; i++)
		put_digit(c, b, i);
	put_byte(b, DESK_TEXT + TEXT_LEN - 1, '\n');
	chaos_number(b, DESK);
	chaos_number(b, DESK_TEXT);
	memory_op(b, WASM_OP_I32_STORE, ALIGN_4);
	chaos_number(b, DESK + 4);
	chaos_number(b, TEXT_LEN);
	memory_op(b, WASM_OP_I32_STORE, ALIGN_4);
	chaos_number(b, STDERR);
	chaos_number(b, DESK);
	chaos_number(b, 1);
	chaos_number(b, DESK_WRITTEN);
	chaos_op(b, WASM_OP_CALL, c->write);
	op(b, WASM_OP_DROP);
}

void chaos_finish_pick(struct chaos *c)
{
	const struct chaos_options *o = c->options;
	struct buf *b = body_of(c, c->pick);

	wasm_put_u32(b, 2);
	wasm_put_u32(b, DESK_WORDS);
	wasm_put_byte(b, AZ_I64);
	wasm_put_u32(b, LOCAL_DIGIT - LOCAL_CLASS + 1);
	wasm_put_byte(b, AZ_I32);
	save_desk(b);
	if (o->fault != 0) {
		chaos_number(b, o->fault);
		chaos_op(b, WASM_OP_GLOBAL_SET, c->fault);
	} else {
		put_seed(c, b);
		put_choice(c, b);
	}
	chaos_number(b, o->fault != 0 ? UINT32_MAX : o->every);
	chaos_op(b, WASM_OP_GLOBAL_SET, c->left);
	put_home(c, b);
	put_line(c, b);
	restore_desk(b);
	op(b, WASM_OP_END);
}

/* --- Calls that enter or leave --------------------------------------------- */

static void put_call(const struct chaos *c, struct buf *b, uint32_t func)
{
	chaos_params(b, wasm_func_type(c->m, func));
	chaos_op(b, WASM_OP_CALL, chaos_func(c, func));
}

static bool all_numbers(const struct wasm_type *type)
{
	for (uint32_t i = 0; i < type->result_count; i++)
		if (type->results[i] < AZ_F64)
			return false;
	return true;
}

static bool take(struct chaos *c, enum chaos_class class, uint32_t *fault)
{
	if (c->places->count[class] == CHAOS_PLACES_MAX)
		return false;
	*fault = chaos_fault(class, c->places->count[class]++);
	return true;
}

/* What leaves is not sent, and its answer made up. */
static void put_unsent(
    struct chaos *c, struct buf *b, const struct wasm_type *type)
{
	uint32_t fault;

	if (!all_numbers(type) || !take(c, CHAOS_DROPPED_REPLY, &fault))
		return;
	chaos_test(c, b, fault);
	open_if(b);
	for (uint32_t i = 0; i < type->result_count; i++)
		wasm_put_literal(b, type->results[i], 0);
	op(b, WASM_OP_RETURN);
	op(b, WASM_OP_END);
}

/* The work is done, and nobody is ever told. */
static void put_unanswered(struct chaos *c, struct buf *b)
{
	uint32_t fault;

	if (!take(c, CHAOS_DROPPED_REPLY, &fault))
		return;
	op(b, WASM_OP_LOOP);
	wasm_put_byte(b, WASM_BLOCK_EMPTY);
	chaos_test(c, b, fault);
	chaos_op(b, WASM_OP_BR_IF, 0);
	op(b, WASM_OP_END);
}

static void put_double(
    struct chaos *c, struct buf *b, uint32_t func, const struct wasm_type *type)
{
	uint32_t fault;

	if (!take(c, CHAOS_DOUBLE_REPLY, &fault))
		return;
	chaos_test(c, b, fault);
	open_if(b);
	put_call(c, b, func);
	for (uint32_t i = 0; i < type->result_count; i++)
		op(b, WASM_OP_DROP);
	op(b, WASM_OP_END);
}

static bool is_start(const struct wasm_module *m, uint32_t func)
{
	for (uint32_t i = 0; i < m->export_count; i++)
		if (m->exports[i].kind == WASM_FUNC &&
		    m->exports[i].index == func &&
		    (wasm_is_text(m->exports[i].name, "_start") ||
			wasm_is_text(m->exports[i].name, "_initialize")))
			return true;
	return false;
}

uint32_t chaos_wrap(struct chaos *c, uint32_t func, bool imported)
{
	const struct wasm_module *m = c->m;
	const struct wasm_type *type = wasm_func_type(m, func);
	bool answers = !imported && !is_start(m, func);
	struct buf b = { 0 };
	uint32_t index = imported ? m->imports[m->func_imports[func]].type
				  : m->funcs[func - m->imported_funcs];

	wasm_put_u32(&b, 0);
	chaos_op(&b, WASM_OP_CALL, c->step);
	if (imported)
		put_unsent(c, &b, type);
	if (imported || answers)
		put_double(c, &b, func, type);
	put_call(c, &b, func);
	if (answers)
		put_unanswered(c, &b);
	op(&b, WASM_OP_END);
	return chaos_make(c, index, m->func_names[func], &b);
}
