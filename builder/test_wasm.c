/* Reading modules: what is kept, what is refused, and where. */
#include "wasm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/image.h"
#include "abi/layout.h"

#define MAGIC "\0asm\1\0\0\0"

/* (module (import "m" "f" (func (param i32) (result i32)))
 *   (table 2 funcref) (memory 1 2) (global (mut f32) (f32.const 1))
 *   (export "run" (func 1)) (start 2) (elem (i32.const 1) 1)
 *   (func (type 0) local.get 0) (func) (data (i32.const 8) "hi")) and names */
static const uint8_t sample[] = MAGIC "\1\11\2\x60\1\x7f\1\x7f\x60\0\0"
				      "\2\7\1\1m\1f\0\0"
				      "\3\3\2\0\1"
				      "\4\4\1\x70\0\2"
				      "\5\4\1\1\1\2"
				      "\6\11\1\x7d\1\x43\0\0\x80\x3f\x0b"
				      "\7\7\1\3run\0\1"
				      "\x8\1\2"
				      "\x9\7\1\0\x41\1\x0b\1\1"
				      "\x0a\x9\2\4\0\x20\0\x0b\2\0\x0b"
				      "\x0b\x8\1\0\x41\x8\x0b\2hi"
				      "\0\x0f\4name\1\x8\2\0\1f\1\2go";
enum { SAMPLE_SIZE = sizeof(sample) - 1 };

/* What sample lacks: every form of instruction, constant and segment.
 * (module
 *   (type (func)) (type (func (param i32) (result i32 i32)))
 *   (table 200 200 funcref) (memory 1 2)
 *   (global i32 (i32.const -200)) (global i64 (i64.const 1234567890123))
 *   (global (mut f64) (f64.const 1))
 *   (export "a" (func 0)) (export "b" (func 0)) (export "a2" (memory 0))
 *   (elem (table 0) (i32.const 1) funcref (ref.func 0) (ref.null func))
 *   (elem declare func 0) (elem func 0)
 *   (func (local i64 f32)
 *     block end
 *     loop (result i32) i32.const 1 end
 *     block (type 1) i32.const 2 end
 *     drop drop
 *     i32.const 1 if nop else unreachable end
 *     i32.const 0 br_table 0 0
 *     i32.const 0 call_indirect (type 0)
 *     memory.size memory.grow i64.load drop
 *     i64.const 1 drop f32.const 1 drop f64.const 1 i32.trunc_sat_f64_s drop
 *     i32.const 0 i32.const 0 i32.const 0 memory.init 1 data.drop 1
 *     i32.const 0 i32.const 0 i32.const 0 memory.copy
 *     i32.const 0 i32.const 0 i32.const 0 memory.fill)
 *   (data (i32.const 0) "hi") (data "ho")) */
