/* The code walker, and the features that profile 1 leaves out. */
#include "wasm_read.h"

#include "abi/image.h"
#include "wasm_op.h"

enum { LOCALS_MAX = 50000, MULTI_MEMORY_FLAG = 0x40 };

/* How to decode an instruction's immediates, or why it is refused. */
enum form {
	BAD, /* no such instruction */
	NONE,
	OPEN,
	END,
	INDEX,
	BR_TABLE,
	CALL,
	CALL_INDIRECT,
	SELECT,
	TABLE,
	MEMARG,
	MEMORY,
	CONST_I32,
	CONST_I64,
	CONST_F32,
	CONST_F64,
	REF_NULL,
	PREFIX,
	SIMD,
	THREADS,
	EXCEPTIONS,
	TAIL_CALL,
	TYPED_REFERENCES,
	GC
};

static const uint8_t forms[256] = {
	[0x00 ... 0x01] = NONE,
	[0x02 ... 0x04] = OPEN,
	[0x05] = NONE,
	[0x06 ... 0x0a] = EXCEPTIONS,
	[0x0b] = END,
	[0x0c ... 0x0d] = INDEX,
	[0x0e] = BR_TABLE,
	[0x0f] = NONE,
	[0x10] = CALL,
	[0x11] = CALL_INDIRECT,
	[0x12 ... 0x13] = TAIL_CALL,
	[0x14 ... 0x15] = TYPED_REFERENCES,
	[0x18 ... 0x19] = EXCEPTIONS,
	[0x1a ... 0x1b] = NONE,
	[0x1c] = SELECT,
	[0x1f] = EXCEPTIONS,
	[0x20 ... 0x24] = INDEX,
	[0x25 ... 0x26] = TABLE,
	[0x28 ... 0x3e] = MEMARG,
	[0x3f ... 0x40] = MEMORY,
	[0x41] = CONST_I32,
	[0x42] = CONST_I64,
	[0x43] = CONST_F32,
	[0x44] = CONST_F64,
	[0x45 ... 0xc4] = NONE,
	[0xd0] = REF_NULL,
	[0xd1] = NONE,
	[0xd2] = CALL,
	[0xd3] = GC,
	[0xd4 ... 0xd6] = TYPED_REFERENCES,
	[0xfb] = GC,
	[0xfc] = PREFIX,
	[0xfd] = SIMD,
	[0xfe] = THREADS,
};

static const struct {
	const char *name, *help;
} features[WASM_FEATURES] = {
	[WASM_SIMD] = { "SIMD", "compile without -msimd128 (C, C++) or "
				"+simd128 (Rust)" },
	[WASM_THREADS] = { "threads", "compile without -pthread and "
				      "-matomics, for wasm32-wasi" },
	[WASM_EXCEPTIONS] = { "exceptions", "compile with -fno-exceptions, "
					    "and without setjmp" },
	[WASM_TAIL_CALLS] = { "tail calls", "compile without -mtail-call" },
	[WASM_TYPED_REFERENCES] = { "typed function references",
	    "compile without -mtyped-func-refs" },
	[WASM_GC] = { "garbage collection",
	    "use a compiler that brings its own memory management" },
	[WASM_MEMORY64] = { "memory64", "compile for wasm32" },
	[WASM_MULTI_MEMORY] = { "multiple memories",
	    "compile without -mmulti-memory" },
	[WASM_EXTENDED_CONST] = { "extended constant expressions",
	    "link as a static module, without --pie or -shared" },
};

void wasm_refuse(struct wasm_reader *r, enum wasm_feature feature)
{
	wasm_fail(r, WASM_OUTSIDE_PROFILE, features[feature].help,
	    "uses %s, which profile 1 does not have", features[feature].name);
}

