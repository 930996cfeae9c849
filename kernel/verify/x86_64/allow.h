/* verify/x86_64/allow: the instructions that module code may consist of.
 *
 * For decode.c alone, which turns these rows into its tables at compile time;
 * an opcode that comes twice does not compile. X(map, prefix, first, last,
 * name, form) is a run of opcodes, G(group, digit, name, form) one member of
 * a group whose ModRM digit completes the opcode.
 *	map	ONE: one byte; ESC: behind 0f
 *	prefix	NP: none; OS: none, or 66 for 16 bits; P66, PF2, PF3: that one
 * Forms say how operands are encoded, what is written, which memory operand
 * there may be; decode.c defines them. W: REX.W makes it 64 bits.
 * A row that writes a general register says by that that its 32-bit form clears
 * bits 63 to 32 whatever the operands are, unless it is MAYBE; HIDDEN are rax
 * and rdx, written unnamed. test_writes executes each row and counts them.
 */
#ifndef AZ_VERIFY_ALLOW_H
#define AZ_VERIFY_ALLOW_H

/* The eight classic operations: from op on, five ways to write each. */
#define X86_ARITH(X, op, name, wrm, wreg)                                      \
	X(ONE, NP, (op) + 0, (op) + 0, name " r8,rm8", RM8 | REG8 | wrm)       \
	X(ONE, OS, (op) + 1, (op) + 1, name " r,rm", RMV | REGV | wrm | W)     \
	X(ONE, NP, (op) + 2, (op) + 2, name " rm8,r8", RM8 | REG8 | wreg)      \
	X(ONE, OS, (op) + 3, (op) + 3, name " rm,r", RMV | REGV | wreg | W)    \
	X(ONE, NP, (op) + 4, (op) + 4, name " i,al", ACC | BYTE | wrm | IMM8)  \
	X(ONE, OS, (op) + 5, (op) + 5, name " i,eax", ACC | wrm | IMMZ | W)

/* One operation on scalars and on whole registers. */
#define X86_FLOATS(X, op, name)                                                \
	X(ESC, NP, op, op, name "ps", SSE | M16)                               \
	X(ESC, P66, op, op, name "pd", SSE | M16)                              \
	X(ESC, PF2, op, op, name "sd", SSE | M8)                               \
	X(ESC, PF3, op, op, name "ss", SSE | M4)

