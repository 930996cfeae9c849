/* test/gate_code: what a gate leads to, and how a module would call it.
 *
 * From gate_code to gate_code_end lie four functions, GATE_CODE_SIZE apart:
 * add(a, b) looks at all registers that hold no argument and leaves garbage in
 * all that it may, nap calls import 0, down import 7 and adds 1000 to what that
 * says, and mix does as add does, with floats. The text must be at
 * AZ_TEXT_BASE of a slot; at its AZ_DATA_BASE they write two words: how many
 * times add ran, and the bits that were set in registers not theirs.
 */
#ifndef AZ_TEST_GATE_CODE_H
#define AZ_TEST_GATE_CODE_H

#include <stdint.h>

enum {
	GATE_CODE_SIZE = 512,
	GATE_CODE_ARGS = 6,
	GATE_CODE_FLOATS = 8,
	GATE_CODE_KEPT = 5,
	GATE_CODE_CLEARED = 8,
	GATE_CODE_XMM = 16,
	GATE_CODE_TRAP_FLAG = 0x100, /* of rflags: step */
};

/* A module's registers where it calls. */
struct gate_code_regs {
	uint64_t arg[GATE_CODE_ARGS];
	double f[GATE_CODE_FLOATS];
	uint64_t kept[GATE_CODE_KEPT]; /* rbx rbp r12 r13 r14 */
	uint64_t home, target, flags;  /* r15, the import, more of rflags */
};

/* And where it goes on. */
struct gate_code_after {
	uint64_t rax, kept[GATE_CODE_KEPT], home;
	/* rcx rdx rsi rdi r8 r9 r10 r11 */
	uint64_t cleared[GATE_CODE_CLEARED];
	uint64_t xmm[GATE_CODE_XMM];
};

extern const char gate_code[], gate_code_end[];

/* Call as `in` says, from the instruction before gate_code_returned. */
void gate_code_call(
    const struct gate_code_regs *in, struct gate_code_after *out);
extern const char gate_code_returned[];

#endif
