#include "test/judge_code.h"

#include <stdbool.h>
#include <string.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "test/raw_code.h"
#include "verify/image.h"
#include "verify/x86_64/decode.h"

enum { UNSEEN = -1, RETURN_SIZE = 8, REGISTERS = 6, GPRS = 16 };

/* Control comes to `to`. */
struct edge {
	uint32_t to;
	int32_t depth;
	uint16_t clean; /* registers that are below 2^32 */
};

static struct {
	const struct image_view *v;
	const struct az_func *f;
	const uint8_t *text;                /* of f */
	struct x86_insn in[JUDGE_TEXT_MAX]; /* len 0: none starts here */
	int32_t depth[JUDGE_TEXT_MAX];
	uint16_t clean[JUDGE_TEXT_MAX]; /* on every way seen so far */
	struct edge edges[2 * (GPRS + 1) * JUDGE_TEXT_MAX];
	uint32_t edge_count;
} j;

/* Where the byte behind the instruction at `at` lies in the slot. */
static int64_t behind(uint32_t at)
{
	return (int64_t)AZ_TEXT_BASE + j.f->off + at + j.in[at].len;
}

static bool lies_in(int64_t at, int64_t width, int64_t base, int64_t size)
{
	return at >= base && at + width <= base + size;
}

/* --- One instruction -------------------------------------------------------- */
static const char *frame_wrong(const struct x86_insn *in, int64_t depth)
{
	int64_t args = depth + RETURN_SIZE;

	if (in->index != X86_NO_REG)
		return "rsp is not the only register of an address";
	if (lies_in(in->disp, in->width, 0, depth) ||
	    lies_in(in->disp, in->width, args, j.v->sigs[j.f->sig].stack_args))
		return NULL;
	return "an access to the stack outside the frame";
}

static const char *linear_wrong(const struct x86_insn *in, const struct edge *e)
{
	const uint64_t last =
	    AZ_MEMORY_BASE + 0xffffffffull + (uint32_t)in->disp + in->width;

	if (in->base != X86_R15 || in->index == X86_NO_REG || in->scale != 0)
		return "an address of another form";
	if (in->disp < 0 || last > AZ_SLOT_SIZE)
		return "an address that leaves the slot";
	if (!(e->clean >> in->index & 1))
		return "an index that may be 2^32 or more";
	return NULL;
}

static const char *memory_wrong(const struct edge *e)
{
	const struct x86_insn *in = &j.in[e->to];
	const struct az_image_head *head = j.v->head;
	int64_t at = behind(e->to) + in->disp;

	if (in->mode == X86_NO_MEM)
		return NULL;
	if (in->kind == X86_LEA) {
		if (in->mode != X86_RIP &&
		    (in->base == X86_RSP || in->base == X86_R15 ||
			in->index == X86_R15))
			return "the value of rsp or r15 is taken";
		return NULL;
	}
	if (in->mode == X86_RIP) {
		if (lies_in(at, in->width, AZ_DATA_BASE, head->data_mem_size) ||
		    (lies_in(
			 at, in->width, AZ_RODATA_BASE, head->rodata.count) &&
			!in->stores))
			return NULL;
		return "an access outside the own data";
	}
	if (in->mode == X86_BASED && in->base == X86_RSP)
		return frame_wrong(in, e->depth);
	return linear_wrong(in, e);
}

static const char *registers_wrong(const struct x86_insn *in, bool moves_rsp)
{
	const struct x86_reg *regs[] = { &in->reg, &in->rm };

	for (int i = 0; i < 2; i++) {
		if (regs[i]->class != X86_GPR && regs[i]->class != X86_GPR8)
			continue;
		if (regs[i]->high)
			continue;
		if (regs[i]->num == X86_R15)
			return "r15 is named";
		if (regs[i]->num == X86_RSP && !moves_rsp)
			return "rsp is named";
	}
	return NULL;
}

/* --- Calls ------------------------------------------------------------------ */
static const bool helper_returns[] = {
#define AZ_X(sym, name, type, returns) [sym] = (returns),
	AZ_HELPERS(AZ_X)
#undef AZ_X
};

/* Slots of the stack that so many arguments in integer registers need. */
static uint32_t spilled(uint32_t ints)
{
	return ints > REGISTERS ? ints - REGISTERS : 0;
}

static uint32_t thunk_bytes(const struct az_sig *sig)
{
	uint32_t ints = 0;

	for (uint32_t i = 0; i < sig->param_count; i++)
		ints += sig->types[i] != AZ_F32 && sig->types[i] != AZ_F64;
	return sig->stack_args + 8 * (spilled(ints + 1) - spilled(ints));
}

