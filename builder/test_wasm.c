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
#include "mem.h"
#include "wasm_reduce.h"

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
	assert_int_equal(m->tables[0].min, 2);
	assert_int_equal(m->tables[0].max, UINT32_MAX);
	assert_int_equal(m->memories[0].max, 2);
	assert_int_equal(m->globals[0].init.bits, 0x3f800000);
	assert_true(m->globals[0].mutable);
	assert_true(is(m->exports[0].name, "run"));
	assert_int_equal(m->start, 2);
	assert_int_equal(m->elems[0].dest, 1);
	assert_int_equal(m->elems[0].funcs[0], 1);
	assert_int_equal(m->bodies[0].len, 4);
	assert_int_equal(m->datas[0].dest, 8);
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
	BAD(OUTSIDE_PROFILE, 13, "reference types", MAGIC "\1\5\1\x60\1\x70\0"),
	BAD(OUTSIDE_PROFILE, 14, "3 results",
	    MAGIC "\1\7\1\x60\0\3\x7f\x7f\x7f"),
	BAD(OUTSIDE_PROFILE, 16, "imports a memory",
	    MAGIC "\2\7\1\1m\1n\2\0\1"),
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
	BAD(OUTSIDE_PROFILE, 23, "reference types",
	    CODE("\5\1\3\0", "\xd0\x70")),
	BAD(OUTSIDE_PROFILE, 25, "table instructions",
	    CODE("\6\1\4\0", "\xfc\x10\0")),
	BAD(OUTSIDE_PROFILE, 25, "multiple memories",
	    CODE("\6\1\4\0", "\x3f\1\x0b")),
	BAD(MALFORMED, 23, "instruction 0xff", CODE("\5\1\3\0", "\xff\x0b")),
	BAD(MALFORMED, 24, "bytes follow", CODE("\5\1\3\0", "\x0b\x0b")),
	BAD(MALFORMED, 24, "unexpected end", CODE("\4\1\2\0", "\1")),
	BAD(MALFORMED, 25, "function 1", CODE("\6\1\4\0", "\x10\1\x0b")),
	BAD(MALFORMED, 25, "block's type", CODE("\6\1\4\0", "\2\1\x0b")),
	BAD(MALFORMED, 25, "0xfc 18", CODE("\6\1\4\0", "\xfc\x12\x0b")),
	BAD(OUTSIDE_PROFILE, 25, "multiple memories",
	    CODE("\7\1\5\0", "\x28\x40\0\x0b")),
	BAD(OUTSIDE_PROFILE, 26, "more than 50000 locals",
	    CODE("\x8\1\6\1", "\xd1\x86\3\x7f\x0b")),
	BAD(OUTSIDE_PROFILE, 16, "table of more than",
	    MAGIC "\4\6\1\x70\0\x81\x80\x40"),
	BAD(OUTSIDE_PROFILE, 15, "memory of 4 GiB", MAGIC "\5\5\1\0\x80\x80\4"),
	BAD(MALFORMED, 15, "65536 pages", MAGIC "\5\5\1\0\x81\x80\4"),
	BAD(MALFORMED, 24, "duplicate export name `a`",
	    MAGIC "\5\3\1\0\1\7\x9\2\1a\2\0\1a\2\0"),
	BAD(MALFORMED, 19, "the data count says 2",
	    MAGIC "\5\3\1\0\1\x0c\1\2\x0b\1\0"),
	BAD(OUTSIDE_PROFILE, 24, "reference types",
	    MAGIC "\4\4\1\x70\0\1\x9\x9\1\4\x41\0\x0b\1\xd0\x6f\x0b"),
	BAD(OUTSIDE_PROFILE, 23, "reference types",
	    MAGIC "\4\4\1\x70\0\1\x9\x9\1\4\x41\0\x0b\1\x23\0\x0b"),
	BAD(OUTSIDE_PROFILE, 25, "extended constant",
	    MAGIC "\4\4\1\x70\0\1\x9\x9\1\4\x41\0\x0b\1\xd0\x70\1"),
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

/* The reduced module is a module with the same indices. */
static void test_reduced(void **state)
{
	struct wasm_error error;
	struct wasm_module *m = parse(sample, SAMPLE_SIZE, &error), *reduced;
	struct buf b = { 0 };

	(void)state;
	assert_non_null(m);
	wasm_reduce(&b, m);
	reduced = parse(b.at, b.len, &error);
	if (reduced == NULL)
		fail_msg("%zu: %s", error.offset, error.text);
	assert_int_equal(reduced->func_count, m->func_count);
	assert_int_equal(reduced->export_count, 0);
	assert_int_equal(reduced->elem_count, 0);
	assert_int_equal(reduced->custom_count, 0);
	assert_int_equal(reduced->start, UINT32_MAX);
	assert_true(is(reduced->imports[0].module, "i"));
	assert_true(is(reduced->imports[0].name, "0"));
	assert_true(reduced->datas[0].passive);
	assert_int_equal(reduced->datas[0].bytes.len, 1);
	assert_int_equal(
	    reduced->globals[0].init.bits, m->globals[0].init.bits);
	buf_fini(&b);
	drop(reduced);
	drop(m);
}

static void test_rich(void **state)
{
	struct wasm_error error;
	struct wasm_module *m = parse(rich, sizeof(rich), &error), *reduced;
	struct buf b = { 0 };

	(void)state;
	if (m == NULL)
		fail_msg("%zu: %s", error.offset, error.text);
	assert_int_equal(m->tables[0].min, 200);
	assert_int_equal((int32_t)m->globals[0].init.bits, -200);
	assert_int_equal(m->globals[1].init.bits, 1234567890123);
	assert_int_equal(m->globals[2].init.bits, 0x3ff0000000000000);
	assert_int_equal(m->elem_count, 3);
	assert_int_equal(m->elems[0].funcs[0], 0);
	assert_int_equal(m->elems[0].funcs[1], UINT32_MAX);
	assert_true(m->elems[1].declarative);
	assert_true(m->elems[2].passive);
	assert_false(m->datas[0].passive);
	assert_true(m->datas[1].passive);
	wasm_reduce(&b, m);
	reduced = parse(b.at, b.len, &error);
	if (reduced == NULL)
		fail_msg("%zu: %s", error.offset, error.text);
	for (uint32_t i = 0; i < m->global_count; i++)
		assert_int_equal(
		    reduced->globals[i].init.bits, m->globals[i].init.bits);
	assert_int_equal(reduced->tables[0].max, 200);
	buf_fini(&b);
	drop(reduced);
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
		cmocka_unit_test(test_reduced),
		cmocka_unit_test(test_rich),
		cmocka_unit_test(test_many_imports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
