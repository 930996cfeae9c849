/* Lowering: what comes out is valid, and says the same with less. */
#include "wasm_lower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "exit.h"
#include "fileio.h"
#include "mem.h"
#include "proc.h"
#include "validate.h"
#include "wasm.h"
#include "wasm_op.h"
#include "wasm_plan.h"

/* A module from its text, and what it is lowered to. */
struct lowered {
	struct buf source, bytes;
	struct wasm_module *m, *again;
	struct wasm_plan plan;
};

static void assemble(struct buf *out, const char *text)
{
	char dir[] = "/tmp/azoth-lower-XXXXXX";
	const char *const argv[] = { "wat2wasm", "in.wat", "-o", "out.wasm",
		NULL };
	const struct proc_opts opts = { .cwd = dir };
	char *in, *wasm;

	assert_non_null(mkdtemp(dir));
	in = xasprintf("%s/in.wat", dir);
	wasm = xasprintf("%s/out.wasm", dir);
	assert_true(file_write(in, text, strlen(text), 0600));
	assert_int_equal(proc_run(argv, &opts), 0);
	assert_true(file_read(out, wasm, FILE_SIZE_MAX));
	file_remove_tree(dir);
	free(in);
	free(wasm);
}

static void lower(struct lowered *l, const char *text)
{
	struct wasm_error error = { 0 };

	*l = (struct lowered){ 0 };
	assemble(&l->source, text);
	l->m = wasm_parse((const uint8_t *)l->source.at, l->source.len, &error);
	if (l->m == NULL)
		fail_msg("%zu: %s", error.offset, error.text);
	wasm_plan_init(&l->plan, l->m);
	wasm_lower(&l->bytes, l->m, &l->plan);
	l->again =
	    wasm_parse((const uint8_t *)l->bytes.at, l->bytes.len, &error);
	if (l->again == NULL)
		fail_msg("lowered, %zu: %s", error.offset, error.text);
	if (validate_module(&error, (const uint8_t *)l->bytes.at,
		l->bytes.len) != EXIT_DONE)
		fail_msg("lowered, %zu: %s", error.offset, error.text);
}

static void drop(struct lowered *l)
{
	wasm_plan_fini(&l->plan);
	wasm_free(l->m);
	wasm_free(l->again);
	buf_fini(&l->source);
	buf_fini(&l->bytes);
}

#define BODY(l, func, code)                                                    \
	do {                                                                   \
		assert_int_equal(                                              \
		    (l)->again->bodies[func].len, sizeof(code) - 1);           \
		assert_memory_equal(                                           \
		    (l)->again->bodies[func].at, code, sizeof(code) - 1);      \
	} while (0)

/* Indices stay, what the code does not depend on goes. */
static void test_lowered(void **state)
{
	struct lowered l;

	(void)state;
	lower(&l, "(module (import \"m\" \"f\" (func (param i32)))"
		  "(table 2 5 funcref) (memory 1 2)"
		  "(global (mut f32) (f32.const 1))"
		  "(export \"run\" (func 1)) (start 1)"
		  "(elem (i32.const 1) 1)"
		  "(func (local i32 i64) local.get 0 call 0)"
		  "(data (i32.const 8) \"hello\"))");
	assert_int_equal(l.again->func_count, 1);
	assert_int_equal(l.again->export_count, 0);
	assert_int_equal(l.again->elem_count, 0);
	assert_int_equal(l.again->custom_count, 0);
	assert_int_equal(l.again->start, UINT32_MAX);
	assert_int_equal(l.again->tables[0].limits.max, 5);
	assert_int_equal(l.again->memories[0].max, 2);
	assert_memory_equal(l.again->imports[0].module.at, "i", 1);
	assert_memory_equal(l.again->imports[0].name.at, "0", 1);
	assert_true(l.again->globals[0].mutable);
	assert_true(l.again->datas[0].passive);
	assert_int_equal(l.again->datas[0].bytes.len, 1);
	assert_int_equal(l.plan.helper_count, 0);
	assert_int_equal(l.plan.entry_count, 0);
	assert_int_equal(l.plan.global_count, 0);
	/* The body is the same. */
	assert_int_equal(l.again->bodies[0].len, l.m->bodies[0].len);
	assert_memory_equal(
	    l.again->bodies[0].at, l.m->bodies[0].at, l.m->bodies[0].len);
	drop(&l);
}

static void test_references(void **state)
{
	struct lowered l;

	(void)state;
	lower(&l, "(module (table 1 externref)"
		  "(global (mut externref) (ref.null extern))"
		  "(global funcref (ref.func 2)) (export \"f\" (func 3))"
		  "(elem declare func 1) (elem func 0 1)"
		  "(func (param externref) (result funcref) (local funcref)"
		  "  block (result funcref) ref.func 1 end drop"
		  "  ref.null func ref.is_null drop"
		  "  ref.func 3 local.get 1 i32.const 1"
		  "  select (result funcref))"
		  "(func (local externref i32 funcref)"
		  "  loop (type 2) unreachable ref.is_null drop"
		  "  ref.null func end drop)"
		  "(func) (func)"
		  "(type (func)) (type (func))"
		  "(type (func (result funcref))))");
	assert_int_equal(wasm_func_type(l.again, 0)->params[0], AZ_I32);
	assert_int_equal(l.again->globals[0].type, AZ_I32);
	/* By segment first, then by function. */
	assert_int_equal(l.plan.refs[1], 1);
	assert_int_equal(l.plan.refs[0], 2);
	assert_int_equal(l.plan.entry_count, 2);
	assert_int_equal(l.plan.entries[0], 2);
	assert_int_equal(l.plan.entries[1], 3);
	assert_int_equal(l.plan.refs[2], 4);
	assert_int_equal(l.plan.refs[3], 5);
	BODY(&l, 0,
	    "\1\1\x7f"
	    "\2\x7f\x41\1\x0b\x1a"
	    "\x41\0\x45\x1a"
	    "\x41\5\x20\1\x41\1\x1c\1\x7f\x0b");
	assert_memory_equal(l.again->bodies[1].at, "\3\1\x7f\1\x7f\1\x7f\3", 8);
	drop(&l);
}

