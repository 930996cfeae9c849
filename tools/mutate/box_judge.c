#include "box_judge.h"

#include <string.h>
#include <sys/wait.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "chance.h"
#include "verify/x86_64/decode.h"

enum {
	SLOT = 8,
	INT_REGISTERS = 6,
	FLAGS_BAD = 0x44500, /* trap, direction, nested task, alignment */
	SYSCALL_STOP = SIGTRAP | 0x80,
};

static bool escaped(struct box_result *result, const char *why)
{
	result->end = BOX_ESCAPED;
	result->why = why;
	return false;
}

static bool ended(struct box_result *result, enum box_end end)
{
	result->end = end;
	return false;
}

uint64_t box_judge_pointer(struct chance *chance)
{
	static const uint64_t pointers[] = { 0, AZ_STUB_BASE, AZ_DATA_BASE,
		AZ_RODATA_BASE, AZ_TEXT_BASE, AZ_KEPT_END, AZ_STACK_LIMIT,
		AZ_STACK_TOP - AZ_PAGE_SIZE, AZ_MEMORY_BASE, AZ_SLOT_SIZE };
	uint64_t at = pointers[chance_below(
	    chance, sizeof(pointers) / sizeof(*pointers))];

	at += chance_below(chance, AZ_PAGE_SIZE / SLOT) * SLOT;
	/* As an address, or as an index behind the memory's. */
	return chance_below(chance, 2) ? BOX_SLOT + at : at - AZ_MEMORY_BASE;
}

uint64_t box_judge_word(struct chance *chance)
{
	uint64_t word = chance_next(chance);

	switch (chance_below(chance, 6)) {
	case 0:
		return word & 0xfff;
	case 1:
		return (uint32_t)word;
	case 2:
		return word | 1ull << 63;
	case 3:
		return 0 - (word & 0xffffffff);
	case 4:
		return box_judge_pointer(chance);
	default:
		return word;
	}
}

static uint64_t stack_word(const struct box_judge *j, uint64_t disp)
{
	uint64_t word;

	memcpy(&word, j->stack + (disp - j->stack_base), sizeof(word));
	return word;
}

bool box_judge_slot_holds(const struct box_judge *j)
{
	return stack_word(j, j->return_slot) ==
	       BOX_SLOT + AZ_HELPER_BASE +
		   (uint64_t)AZ_HELPER_STRIDE * BOX_RETURN;
}

static bool is_boundary(const struct box_judge *j, uint64_t rip)
{
	uint64_t off = rip - BOX_SLOT - AZ_TEXT_BASE;
	const struct az_func *f;
	struct x86_insn in;
	uint32_t at;

	if (off >= j->v->head->text.count)
		return false;
	f = image_func_at(j->v, (uint32_t)off);
	for (at = f->off; at < off; at += in.len) {
		if (!x86_decode(&in, j->v->text + at, f->off + f->len - at))
			return false;
	}
	return at == off;
}

/* Control comes back from the kernel: registers of the callee's are lost. */
static bool come_back(struct box_judge *j, struct user_regs_struct *regs,
    struct box_result *result, struct chance *chance)
{
	uint64_t sp = regs->rsp - BOX_SLOT;

	if (sp < j->stack_base)
		return ended(result, BOX_GUARD);
	regs->rip = stack_word(j, sp);
	regs->rsp += SLOT;
	regs->rax = box_judge_word(chance);
	regs->rcx = box_judge_word(chance);
	regs->rdx = box_judge_word(chance);
	regs->rsi = box_judge_word(chance);
	regs->rdi = box_judge_word(chance);
	regs->r8 = box_judge_word(chance);
	regs->r9 = box_judge_word(chance);
	regs->r10 = box_judge_word(chance);
	regs->r11 = box_judge_word(chance);
	regs->orig_rax = UINT64_MAX;
	if (!is_boundary(j, regs->rip))
		return escaped(result, "a stub was not called");
	return true;
}