static const uint8_t rich[] = { 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
	0x01, 0x0a, 0x02, 0x60, 0x00, 0x00, 0x60, 0x01, 0x7f, 0x02, 0x7f, 0x7f,
	0x03, 0x02, 0x01, 0x00, 0x04, 0x07, 0x01, 0x70, 0x01, 0xc8, 0x01, 0xc8,
	0x01, 0x05, 0x04, 0x01, 0x01, 0x01, 0x02, 0x06, 0x1d, 0x03, 0x7f, 0x00,
	0x41, 0xb8, 0x7e, 0x0b, 0x7e, 0x00, 0x42, 0xcb, 0x89, 0xec, 0x8f, 0xf7,
	0x23, 0x0b, 0x7c, 0x01, 0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf0,
	0x3f, 0x0b, 0x07, 0x0e, 0x03, 0x01, 0x61, 0x00, 0x00, 0x01, 0x62, 0x00,
	0x00, 0x02, 0x61, 0x32, 0x02, 0x00, 0x09, 0x14, 0x03, 0x04, 0x41, 0x01,
	0x0b, 0x02, 0xd2, 0x00, 0x0b, 0xd0, 0x70, 0x0b, 0x03, 0x00, 0x01, 0x00,
	0x01, 0x00, 0x01, 0x00, 0x0c, 0x01, 0x02, 0x0a, 0x67, 0x01, 0x65, 0x02,
	0x01, 0x7e, 0x01, 0x7d, 0x02, 0x40, 0x0b, 0x03, 0x7f, 0x41, 0x01, 0x0b,
	0x02, 0x01, 0x41, 0x02, 0x0b, 0x1a, 0x1a, 0x41, 0x01, 0x04, 0x40, 0x01,
	0x05, 0x00, 0x0b, 0x41, 0x00, 0x0e, 0x01, 0x00, 0x00, 0x41, 0x00, 0x11,
	0x00, 0x00, 0x3f, 0x00, 0x40, 0x00, 0x29, 0x03, 0x00, 0x1a, 0x42, 0x01,
	0x1a, 0x43, 0x00, 0x00, 0x80, 0x3f, 0x1a, 0x44, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0xf0, 0x3f, 0xfc, 0x02, 0x1a, 0x41, 0x00, 0x41, 0x00, 0x41,
	0x00, 0xfc, 0x08, 0x01, 0x00, 0xfc, 0x09, 0x01, 0x41, 0x00, 0x41, 0x00,
	0x41, 0x00, 0xfc, 0x0a, 0x00, 0x00, 0x41, 0x00, 0x41, 0x00, 0x41, 0x00,
	0xfc, 0x0b, 0x00, 0x0b, 0x0b, 0x0c, 0x02, 0x00, 0x41, 0x00, 0x0b, 0x02,
	0x68, 0x69, 0x01, 0x02, 0x68, 0x6f };

/* What WebAssembly 2.0 adds, and imports of every kind.
 * (module
 *   (type $t (func (param externref) (result funcref)))
 *   (import "m" "g" (global $g i32))
 *   (import "m" "f" (func $f))
 *   (import "m" "t" (table $t0 2 4 externref))
 *   (import "m" "r" (global $r (mut funcref)))
 *   (import "m" "e" (global $e externref))
 *   (import "m" "m" (memory 1 2))
 *   (table $t1 3 funcref)
 *   (global $n externref (ref.null extern))
 *   (global $h (mut funcref) (ref.func $f))
 *   (global $i i32 (global.get $g))
 *   (export "f" (func $f))
 *   (start $f)
 *   (elem (table $t1) (global.get $g) func $f $k)
 *   (elem (table $t0) (i32.const 0) externref (ref.null extern) (ref.null extern))
 *   (elem $p funcref (ref.func $k) (ref.null func))
 *   (elem $q externref (ref.null extern))
 *   (elem declare funcref (ref.func $k))
 *   (elem func $f)
 *   (elem declare func $f)
 *   (func $k (type $t) (local funcref externref)
 *     block (result externref) local.get 0 end drop
 *     local.get 0 block (type $t) drop ref.null func end)
 *   (func $l (result externref)
 *     i32.const 0 ref.null extern table.set $t0
 *     i32.const 0 table.get $t0 drop
 *     i32.const 0 ref.func $k i32.const 1 table.fill $t1
 *     ref.null func i32.const 1 table.grow $t1 drop
 *     table.size $t0 drop
 *     i32.const 0 i32.const 0 i32.const 0 table.copy $t1 $t1
 *     i32.const 0 i32.const 0 i32.const 0 table.init $t1 $p
 *     elem.drop $p
 *     ref.null func ref.is_null drop
 *     ref.null extern i32.const 0 call_indirect $t1 (type $t) drop
 *     ref.null extern ref.null extern i32.const 1 select (result externref))
 *   (data (global.get $g) "hi")) */
