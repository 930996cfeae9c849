#include "verify/code.h"

#include "abi/call.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/code_walk.h"

/* A mark: nothing yet (0), or that an instruction starts there, or that one
 * before jumps there; and the depth, in slots, that both must agree on. */
enum {
	MARK_SLOTS = 0x1fff,
	MARK_INNER = 1 << 13, /* nobody may jump there from later on */
	MARK_TARGET = 1 << 14,
	MARK_START = 1 << 15,
	SLOT = 8, /* bytes that push and pop move rsp by */
};
_Static_assert(AZ_FRAME_MAX / SLOT <= MARK_SLOTS, "a mark holds any depth");

bool code_refuse(struct code_walk *w, enum code_rule rule, const char *text)
{
	struct code_fault *fault = w->fault;
	uint32_t left;

	*fault =
	    (struct code_fault){ .func = AZ_NONE, .rule = rule, .text = text };
	if (w->func == NULL)
		return false;
	fault->func = (uint32_t)(w->func - w->v->funcs);
	fault->offset = w->at;
	if (w->text == NULL)
		return false;
	/* Of bytes that are no instruction, as many as one may have. */
	left = w->func->len - w->at;
	fault->byte_count =
	    (uint8_t)(left < CODE_FAULT_BYTES ? left : CODE_FAULT_BYTES);
	if (w->insn.len != 0)
		fault->byte_count = w->insn.len;
	memcpy(fault->bytes, w->text + w->at, fault->byte_count);
	return false;
}

/* Decode the instruction at w->at. */
static bool decode(struct code_walk *w)
{
	uint32_t left = w->func->len - w->at;
	const char *why;

	if (x86_decode(&w->insn, w->text + w->at, left))
		return true;
	w->insn.len = 0;
	why = x86_forbidden(w->text + w->at, left);
	if (why != NULL)
		return code_refuse(w, CODE_V4, why);
	CODE_REQUIRE(w, false, V1, "not on the list of instructions");
}

/* Control reaches the instruction: the depth on all edges so far. Code behind
 * a jump that nobody has jumped to yet is checked at a guess, and whoever
 * jumps to it later must agree. */
static bool arrive(struct code_walk *w)
{
	uint16_t mark = w->marks[w->at];
	uint32_t depth = (mark & MARK_SLOTS) * SLOT;

	if (mark & MARK_TARGET) {
		CODE_REQUIRE(w, !w->live || w->depth == depth, V5,
		    "the stack's depth differs between ways here");
		w->depth = depth;
	} else if (!w->live) {
		w->depth = w->guess;
	}
	/* Behind a jump or ret that is not needed for what is executed: a span
	 * across it is closed to later jumps. But a CPU that runs straight on
	 * for a moment shall find no index trusted there either. */
	if (mark & MARK_TARGET || !w->live)
		w->clean = 0;
	for (uint32_t i = 1; i < w->insn.len; i++)
		CODE_REQUIRE(
		    w, w->marks[w->at + i] == 0, V9, "jumped into from before");
	w->live = true;
	return true;
}

/* What is known of the instruction, for those who jump to it later. If it
 * trusts an index, nobody may come between that and the index's last write:
 * each byte is marked at most once for each register. */
static void depart(struct code_walk *w)
{
	w->marks[w->at] = (uint16_t)(MARK_START | w->depth / SLOT);
	if (w->index == X86_NO_REG)
		return;
	for (uint32_t i = w->since[w->index]; i <= w->at; i++)
		w->marks[i] |= MARK_INNER;
	w->since[w->index] = w->at + 1;
}

/* An edge to another instruction of the function, at the current depth. */
static bool branch_check(struct code_walk *w)
{
	int64_t to = (int64_t)w->at + w->insn.len + w->insn.imm;
	uint16_t slots = (uint16_t)(w->depth / SLOT), *mark;

	CODE_REQUIRE(
	    w, to >= 0 && to < w->func->len, V9, "jumps out of its function");
	mark = &w->marks[to];
	if (to > w->at) {
		CODE_REQUIRE(w, to >= w->at + w->insn.len, V9,
		    "jumps into an instruction");
		if (*mark == 0)
			*mark = (uint16_t)(MARK_TARGET | slots);
	} else {
		CODE_REQUIRE(
		    w, *mark & MARK_START, V9, "jumps into an instruction");
		CODE_REQUIRE(w, !(*mark & MARK_INNER), V3,
		    "jumps between an index and its access");
	}
	CODE_REQUIRE(w, (*mark & MARK_SLOTS) == slots, V5,
	    "jumps to where the stack has another depth");
	return true;
}

/* rsp goes down by `by` bytes, or up. */
static bool depth_move(struct code_walk *w, int64_t by)
{
	int64_t depth = w->depth + by;

	CODE_REQUIRE(w, depth >= 0, V5, "pops its return address");
	CODE_REQUIRE(w, depth <= AZ_FRAME_MAX, V8, "the frame is too large");
	w->depth = (uint32_t)depth;
	return true;
}

static bool call_step(struct code_walk *w)
{
	bool returns;

	if (!code_call_check(w, &returns))
		return false;
	w->live = returns;
	w->guess = w->depth;
	return true;
}

static bool ret_step(struct code_walk *w)
{
	CODE_REQUIRE(w, w->depth == 0, V9, "returns from within its frame");
	w->live = false;
	return true;
}