/* The thunk of a signature: some function of that type. */
static bool pass_thunk(struct box_judge *j, uint32_t sig,
    struct user_regs_struct *regs, struct box_result *result,
    struct chance *chance)
{
	uint32_t count = j->v->head->funcs.count;
	uint32_t first = chance_below(chance, count);

	for (uint32_t i = 0; i < count; i++) {
		const struct az_func *f = &j->v->funcs[(first + i) % count];

		if (f->sig != sig)
			continue;
		regs->rip = BOX_SLOT + AZ_TEXT_BASE + f->off;
		regs->orig_rax = UINT64_MAX;
		return true;
	}
	return ended(result, BOX_LEFT);
}

static uint32_t index_words(const struct az_sig *sig)
{
	uint32_t ints = 0;

	for (uint32_t i = 0; i < sig->param_count; i++)
		ints += !image_is_float(sig->types[i]);
	return ints >= INT_REGISTERS ? SLOT : 0;
}

/* At a call of a stub: were the arguments pushed, above the return address
 * and below the first one? */
static bool args_fit(const struct box_judge *j,
    const struct user_regs_struct *regs, uint32_t bytes)
{
	return regs->rsp - BOX_SLOT + SLOT + bytes <= j->return_slot;
}

static bool judge_helper(struct box_judge *j, uint32_t index,
    struct user_regs_struct *regs, struct box_result *result,
    struct chance *chance)
{
	static const bool returns[] = {
#define AZ_X(sym, name, type, returns) [sym] = (returns),
		AZ_HELPERS(AZ_X)
#undef AZ_X
	};

	if (index == BOX_RETURN) {
		if (regs->rsp - BOX_SLOT != j->return_slot + SLOT)
			return escaped(result, "returned at another depth");
		return ended(result, BOX_RETURNED);
	}
	if (index >= AZ_HELP_COUNT)
		return escaped(result, "no such helper");
	if (!args_fit(j, regs, 0))
		return escaped(result, "stub called from outside a frame");
	if (!returns[index])
		return ended(result, BOX_LEFT);
	return come_back(j, regs, result, chance);
}

/* An instruction fetch outside text: a stub, or an escape. */
static bool judge_fetch(struct box_judge *j, uint64_t disp,
    struct user_regs_struct *regs, struct box_result *result,
    struct chance *chance)
{
	const struct az_image_head *h = j->v->head;
	uint64_t import = disp - AZ_IMPORT_BASE, thunk = disp - AZ_THUNK_BASE;
	const struct az_sig *sig;

	if (disp >= AZ_HELPER_BASE && disp < AZ_IMPORT_BASE &&
	    disp % AZ_HELPER_STRIDE == 0)
		return judge_helper(j,
		    (uint32_t)(disp - AZ_HELPER_BASE) / AZ_HELPER_STRIDE, regs,
		    result, chance);
	if (import % AZ_IMPORT_STRIDE == 0 &&
	    import / AZ_IMPORT_STRIDE < h->imports.count) {
		sig = &j->v->sigs[j->v->imports[import / AZ_IMPORT_STRIDE].sig];
		if (!args_fit(j, regs, sig->stack_args))
			return escaped(result, "arguments were not pushed");
		return come_back(j, regs, result, chance);
	}
	if (thunk % AZ_THUNK_STRIDE != 0 ||
	    thunk / AZ_THUNK_STRIDE >= h->tables.count * h->sigs.count)
		return escaped(result, "control left the text");
	thunk = thunk / AZ_THUNK_STRIDE % h->sigs.count;
	sig = &j->v->sigs[thunk];
	if (!args_fit(j, regs, sig->stack_args + index_words(sig)))
		return escaped(result, "arguments were not pushed");
	return pass_thunk(j, (uint32_t)thunk, regs, result, chance);
}

static uint64_t reg_value(const struct user_regs_struct *r, uint8_t num)
{
	const uint64_t values[] = { r->rax, r->rcx, r->rdx, r->rbx, r->rsp,
		r->rbp, r->rsi, r->rdi, r->r8, r->r9, r->r10, r->r11, r->r12,
		r->r13, r->r14, r->r15, 0 };

	return values[num];
}