#define X86_ALLOW(X)                                                           \
	X86_ARITH(X, 0x00, "add", WRM, WREG)                                   \
	X86_ARITH(X, 0x08, "or", WRM, WREG)                                    \
	X86_ARITH(X, 0x10, "adc", WRM, WREG)                                   \
	X86_ARITH(X, 0x18, "sbb", WRM, WREG)                                   \
	X86_ARITH(X, 0x20, "and", WRM, WREG)                                   \
	X86_ARITH(X, 0x28, "sub", WRM, WREG)                                   \
	X86_ARITH(X, 0x30, "xor", WRM, WREG)                                   \
	X86_ARITH(X, 0x38, "cmp", 0, 0)                                        \
	X(ONE, NP, 0x50, 0x57, "push", OPREG | KIND(PUSH))                     \
	X(ONE, NP, 0x58, 0x5f, "pop", OPREG | WRM | MAYBE | KIND(POP))         \
	X(ONE, NP, 0x63, 0x63, "movslq", RMV | REGV | WREG | M4 | W)           \
	X(ONE, NP, 0x68, 0x68, "push i32", IMMZ | KIND(PUSH))                  \
	X(ONE, OS, 0x69, 0x69, "imul i,rm,r", RMV | REGV | WREG | IMMZ | W)    \
	X(ONE, NP, 0x6a, 0x6a, "push i8", IMM8 | KIND(PUSH))                   \
	X(ONE, OS, 0x6b, 0x6b, "imul i8,rm,r", RMV | REGV | WREG | IMM8 | W)   \
	X(ONE, NP, 0x70, 0x7f, "jcc rel8", IMM8 | KIND(JCC))                   \
	X(ONE, NP, 0x80, 0x80, "arith i8,rm8", GROUP(ARITH8))                  \
	X(ONE, OS, 0x81, 0x81, "arith i,rm", GROUP(ARITH))                     \
	X(ONE, OS, 0x83, 0x83, "arith i8,rm", GROUP(ARITHS))                   \
	X(ONE, NP, 0x84, 0x84, "test r8,rm8", RM8 | REG8)                      \
	X(ONE, OS, 0x85, 0x85, "test r,rm", RMV | REGV | W)                    \
	X(ONE, NP, 0x86, 0x86, "xchg r8,r8", RM8 | REG8 | WRM | WREG | NOMEM)  \
	X(ONE, OS, 0x87, 0x87, "xchg r,r",                                     \
	    RMV | REGV | WRM | WREG | NOMEM | W)                               \
	X(ONE, NP, 0x88, 0x88, "mov r8,rm8", RM8 | REG8 | WRM)                 \
	X(ONE, OS, 0x89, 0x89, "mov r,rm", RMV | REGV | WRM | W)               \
	X(ONE, NP, 0x8a, 0x8a, "mov rm8,r8", RM8 | REG8 | WREG)                \
	X(ONE, OS, 0x8b, 0x8b, "mov rm,r", RMV | REGV | WREG | W)              \
	X(ONE, OS, 0x8d, 0x8d, "lea",                                          \
	    RMV | REGV | WREG | NOREG | W | KIND(LEA))                         \
	X(ONE, OS, 0x98, 0x98, "cltq cwtl cbtw", HIDDEN | W)                   \
	X(ONE, OS, 0x99, 0x99, "cqto cltd cwtd", HIDDEN | W)                   \
	X(ONE, NP, 0xa8, 0xa8, "test i8,al", IMM8)                             \
	X(ONE, OS, 0xa9, 0xa9, "test i,eax", IMMZ | W)                         \
	X(ONE, NP, 0xb0, 0xb7, "mov i8,r8", OPREG | BYTE | WRM | IMM8)         \
	X(ONE, OS, 0xb8, 0xbf, "mov i,r", OPREG | WRM | IMMV | W)              \
	X(ONE, NP, 0xc0, 0xc0, "shift i8,rm8", GROUP(SHIFT8I))                 \
	X(ONE, OS, 0xc1, 0xc1, "shift i8,rm", GROUP(SHIFTI))                   \
	X(ONE, NP, 0xc3, 0xc3, "ret", KIND(RET))                               \
	X(ONE, NP, 0xc6, 0xc6, "mov i8,rm8", GROUP(MOV8))                      \
	X(ONE, OS, 0xc7, 0xc7, "mov i,rm", GROUP(MOV))                         \
	X(ONE, NP, 0xd0, 0xd0, "shift 1,rm8", GROUP(SHIFT8))                   \
	X(ONE, OS, 0xd1, 0xd1, "shift 1,rm", GROUP(SHIFT))                     \
	X(ONE, NP, 0xd2, 0xd2, "shift cl,rm8", GROUP(SHIFT8))                  \
	X(ONE, OS, 0xd3, 0xd3, "shift cl,rm", GROUP(SHIFTCL))                  \
	X(ONE, NP, 0xe8, 0xe8, "call rel32", IMMZ | KIND(CALL))                \
	X(ONE, NP, 0xe9, 0xe9, "jmp rel32", IMMZ | KIND(JMP))                  \
	X(ONE, NP, 0xeb, 0xeb, "jmp rel8", IMM8 | KIND(JMP))                   \
	X(ONE, NP, 0xf6, 0xf6, "unary rm8", GROUP(UNARY8))                     \
	X(ONE, OS, 0xf7, 0xf7, "unary rm", GROUP(UNARY))                       \
	X(ONE, NP, 0xfe, 0xfe, "inc dec rm8", GROUP(STEP8))                    \
	X(ONE, OS, 0xff, 0xff, "inc dec rm; push m", GROUP(STEP))              \
	X(ESC, OS, 0x40, 0x4f, "cmov", RMV | REGV | WREG | W)                  \
	X(ESC, NP, 0x80, 0x8f, "jcc rel32", IMMZ | KIND(JCC))                  \
	X(ESC, NP, 0x90, 0x9f, "setcc rm8", RM8 | WRM)                         \
	X(ESC, OS, 0xa3, 0xa3, "bt r,r", RMV | REGV | NOMEM | W)               \
	X(ESC, OS, 0xa4, 0xa4, "shld i8", RMV | REGV | WRM | MAYBE | IMM8 | W) \
	X(ESC, OS, 0xa5, 0xa5, "shld cl", RMV | REGV | WRM | MAYBE | W)        \
	X(ESC, OS, 0xab, 0xab, "bts r,r", RMV | REGV | WRM | NOMEM | W)        \
	X(ESC, OS, 0xac, 0xac, "shrd i8", RMV | REGV | WRM | MAYBE | IMM8 | W) \
	X(ESC, OS, 0xad, 0xad, "shrd cl", RMV | REGV | WRM | MAYBE | W)        \
	X(ESC, OS, 0xaf, 0xaf, "imul rm,r", RMV | REGV | WREG | W)             \
	X(ESC, OS, 0xb3, 0xb3, "btr r,r", RMV | REGV | WRM | NOMEM | W)        \
	X(ESC, OS, 0xb6, 0xb6, "movzb", RM8 | REGV | WREG | M1 | W)            \
	X(ESC, NP, 0xb7, 0xb7, "movzw", RMV | REGV | WREG | M2 | W)            \
	X(ESC, OS, 0xba, 0xba, "bit i8,rm", GROUP(BIT))                        \
	X(ESC, OS, 0xbb, 0xbb, "btc r,r", RMV | REGV | WRM | NOMEM | W)        \
	X(ESC, OS, 0xbc, 0xbc, "bsf", RMV | REGV | WREG | MAYBE | W)           \
	X(ESC, PF3, 0xbc, 0xbc, "tzcnt (rep bsf)",                             \
	    RMV | REGV | WREG | MAYBE | W)                                     \
	X(ESC, OS, 0xbd, 0xbd, "bsr", RMV | REGV | WREG | MAYBE | W)           \
	X(ESC, OS, 0xbe, 0xbe, "movsb", RM8 | REGV | WREG | M1 | W)            \
	X(ESC, NP, 0xbf, 0xbf, "movsw", RMV | REGV | WREG | M2 | W)            \
	X(ESC, NP, 0xc8, 0xcf, "bswap", OPREG | WRM | W)                       \
	X(ESC, NP, 0x10, 0x10, "movups", SSE | M16)                            \
	X(ESC, P66, 0x10, 0x10, "movupd", SSE | M16)                           \
	X(ESC, PF2, 0x10, 0x10, "movsd", SSE | M8)                             \
	X(ESC, PF3, 0x10, 0x10, "movss", SSE | M4)                             \
	X(ESC, NP, 0x11, 0x11, "movups to m", SSEST | M16)                     \
	X(ESC, P66, 0x11, 0x11, "movupd to m", SSEST | M16)                    \
	X(ESC, PF2, 0x11, 0x11, "movsd to m", SSEST | M8)                      \
	X(ESC, PF3, 0x11, 0x11, "movss to m", SSEST | M4)                      \
	X(ESC, NP, 0x12, 0x12, "movlps movhlps", SSE | M8)                     \
	X(ESC, P66, 0x12, 0x12, "movlpd", SSE | M8 | NOREG)                    \
	X(ESC, NP, 0x13, 0x13, "movlps to m", SSEST | M8 | NOREG)              \
	X(ESC, P66, 0x13, 0x13, "movlpd to m", SSEST | M8 | NOREG)             \
	X(ESC, NP, 0x14, 0x15, "unpckps", SSE | M16)                           \
	X(ESC, P66, 0x14, 0x15, "unpckpd", SSE | M16)                          \
	X(ESC, NP, 0x16, 0x16, "movhps movlhps", SSE | M8)                     \
	X(ESC, P66, 0x16, 0x16, "movhpd", SSE | M8 | NOREG)                    \
	X(ESC, NP, 0x17, 0x17, "movhps to m", SSEST | M8 | NOREG)              \
	X(ESC, P66, 0x17, 0x17, "movhpd to m", SSEST | M8 | NOREG)             \
	X(ESC, NP, 0x28, 0x28, "movaps", SSE | M16)                            \
	X(ESC, P66, 0x28, 0x28, "movapd", SSE | M16)                           \
	X(ESC, NP, 0x29, 0x29, "movaps to m", SSEST | M16)                     \
	X(ESC, P66, 0x29, 0x29, "movapd to m", SSEST | M16)                    \
	X(ESC, PF2, 0x2a, 0x2a, "cvtsi2sd", RMV | REGX | WREG | W)             \
	X(ESC, PF3, 0x2a, 0x2a, "cvtsi2ss", RMV | REGX | WREG | W)             \
	X(ESC, PF2, 0x2c, 0x2d, "cvtsd2si", RMX | REGV | WREG | M8 | W)        \
	X(ESC, PF3, 0x2c, 0x2d, "cvtss2si", RMX | REGV | WREG | M4 | W)        \
	X(ESC, NP, 0x2e, 0x2f, "comiss", SSE | M4)                             \
	X(ESC, P66, 0x2e, 0x2f, "comisd", SSE | M8)                            \
	X(ESC, NP, 0x50, 0x50, "movmskps", RMX | REGV | WREG | NOMEM)          \
	X(ESC, P66, 0x50, 0x50, "movmskpd", RMX | REGV | WREG | NOMEM)         \
	X86_FLOATS(X, 0x51, "sqrt")                                            \
	X(ESC, NP, 0x54, 0x57, "andps andnps orps xorps", SSE | M16)           \
	X(ESC, P66, 0x54, 0x57, "andpd andnpd orpd xorpd", SSE | M16)          \
	X86_FLOATS(X, 0x58, "add")                                             \
	X86_FLOATS(X, 0x59, "mul")                                             \
	X(ESC, NP, 0x5a, 0x5a, "cvtps2pd", SSE | M8)                           \
	X(ESC, P66, 0x5a, 0x5a, "cvtpd2ps", SSE | M16)                         \
	X(ESC, PF2, 0x5a, 0x5a, "cvtsd2ss", SSE | M8)                          \
	X(ESC, PF3, 0x5a, 0x5a, "cvtss2sd", SSE | M4)                          \
	X(ESC, NP, 0x5b, 0x5b, "cvtdq2ps", SSE | M16)                          \
	X86_FLOATS(X, 0x5c, "sub")                                             \
	X86_FLOATS(X, 0x5d, "min")                                             \
	X86_FLOATS(X, 0x5e, "div")                                             \
	X86_FLOATS(X, 0x5f, "max")                                             \
	X(ESC, P66, 0x60, 0x62, "punpckl", SSE | M16)                          \
	X(ESC, P66, 0x68, 0x6a, "punpckh", SSE | M16)                          \
	X(ESC, P66, 0x6c, 0x6d, "punpckqdq", SSE | M16)                        \
	X(ESC, P66, 0x6e, 0x6e, "movd movq rm,x", RMV | REGX | WREG | W)       \
	X(ESC, P66, 0x6f, 0x6f, "movdqa", SSE | M16)                           \
	X(ESC, PF3, 0x6f, 0x6f, "movdqu", SSE | M16)                           \
	X(ESC, P66, 0x70, 0x70, "pshufd", SSE | M16 | IMM8)                    \
	X(ESC, P66, 0x73, 0x73, "shift i8,x", GROUP(SHIFTX))                   \
	X(ESC, P66, 0x7e, 0x7e, "movd movq x,rm", RMV | REGX | WRM | W)        \
	X(ESC, PF3, 0x7e, 0x7e, "movq", SSE | M8)                              \
	X(ESC, P66, 0x7f, 0x7f, "movdqa to m", SSEST | M16)                    \
	X(ESC, PF3, 0x7f, 0x7f, "movdqu to m", SSEST | M16)                    \
	X(ESC, NP, 0xc2, 0xc2, "cmpps", SSE | M16 | IMM8)                      \
	X(ESC, P66, 0xc2, 0xc2, "cmppd", SSE | M16 | IMM8)                     \
	X(ESC, PF2, 0xc2, 0xc2, "cmpsd", SSE | M8 | IMM8)                      \
	X(ESC, PF3, 0xc2, 0xc2, "cmpss", SSE | M4 | IMM8)                      \
	X(ESC, NP, 0xc6, 0xc6, "shufps", SSE | M16 | IMM8)                     \
	X(ESC, P66, 0xc6, 0xc6, "shufpd", SSE | M16 | IMM8)                    \
	X(ESC, P66, 0xd4, 0xd4, "paddq", SSE | M16)                            \
	X(ESC, P66, 0xd6, 0xd6, "movq to m", SSEST | M8)                       \
	X(ESC, P66, 0xdb, 0xdb, "pand", SSE | M16)                             \
	X(ESC, P66, 0xdf, 0xdf, "pandn", SSE | M16)                            \
	X(ESC, PF3, 0xe6, 0xe6, "cvtdq2pd", SSE | M8)                          \
	X(ESC, P66, 0xeb, 0xeb, "por", SSE | M16)                              \
	X(ESC, P66, 0xef, 0xef, "pxor", SSE | M16)                             \
	X(ESC, P66, 0xf4, 0xf4, "pmuludq", SSE | M16)                          \
	X(ESC, P66, 0xfa, 0xfb, "psubd psubq", SSE | M16)                      \
	X(ESC, P66, 0xfe, 0xfe, "paddd", SSE | M16)

