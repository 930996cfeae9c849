/* verify/x86_64/decode: one instruction of the allow-list, or nothing.
 *
 * What is not in allow.h is not decoded: default deny. At most one legacy
 * prefix (66, f2 or f3), then at most one REX, then the opcode; every other
 * prefix is refused. Never reads past the bytes it is given. Registers are
 * numbers of the architecture: 4 is rsp, 15 is r15.
 */
#ifndef AZ_VERIFY_DECODE_H
#define AZ_VERIFY_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { X86_RSP = 4, X86_R15 = 15, X86_NO_REG = 16, X86_INSN_MAX = 15 };

/* What an instruction does besides reading and writing its operands. */
enum x86_kind {
	X86_PLAIN,
	X86_LEA,
	X86_ADD, /* of an immediate */
	X86_SUB,
	X86_PUSH,
	X86_POP,
	X86_CALL,
	X86_JMP,
	X86_JCC,
	X86_RET,
	X86_NOP,
};

enum x86_class { X86_NONE, X86_GPR8, X86_GPR, X86_XMM };

enum x86_mode {
	X86_NO_MEM,
	X86_ABSOLUTE, /* no base; with or without an index */
	X86_RIP,
	X86_BASED, /* base, perhaps an index */
};

/* A register operand. */
struct x86_reg {
	uint8_t class; /* enum x86_class */
	uint8_t num;
	bool written;
	bool high; /* ah, ch, dh or bh: not the register of that number */
};

struct x86_insn {
	uint8_t len;   /* bytes */
	uint8_t kind;  /* enum x86_kind */
	uint8_t size;  /* of integer operands: 1, 2, 4 or 8 bytes */
	uint8_t mode;  /* enum x86_mode */
	uint8_t width; /* of the memory operand, bytes */
	uint8_t base, index, scale; /* X86_NO_REG: none; scale is the log */
	bool stores;                /* writes its memory operand */
	struct x86_reg reg, rm;     /* class X86_NONE: there is none */
	/* The general registers that it writes, one bit each: those whose bits
	 * 63 to 32 are zero behind it whatever they were, and all others. */
	uint16_t clears, soils;
	int32_t disp;
	int64_t imm; /* or the distance of a branch; sign-extended */
};

/* Decode the instruction at `at`, len > 0 bytes left. False: it is not on
 * the allow-list, or passes the end. */
bool x86_decode(struct x86_insn *out, const uint8_t *at, size_t len);

/* How far a decoded instruction lowers rsp; a call: what stays lowered. For
 * those that follow the stack of code that verify/code has accepted. */
static inline int64_t x86_lowers(const struct x86_insn *in)
{
	bool rsp = in->rm.class == X86_GPR && in->rm.num == X86_RSP;

	switch (in->kind) {
	case X86_PUSH:
		return 8;
	case X86_POP:
		return -8;
	case X86_ADD:
		return rsp ? -in->imm : 0;
	case X86_SUB:
		return rsp ? in->imm : 0;
	default:
		return 0;
	}
}

/* Why bytes that do not decode are forbidden by rule V4; NULL: they are
 * merely not on the list. Static. */
const char *x86_forbidden(const uint8_t *at, size_t len);

#endif
