/* Bodies, instruction by instruction: what needs no change is copied. */
#include "wasm_lower.h"

#include "mem.h"
#include "wasm_op.h"
#include "wasm_plan.h"
#include "wasm_read.h"
#include "wasm_write.h"

struct rewriter {
	struct buf *out;
	const struct wasm_module *m;
	const struct wasm_plan *p;
	const struct wasm_type *type; /* of the function */
	const uint8_t *copied;        /* what is before it was written */
	uint32_t depth;               /* blocks around the instruction */
};

static bool is_wide(const struct wasm_type *type)
{
	return type->result_count > WASM_NARROW;
}

static void put_op(struct rewriter *w, enum wasm_op op)
{
	wasm_put_byte(w->out, (uint8_t)op);
}

static void put_indexed(struct rewriter *w, enum wasm_op op, uint32_t index)
{
	put_op(w, op);
	wasm_put_u32(w->out, index);
}

static void put_number(struct rewriter *w, uint32_t number)
{
	wasm_put_literal(w->out, AZ_I32, number);
}

static void copy_until(struct rewriter *w, const uint8_t *at)
{
	buf_add(w->out, w->copied, (size_t)(at - w->copied));
	w->copied = at;
}

/* Runs of locals, their types lowered. */
static void lower_locals(struct rewriter *w, struct wasm_reader *r)
{
	for (uint32_t runs = wasm_u32(r); runs > 0; runs--) {
		(void)wasm_u32(r);
		copy_until(w, r->at);
		wasm_put_byte(w->out, wasm_lowered(wasm_valtype(r)));
		w->copied = r->at;
	}
	copy_until(w, r->at);
}

static void lower_block(struct rewriter *w, const struct wasm_insn *insn)
{
	put_op(w, (enum wasm_op)insn->op);
	if (insn->a != UINT32_MAX)
		/* Signed, but as short as it gets: no index is negative. */
		wasm_put_signed(w->out, w->p->blocks[insn->a]);
	else
		wasm_put_byte(w->out, wasm_lowered(insn->type));
}

/* The call is written: take the results of a wide one from their globals. */
static void take_results(struct rewriter *w, const struct wasm_type *type)
{
	for (uint32_t i = 0; is_wide(type) && i < type->result_count; i++)
		put_indexed(w, WASM_OP_GLOBAL_GET,
		    wasm_plan_result(w->p, i, type->results[i]));
}

static void leave_results(struct rewriter *w)
{
	for (uint32_t i = w->type->result_count; i > 0; i--)
		put_indexed(w, WASM_OP_GLOBAL_SET,
		    wasm_plan_result(w->p, i - 1, w->type->results[i - 1]));
}

/* The operands are there; the table and the segment come last. */
static void call_helper(struct rewriter *w, const struct wasm_insn *insn)
{
	if (insn->op == WASM_OP_TABLE_INIT) {
		put_number(w, insn->b);
		put_number(w, insn->a);
	} else {
		put_number(w, insn->a);
		if (insn->op == WASM_OP_TABLE_COPY)
			put_number(w, insn->b);
	}
	put_indexed(w, WASM_OP_CALL,
	    wasm_plan_func(w->p, w->m, wasm_helper_of(insn->op)));
}

/* Must the instruction be written anew? */
static bool changes(const struct rewriter *w, const struct wasm_insn *insn)
{
	switch (insn->op) {
	case WASM_OP_BLOCK:
	case WASM_OP_LOOP:
	case WASM_OP_IF:
		return insn->a != UINT32_MAX
			   ? w->p->blocks[insn->a] != insn->a
			   : wasm_lowered(insn->type) != insn->type;
	case WASM_OP_SELECT_TYPED:
		return wasm_lowered(insn->type) != insn->type;
	case WASM_OP_RETURN:
		return is_wide(w->type);
	case WASM_OP_REF_NULL:
	case WASM_OP_REF_IS_NULL:
	case WASM_OP_REF_FUNC:
		return true;
	default:
		return wasm_helper_of(insn->op) != NULL;
	}
}

static void lower_insn(struct rewriter *w, const struct wasm_insn *insn)
{
	switch (insn->op) {
	case WASM_OP_BLOCK:
	case WASM_OP_LOOP:
	case WASM_OP_IF:
		lower_block(w, insn);
		break;
	case WASM_OP_SELECT_TYPED:
		put_indexed(w, WASM_OP_SELECT_TYPED, 1);
		wasm_put_byte(w->out, wasm_lowered(insn->type));
		break;
	case WASM_OP_RETURN:
		put_indexed(w, WASM_OP_BR, w->depth);
		break;
	case WASM_OP_REF_NULL:
		put_number(w, 0);
		break;
	case WASM_OP_REF_IS_NULL:
		put_op(w, WASM_OP_I32_EQZ);
		break;
	case WASM_OP_REF_FUNC:
		put_number(w, w->p->refs[insn->a]);
		break;
	default:
		call_helper(w, insn);
	}
}

/* Calls stay as they are; what a wide one gives is behind them. */
static void follow_call(struct rewriter *w, const struct wasm_insn *insn)
{
	const struct wasm_type *type;

	if (insn->op == WASM_OP_CALL)
		type = wasm_func_type(w->m, insn->a);
	else if (insn->op == WASM_OP_CALL_INDIRECT)
		type = &w->m->types[insn->a];
	else
		return;
	take_results(w, type);
}

static void lower_code(struct rewriter *w, struct wasm_reader *r)
{
	struct wasm_insn insn;

	while (r->at < r->end - 1) {
		wasm_next(r, w->m, &insn);
		if (changes(w, &insn)) {
			copy_until(w, insn.at);
			lower_insn(w, &insn);
			w->copied = r->at;
		} else {
			copy_until(w, r->at);
			follow_call(w, &insn);
		}
		w->depth += insn.op >= WASM_OP_BLOCK && insn.op <= WASM_OP_IF;
		w->depth -= insn.op == WASM_OP_END;
	}
}

void wasm_lower_body(struct buf *out, const struct wasm_module *m,
    const struct wasm_plan *p, uint32_t func)
{
	struct wasm_bytes body = m->bodies[func];
	struct wasm_error error = { 0 };
	struct wasm_reader r = { body.at, body.at, body.at + body.len, &error };
	struct rewriter w = { out, m, p, &m->types[m->funcs[func]], body.at,
		0 };

	lower_locals(&w, &r);
	if (is_wide(w.type)) {
		put_op(&w, WASM_OP_BLOCK);
		/* Results alone: the parameters are locals. */
		wasm_put_signed(out, p->blocks[m->funcs[func]] + 1);
	}
	lower_code(&w, &r);
	if (is_wide(w.type)) {
		put_op(&w, WASM_OP_END);
		leave_results(&w);
	}
	put_op(&w, WASM_OP_END);
}