/* A general protection fault has no address: it is one of alignment when an
 * instruction of ours names 16 bytes inside the slot that are not aligned. */
static bool is_misaligned(
    const struct box_judge *j, const struct user_regs_struct *regs)
{
	uint64_t off = regs->rip - BOX_SLOT - AZ_TEXT_BASE, at;
	struct x86_insn in;

	if (!x86_decode(&in, j->v->text + off, j->v->head->text.count - off) ||
	    in.mode == X86_NO_MEM || in.mode == X86_ABSOLUTE || in.width != 16)
		return false;
	at = in.mode == X86_RIP ? regs->rip + in.len
				: reg_value(regs, in.base) +
				      (reg_value(regs, in.index) << in.scale);
	at += (uint64_t)(int64_t)in.disp;
	return at % 16 != 0 && at - BOX_SLOT < AZ_SLOT_SIZE;
}

static bool judge_fault(struct box_judge *j, const siginfo_t *info,
    struct user_regs_struct *regs, struct box_result *result,
    struct chance *chance)
{
	uint64_t disp = (uintptr_t)info->si_addr - BOX_SLOT;

	if (info->si_code == SI_KERNEL && is_boundary(j, regs->rip))
		return is_misaligned(j, regs)
			   ? ended(result, BOX_CPU)
			   : escaped(result, "general protection fault");
	if ((uintptr_t)info->si_addr == regs->rip)
		return judge_fetch(j, disp, regs, result, chance);
	if (!is_boundary(j, regs->rip))
		return escaped(result, "ran in the middle of an instruction");
	if (disp >= AZ_MEMORY_BASE + j->memory_size && disp < AZ_SLOT_SIZE)
		return ended(result, BOX_GUARD);
	if (disp >= AZ_STACK_LIMIT && disp < j->stack_base)
		return ended(result, BOX_GUARD);
	return escaped(result, "an access outside the own regions");
}

/* What must hold whenever module code is interrupted. */
static const char *broken_invariant(
    const struct box_judge *j, const struct user_regs_struct *regs)
{
	uint64_t sp = regs->rsp - BOX_SLOT;

	if (regs->r15 != BOX_SLOT + AZ_MEMORY_BASE)
		return "r15 has changed";
	if (sp > j->return_slot + SLOT ||
	    sp < j->stack_base - AZ_FRAME_MAX - SLOT || sp % SLOT != 0)
		return "rsp has left the stack";
	if (regs->fs_base != 0 || regs->gs_base != 0)
		return "a segment base has changed";
	if (regs->eflags & FLAGS_BAD)
		return "a control flag has changed";
	return NULL;
}

bool box_judge_stop(struct box_judge *j, struct box_result *result, int status,
    const siginfo_t *info, struct user_regs_struct *regs, struct chance *chance)
{
	const char *broken;

	if (!WIFSTOPPED(status))
		return escaped(result, "the process is gone");
	broken = broken_invariant(j, regs);
	if (broken != NULL)
		return escaped(result, broken);
	switch (WSTOPSIG(status)) {
	case SYSCALL_STOP:
		return escaped(result, "a system call");
	case SIGUSR1:
		/* Between a jump and the fault of its target: see that. */
		if (regs->rip - BOX_SLOT - AZ_TEXT_BASE >=
		    j->v->head->text.count)
			return true;
		if (!is_boundary(j, regs->rip))
			return escaped(
			    result, "ran in the middle of an instruction");
		return ended(result, BOX_BOUND);
	case SIGSEGV:
		return judge_fault(j, info, regs, result, chance);
	case SIGFPE:
		return info->si_code == FPE_INTDIV && is_boundary(j, regs->rip)
			   ? ended(result, BOX_CPU)
			   : escaped(result, "a floating-point exception");
	case SIGILL:
		return escaped(result, "an undefined instruction");
	default:
		return escaped(result, "a signal that no code should raise");
	}
}
