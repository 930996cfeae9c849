/* verify/code_walk: one function while it is checked; for code*.c alone.
 * Each check returns true, or fills walk->fault and returns false.
 */
#ifndef AZ_VERIFY_CODE_WALK_H
#define AZ_VERIFY_CODE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/code.h"
#include "verify/x86_64/decode.h"

struct code_walk {
	const struct image_view *v;
	const struct az_func *func;
	struct code_fault *fault;
	uint16_t *marks;     /* what is known of each byte of the function */
	const uint8_t *text; /* of the function */
	uint32_t at;         /* the instruction's offset in it */
	struct x86_insn insn;
	uint32_t depth; /* bytes between rsp and the return address */
	uint32_t guess; /* the depth of code that only later code jumps to */
	bool live;      /* the instruction before falls through to this one */
	uint8_t index;  /* the register that this one trusts; X86_NO_REG */
	/* Registers below 2^32 on every way here seen so far, and for each the
	 * offset from which on nobody may jump in once something relies on it. */
	uint16_t clean;
	uint32_t since[X86_NO_REG];
};

bool code_refuse(struct code_walk *w, enum code_rule rule, const char *text);

/* Refuse by rule Vn with text, unless cond holds. */
#define CODE_REQUIRE(w, cond, rule, text)                                      \
	do {                                                                   \
		if (!(cond))                                                   \
			return code_refuse((w), CODE_##rule, #rule ": " text); \
	} while (0)

/* V2, V4, V5, V6, V7: what the instruction names (code_operand.c). Sets
 * w->index. */
bool code_operands_check(struct code_walk *w);

/* The distance of the instruction's branch or call: a displacement from the
 * slot's start (code_operand.c). */
int64_t code_target(const struct code_walk *w);

/* V9, V10: the target of a call, and its arguments on the stack. *returns:
 * whether control comes back (code_call.c). */
bool code_call_check(struct code_walk *w, bool *returns);

#endif
