/* wasm_op: the instructions that the builder reads and writes by name.
 *
 * As struct wasm_insn counts them: those behind the prefix 0xfc are 0xfc00
 * and their number. Reference: WebAssembly Core Specification 2.0, 5.4.
 */
#ifndef BUILDER_WASM_OP_H
#define BUILDER_WASM_OP_H

enum { WASM_BLOCK_EMPTY = 0x40 }; /* the type of a block without any */

enum wasm_op {
	WASM_OP_UNREACHABLE = 0x00,
	WASM_OP_BLOCK = 0x02,
	WASM_OP_LOOP = 0x03,
	WASM_OP_IF = 0x04,
	WASM_OP_ELSE = 0x05,
	WASM_OP_END = 0x0b,
	WASM_OP_BR = 0x0c,
	WASM_OP_BR_IF = 0x0d,
	WASM_OP_RETURN = 0x0f,
	WASM_OP_CALL = 0x10,
	WASM_OP_CALL_INDIRECT = 0x11,
	WASM_OP_DROP = 0x1a,
	WASM_OP_SELECT = 0x1b,
	WASM_OP_SELECT_TYPED = 0x1c,
	WASM_OP_LOCAL_GET = 0x20,
	WASM_OP_LOCAL_SET = 0x21,
	WASM_OP_LOCAL_TEE = 0x22,
	WASM_OP_GLOBAL_GET = 0x23,
	WASM_OP_GLOBAL_SET = 0x24,
	WASM_OP_TABLE_GET = 0x25,
	WASM_OP_TABLE_SET = 0x26,
	WASM_OP_I32_LOAD = 0x28, /* ... the other loads ... */
	WASM_OP_I64_LOAD = 0x29,
	WASM_OP_I32_STORE = 0x36, /* ... the other stores ... */
	WASM_OP_I64_STORE = 0x37,
	WASM_OP_I32_STORE8 = 0x3a,
	WASM_OP_MEMORY_SIZE = 0x3f,
	WASM_OP_MEMORY_GROW = 0x40,
	WASM_OP_I32_CONST = 0x41,
	WASM_OP_I64_CONST = 0x42,
	WASM_OP_F32_CONST = 0x43,
	WASM_OP_F64_CONST = 0x44,
	WASM_OP_I32_EQZ = 0x45,
	WASM_OP_I32_EQ = 0x46, /* ... the other comparisons ... */
	WASM_OP_I32_LT_U = 0x49,
	WASM_OP_I32_GT_U = 0x4b,
	WASM_OP_I32_GE_U = 0x4f,
	WASM_OP_I64_GT_U = 0x56,
	WASM_OP_I32_ADD = 0x6a,
	WASM_OP_I32_SUB = 0x6b,
	WASM_OP_I32_MUL = 0x6c,
	WASM_OP_I32_REM_U = 0x70,
	WASM_OP_I32_AND = 0x71,
	WASM_OP_I32_OR = 0x72,
	WASM_OP_I32_XOR = 0x73,
	WASM_OP_I32_SHL = 0x74,
	WASM_OP_I32_SHR_U = 0x76,
	WASM_OP_I64_ADD = 0x7c,
	WASM_OP_I64_SHL = 0x86,
	WASM_OP_I32_WRAP_I64 = 0xa7,
	WASM_OP_I64_EXTEND_I32_U = 0xad,
	WASM_OP_REF_NULL = 0xd0,
	WASM_OP_REF_IS_NULL = 0xd1,
	WASM_OP_REF_FUNC = 0xd2,
	WASM_OP_MEMORY_INIT = 0xfc08,
	WASM_OP_DATA_DROP = 0xfc09,
	WASM_OP_MEMORY_COPY = 0xfc0a,
	WASM_OP_MEMORY_FILL = 0xfc0b,
	WASM_OP_TABLE_INIT = 0xfc0c,
	WASM_OP_ELEM_DROP = 0xfc0d,
	WASM_OP_TABLE_COPY = 0xfc0e,
	WASM_OP_TABLE_GROW = 0xfc0f,
	WASM_OP_TABLE_SIZE = 0xfc10,
	WASM_OP_TABLE_FILL = 0xfc11,
};

#endif