#define X86_ARITH_GROUP(G, group, form)                                        \
	G(group, 0, "add", form | WRM | KIND(ADD))                             \
	G(group, 1, "or", form | WRM)                                          \
	G(group, 2, "adc", form | WRM)                                         \
	G(group, 3, "sbb", form | WRM)                                         \
	G(group, 4, "and", form | WRM)                                         \
	G(group, 5, "sub", form | WRM | KIND(SUB))                             \
	G(group, 6, "xor", form | WRM)                                         \
	G(group, 7, "cmp", form)

#define X86_SHIFT_GROUP(G, group, form)                                        \
	G(group, 0, "rol", form | WRM)                                         \
	G(group, 1, "ror", form | WRM)                                         \
	G(group, 4, "shl", form | WRM)                                         \
	G(group, 5, "shr", form | WRM)                                         \
	G(group, 7, "sar", form | WRM)

#define X86_UNARY_GROUP(G, group, form, imm)                                   \
	G(group, 0, "test", form | imm)                                        \
	G(group, 2, "not", form | WRM)                                         \
	G(group, 3, "neg", form | WRM)                                         \
	G(group, 4, "mul", form | HIDDEN)                                      \
	G(group, 5, "imul", form | HIDDEN)                                     \
	G(group, 6, "div", form | HIDDEN)                                      \
	G(group, 7, "idiv", form | HIDDEN)