static const uint8_t wide[] = { 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
	0x01, 0x0d, 0x03, 0x60, 0x01, 0x6f, 0x01, 0x70, 0x60, 0x00, 0x00, 0x60,
	0x00, 0x01, 0x6f, 0x02, 0x2d, 0x06, 0x01, 0x6d, 0x01, 0x67, 0x03, 0x7f,
	0x00, 0x01, 0x6d, 0x01, 0x66, 0x00, 0x01, 0x01, 0x6d, 0x01, 0x74, 0x01,
	0x6f, 0x01, 0x02, 0x04, 0x01, 0x6d, 0x01, 0x72, 0x03, 0x70, 0x01, 0x01,
	0x6d, 0x01, 0x65, 0x03, 0x6f, 0x00, 0x01, 0x6d, 0x01, 0x6d, 0x02, 0x01,
	0x01, 0x02, 0x03, 0x03, 0x02, 0x00, 0x02, 0x04, 0x04, 0x01, 0x70, 0x00,
	0x03, 0x06, 0x10, 0x03, 0x6f, 0x00, 0xd0, 0x6f, 0x0b, 0x70, 0x01, 0xd2,
	0x00, 0x0b, 0x7f, 0x00, 0x23, 0x00, 0x0b, 0x07, 0x05, 0x01, 0x01, 0x66,
	0x00, 0x00, 0x08, 0x01, 0x00, 0x09, 0x32, 0x07, 0x02, 0x01, 0x23, 0x00,
	0x0b, 0x00, 0x02, 0x00, 0x01, 0x06, 0x00, 0x41, 0x00, 0x0b, 0x6f, 0x02,
	0xd0, 0x6f, 0x0b, 0xd0, 0x6f, 0x0b, 0x05, 0x70, 0x02, 0xd2, 0x01, 0x0b,
	0xd0, 0x70, 0x0b, 0x05, 0x6f, 0x01, 0xd0, 0x6f, 0x0b, 0x03, 0x00, 0x01,
	0x01, 0x01, 0x00, 0x01, 0x00, 0x03, 0x00, 0x01, 0x00, 0x0a, 0x65, 0x02,
	0x14, 0x02, 0x01, 0x70, 0x01, 0x6f, 0x02, 0x6f, 0x20, 0x00, 0x0b, 0x1a,
	0x20, 0x00, 0x02, 0x00, 0x1a, 0xd0, 0x70, 0x0b, 0x0b, 0x4e, 0x00, 0x41,
	0x00, 0xd0, 0x6f, 0x26, 0x00, 0x41, 0x00, 0x25, 0x00, 0x1a, 0x41, 0x00,
	0xd2, 0x01, 0x41, 0x01, 0xfc, 0x11, 0x01, 0xd0, 0x70, 0x41, 0x01, 0xfc,
	0x0f, 0x01, 0x1a, 0xfc, 0x10, 0x00, 0x1a, 0x41, 0x00, 0x41, 0x00, 0x41,
	0x00, 0xfc, 0x0e, 0x01, 0x01, 0x41, 0x00, 0x41, 0x00, 0x41, 0x00, 0xfc,
	0x0c, 0x02, 0x01, 0xfc, 0x0d, 0x02, 0xd0, 0x70, 0xd1, 0x1a, 0xd0, 0x6f,
	0x41, 0x00, 0x11, 0x00, 0x01, 0x1a, 0xd0, 0x6f, 0xd0, 0x6f, 0x41, 0x01,
	0x1c, 0x01, 0x6f, 0x0b, 0x0b, 0x08, 0x01, 0x00, 0x23, 0x00, 0x0b, 0x02,
	0x68, 0x69 };

static struct wasm_module *parse(
    const void *bytes, size_t len, struct wasm_error *error)
{
	/* On the heap, so that ASan sees the bounds. */
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct wasm_module *m;

	memcpy(copy, bytes, len);
	m = wasm_parse(copy, len, error);
	if (m == NULL)
		free(copy);
	return m;
}

static void drop(struct wasm_module *m)
{
	free((void *)(uintptr_t)m->source.at);
	wasm_free(m);
}

static bool is(struct wasm_bytes bytes, const char *text)
{
	return bytes.len == strlen(text) &&
	       memcmp(bytes.at, text, bytes.len) == 0;
}

