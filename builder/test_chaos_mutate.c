/* Faults: every class does what its name says, and nothing else changes. */
#include "chaos_mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exit.h"
#include "fileio.h"
#include "proc.h"
#include "validate.h"

enum { WASM_MAX = 1 << 20 };

static char dir[] = "/tmp/azoth-chaos-XXXXXX";
static char *text_path, *wasm_path;

/* Export f, and what `f()` of the fault number n of a class does; end: what
 * the interpreter prints of it, NULL when it never ends. */
struct row {
	enum chaos_class class;
	uint32_t n;
	const char *text, *well, *end;
};

#define MODULE(code)                                                           \
	"(module (memory 1) (table 9 funcref) (elem (i32.const 1) $two)"       \
	" (func $two (result i32) i32.const 2)" code ")"
#define F(code) MODULE("(func (export \"f\") (result i32) " code ")")

/* Function 0 is $two: what n counts begins there. */
static const struct row rows[] = {
	{ CHAOS_FLIP, 0,
	    F("(if (result i32) (i32.const 8) (then (i32.const 3)) (else "
	      "(i32.const 4)))"),
	    "3", "4" },
	{ CHAOS_FLIP, 0,
	    F("(block (br_if 0 (i32.const 0)) (return (i32.const 3))) "
	      "i32.const 4"),
	    "3", "4" },
	{ CHAOS_OFF_BY_ONE, 0, F("(i32.lt_s (i32.const 5) (i32.const 5))"), "0",
	    "1" },
	{ CHAOS_WRONG_LOCAL, 0,
	    F("(local i32 i64 i32) (local.set 2 (i32.const 9)) local.get 0"),
	    "0", "9" },
	{ CHAOS_SKIPPED_STORE, 0,
	    F("(i32.store8 (i32.const 8) (i32.const 7)) (i32.load8_u "
	      "(i32.const 8))"),
	    "7", "0" },
	{ CHAOS_SKIPPED_STORE, 0,
	    F("(f64.store (i32.const 8) (f64.const 2)) (i32.load "
	      "(i32.const 12))"),
	    "1073741824", "0" },
	{ CHAOS_POINTER, 0,
	    F("(i32.store (i32.const 8) (i32.const 7)) (i32.load "
	      "(i32.const 8))"),
	    "7", "0" },
	{ CHAOS_UNINITIALISED, 0,
	    F("(local i32) (local.set 0 (i32.const 6)) local.get 0"), "6",
	    "0" },
	{ CHAOS_UNINITIALISED, 0, F("(local i32) (local.tee 0 (i32.const 6))"),
	    "6", "0" },
	{ CHAOS_WRONG_CONSTANT, 1, F("i32.const 0"), "0", "1540483477" },
	{ CHAOS_ENDLESS_LOOP, 0,
	    F("(loop (br_if 0 (i32.const 0))) i32.const 1"), "1", NULL },
	{ CHAOS_WILD_CALL, 0, F("(call_indirect (result i32) (i32.const 1))"),
	    "2", "error: undefined table index" },
	{ CHAOS_WILD_CALL, 0,
	    MODULE("(func (result i32) i32.const 5)"
		   "(func (export \"f\") (result i32) call $two)"),
	    "2", "5" },
	{ CHAOS_DROPPED_REPLY, 0, F("i32.const 1"), "1", NULL },
	{ CHAOS_DOUBLE_REPLY, 0,
	    MODULE("(global $n (mut i32) (i32.const 0))"
		   "(func (export \"f\") (result i32)"
		   " (global.set $n (i32.add (global.get $n) (i32.const 1)))"
		   " global.get $n)"),
	    "1", "2" },
	{ CHAOS_STACK_EATER, 1, F("i32.const 1"), "1",
	    "error: call stack exhausted" },
	{ CHAOS_KILL, 1, F("i32.const 1"), "1", "error: unreachable executed" },
	{ CHAOS_HANG, 1, F("i32.const 1"), "1", NULL },
};

/* Imports that are there already stay where they are. */
static const char imports[] =
    "(module (import \"wasi_snapshot_preview1\" \"random_get\""
    "  (func (param i32 i32) (result i32)))"
    " (import \"wasi_snapshot_preview1\" \"fd_write\""
    "  (func (param i32 i32 i32 i32) (result i32)))"
    " (memory 1)"
    " (func (export \"f\") (result i32)"
    "  (call 0 (i32.const 0) (i32.const 0))))";

static void assemble(struct buf *out, const char *text)
{
	const char *const argv[] = { "wat2wasm", text_path, "-o", wasm_path,
		NULL };

	assert_true(file_write(text_path, text, strlen(text), 0600));
	assert_int_equal(proc_run(argv, NULL), 0);
	assert_true(file_read(out, wasm_path, WASM_MAX));
}