/* 0 where a type is due that profile 1 does not have, or none at all. */
static uint8_t refuse_type(struct wasm_reader *r, const char *what)
{
	uint8_t type = wasm_byte(r);

	if (wasm_failed(r))
		return 0;
	r->at--;
	if (type == 0x7b)
		wasm_refuse(r, WASM_SIMD);
	else if (type >= 0x63 && type <= 0x74 && type != AZ_FUNCREF &&
		 type != AZ_EXTERNREF)
		wasm_refuse(r, WASM_GC);
	else
		wasm_fail(
		    r, WASM_MALFORMED, NULL, "0x%02x is not %s", type, what);
	return 0;
}

uint8_t wasm_reftype(struct wasm_reader *r)
{
	if (r->at < r->end && (*r->at == AZ_FUNCREF || *r->at == AZ_EXTERNREF))
		return *r->at++;
	return refuse_type(r, "a reference type");
}

uint8_t wasm_valtype(struct wasm_reader *r)
{
	if (r->at < r->end && *r->at >= AZ_F64 && *r->at <= AZ_I32)
		return *r->at++;
	if (r->at < r->end && (*r->at == AZ_FUNCREF || *r->at == AZ_EXTERNREF))
		return *r->at++;
	return refuse_type(r, "a type");
}

void wasm_walk_locals(struct wasm_reader *r)
{
	uint32_t runs = wasm_count(r, LOCALS_MAX, "runs of locals");
	uint64_t total = 0;

	for (uint32_t i = 0; i < runs && !wasm_failed(r); i++) {
		total += wasm_u32(r);
		(void)wasm_valtype(r);
	}
	if (!wasm_failed(r) && total > UINT32_MAX)
		wasm_fail(r, WASM_MALFORMED, NULL, "too many locals");
	else if (!wasm_failed(r) && total > LOCALS_MAX)
		wasm_fail(r, WASM_OUTSIDE_PROFILE, NULL,
		    "a function has more than %d locals", LOCALS_MAX);
}

static void read_block_type(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_insn *insn)
{
	int64_t type;

	insn->a = UINT32_MAX;
	if (r->at < r->end && *r->at == WASM_BLOCK_EMPTY) {
		r->at++;
		return;
	}
	if (r->at < r->end && (*r->at & 0xc0) == 0x40) {
		insn->type = wasm_valtype(r);
		return;
	}
	type = wasm_signed(r, 33);
	if (type < 0 || type >= m->type_count)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "a block's type is not in the type section");
	insn->a = (uint32_t)type;
}

static void read_select(struct wasm_reader *r, struct wasm_insn *insn)
{
	uint32_t n = wasm_u32(r);

	if (!wasm_failed(r) && n != 1)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "invalid result arity: select gives %u values", n);
	insn->type = wasm_valtype(r);
}

static void read_memarg(struct wasm_reader *r)
{
	if (wasm_u32(r) >= MULTI_MEMORY_FLAG)
		wasm_refuse(r, WASM_MULTI_MEMORY);
	(void)wasm_u32(r);
}

/* The memory of an instruction: one byte, as no module has a second. */
static void read_memory(struct wasm_reader *r)
{
	if (wasm_byte(r) != 0 && !wasm_failed(r)) {
		r->at--;
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "zero byte expected: there is only memory 0");
	}
}

static uint32_t read_table(struct wasm_reader *r, const struct wasm_module *m)
{
	return wasm_index(r, m->table_count, "table");
}

static uint32_t read_data_segment(
    struct wasm_reader *r, const struct wasm_module *m)
{
	uint32_t index = wasm_u32(r);

	if (!wasm_failed(r) && index >= m->data_count)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "data segment %u does not exist: no data count section "
		    "counts it",
		    index);
	return index;
}

/* Instructions behind 0xfc: saturating conversions, bulk memory and table
 * instructions. */