#define X86_ALLOW_GROUPS(G)                                                    \
	X86_ARITH_GROUP(G, ARITH8, RM8 | IMM8)                                 \
	X86_ARITH_GROUP(G, ARITH, RMV | IMMZ | W)                              \
	X86_ARITH_GROUP(G, ARITHS, RMV | IMM8 | W)                             \
	X86_SHIFT_GROUP(G, SHIFT8I, RM8 | IMM8)                                \
	X86_SHIFT_GROUP(G, SHIFTI, RMV | IMM8 | MAYBE | W)                     \
	X86_SHIFT_GROUP(G, SHIFT8, RM8)                                        \
	X86_SHIFT_GROUP(G, SHIFT, RMV | W)                                     \
	X86_SHIFT_GROUP(G, SHIFTCL, RMV | MAYBE | W)                           \
	X86_UNARY_GROUP(G, UNARY8, RM8, IMM8)                                  \
	X86_UNARY_GROUP(G, UNARY, RMV | W, IMMZ)                               \
	G(MOV8, 0, "mov", RM8 | WRM | IMM8)                                    \
	G(MOV, 0, "mov", RMV | WRM | IMMZ | W)                                 \
	G(STEP8, 0, "inc", RM8 | WRM)                                          \
	G(STEP8, 1, "dec", RM8 | WRM)                                          \
	G(STEP, 0, "inc", RMV | WRM | W)                                       \
	G(STEP, 1, "dec", RMV | WRM | W)                                       \
	G(STEP, 6, "push m", RMV | M8 | NOREG | NOSIZE | KIND(PUSH))           \
	G(BIT, 4, "bt", RMV | IMM8 | W)                                        \
	G(BIT, 5, "bts", RMV | WRM | IMM8 | W)                                 \
	G(BIT, 6, "btr", RMV | WRM | IMM8 | W)                                 \
	G(BIT, 7, "btc", RMV | WRM | IMM8 | W)                                 \
	G(SHIFTX, 2, "psrlq", RMX | WRM | NOMEM | IMM8)                        \
	G(SHIFTX, 3, "psrldq", RMX | WRM | NOMEM | IMM8)                       \
	G(SHIFTX, 6, "psllq", RMX | WRM | NOMEM | IMM8)                        \
	G(SHIFTX, 7, "pslldq", RMX | WRM | NOMEM | IMM8)