/* *out is the module with faults, valid. */
static void mutate(struct buf *out, struct chaos_places *places,
    const char *text, const struct chaos_options *options)
{
	struct buf source = { 0 };
	struct wasm_error error = { 0 };
	struct wasm_module *m;

	assemble(&source, text);
	m = wasm_parse((const uint8_t *)source.at, source.len, &error);
	assert_non_null(m);
	assert_true(chaos_mutate(out, places, m, options));
	wasm_free(m);
	buf_fini(&source);
	if (validate_module(&error, (const uint8_t *)out->at, out->len) !=
	    EXIT_DONE)
		fail_msg("%zu: %s\n%s", error.offset, error.text, text);
}

/* Whether f() ends, and then with this. */
static void assert_does(const struct buf *wasm, const char *wanted)
{
	const char *const argv[] = { "timeout", wanted ? "20" : "0.2",
		"wasm-interp", "--dummy-import-func", "--run-all-exports",
		wasm_path, NULL };
	struct buf said = { 0 };
	char *line = wanted ? xasprintf("f() => %s%s\n",
				  wanted[0] == 'e' ? "" : "i32:", wanted)
			    : NULL;
	int status;

	assert_true(file_write(wasm_path, wasm->at, wasm->len, 0600));
	status = proc_output(&said, argv, NULL);
	if (line == NULL)
		assert_int_equal(status, 124);
	else if (said.len == 0 || strstr(said.at, line) == NULL)
		fail_msg("wanted %s, got %s", line, said.len ? said.at : "-");
	free(line);
	buf_fini(&said);
}

static void test_classes(void **state)
{
	struct chaos_places places;
	uint32_t seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct chaos_options o = { .every = 1,
			.fault = chaos_fault(rows[i].class, rows[i].n) };
		struct chaos_options other = { .every = 1,
			.fault = chaos_fault(rows[i].class, 99) };
		struct buf bad = { 0 }, good = { 0 };

		mutate(&bad, &places, rows[i].text, &o);
		if (places.count[rows[i].class] <= rows[i].n)
			fail_msg("row %zu: %u places", i,
			    places.count[rows[i].class]);
		mutate(&good, &places, rows[i].text, &other);
		assert_does(&bad, rows[i].end);
		assert_does(&good, rows[i].well);
		buf_fini(&bad);
		buf_fini(&good);
		seen |= 1u << rows[i].class;
	}
	assert_int_equal(seen, (1u << CHAOS_CLASS_COUNT) - 1);
}

/* A fault begins by random numbers too, and its number is told. */
static void test_picks(void **state)
{
	struct chaos_options o = { .every = 3, .only = 1u << CHAOS_KILL };
	struct chaos_places places;
	struct buf out = { 0 };

	(void)state;
	mutate(&out, &places, imports, &o);
	assert_int_equal(places.count[CHAOS_KILL], 1);
	/* The dummy gives 0, which seeds 1: a fault at once. */
	assert_does(&out, "error: unreachable executed");
	buf_fini(&out);
}

static void test_leaves_a_call_out(void **state)
{
	struct chaos_options o = { .every = 1,
		.fault = chaos_fault(CHAOS_DROPPED_REPLY, 0) };
	struct chaos_places places;
	struct buf out = { 0 };

	(void)state;
	mutate(&out, &places, imports, &o);
	assert_does(&out, "0");
	assert_int_equal(places.count[CHAOS_DROPPED_REPLY], 3);
	buf_fini(&out);
}

static void test_needs_memory(void **state)
{
	struct chaos_options o = { .every = 1 };
	struct chaos_places places;
	struct wasm_error error = { 0 };
	struct buf source = { 0 }, out = { 0 };
	struct wasm_module *m;

	(void)state;
	assemble(&source, "(module (func (export \"_start\")))");
	m = wasm_parse((const uint8_t *)source.at, source.len, &error);
	assert_non_null(m);
	assert_false(chaos_mutate(&out, &places, m, &o));
	assert_int_equal(out.len, 0);
	wasm_free(m);
	buf_fini(&source);
}

static int open_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	text_path = xasprintf("%s/in.wat", dir);
	wasm_path = xasprintf("%s/out.wasm", dir);
	return 0;
}

static int close_dir(void **state)
{
	(void)state;
	file_remove_tree(dir);
	free(text_path);
	free(wasm_path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_picks),
		cmocka_unit_test(test_leaves_a_call_out),
		cmocka_unit_test(test_needs_memory),
	};

	return cmocka_run_group_tests(tests, open_dir, close_dir);
}