static void read_prefixed(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_insn *insn)
{
	uint32_t op = wasm_u32(r);

	insn->op = WASM_PREFIX << 8 | (op & 0xff);
	switch (op) {
	case 0 ... 7:
		break;
	case 8: /* memory.init */
		insn->a = read_data_segment(r, m);
		read_memory(r);
		break;
	case 9: /* data.drop */
		insn->a = read_data_segment(r, m);
		break;
	case 10: /* memory.copy */
		read_memory(r);
		read_memory(r);
		break;
	case 11: /* memory.fill */
		read_memory(r);
		break;
	case 12: /* table.init */
		insn->a = wasm_index(r, m->elem_count, "element segment");
		insn->b = read_table(r, m);
		break;
	case 13: /* elem.drop */
		insn->a = wasm_index(r, m->elem_count, "element segment");
		break;
	case 14: /* table.copy */
		insn->a = read_table(r, m);
		insn->b = read_table(r, m);
		break;
	case 15 ... 17: /* table.grow, table.size, table.fill */
		insn->a = read_table(r, m);
		break;
	default:
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "instruction 0xfc %u does not exist", op);
	}
}

static void refuse_insn(struct wasm_reader *r, enum form form, uint8_t op)
{
	static const uint8_t feature[] = {
		[SIMD] = WASM_SIMD,
		[THREADS] = WASM_THREADS,
		[EXCEPTIONS] = WASM_EXCEPTIONS,
		[TAIL_CALL] = WASM_TAIL_CALLS,
		[TYPED_REFERENCES] = WASM_TYPED_REFERENCES,
		[GC] = WASM_GC,
	};

	if (form == BAD)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "instruction 0x%02x does not exist", op);
	else
		wasm_refuse(r, feature[form]);
}

static void read_immediates(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_insn *insn)
{
	switch ((enum form)forms[insn->op]) {
	case NONE:
	case END:
		break;
	case OPEN:
		read_block_type(r, m, insn);
		break;
	case INDEX:
		insn->a = wasm_u32(r);
		break;
	case BR_TABLE:
		for (uint32_t n = wasm_count(r, UINT32_MAX, "labels") + 1;
		     n > 0 && !wasm_failed(r); n--)
			(void)wasm_u32(r);
		break;
	case CALL:
		insn->a = wasm_index(r, wasm_func_total(m), "function");
		break;
	case CALL_INDIRECT:
		insn->a = wasm_index(r, m->type_count, "type");
		insn->b = read_table(r, m);
		break;
	case SELECT:
		read_select(r, insn);
		break;
	case TABLE:
		insn->a = read_table(r, m);
		break;
	case MEMARG:
		read_memarg(r);
		break;
	case MEMORY:
		read_memory(r);
		break;
	case CONST_I32:
		(void)wasm_signed(r, 32);
		break;
	case CONST_I64:
		(void)wasm_signed(r, 64);
		break;
	case CONST_F32:
		(void)wasm_take(r, 4);
		break;
	case CONST_F64:
		(void)wasm_take(r, 8);
		break;
	case REF_NULL:
		insn->type = wasm_reftype(r);
		break;
	case PREFIX:
		read_prefixed(r, m, insn);
		break;
	default:
		r->at--;
		refuse_insn(r, forms[insn->op], (uint8_t)insn->op);
	}
}

void wasm_next(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_insn *insn)
{
	*insn = (struct wasm_insn){ .at = r->at };
	insn->op = wasm_byte(r);
	if (!wasm_failed(r))
		read_immediates(r, m, insn);
}

void wasm_walk_body(struct wasm_reader *r, const struct wasm_module *m)
{
	struct wasm_insn insn;
	uint32_t depth = 1;

	wasm_walk_locals(r);
	while (depth > 0 && !wasm_failed(r)) {
		wasm_next(r, m, &insn);
		depth += insn.op < 0x100 && forms[insn.op] == OPEN;
		depth -= insn.op < 0x100 && forms[insn.op] == END;
	}
	if (!wasm_failed(r) && r->at != r->end)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "bytes follow the end of a function");
}