/* The nops that pad: one of each length, as every assembler writes them. */
#define X86_NOPS(N)                                                            \
	N("\x90")                                                              \
	N("\x66\x90")                                                          \
	N("\x0f\x1f\x00")                                                      \
	N("\x0f\x1f\x40\x00")                                                  \
	N("\x0f\x1f\x44\x00\x00")                                              \
	N("\x66\x0f\x1f\x44\x00\x00")                                          \
	N("\x0f\x1f\x80\x00\x00\x00\x00")                                      \
	N("\x0f\x1f\x84\x00\x00\x00\x00\x00")                                  \
	N("\x66\x0f\x1f\x84\x00\x00\x00\x00\x00")

/* What is refused by name rather than for being unknown: F(map, first, last,
 * why); map MMX is ESC without a prefix. It changes the message alone: nothing here is in the lists above. */
#define X86_FORBIDDEN(F)                                                       \
	F(ONE, 0x06, 0x07, "segment register")                                 \
	F(ONE, 0x0e, 0x0e, "segment register")                                 \
	F(ONE, 0x16, 0x17, "segment register")                                 \
	F(ONE, 0x1e, 0x1f, "segment register")                                 \
	F(ONE, 0x26, 0x26, "segment prefix")                                   \
	F(ONE, 0x2e, 0x2e, "segment prefix")                                   \
	F(ONE, 0x36, 0x36, "segment prefix")                                   \
	F(ONE, 0x3e, 0x3e, "segment prefix")                                   \
	F(ONE, 0x64, 0x65, "segment prefix")                                   \
	F(ONE, 0x6c, 0x6f, "port input or output")                             \
	F(ONE, 0x8c, 0x8c, "segment register")                                 \
	F(ONE, 0x8e, 0x8e, "segment register")                                 \
	F(ONE, 0x9b, 0x9b, "x87")                                              \
	F(ONE, 0x9c, 0x9d, "flag control")                                     \
	F(ONE, 0xa4, 0xa7, "string operation")                                 \
	F(ONE, 0xaa, 0xaf, "string operation")                                 \
	F(ONE, 0xc6, 0xc7, "transactional memory")                             \
	F(ONE, 0xcc, 0xcf, "interrupt")                                        \
	F(ONE, 0xd8, 0xdf, "x87")                                              \
	F(ONE, 0xe4, 0xe7, "port input or output")                             \
	F(ONE, 0xec, 0xef, "port input or output")                             \
	F(ONE, 0xf1, 0xf1, "interrupt")                                        \
	F(ONE, 0xf4, 0xf4, "halt")                                             \
	F(ONE, 0xfa, 0xfd, "flag control")                                     \
	F(ESC, 0x00, 0x03, "system instruction")                               \
	F(ESC, 0x05, 0x0a, "system instruction")                               \
	F(ESC, 0x0b, 0x0b, "ud2")                                              \
	F(ESC, 0x0d, 0x0d, "cache control")                                    \
	F(ESC, 0x18, 0x18, "cache control")                                    \
	F(ESC, 0x20, 0x23, "control or debug register")                        \
	F(ESC, 0x30, 0x37, "model-specific register or time")                  \
	F(ESC, 0x77, 0x77, "MMX")                                              \
	F(ESC, 0x78, 0x79, "system instruction")                               \
	F(ESC, 0xa0, 0xa2, "segment register or cpuid")                        \
	F(ESC, 0xa8, 0xaa, "segment register or system instruction")           \
	F(ESC, 0xae, 0xae, "state, fence or segment base")                     \
	F(ESC, 0xb2, 0xb2, "segment register")                                 \
	F(ESC, 0xb4, 0xb5, "segment register")                                 \
	F(ESC, 0xc7, 0xc7, "random number or system instruction")              \
	F(MMX, 0x60, 0x7f, "MMX")                                              \
	F(MMX, 0xd1, 0xff, "MMX")

#endif