static void test_sample(void **state)
{
	struct wasm_error error;
	struct wasm_module *m = parse(sample, SAMPLE_SIZE, &error);

	(void)state;
	if (m == NULL)
		fail_msg("%zu: %s", error.offset, error.text);
	assert_int_equal(m->type_count, 2);
	assert_int_equal(m->types[0].params[0], AZ_I32);
	assert_true(is(m->imports[0].module, "m"));
	assert_true(is(m->imports[0].name, "f"));
	assert_int_equal(m->imported_funcs, 1);
	assert_int_equal(m->func_count, 2);
	assert_int_equal(m->tables[0].limits.min, 2);
	assert_int_equal(m->tables[0].limits.max, UINT32_MAX);
	assert_int_equal(m->memories[0].max, 2);
	assert_int_equal(m->globals[0].init.bits, 0x3f800000);
	assert_true(m->globals[0].mutable);
	assert_true(is(m->exports[0].name, "run"));
	assert_int_equal(m->start, 2);
	assert_int_equal(m->elems[0].dest.bits, 1);
	assert_int_equal(m->elems[0].items[0].bits, 1);
	assert_int_equal(m->bodies[0].len, 4);
	assert_int_equal(m->datas[0].dest.bits, 8);
	assert_true(is(m->datas[0].bytes, "hi"));
	assert_true(is(m->func_names[0], "f"));
	assert_true(is(m->func_names[1], "go"));
	assert_int_equal(m->func_names[2].len, 0);
	assert_ptr_equal(wasm_func_type(m, 2), &m->types[1]);
	drop(m);
}

/* A prefix is a module only when it ends between sections, and the functions
 * have their bodies. */
static void test_truncated(void **state)
{
	size_t accepted = 0;

	(void)state;
	for (size_t len = 0; len < SAMPLE_SIZE; len++) {
		struct wasm_error error;
		struct wasm_module *m = parse(sample, len, &error);

		if (m != NULL)
			drop(m);
		accepted += m != NULL;
	}
	/* Only magic; types; import; then, with bodies: code; data. */
	assert_int_equal(accepted, 5);
}

/* However one byte is changed, the reader stays inside. */
static void change_every_byte(const uint8_t *module, size_t size)
{
	uint8_t *bytes = malloc(size);

	memcpy(bytes, module, size);
	for (size_t at = 0; at < size; at++) {
		for (unsigned value = 0; value < 256; value++) {
			struct wasm_error error;
			struct wasm_module *m;

			bytes[at] = (uint8_t)value;
			m = parse(bytes, size, &error);
			if (m != NULL)
				drop(m);
			else
				assert_true(error.offset <= size);
		}
		bytes[at] = module[at];
	}
	free(bytes);
}

static void test_every_byte(void **state)
{
	(void)state;
	change_every_byte(sample, SAMPLE_SIZE);
	change_every_byte(rich, sizeof(rich));
	change_every_byte(wide, sizeof(wide));
}

struct bad {
	enum wasm_fault fault;
	size_t offset;
	const char *text; /* part of the message */
	size_t len;
	const char *bytes;
};
#define BAD(fault, offset, text, bytes)                                        \
	{                                                                      \
		WASM_##fault, offset, text, sizeof(bytes) - 1, bytes           \
	}
/* A function whose code is `code`, of len bytes with its end. The code starts
 * at offset 23. */
#define CODE(len, code) MAGIC "\1\4\1\x60\0\0\3\2\1\0\x0a" len code

