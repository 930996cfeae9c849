/* What an instruction may name: registers and memory. */
#include "verify/code_walk.h"

#include "abi/layout.h"

enum { RETURN_SIZE = 8, RSP_IMM_ALIGN = 8 };

int64_t code_target(const struct code_walk *w)
{
	return (int64_t)AZ_TEXT_BASE + w->func->off + w->at + w->insn.len +
	       w->insn.imm;
}

/* add or sub of an immediate to all of rsp: its effect is checked later. */
static bool moves_rsp(const struct x86_insn *in)
{
	return (in->kind == X86_ADD || in->kind == X86_SUB) && in->size == 8 &&
	       in->rm.class == X86_GPR && in->rm.num == X86_RSP;
}

static bool reg_check(struct code_walk *w, const struct x86_reg *reg)
{
	if (reg->class != X86_GPR && reg->class != X86_GPR8)
		return true;
	if (reg->high)
		return true;
	CODE_REQUIRE(w, reg->num != X86_R15, V4, "names r15");
	if (reg->num != X86_RSP)
		return true;
	CODE_REQUIRE(w, !reg->written, V5, "writes rsp");
	CODE_REQUIRE(w, false, V7, "takes the value of rsp");
}

/* Own frame, or arguments that the caller pushed; never the return slot. */
static bool frame_check(struct code_walk *w)
{
	const struct x86_insn *in = &w->insn;
	int64_t from = in->disp, end = from + in->width;
	int64_t args = (int64_t)w->depth + RETURN_SIZE;

	CODE_REQUIRE(w, in->index == X86_NO_REG, V2, "rsp with an index");
	CODE_REQUIRE(w, from >= 0, V6, "below the stack pointer");
	if (end <= (int64_t)w->depth)
		return true;
	CODE_REQUIRE(w, from >= args, V6, "outside the own frame");
	CODE_REQUIRE(w, end <= args + w->func->stack_args, V6,
	    "behind the own arguments");
	return true;
}

static bool within(int64_t at, uint32_t width, uint32_t base, uint32_t size)
{
	return at >= base && at + width <= (int64_t)base + size;
}

static bool rip_check(struct code_walk *w)
{
	const struct az_image_head *head = w->v->head;
	const struct x86_insn *in = &w->insn;
	int64_t at =
	    (int64_t)AZ_TEXT_BASE + w->func->off + w->at + in->len + in->disp;

	if (within(at, in->width, AZ_DATA_BASE, head->data_mem_size))
		return true;
	CODE_REQUIRE(w,
	    within(at, in->width, AZ_RODATA_BASE, head->rodata.count), V2,
	    "outside the own data");
	CODE_REQUIRE(w, !in->stores, V2, "writes constants");
	return true;
}

/* disp(%r15,index), where this straight run of code last wrote the index as
 * 32 bits. */
static bool window_check(struct code_walk *w)
{
	const struct x86_insn *in = &w->insn;

	CODE_REQUIRE(w, in->index != X86_NO_REG, V2, "r15 without an index");
	CODE_REQUIRE(w, in->scale == 0, V2, "the index is scaled");
	CODE_REQUIRE(w, in->disp >= 0, V2, "negative displacement");
	CODE_REQUIRE(w, w->clean >> in->index & 1, V2,
	    "the index was not zero-extended in this straight run");
	w->index = in->index;
	return true;
}

static bool memory_check(struct code_walk *w)
{
	const struct x86_insn *in = &w->insn;

	if (in->mode == X86_RIP)
		return rip_check(w);
	CODE_REQUIRE(w, in->mode == X86_BASED, V2, "absolute address");
	if (in->base == X86_RSP)
		return frame_check(w);
	CODE_REQUIRE(
	    w, in->base == X86_R15, V2, "based on a register of the module");
	return window_check(w);
}

/* lea accesses nothing, but it must not let r15 or rsp out. */
static bool lea_check(struct code_walk *w)
{
	const struct x86_insn *in = &w->insn;

	if (in->mode != X86_BASED && in->mode != X86_ABSOLUTE)
		return true;
	CODE_REQUIRE(w, in->base != X86_RSP, V7, "takes a local's address");
	CODE_REQUIRE(w, in->base != X86_R15 && in->index != X86_R15, V4,
	    "takes the value of r15");
	return true;
}

bool code_operands_check(struct code_walk *w)
{
	const struct x86_insn *in = &w->insn;

	w->index = X86_NO_REG;
	if (!reg_check(w, &in->reg))
		return false;
	if (moves_rsp(in))
		CODE_REQUIRE(w, in->imm % RSP_IMM_ALIGN == 0, V5,
		    "moves rsp by part of a slot");
	else if (!reg_check(w, &in->rm))
		return false;
	if (in->mode == X86_NO_MEM)
		return true;
	return in->kind == X86_LEA ? lea_check(w) : memory_check(w);
}