/* What the call to `target` needs on the stack; UNSEEN: nothing is there. */
static int64_t call_needs(int64_t target, bool *returns)
{
	const struct az_image_head *head = j.v->head;
	const struct az_sig *sigs = j.v->sigs;

	*returns = true;
	for (uint32_t i = 0; i < head->funcs.count; i++) {
		if (target == (int64_t)AZ_TEXT_BASE + j.v->funcs[i].off)
			return sigs[j.v->funcs[i].sig].stack_args;
	}
	for (uint32_t i = 0; i < head->imports.count; i++) {
		if (target == AZ_IMPORT_BASE + (int64_t)AZ_IMPORT_STRIDE * i)
			return sigs[j.v->imports[i].sig].stack_args;
	}
	for (uint32_t i = 0; i < AZ_HELP_COUNT; i++) {
		*returns = helper_returns[i];
		if (target == AZ_HELPER_BASE + (int64_t)AZ_HELPER_STRIDE * i)
			return 0;
	}
	*returns = true;
	for (uint32_t table = 0; table < head->tables.count; table++) {
		for (uint32_t i = 0; i < head->sigs.count; i++) {
			int64_t thunk = (int64_t)table * head->sigs.count + i;

			if (target == AZ_THUNK_BASE + AZ_THUNK_STRIDE * thunk)
				return thunk_bytes(&sigs[i]);
		}
	}
	return UNSEEN;
}

/* --- Following control ------------------------------------------------------ */
static void go(int64_t to, int32_t depth, uint16_t clean)
{
	j.edges[j.edge_count++] = (struct edge){
		.to = to < 0 || to > j.f->len ? j.f->len : (uint32_t)to,
		.depth = depth,
		.clean = clean,
	};
}

/* Push the edges that leave the instruction that e came to. */
static const char *leave(const struct edge *e, int32_t depth, uint16_t clean)
{
	const struct x86_insn *in = &j.in[e->to];
	uint8_t kind = in->kind;
	bool returns = true;
	int64_t needs;

	if (kind == X86_RET)
		return depth == 0 ? NULL : "a return from within the frame";
	if (kind == X86_CALL) {
		needs = call_needs(behind(e->to) + in->imm, &returns);
		if (needs < 0)
			return "a call into nowhere";
		if (depth < needs)
			return "a call without its arguments";
	}
	if (kind == X86_JMP || kind == X86_JCC)
		go((int64_t)e->to + in->len + in->imm, depth, clean);
	if (kind != X86_JMP && returns)
		go((int64_t)e->to + in->len, depth, clean);
	return NULL;
}

static const char *arrive(const struct edge *e)
{
	const struct x86_insn *in = &j.in[e->to];
	struct raw_code raw;
	const char *wrong;
	int64_t depth;
	int32_t by = 0;
	bool moves_rsp;
	uint16_t clean;

	if (e->to >= j.f->len || in->len == 0)
		return "control leaves the function or its instructions";
	wrong = memory_wrong(e);
	if (wrong != NULL)
		return wrong;
	if (j.depth[e->to] != UNSEEN && j.depth[e->to] != e->depth)
		return "two depths of the stack";
	clean = e->clean & j.clean[e->to];
	if (j.depth[e->to] != UNSEEN && clean == j.clean[e->to])
		return NULL;
	j.depth[e->to] = e->depth;
	j.clean[e->to] = clean;
	raw = raw_code_read(j.text + e->to, in->len);
	if (raw_code_forbidden(&raw))
		return "a forbidden instruction";
	moves_rsp = raw_code_moves_rsp(&raw, j.text + e->to, &by);
	wrong = registers_wrong(in, moves_rsp);
	if (wrong != NULL)
		return wrong;
	by += raw_code_pushes(&raw);
	depth = (int64_t)e->depth + by;
	if (depth < 0 || depth > AZ_FRAME_MAX)
		return "rsp leaves the frame";
	return leave(
	    e, (int32_t)depth, raw_code_clean(&raw, j.text + e->to, clean));
}

/* Every byte belongs to one instruction, which has all of its bytes. */
static const char *split(void)
{
	struct x86_insn cut;

	for (uint32_t i = 0; i < j.f->len; i++) {
		j.in[i].len = 0;
		j.depth[i] = UNSEEN;
		j.clean[i] = UINT16_MAX;
	}
	for (uint32_t at = 0; at < j.f->len; at += j.in[at].len) {
		if (!x86_decode(&j.in[at], j.text + at, j.f->len - at))
			return "an instruction that does not decode";
		if (j.in[at].len > 1 &&
		    x86_decode(&cut, j.text + at, j.in[at].len - 1u))
			return "an instruction that decodes without its end";
	}
	return NULL;
}

static const char *func_wrong(void)
{
	const char *wrong = split();
	struct edge e;

	j.edge_count = 0;
	go(0, 0, 0);
	while (wrong == NULL && j.edge_count > 0) {
		e = j.edges[--j.edge_count];
		wrong = arrive(&e);
	}
	return wrong;
}

const char *judge_code(const struct image_view *v)
{
	const char *wrong = NULL;
	uint32_t end = 0;

	j.v = v;
	if (v->head->text.count > JUDGE_TEXT_MAX)
		return "more text than the judge reads";
	for (uint32_t i = 0; wrong == NULL && i < v->head->funcs.count; i++) {
		j.f = &v->funcs[i];
		j.text = v->text + j.f->off;
		if (j.f->off != end || j.f->len == 0 ||
		    j.f->len > v->head->text.count - end)
			return "functions that do not cover the text";
		end += j.f->len;
		wrong = func_wrong();
	}
	if (wrong == NULL && end != v->head->text.count)
		return "text without a function";
	return wrong;
}