static const struct bad bads[] = {
	BAD(MALFORMED, 0, "not a WebAssembly module", ""),
	BAD(MALFORMED, 0, "not a WebAssembly module",
	    "\x7f"
	    "ELF\1\0\0\0"),
	BAD(COMPONENT, 4, "component", "\0asm\x0d\0\1\0"),
	BAD(MALFORMED, 4, "version 2", "\0asm\2\0\0\0"),
	BAD(MALFORMED, 10, "length 5 runs past the end", MAGIC "\1\5\0"),
	BAD(MALFORMED, 10, "does not exist", MAGIC "\x0e\0\0\0\0\0"),
	BAD(MALFORMED, 13, "out of order", MAGIC "\3\1\0\1\1\0"),
	BAD(MALFORMED, 11, "longer than its contents", MAGIC "\1\2\0\0"),
	BAD(MALFORMED, 15, "encoding too long",
	    MAGIC "\1\6\x80\x80\x80\x80\x10\0"),
	BAD(OUTSIDE_PROFILE, 11, "garbage collection", MAGIC "\1\2\1\x5f"),
	BAD(OUTSIDE_PROFILE, 13, "SIMD", MAGIC "\1\5\1\x60\1\x7b\0"),
	BAD(OUTSIDE_PROFILE, 13, "garbage collection",
	    MAGIC "\1\5\1\x60\1\x6e\0"),
	BAD(MALFORMED, 13, "0x40 is not a type", MAGIC "\1\5\1\x60\1\x40\0"),
	BAD(OUTSIDE_PROFILE, 14, "17 results",
	    MAGIC "\1\x15\1\x60\0\x11\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"
		  "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"),
	BAD(OUTSIDE_PROFILE, 25, "multiple memories",
	    MAGIC "\2\x0f\2\1m\1n\2\0\1\1m\1o\2\0\1"),
	BAD(OUTSIDE_PROFILE, 16, "exceptions", MAGIC "\2\x8\1\1m\1n\4\0\0"),
	BAD(MALFORMED, 16, "import kind 5", MAGIC "\2\7\1\1m\1n\5\0\1"),
	BAD(MALFORMED, 13, "not valid UTF-8", MAGIC "\2\7\1\1\xff\1n\0\0"),
	BAD(OUTSIDE_PROFILE, 12, "memory64", MAGIC "\5\3\1\4\1"),
	BAD(OUTSIDE_PROFILE, 12, "threads", MAGIC "\5\4\1\3\1\1"),
	BAD(OUTSIDE_PROFILE, 11, "multiple memories", MAGIC "\5\5\2\0\1\0\1"),
	BAD(MALFORMED, 14, "above maximum", MAGIC "\5\4\1\1\2\1"),
	BAD(OUTSIDE_PROFILE, 10, "exceptions", MAGIC "\x0d\3\1\0\0"),
	BAD(MALFORMED, 18, "functions have no bodies",
	    MAGIC "\1\4\1\x60\0\0\3\2\1\0"),
	BAD(OUTSIDE_PROFILE, 23, "SIMD", CODE("\5\1\3\0", "\xfd\x0c")),
	BAD(OUTSIDE_PROFILE, 23, "threads", CODE("\5\1\3\0", "\xfe\3")),
	BAD(OUTSIDE_PROFILE, 23, "exceptions", CODE("\5\1\3\0", "\6\x40")),
	BAD(OUTSIDE_PROFILE, 23, "tail calls", CODE("\5\1\3\0", "\x12\0")),
	BAD(OUTSIDE_PROFILE, 23, "typed function references",
	    CODE("\5\1\3\0", "\x14\0")),
	BAD(MALFORMED, 26, "table 0", CODE("\6\1\4\0", "\xfc\x10\0")),
	BAD(MALFORMED, 25, "table 0", CODE("\6\1\4\0", "\x25\0\x0b")),
	BAD(MALFORMED, 26, "segment 0", CODE("\6\1\4\0", "\xfc\x0d\0")),
	BAD(MALFORMED, 25, "function 1", CODE("\6\1\4\0", "\xd2\1\x0b")),
	BAD(MALFORMED, 24, "not a reference", CODE("\6\1\4\0", "\xd0\x7f\x0b")),
	BAD(MALFORMED, 25, "select gives 2",
	    CODE("\x8\1\6\0", "\x1c\2\x7f\x7f\x0b")),
	BAD(MALFORMED, 24, "zero byte expected",
	    CODE("\6\1\4\0", "\x3f\1\x0b")),
	BAD(MALFORMED, 23, "instruction 0xff", CODE("\5\1\3\0", "\xff\x0b")),
	BAD(MALFORMED, 24, "bytes follow", CODE("\5\1\3\0", "\x0b\x0b")),
	BAD(MALFORMED, 24, "unexpected end", CODE("\4\1\2\0", "\1")),
	BAD(MALFORMED, 25, "function 1", CODE("\6\1\4\0", "\x10\1\x0b")),
	BAD(MALFORMED, 25, "block's type", CODE("\6\1\4\0", "\2\1\x0b")),
	BAD(MALFORMED, 25, "0xfc 18", CODE("\6\1\4\0", "\xfc\x12\x0b")),
	BAD(OUTSIDE_PROFILE, 25, "multiple memories",
	    CODE("\7\1\5\0", "\x28\x40\0\x0b")),
	BAD(OUTSIDE_PROFILE, 27, "more than 50000 locals",
	    CODE("\x8\1\6\1", "\xd1\x86\3\x7f\x0b")),
	BAD(OUTSIDE_PROFILE, 16, "tables of more than",
	    MAGIC "\4\6\1\x70\0\x81\x80\x40"),
	BAD(OUTSIDE_PROFILE, 15, "memory of 4 GiB", MAGIC "\5\5\1\0\x80\x80\4"),
	BAD(MALFORMED, 15, "65536 pages", MAGIC "\5\5\1\0\x81\x80\4"),
	BAD(MALFORMED, 24, "duplicate export name `a`",
	    MAGIC "\5\3\1\0\1\7\x9\2\1a\2\0\1a\2\0"),
	BAD(MALFORMED, 19, "the data count says 2",
	    MAGIC "\5\3\1\0\1\x0c\1\2\x0b\1\0"),
	/* Element segments of a table with one function reference. */
	BAD(MALFORMED, 25, "type mismatch in a constant",
	    MAGIC "\4\4\1\x70\0\1\x9\x9\1\4\x41\0\x0b\1\xd0\x6f\x0b"),
	BAD(MALFORMED, 24, "imported global 0",
	    MAGIC "\4\4\1\x70\0\1\x9\x9\1\4\x41\0\x0b\1\x23\0\x0b"),
	BAD(MALFORMED, 25, "constant expression required",
	    MAGIC "\4\4\1\x70\0\1\x9\x9\1\4\x41\0\x0b\1\xd0\x70\1"),
	BAD(MALFORMED, 19, "of 0 values",
	    MAGIC "\4\4\1\x70\0\1\x9\7\1\4\x0b\1\xd0\x70\x0b"),
	BAD(OUTSIDE_PROFILE, 23, "extended constant",
	    MAGIC "\4\4\1\x70\0\1\x9\x9\1\4\x41\0\x41\0\x6a\x0b\0"),
	BAD(MALFORMED, 23, "not of table 0's type",
	    MAGIC "\4\4\1\x70\0\1\x9\x8\1\6\0\x41\0\x0b\x6f\0"),
	BAD(MALFORMED, 19, "element kind 0x70",
	    MAGIC "\4\4\1\x70\0\1\x9\4\1\1\x70\0"),
	BAD(MALFORMED, 18, "memory 1 does not exist",
	    MAGIC "\5\3\1\0\1\x0b\7\1\2\1\x41\0\x0b\0"),
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const struct bad *b = &bads[i];
		struct wasm_error error;
		struct wasm_module *m = parse(b->bytes, b->len, &error);

		if (m != NULL)
			fail_msg("%zu: %s: accepted", i, b->text);
		if (error.fault != b->fault || error.offset != b->offset ||
		    strstr(error.text, b->text) == NULL)
			fail_msg("%zu: %s: %d at %zu: %s", i, b->text,
			    error.fault, error.offset, error.text);
	}
}

