#include "ipc/gate.h"

#include "abi/layout.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "base/mem.h"
#include "ipc/gate_impl.h"
#include "ipc/turn.h"
#include "ipc/x86_64/gate.h"
#include "task/domain.h"
#include "task/record.h"
#include "task/sched.h"
#include "wasm/stub.h"

/* In struct trap_frame. */
enum { RAX, RBX, RBP = 6, R11 = 10, R12, R13, R14, R15 };

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

/* All that a record has. */
static void restore(struct trap_frame *f, const struct record *r, uint64_t home)
{
	f->rsp = r->sp;
	f->reg[RBX] = r->rbx;
	f->reg[RBP] = r->rbp;
	f->reg[R12] = r->r12;
	f->reg[R13] = r->r13;
	f->reg[R14] = r->r14;
	f->reg[R15] = home;
}

/* Back to the import's stub, as if it had not been left. */
static void rewind_call(struct trap_frame *f, const struct gate *g)
{
	uint64_t shift = gate_label(gate_shift);

	if (f->rip >= gate_label(gate_pushed)) {
		struct record *r = --cpu_local()->record;

		g = r->gate;
		if (g->callee->entered == r)
			g->callee->entered = NULL;
		restore(f, r, g->home);
	}
	if (g->flags & GATE_HANDLE && f->rip > shift)
		unshift(f, g, (f->rip - shift) / GATE_SHIFT_LEN);
	f->rip = g->stub;
}

/* Back to the callee, which is about to return: to where the kernel looks who
 * waits, for somebody may by then. */
static void rewind_return(struct trap_frame *f)
{
	struct record *r = cpu_local()->record;
	const struct gate *g;

	if (f->rip >= gate_label(gate_popped))
		cpu_local()->record = ++r;
	r--;
	g = r->gate;
	g->callee->entered = r;
	f->reg[R15] = g->memory;
	f->rsp = domain_stack(g->callee);
	f->rip = g->callee->slot + AZ_HELPER_BASE +
		 (uint64_t)AZ_HELPER_STRIDE * STUB_GATE_RETURN;
}

/* On to what the thread that is current now does behind its own turn. */
static void finish_turn(struct trap_frame *f)
{
	memset(f->reg, 0, sizeof(f->reg));
	f->reg[RAX] = 1;
	restore(f, cpu_local()->record, (uint64_t)sched_domain()->memory);
	f->rip = *(const uint64_t *)f->rsp;
	f->rsp += sizeof(f->rip);
}

static bool within(
    const struct trap_frame *f, const char *first, const char *end)
{
	return f->rip >= gate_label(first) && f->rip < gate_label(end);
}

void gate_rewind(struct trap_frame *f)
{
	const struct gate *g = (const struct gate *)f->reg[R11];

	if (within(f, gate_first, gate_return))
		rewind_call(f, g);
	else if (within(f, gate_return, gate_end))
		rewind_return(f);
	else if (within(f, gate_turn_clean, gate_turned))
		f->rip = g->stub;
	else if (within(f, gate_turned, gate_turn_end))
		finish_turn(f);
	turn_settle();
}