static void test_tables(void **state)
{
	struct lowered l;

	(void)state;
	lower(&l, "(module (table 1 funcref) (table 2 9 externref)"
		  "(elem func 0) (elem func 0)"
		  "(func"
		  "  i32.const 7 i32.const 8 table.get 1 table.set 1"
		  "  i32.const 1 i32.const 2 i32.const 3 table.copy 0 0"
		  "  i32.const 1 i32.const 2 i32.const 3 table.init 0 1"
		  "  elem.drop 1"
		  "  ref.null extern i32.const 5 table.grow 1 drop"
		  "  table.size 1 drop"
		  "  i32.const 1 ref.null func i32.const 2 table.fill 0"
		  "  i32.const 4 call_indirect 0))");
	assert_int_equal(l.plan.helper_count, WASM_HELPERS);
	assert_string_equal(l.plan.helpers[0]->name, "az_table_get");
	assert_string_equal(l.plan.helpers[7]->name, "az_table_fill");
	assert_false(l.plan.grows[0]);
	assert_true(l.plan.grows[1]);
	assert_int_equal(l.again->func_count, 1 + WASM_HELPERS);
	assert_int_equal(wasm_func_type(l.again, 3)->param_count, 5);
	BODY(&l, 0,
	    "\0"
	    "\x41\7\x41\x8\x41\1\x10\1\x41\1\x10\2"
	    "\x41\1\x41\2\x41\3\x41\0\x41\0\x10\3"
	    "\x41\1\x41\2\x41\3\x41\0\x41\1\x10\4"
	    "\x41\1\x10\5"
	    "\x41\0\x41\5\x41\1\x10\6\x1a"
	    "\x41\1\x10\7\x1a"
	    "\x41\1\x41\0\x41\2\x41\0\x10\x8"
	    "\x41\4\x11\0\0\x0b");
	drop(&l);
}

/* A wide type means a function that leaves its results in globals. */
static void test_wide(void **state)
{
	struct lowered l;

	(void)state;
	lower(&l, "(module (global i32 (i32.const 3))"
		  "(type $w (func (param i32) (result i32 f64 externref)))"
		  "(type $v (func (result i32 i32 f32)))"
		  "(table 1 funcref)"
		  "(func (type $w)"
		  "  local.get 0 f64.const 0 ref.null extern"
		  "  block local.get 0 br_if 0 i32.const 9 call 0 return end)"
		  "(func"
		  "  i32.const 0 call_indirect (type $v) drop drop drop"
		  "  i32.const 0 block (type $w)"
		  "    f64.const 0 ref.null extern br 0 end"
		  "  drop drop drop unreachable call 0 drop drop drop))");
	assert_int_equal(l.plan.block_count, 2 * WASM_BLOCK_TYPES);
	assert_int_equal(l.plan.global_count, 5);
	assert_memory_equal(l.plan.globals, "\x7f\x7c\x7f\x7f\x7d", 5);
	assert_int_equal(l.again->types[0].param_count, 1);
	assert_int_equal(l.again->types[0].result_count, 0);
	BODY(&l, 0,
	    "\0\2\4\x20\0\x44\0\0\0\0\0\0\0\0\x41\0"
	    "\2\x40\x20\0\x0d\0\x41\x9\x10\0\x23\1\x23\2\x23\3"
	    "\x0c\1\x0b\x0b\x24\3\x24\2\x24\1\x0b");
	BODY(&l, 1,
	    "\0\x41\0\x11\1\0\x23\1\x23\4\x23\5\x1a\x1a\x1a"
	    "\x41\0\2\3\x44\0\0\0\0\0\0\0\0\x41\0\x0c\0\x0b"
	    "\x1a\x1a\x1a\0\x10\0\x23\1\x23\2\x23\3\x1a\x1a\x1a\x0b");
	drop(&l);
}

/* Code that is never reached has any types: the results of wide functions are
 * dropped there as elsewhere. Labels of the function lead to its results. */
static void test_unreached(void **state)
{
	struct lowered l;

	(void)state;
	lower(&l,
	    "(module (type $w (func (result i32 i64 funcref)))"
	    "(table 1 funcref) (elem declare func $wide)"
	    "(func $wide (type $w) i32.const 1 i64.const 2 ref.func $wide)"
	    "(func (result i32) unreachable call $wide drop drop drop"
	    "  i32.const 1)"
	    "(func (result i32) i32.const 1 return"
	    "  call_indirect (type $w) ref.is_null drop drop drop)"
	    "(func (type $w) unreachable return)"
	    "(func (type $w) call $wide br 0 table.grow 0 drop drop)"
	    "(func (type $w) (block (type $w)"
	    "  call $wide i32.const 0 br_table 0 1 0)"
	    "  drop drop drop unreachable ref.is_null drop)"
	    "(func (type $w) (loop (type $w) call $wide i32.const 0 br_if 1"
	    "  i32.const 0 br_if 1 return)))");
	drop(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lowered),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_unreached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