static void test_rich(void **state)
{
	struct wasm_error error;
	struct wasm_module *m = parse(rich, sizeof(rich), &error);

	(void)state;
	if (m == NULL)
		fail_msg("%zu: %s", error.offset, error.text);
	assert_int_equal(m->tables[0].limits.min, 200);
	assert_int_equal((int32_t)m->globals[0].init.bits, -200);
	assert_int_equal(m->globals[1].init.bits, 1234567890123);
	assert_int_equal(m->globals[2].init.bits, 0x3ff0000000000000);
	assert_int_equal(m->elem_count, 3);
	assert_int_equal(m->elems[0].mode, AZ_ACTIVE);
	assert_int_equal(m->elems[0].items[0].kind, WASM_REF_FUNC);
	assert_int_equal(m->elems[0].items[0].bits, 0);
	assert_int_equal(m->elems[0].items[1].kind, WASM_REF_NULL);
	assert_int_equal(m->elems[1].mode, AZ_DECLARED);
	assert_int_equal(m->elems[2].mode, AZ_PASSIVE);
	assert_false(m->datas[0].passive);
	assert_true(m->datas[1].passive);
	drop(m);
}

static void test_wide_spaces(void **state)
{
	struct wasm_error error;
	struct wasm_module *m = parse(wide, sizeof(wide), &error);

	(void)state;
	if (m == NULL)
		fail_msg("%zu: %s", error.offset, error.text);
	assert_int_equal(m->types[0].params[0], AZ_EXTERNREF);
	assert_int_equal(m->import_count, 6);
	assert_int_equal(m->imports[0].global_type, AZ_I32);
	assert_int_equal(m->imported_funcs, 1);
	assert_int_equal(m->func_imports[0], 1);
	assert_ptr_equal(wasm_func_type(m, 0), &m->types[1]);
	assert_int_equal(m->imports[2].table.limits.max, 4);
	assert_true(m->imports[3].global_mutable);
	assert_int_equal(m->imports[5].memory.max, 2);
	assert_int_equal(m->imported_tables, 1);
	assert_int_equal(m->table_count, 2);
	assert_int_equal(m->tables[0].type, AZ_EXTERNREF);
	assert_int_equal(m->tables[1].limits.min, 3);
	assert_int_equal(m->imported_memories, 1);
	assert_int_equal(m->memory_count, 1);
	assert_int_equal(m->imported_globals, 3);
	assert_int_equal(m->global_count, 6);
	assert_int_equal(m->globals[1].type, AZ_FUNCREF);
	assert_int_equal(m->globals[3].init.kind, WASM_REF_NULL);
	assert_int_equal(m->globals[4].init.kind, WASM_REF_FUNC);
	assert_int_equal(m->globals[5].init.kind, WASM_GLOBAL_GET);
	assert_int_equal(m->start, 0);
	drop(m);
}

