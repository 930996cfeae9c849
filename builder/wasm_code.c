/* The code walker, and the features that profile 1 leaves out. */
#include "wasm_read.h"

#include "abi/image.h"

enum { LOCALS_MAX = 50000, BLOCK_EMPTY = 0x40, MULTI_MEMORY_FLAG = 0x40 };

/* How to decode an instruction's immediates, or why it is refused. */
enum form {
	BAD, /* no such instruction */
	NONE,
	OPEN,
	ELSE,
	END,
	INDEX,
	BR_TABLE,
	CALL,
	CALL_INDIRECT,
	MEMARG,
	MEMORY,
	CONST_I32,
	CONST_I64,
	CONST_F32,
	CONST_F64,
	PREFIX,
	SIMD,
	THREADS,
	EXCEPTIONS,
	TAIL_CALL,
	REFERENCES,
	TABLE_OP,
	GC
};

static const uint8_t forms[256] = {
	[0x00 ... 0x01] = NONE,
	[0x02 ... 0x04] = OPEN,
	[0x05] = ELSE,
	[0x06 ... 0x0a] = EXCEPTIONS,
	[0x0b] = END,
	[0x0c ... 0x0d] = INDEX,
	[0x0e] = BR_TABLE,
	[0x0f] = NONE,
	[0x10] = CALL,
	[0x11] = CALL_INDIRECT,
	[0x12 ... 0x13] = TAIL_CALL,
	[0x14 ... 0x15] = REFERENCES,
	[0x18 ... 0x19] = EXCEPTIONS,
	[0x1a ... 0x1b] = NONE,
	[0x1c] = REFERENCES,
	[0x1f] = EXCEPTIONS,
	[0x20 ... 0x24] = INDEX,
	[0x25 ... 0x26] = TABLE_OP,
	[0x28 ... 0x3e] = MEMARG,
	[0x3f ... 0x40] = MEMORY,
	[0x41] = CONST_I32,
	[0x42] = CONST_I64,
	[0x43] = CONST_F32,
	[0x44] = CONST_F64,
	[0x45 ... 0xc4] = NONE,
	[0xd0 ... 0xd6] = REFERENCES,
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
	[WASM_REFERENCES] = { "reference types",
	    "compile with -mno-reference-types" },
	[WASM_TABLE_OPS] = { "table instructions",
	    "compile with -mno-reference-types; tables are fixed" },
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

uint8_t wasm_valtype(struct wasm_reader *r)
{
	const uint8_t *at = r->at;
	uint8_t type = wasm_byte(r);

	if (type >= AZ_F64 && type <= AZ_I32)
		return type;
	if (!wasm_failed(r))
		r->at = at;
	if (type == 0x7b)
		wasm_refuse(r, WASM_SIMD);
	else if (type == 0x70 || type == 0x6f)
		wasm_refuse(r, WASM_REFERENCES);
	else if (type >= 0x63 && type <= 0x74)
		wasm_refuse(r, WASM_GC);
	else
		wasm_fail(
		    r, WASM_MALFORMED, NULL, "0x%02x is not a type", type);
	return 0;
}

static void walk_locals(struct wasm_reader *r)
{
	uint32_t runs = wasm_count(r, LOCALS_MAX, "runs of locals");
	uint64_t total = 0;

	for (uint32_t i = 0; i < runs && !wasm_failed(r); i++) {
		total += wasm_u32(r);
		if (total > LOCALS_MAX)
			wasm_fail(r, WASM_OUTSIDE_PROFILE, NULL,
			    "a function has more than %d locals", LOCALS_MAX);
		(void)wasm_valtype(r);
	}
}

static void walk_block_type(struct wasm_reader *r, const struct wasm_module *m)
{
	int64_t type;

	if (r->at < r->end && *r->at == BLOCK_EMPTY) {
		r->at++;
		return;
	}
	if (r->at < r->end && (*r->at & 0xc0) == 0x40) {
		(void)wasm_valtype(r);
		return;
	}
	type = wasm_signed(r, 33);
	if (type < 0 || type >= m->type_count)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "a block's type is not in the type section");
}

static void walk_memarg(struct wasm_reader *r)
{
	if (wasm_u32(r) >= MULTI_MEMORY_FLAG)
		wasm_refuse(r, WASM_MULTI_MEMORY);
	(void)wasm_u32(r);
}

static void walk_zero(struct wasm_reader *r)
{
	if (wasm_byte(r) != 0)
		wasm_refuse(r, WASM_MULTI_MEMORY);
}

/* Instructions behind 0xfc: saturating conversions and bulk memory. */
static void walk_prefix(struct wasm_reader *r, const struct wasm_module *m)
{
	uint32_t op = wasm_u32(r);

	switch (op) {
	case 0 ... 7:
		break;
	case 8: /* memory.init */
		(void)wasm_index(r, m->data_count, "data segment");
		walk_zero(r);
		break;
	case 9: /* data.drop */
		(void)wasm_index(r, m->data_count, "data segment");
		break;
	case 10: /* memory.copy */
		walk_zero(r);
		walk_zero(r);
		break;
	case 11: /* memory.fill */
		walk_zero(r);
		break;
	case 12 ... 17:
		wasm_refuse(r, WASM_TABLE_OPS);
		break;
	default:
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "instruction 0xfc %u does not exist", op);
	}
}

static void walk_refused(struct wasm_reader *r, enum form form, uint8_t op)
{
	static const uint8_t feature[] = {
		[SIMD] = WASM_SIMD,
		[THREADS] = WASM_THREADS,
		[EXCEPTIONS] = WASM_EXCEPTIONS,
		[TAIL_CALL] = WASM_TAIL_CALLS,
		[REFERENCES] = WASM_REFERENCES,
		[TABLE_OP] = WASM_TABLE_OPS,
		[GC] = WASM_GC,
	};

	if (form == BAD)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "instruction 0x%02x does not exist", op);
	else
		wasm_refuse(r, feature[form]);
}

static void walk_immediates(
    struct wasm_reader *r, const struct wasm_module *m, uint8_t op)
{
	switch ((enum form)forms[op]) {
	case NONE:
	case ELSE:
	case END:
		break;
	case OPEN:
		walk_block_type(r, m);
		break;
	case INDEX:
		(void)wasm_u32(r);
		break;
	case BR_TABLE:
		for (uint32_t n = wasm_count(r, UINT32_MAX, "labels") + 1;
		     n > 0 && !wasm_failed(r); n--)
			(void)wasm_u32(r);
		break;
	case CALL:
		(void)wasm_index(r, wasm_func_total(m), "function");
		break;
	case CALL_INDIRECT:
		(void)wasm_index(r, m->type_count, "type");
		(void)wasm_index(r, m->table_count, "table");
		break;
	case MEMARG:
		walk_memarg(r);
		break;
	case MEMORY:
		walk_zero(r);
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
	case PREFIX:
		walk_prefix(r, m);
		break;
	default:
		r->at--;
		walk_refused(r, forms[op], op);
	}
}

void wasm_walk_body(struct wasm_reader *r, const struct wasm_module *m)
{
	uint32_t depth = 1;

	walk_locals(r);
	while (depth > 0 && !wasm_failed(r)) {
		uint8_t op = wasm_byte(r);

		if (wasm_failed(r))
			return;
		walk_immediates(r, m, op);
		depth += forms[op] == OPEN;
		depth -= forms[op] == END;
	}
	if (r->at != r->end)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "bytes follow the end of a function");
}
