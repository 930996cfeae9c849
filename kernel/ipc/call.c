#include "ipc/call.h"

#include <stddef.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "base/panic.h"
#include "ipc/gate.h"
#include "ipc/turn.h"
#include "task/domain.h"
#include "task/memory.h"
#include "task/sched.h"
#include "task/tables.h"
#include "verify/image.h"
#include "wasm/stub.h"
#include "wasm/table.h"

_Static_assert(offsetof(struct cpu_local, record) == 0, "entry.S");
_Static_assert(THREAD_ALIGN == 2048, "entry.S");
_Static_assert(offsetof(struct call_frame, module_sp) == 56, "entry.S");

enum { CALL_ARGS_MAX = 10, CALL_REGS = 6 };

static call_fn *const *host_table;
static call_trap_fn *trap_hook;
static call_ready_fn *ready_hook;

/* "ii:i" and the like, by enum az_call. */
#define X(sym, module, name, type, grant) type,
static const char *const types[AZ_CALL_COUNT] = { AZ_CALLS };
#undef X
static bool is_narrow[AZ_CALL_COUNT]; /* all i32, in registers */

void call_init(call_fn *const table[AZ_CALL_COUNT], call_trap_fn *on_trap,
    call_ready_fn *on_ready)
{
	for (uint32_t i = 0; i < AZ_CALL_COUNT; i++) {
		uint32_t n = 0;

		while (types[i][n] == 'i')
			n++;
		is_narrow[i] = types[i][n] == ':' && n <= CALL_REGS;
	}
	host_table = table;
	trap_hook = on_trap;
	ready_hook = on_ready;
}

/* The arguments of a call as 64-bit words, i32 without the upper half that
 * the ABI leaves undefined. */
static void decode(uint64_t *arg, const struct call_frame *frame, uint32_t call)
{
	const uint64_t *stack = (const uint64_t *)(frame->module_sp + 8);
	const char *type = types[call];

	if (is_narrow[call]) {
#pragma GCC unroll 6
		for (uint32_t i = 0; i < CALL_REGS; i++)
			arg[i] = (uint32_t)frame->reg[i];
		return;
	}
	for (uint32_t i = 0; type[i] != ':'; i++) {
		uint64_t word =
		    i < CALL_REGS ? frame->reg[i] : stack[i - CALL_REGS];

		arg[i] = type[i] == 'i' ? (uint32_t)word : word;
	}
}

void call_trap(uint64_t sp, uint32_t trap)
{
	uint64_t rip = *(const uint64_t *)sp;

	if (trap_hook != NULL)
		trap_hook(sched_domain(), trap, rip, sp + 8);
	sched_trap(trap);
}

_Noreturn static void trap_caller(const struct call_frame *frame, uint32_t trap)
{
	call_trap(frame->module_sp, trap);
}

/* Why thunk esi refused index edi. */
static uint32_t indirect_trap(struct domain *d, const struct call_frame *f)
{
	uint32_t table = (uint32_t)f->reg[1] / d->image->head->sigs.count;
	const struct table_entry *entry =
	    tables_at(d, table, (uint32_t)f->reg[0], 1);

	if (entry == NULL)
		return AZ_TRAP_UNDEFINED;
	return entry->tag == 0 ? AZ_TRAP_INDIRECT_NULL : AZ_TRAP_INDIRECT_TYPE;
}

/* Enter function ref of d's text on an empty stack; it returns to
 * STUB_RETURN. */
_Noreturn static void enter(struct domain *d, uint64_t text_off)
{
	uint64_t sp = domain_stack(d) - 8;

	*(uint64_t *)sp =
	    d->slot + AZ_HELPER_BASE + (uint64_t)AZ_HELPER_STRIDE * STUB_RETURN;
	context_enter_module(
	    d->slot + AZ_TEXT_BASE + text_off, sp, (uint64_t)d->memory);
}

_Noreturn static void serve(struct domain *d)
{
	if (ready_hook != NULL)
		ready_hook(d);
	gate_park();
}

_Noreturn static void enter_main(struct domain *d)
{
	const struct az_export *first = d->image->main;

	d->entered_main = true;
	if (first == NULL)
		serve(d);
	enter(d, d->image->funcs[first->index].off);
}

/* What the thread was entered for has returned. */
_Noreturn static void leave(struct domain *d)
{
	if (!d->entered_main)
		enter_main(d);
	if (!d->image->command)
		serve(d);
	sched_exit(0);
}

void call_begin(void)
{
	struct domain *d = sched_domain();
	uint32_t start = d->image->head->start_func;

	sched_way_out();
	if (start != AZ_NONE)
		enter(d, d->image->funcs[start].off);
	enter_main(d);
}

static uint64_t helper(struct domain *d, const struct call_frame *f)
{
	uint32_t arg[TABLES_ARGS], result = 0, trap = AZ_TRAP_OOB;
	bool inside;

	for (uint32_t i = 0; i < TABLES_ARGS; i++)
		arg[i] = (uint32_t)f->reg[i];
	switch ((uint32_t)f->number) {
	case AZ_HELP_MEM_SIZE:
		return d->memory_size / AZ_WASM_PAGE;
	case AZ_HELP_MEM_GROW:
		return memory_grow(d, arg[0]);
	case AZ_HELP_MEM_FILL:
		inside = memory_fill(d, arg[0], arg[1], arg[2]);
		break;
	case AZ_HELP_MEM_COPY:
		inside = memory_copy(d, arg[0], arg[1], arg[2]);
		break;
	case AZ_HELP_MEM_INIT:
		inside = memory_init(d, arg[0], arg[1], arg[2], arg[3]);
		break;
	case AZ_HELP_DATA_DROP:
		memory_drop(d, arg[0]);
		return 0;
	case AZ_HELP_TRAP_UNREACHABLE:
		trap_caller(f, AZ_TRAP_UNREACHABLE);
	case AZ_HELP_TRAP_OOB:
		trap_caller(f, AZ_TRAP_OOB);
	case AZ_HELP_TRAP_INT_OVERFLOW:
		trap_caller(f, AZ_TRAP_INT_OVERFLOW);
	case AZ_HELP_TRAP_DIV_BY_ZERO:
		trap_caller(f, AZ_TRAP_DIV_BY_ZERO);
	case AZ_HELP_TRAP_INVALID_CONVERSION:
		trap_caller(f, AZ_TRAP_INVALID_CONVERSION);
	case AZ_HELP_TABLE_GET ... AZ_HELP_ELEM_DROP:
		inside = tables_op(d, (uint32_t)f->number, arg, &result);
		trap = AZ_TRAP_TABLE_OOB;
		break;
	case STUB_INDIRECT:
		trap_caller(f, indirect_trap(d, f));
	case STUB_RETURN:
		leave(d);
	default:
		panic("a stub named a helper that does not exist");
	}
	if (!inside)
		trap_caller(f, trap);
	return result;
}

uint64_t call_dispatch(const struct call_frame *frame)
{
	struct domain *d = sched_domain();
	uint32_t number = (uint32_t)frame->number;
	uint64_t arg[CALL_ARGS_MAX], result;

	turn_settle();
	if (number == STUB_CALL_RETURN)
		gate_leave(frame->reg[0]);
	if (number < STUB_CALL_HOST) {
		result = helper(d, frame);
	} else {
		invariant(number - STUB_CALL_HOST < AZ_CALL_COUNT);
		number -= STUB_CALL_HOST;
		decode(arg, frame, number);
		result = host_table[number](d, arg);
		d->watch.heard = true;
	}
	sched_way_out();
	return result;
}