static void test_wide_segments(void **state)
{
	static const struct {
		enum az_mode mode;
		uint8_t type;
		uint32_t table, count;
	} wants[] = {
		{ AZ_ACTIVE, AZ_FUNCREF, 1, 2 },
		{ AZ_ACTIVE, AZ_EXTERNREF, 0, 2 },
		{ AZ_PASSIVE, AZ_FUNCREF, 0, 2 },
		{ AZ_PASSIVE, AZ_EXTERNREF, 0, 1 },
		{ AZ_DECLARED, AZ_FUNCREF, 0, 1 },
		{ AZ_PASSIVE, AZ_FUNCREF, 0, 1 },
		{ AZ_DECLARED, AZ_FUNCREF, 0, 1 },
	};
	struct wasm_error error;
	struct wasm_module *m = parse(wide, sizeof(wide), &error);

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->elem_count, 7);
	for (uint32_t i = 0; i < m->elem_count; i++) {
		assert_int_equal(m->elems[i].mode, wants[i].mode);
		assert_int_equal(m->elems[i].type, wants[i].type);
		assert_int_equal(m->elems[i].table, wants[i].table);
		assert_int_equal(m->elems[i].count, wants[i].count);
	}
	assert_int_equal(m->elems[0].dest.kind, WASM_GLOBAL_GET);
	assert_int_equal(m->elems[0].items[1].bits, 1);
	assert_int_equal(m->elems[2].items[1].kind, WASM_REF_NULL);
	assert_int_equal(m->datas[0].dest.kind, WASM_GLOBAL_GET);
	drop(m);
}

/* More imports than there are places for them. */
static void test_many_imports(void **state)
{
	enum { COUNT = AZ_IMPORT_MAX + 1, SIZE = 8 + 3 + 2 + COUNT };
	uint8_t bytes[SIZE] = { 0, 'a', 's', 'm', 1, 0, 0, 0,
		/* section, its length, count */
		2, 0x80 | ((COUNT + 2) & 0x7f), (COUNT + 2) >> 7,
		0x80 | (COUNT & 0x7f), COUNT >> 7 };
	struct wasm_error error;

	(void)state;
	assert_null(wasm_parse(bytes, SIZE, &error));
	assert_int_equal(error.fault, WASM_OUTSIDE_PROFILE);
	assert_non_null(strstr(error.text, "1025 imports, and at most 1024"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rich),
		cmocka_unit_test(test_wide_spaces),
		cmocka_unit_test(test_wide_segments),
		cmocka_unit_test(test_many_imports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
