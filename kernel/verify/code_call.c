/* What a call may reach, and what it must have pushed for it. */
#include "verify/code_walk.h"

#include "abi/call.h"
#include "abi/layout.h"

/* System V x86-64, and the slot of an argument that has no register. */
enum { INT_REGISTERS = 6, STACK_SLOT = 8 };

static const bool helper_returns[] = {
#define AZ_X(sym, name, type, returns) [sym] = (returns),
	AZ_HELPERS(AZ_X)
#undef AZ_X
};

/* No helper has more arguments than registers: its type, "params:results",
 * is shorter than that. */
#define AZ_X(sym, name, type, returns)                                         \
	_Static_assert(sizeof(type) - sizeof(":") <= INT_REGISTERS,            \
	    "arguments of a helper travel in registers");
AZ_HELPERS(AZ_X)
#undef AZ_X

/* Is target slot `*index` of the count stubs at base? */
static bool stub_at(int64_t target, uint32_t base, uint32_t stride,
    uint32_t count, uint32_t *index)
{
	int64_t off = target - base;

	if (off < 0 || off >= (int64_t)stride * count || off % stride != 0)
		return false;
	*index = (uint32_t)(off / stride);
	return true;
}

static bool args_check(struct code_walk *w, uint32_t bytes)
{
	CODE_REQUIRE(w, w->depth >= bytes, V9,
	    "too few arguments on the stack for the call");
	return true;
}

/* The index of call_indirect is one more integer argument, behind the
 * signature's own. */
static uint32_t thunk_args(const struct az_sig *sig)
{
	uint32_t ints = 0;

	for (uint32_t i = 0; i < sig->param_count; i++)
		ints += !image_is_float(sig->types[i]);
	return sig->stack_args + (ints >= INT_REGISTERS ? STACK_SLOT : 0u);
}

static bool stub_check(struct code_walk *w, int64_t target, bool *returns)
{
	const struct az_image_head *head = w->v->head;
	const struct az_sig *sigs = w->v->sigs;
	uint32_t i;

	*returns = true;
	if (stub_at(
		target, AZ_HELPER_BASE, AZ_HELPER_STRIDE, AZ_HELP_COUNT, &i)) {
		*returns = helper_returns[i];
		return true;
	}
	if (stub_at(target, AZ_IMPORT_BASE, AZ_IMPORT_STRIDE,
		head->imports.count, &i))
		return args_check(w, sigs[w->v->imports[i].sig].stack_args);
	CODE_REQUIRE(w,
	    stub_at(target, AZ_THUNK_BASE, AZ_THUNK_STRIDE,
		head->tables.count * head->sigs.count, &i),
	    V10, "calls no stub of the kernel");
	return args_check(w, thunk_args(&sigs[i % head->sigs.count]));
}

bool code_call_check(struct code_walk *w, bool *returns)
{
	int64_t target = code_target(w), off = target - AZ_TEXT_BASE;
	const struct az_func *f;

	if (off < 0 || off >= w->v->head->text.count)
		return stub_check(w, target, returns);
	f = image_func_at(w->v, (uint32_t)off);
	CODE_REQUIRE(
	    w, f->off == off, V9, "calls into the middle of a function");
	*returns = true;
	return args_check(w, f->stack_args);
}