static bool jump_step(struct code_walk *w)
{
	w->guess = w->depth;
	w->live = w->insn.kind == X86_JCC;
	return branch_check(w);
}

/* What the instruction does to rsp and to control. */
static bool effect(struct code_walk *w)
{
	const struct x86_insn *in = &w->insn;
	bool rsp = in->rm.class == X86_GPR && in->rm.num == X86_RSP;

	switch (in->kind) {
	case X86_PUSH:
		return depth_move(w, SLOT);
	case X86_POP:
		return depth_move(w, -SLOT);
	case X86_ADD:
		return !rsp || depth_move(w, -in->imm);
	case X86_SUB:
		return !rsp || depth_move(w, in->imm);
	case X86_CALL:
		return call_step(w);
	case X86_JMP:
	case X86_JCC:
		return jump_step(w);
	case X86_RET:
		return ret_step(w);
	default:
		return true;
	}
}

/* Which registers are below 2^32 behind the instruction. */
static void note_writes(struct code_walk *w)
{
	uint32_t clears = w->insn.clears;

	w->clean = (uint16_t)((w->clean | clears) & ~w->insn.soils);
	for (; clears != 0; clears &= clears - 1)
		w->since[__builtin_ctz(clears)] = w->at + w->insn.len;
}

/* Padding that nobody reaches; never a target either. */
static bool is_padding(const struct code_walk *w)
{
	return !w->live && w->insn.kind == X86_NOP && w->marks[w->at] == 0;
}

static bool step(struct code_walk *w)
{
	if (!decode(w))
		return false;
	if (w->insn.reg.class == X86_XMM || w->insn.rm.class == X86_XMM)
		w->fault->xmm = true;
	if (is_padding(w)) {
		for (uint32_t i = 1; i < w->insn.len; i++)
			CODE_REQUIRE(w, w->marks[w->at + i] == 0, V9,
			    "jumped into from before");
	} else {
		if (!arrive(w) || !code_operands_check(w))
			return false;
		depart(w);
		if (!effect(w))
			return false;
		note_writes(w);
	}
	w->at += w->insn.len;
	return true;
}

static bool func_check(struct code_walk *w)
{
	w->text = w->v->text + w->func->off;
	w->at = 0;
	w->depth = 0;
	w->guess = 0;
	w->live = true;
	w->clean = 0;
	memset(w->marks, 0, w->func->len * sizeof(*w->marks));
	while (w->at < w->func->len) {
		if (!step(w))
			return false;
	}
	w->at -= w->insn.len;
	CODE_REQUIRE(w, !w->live, V9, "falls through its end");
	return true;
}

/* What the checks of code rely on, whoever made the view. */
static bool sections_check(struct code_walk *w)
{
	const struct az_image_head *head = w->v->head;

	CODE_REQUIRE(w,
	    head->text.count <= AZ_TEXT_MAX &&
		head->rodata.count <= AZ_RODATA_MAX &&
		head->data_mem_size <= AZ_DATA_MAX,
	    V11, "a section is larger than its place");
	CODE_REQUIRE(w,
	    head->imports.count <= AZ_IMPORT_MAX &&
		head->sigs.count <= AZ_SIG_MAX &&
		(uint64_t)head->sigs.count * head->tables.count <= AZ_SIG_MAX,
	    V11, "more stubs than there is place for");
	for (uint32_t i = 0; i < head->imports.count; i++)
		CODE_REQUIRE(w, w->v->imports[i].sig < head->sigs.count, V10,
		    "an import of no type");
	return true;
}

static bool table_check(struct code_walk *w)
{
	const struct az_image_head *head = w->v->head;
	uint64_t end = 0;

	for (uint32_t i = 0; i < head->funcs.count; i++) {
		const struct az_func *f = &w->v->funcs[i];

		w->func = f;
		CODE_REQUIRE(w, f->off == end && f->len > 0, V12,
		    "does not follow the function before");
		end += f->len;
		CODE_REQUIRE(w, end <= head->text.count, V12,
		    "passes the end of the text");
		CODE_REQUIRE(w, f->sig < head->sigs.count, V12, "of no type");
		CODE_REQUIRE(w, f->stack_args == w->v->sigs[f->sig].stack_args,
		    V12, "other stack arguments than its type has");
	}
	w->func = NULL;
	CODE_REQUIRE(
	    w, end == head->text.count, V12, "text without a function");
	return true;
}

size_t code_work_size(const struct image_view *v)
{
	uint32_t longest = 1;

	for (uint32_t i = 0; i < v->head->funcs.count; i++) {
		if (v->funcs[i].len > longest)
			longest = v->funcs[i].len;
	}
	return longest * sizeof(uint16_t);
}

enum az_refusal code_check(const struct image_view *v, void *work,
    size_t work_size, struct code_fault *fault)
{
	struct code_walk w = { .v = v, .fault = fault, .marks = work };

	*fault = (struct code_fault){ .func = AZ_NONE };
	if (work_size < code_work_size(v))
		return AZ_REFUSE_MEMORY;
	if (!sections_check(&w) || !table_check(&w))
		return AZ_REFUSE_CODE;
	for (uint32_t i = 0; i < v->head->funcs.count; i++) {
		w.func = &v->funcs[i];
		if (!func_check(&w))
			return AZ_REFUSE_CODE;
	}
	return AZ_REFUSE_NONE;
}
