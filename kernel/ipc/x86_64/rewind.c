#include "ipc/gate.h"

#include "abi/layout.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "ipc/x86_64/gate.h"
#include "task/domain.h"
#include "task/record.h"
#include "wasm/stub.h"

/* In struct trap_frame. */
enum { RBX = 1, RBP = 6, R11 = 10, R12, R13, R14, R15 };

/* Of the integer arguments, in order. */
static const uint8_t arg_reg[INT_ARGS] = { 5, 4, 3, 2, 7, 8 };

/* A handle was taken out, `moves` of the arguments behind it moved down. */
static void unshift(struct trap_frame *f, const struct gate *g, uint64_t moves)
{
	if (moves > INT_ARGS - 1)
		moves = INT_ARGS - 1;
	for (uint64_t i = moves; i > 0; i--)
		f->reg[arg_reg[i]] = f->reg[arg_reg[i - 1]];
	if (moves > 0)
		f->reg[arg_reg[0]] = g->known;
}

/* Back to the import's stub, as if it had not been left. */
static void rewind_call(struct trap_frame *f)
{
	const struct gate *g = (const struct gate *)(uintptr_t)f->reg[R11];
	uint64_t shift = (uint64_t)(uintptr_t)gate_shift, slot;

	if (f->rip >= (uint64_t)(uintptr_t)gate_pushed) {
		struct record *r = --cpu_local()->record;

		g = r->gate;
		if (g->callee->entered == r)
			g->callee->entered = NULL;
		f->rsp = r->sp;
		f->reg[RBX] = r->rbx;
		f->reg[RBP] = r->rbp;
		f->reg[R12] = r->r12;
		f->reg[R13] = r->r13;
		f->reg[R14] = r->r14;
		f->reg[R15] = g->home;
	}
	if (g->flags & GATE_HANDLE && f->rip > shift)
		unshift(f, g, (f->rip - shift) / GATE_SHIFT_LEN);
	slot = g->home - AZ_MEMORY_BASE;
	f->rip = slot + AZ_IMPORT_BASE +
		 ((uint64_t)(uintptr_t)g - slot - AZ_GATE_BASE) /
		     sizeof(struct gate) * AZ_IMPORT_STRIDE;
}

/* Back to the callee, which is about to return: to where the kernel looks who
 * waits, for somebody may by then. */
static void rewind_return(struct trap_frame *f)
{
	struct record *r = cpu_local()->record;
	const struct gate *g;

	if (f->rip >= (uint64_t)(uintptr_t)gate_popped)
		cpu_local()->record = ++r;
	r--;
	g = r->gate;
	g->callee->entered = r;
	f->reg[R15] = g->memory;
	f->rsp = domain_stack(g->callee);
	f->rip = g->callee->slot + AZ_HELPER_BASE +
		 (uint64_t)AZ_HELPER_STRIDE * STUB_GATE_RETURN;
}

void gate_rewind(struct trap_frame *f)
{
	uint64_t first = (uint64_t)(uintptr_t)gate_first;

	if (f->rip < first || f->rip >= (uint64_t)(uintptr_t)gate_end)
		return;
	if (f->rip < (uint64_t)(uintptr_t)gate_return)
		rewind_call(f);
	else
		rewind_return(f);
}
