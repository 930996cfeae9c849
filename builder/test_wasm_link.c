/* Linking groups: what comes out is run by wasm-interp, and what must not
 * link says why. Modules are written as text. */
#include "wasm_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/image.h"
#include "abi/layout.h"
#include "fileio.h"
#include "mem.h"
#include "proc.h"
#include "wasm.h"

enum { MEMBERS_MAX = 4, WASM_MAX = 1 << 20 };

static char dir[] = "/tmp/azoth-link-XXXXXX";
static char text_path[64], wasm_path[64];

/* A group, from texts: NAME and module, the last one without a name. */
struct group {
	struct link_member members[MEMBERS_MAX];
	struct wasm_module *modules[MEMBERS_MAX];
	struct buf bytes[MEMBERS_MAX];
	size_t count;
	struct link_options options;
	struct link_error error;
	struct buf out;
};

static void add(struct group *g, const char *name, const char *text)
{
	/* Unchecked: wabt does not know globals among elements. */
	const char *const argv[] = { "wat2wasm", "--no-check", text_path, "-o",
		wasm_path, NULL };
	struct wasm_error error;
	size_t n = g->count++;

	assert_true(file_write(text_path, text, strlen(text), 0666));
	assert_int_equal(proc_run(argv, NULL), 0);
	assert_true(file_read(&g->bytes[n], wasm_path, WASM_MAX));
	g->modules[n] = wasm_parse(
	    (const uint8_t *)g->bytes[n].at, g->bytes[n].len, &error);
	assert_non_null(g->modules[n]);
	g->members[n].name = name;
	g->members[n].module = g->modules[n];
}

static int link_group(struct group *g)
{
	return wasm_link(&g->out, g->members, g->count, &g->options, &g->error);
}

static void fini(struct group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		wasm_free(g->modules[i]);
		buf_fini(&g->bytes[i]);
	}
	buf_fini(&g->out);
}

static struct wasm_module *parse(const struct group *g)
{
	struct wasm_error error;
	struct wasm_module *m =
	    wasm_parse((const uint8_t *)g->out.at, g->out.len, &error);

	assert_non_null(m);
	return m;
}

/* Link, and compare what all exports of the result say. */
static void assert_runs(struct group *g, const char *expected)
{
	const char *const check[] = { "wasm-validate", wasm_path, NULL };
	const char *const argv[] = { "wasm-interp", "--run-all-exports",
		wasm_path, NULL };
	struct buf said = { 0 };

	buf_fini(&g->out);
	if (link_group(g) != 0)
		fail_msg("%s", g->error.text);
	assert_true(file_write(wasm_path, g->out.at, g->out.len, 0666));
	assert_int_equal(proc_run(check, NULL), 0);
	assert_int_equal(proc_output(&said, argv, NULL), 0);
	assert_string_equal(said.at, expected);
	buf_fini(&said);
	fini(g);
}

static void test_shares(void **state)
{
	struct group g = { 0 };

	(void)state;
	add(&g, "lib",
	    "(module (type $unused (func (param f64)))"
	    " (type $r (func (result i32)))"
	    " (memory (export \"mem\") 1 5) (data (i32.const 10) \"\\07\")"
	    " (global (export \"k\") i32 (i32.const 20))"
	    " (global $v (export \"v\") (mut i32) (i32.const 7))"
	    " (table (export \"tab\") 10 funcref) (elem (i32.const 2) $four)"
	    " (func $four (result i32) i32.const 4)"
	    " (func (export \"v\\00get\") (result i32) global.get $v)"
	    " (func (export \"load\") (param i32) (result i32)"
	    "  local.get 0 i32.load8_u)"
	    " (func (export \"call\") (param i32) (result i32)"
	    "  local.get 0 call_indirect (type $r)))");
	add(&g, NULL,
	    "(module (type $r (func (result i32)))"
	    " (import \"lib\" \"call\" (func $call (param i32) (result i32)))"
	    " (import \"lib\" \"load\" (func $load (param i32) (result i32)))"
	    " (import \"lib\" \"tab\" (table 5 funcref))"
	    " (import \"lib\" \"mem\" (memory 1))"
	    " (import \"lib\" \"k\" (global $k i32))"
	    " (import \"lib\" \"v\" (global $v (mut i32)))"
	    " (global $copy i32 (global.get $k))"
	    " (data (global.get $k) \"\\09\") (elem (i32.const 0) $six)"
	    " (func $six (result i32) i32.const 6)"
	    " (func (export \"theirs\") (result i32) i32.const 10 call $load)"
	    " (func (export \"ours\") (result i32) i32.const 20 call $load)"
	    " (func (export \"copy\") (result i32) global.get $copy)"
	    " (func (export \"set\") (result i32)"
	    "  i32.const 8 global.set $v global.get $v)"
	    " (func (export \"back\") (result i32) i32.const 0 call $call)"
	    " (func (export \"there\") (result i32)"
	    "  i32.const 2 call_indirect (type $r))"
	    " (func (export \"hole\") (result i32) i32.const 5 call $call)"
	    " (func (export \"block\") (result i32)"
	    "  i32.const 3 (if (param i32) (result i32)"
	    "   (i32.eqz (i32.const 0)) (then) (else))))");
	assert_runs(&g, "theirs() => i32:7\nours() => i32:9\n"
			"copy() => i32:20\nset() => i32:8\n"
			"back() => i32:6\nthere() => i32:4\n"
			"hole() => error: uninitialized table element\n"
			"block() => i32:3\n");
}

/* Two memories; the last member's lies first. */
static const char own_memory[] =
    "(module (memory (export \"mem\") 1 2) (data (i32.const 8) \"\\2a\")"
    " (func (export \"load\") (param i32) (result i32)"
    "  local.get 0 i32.load8_u)"
    " (func (export \"size\") (result i32) memory.size)"
    " (func (export \"grow\") (param i32) (result i32)"
    "  local.get 0 memory.grow))";

static const char other_memory[] =
    "(module"
    " (import \"lib\" \"load\" (func $load (param i32) (result i32)))"
    " (import \"lib\" \"size\" (func $size (result i32)))"
    " (import \"lib\" \"grow\" (func $grow (param i32) (result i32)))"
    " (memory (export \"memory\") 2) (data (i32.const 8) \"hello\")"
    " (data $late \"late\")"
    " (func (export \"ours\") (result i32) i32.const 8 i32.load8_u)"
    " (func (export \"theirs\") (result i32) i32.const 8 call $load)"
    " (func (export \"their last\") (result i32) i32.const 65535 call $load)"
    " (func (export \"beyond\") (result i32) i32.const 65536 call $load)"
    " (func (export \"last\") (result i64) i32.const 131064 i64.load)"
    " (func (export \"past\") i32.const 131065 i64.load drop)"
    " (func (export \"wrap\") i32.const -1 i32.load8_u offset=1 drop)"
    " (func (export \"put past\") i32.const 131069 i32.const 1 i32.store)"
    " (func (export \"put\") (result i64) i32.const 96 i64.const -5"
    "  i64.store32 offset=4 i32.const 92 i64.load offset=8)"
    " (func (export \"put f64\") (result f64) i32.const 0 f64.const 1.5"
    "  f64.store i32.const 0 f64.load)"
    " (func (export \"grow\") (result i32) i32.const 1 memory.grow)"
    " (func (export \"size\") (result i32) memory.size)"
    " (func (export \"too far\") (result i32) i32.const 65533 memory.grow)"
    " (func (export \"at end\") (result i32) i32.const 196607 i32.const 7"
    "  i32.const 1 memory.fill i32.const 196607 i32.load8_u)"
    " (func (export \"fill past\")"
    "  i32.const 196607 i32.const 7 i32.const 2 memory.fill)"
    " (func (export \"copy\") (result i32) i32.const 0 i32.const 8 i32.const 4"
    "  memory.copy i32.const 0 i32.load)"
    " (func (export \"copy past\")"
    "  i32.const 0 i32.const -1 i32.const 2 memory.copy)"
    " (func (export \"init\") (result i32) i32.const 0 i32.const 0 i32.const 4"
    "  memory.init $late i32.const 0 i32.load)"
    " (func (export \"init past\")"
    "  i32.const 196605 i32.const 0 i32.const 4 memory.init $late)"
    " (func (export \"their grow\") (result i32) i32.const 1 call $grow)"
    " (func (export \"their max\") (result i32) i32.const 1 call $grow)"
    " (func (export \"new\") (result i32) i32.const 131071 call $load)"
    " (func (export \"end\") (result i32) i32.const 131072 call $load)"
    " (func (export \"their size\") (result i32) call $size))";

#define OUTSIDE                                                                \
	"error: out of bounds memory access: access at 8589934590+4 >= max "   \
	"value 524288\n"

static void test_regions(void **state)
{
	struct group g = { .options = { .pages = 8 } };

	(void)state;
	add(&g, "lib", own_memory);
	add(&g, NULL, other_memory);
	/* Five pages are to spare: one is all that lib may have. */
	assert_runs(&g,
	    "ours() => i32:104\ntheirs() => i32:42\n"
	    "their last() => i32:0\nbeyond() => " OUTSIDE
	    "last() => i64:0\npast() => " OUTSIDE "wrap() => " OUTSIDE
	    "put past() => " OUTSIDE "put() => i64:4294967291\n"
	    "put f64() => f64:1.500000\n"
	    "grow() => i32:2\nsize() => i32:3\n"
	    "too far() => i32:4294967295\n"
	    "at end() => i32:7\nfill past() => " OUTSIDE
	    "copy() => i32:1819043176\ncopy past() => " OUTSIDE
	    "init() => i32:1702125932\ninit past() => " OUTSIDE
	    "their grow() => i32:1\n"
	    "their max() => i32:4294967295\n"
	    "new() => i32:0\nend() => " OUTSIDE "their size() => i32:2\n");
}

/* A reference passes through three members, and is an element of the last. */
static void test_elements(void **state)
{
	struct group g = { 0 };

	(void)state;
	add(&g, "a",
	    "(module (func $f (result i32) i32.const 77)"
	    " (global (export \"r\") funcref (ref.func $f)))");
	add(&g, "b",
	    "(module (import \"a\" \"r\" (global $r funcref))"
	    " (global (export \"copy\") funcref (global.get $r)))");
	add(&g, NULL,
	    "(module (type $t (func (result i32)))"
	    " (import \"b\" \"copy\" (global $r funcref)) (table 2 funcref)"
	    " (elem (i32.const 1) funcref"
	    "  (item (global.get $r)))"
	    " (elem $p funcref (item (ref.null func)) (item (global.get $r)))"
	    " (elem $d declare funcref (item (global.get $r)))"
	    " (func (export \"active\") (result i32)"
	    "  i32.const 1 call_indirect (type $t))"
	    " (func (export \"passive\") (result i32)"
	    "  i32.const 0 i32.const 0 i32.const 2 table.init $p"
	    "  i32.const 1 call_indirect (type $t))"
	    " (func (export \"null\") (result i32)"
	    "  i32.const 0 table.get 0 ref.is_null)"
	    " (func (export \"declared\")"
	    "  i32.const 0 i32.const 0 i32.const 1 table.init $d))");
	assert_runs(&g,
	    "active() => i32:77\npassive() => i32:77\nnull() => i32:1\n"
	    "declared() => error: out of bounds table access: table.init out "
	    "of bounds\n");
}

/* A memory that nobody touches is no region. */
static void test_unused(void **state)
{
	struct group g = { 0 };
	struct wasm_module *m;

	(void)state;
	add(&g, "lib",
	    "(module (memory (export \"mem\") 1) (table (export \"t\") 9 "
	    "funcref)"
	    " (table (export \"u\") 2 externref) (func (export \"f\")))");
	add(&g, NULL,
	    "(module (import \"lib\" \"f\" (func $f))"
	    " (import \"lib\" \"u\" (table $u 1 externref)) (memory 3 4)"
	    " (func (export \"size\") (result i32) memory.size)"
	    " (func (export \"u\") (result i32) table.size $u))");
	assert_int_equal(link_group(&g), 0);
	m = parse(&g);
	assert_int_equal(m->memory_count, 1);
	assert_int_equal(m->memories[0].min, 3);
	assert_int_equal(m->memories[0].max, 4);
	assert_int_equal(m->table_count, 1);
	assert_int_equal(m->tables[0].type, AZ_EXTERNREF);
	wasm_free(m);
	assert_runs(&g, "size() => i32:3\nu() => i32:2\n");
}

/* Each member is instantiated whole before the next. */
static void test_order(void **state)
{
	struct group g = { 0 };

	(void)state;
	add(&g, "a",
	    "(module (memory (export \"m\") 1) (global $v (export \"v\")"
	    "  (mut i32) (i32.const 1)) (data (i32.const 0) \"\\05\")"
	    " (start $s) (func $s i32.const 0 i32.load8_u global.set $v))");
	add(&g, "b",
	    "(module (import \"a\" \"m\" (memory 1))"
	    " (import \"a\" \"v\" (global $v (mut i32)))"
	    " (data (i32.const 0) \"\\06\") (start $s)"
	    " (export \"w\" (global $v)) (export \"n\" (memory 0))"
	    " (func $s (global.set $v (i32.add (i32.mul (global.get $v)"
	    "  (i32.const 10)) (i32.load8_u (i32.const 0))))))");
	add(&g, NULL,
	    "(module (import \"b\" \"w\" (global $v (mut i32)))"
	    " (import \"b\" \"n\" (memory 1)) (data (i32.const 0) \"\\07\")"
	    " (func (export \"v\") (result i32) global.get $v)"
	    " (func (export \"now\") (result i32)"
	    "  i32.const 0 i32.load8_u))");
	assert_runs(&g, "v() => i32:56\nnow() => i32:7\n");
}

static void test_traps_at_start(void **state)
{
	static const char *const late[] = { "elem (i32.const 9) $f $f",
		"data (i32.const 65535) \"no\"" };
	const char *const argv[] = { "wasm-interp", wasm_path, NULL };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct group g = { 0 };
		struct buf said = { 0 };
		char text[256];

		snprintf(text, sizeof(text),
		    "(module (import \"a\" \"t\" (table 1 funcref))"
		    " (import \"a\" \"m\" (memory 1)) (func $f) (%s))",
		    late[i]);
		add(&g, "a",
		    "(module (table (export \"t\") 10 funcref)"
		    " (memory (export \"m\") 1))");
		add(&g, NULL, text);
		assert_int_equal(link_group(&g), 0);
		assert_true(file_write(wasm_path, g.out.at, g.out.len, 0666));
		assert_int_not_equal(proc_output(&said, argv, NULL), 0);
		assert_non_null(
		    strstr(said.at, i == 0 ? "out of bounds table access"
					   : "out of bounds memory access"));
		buf_fini(&said);
		fini(&g);
	}
}

/* For a script that makes the calls: inits and all exports by name. */
static void test_exports(void **state)
{
	static const char *const names[] = { "a.f", "b.g", "init a", "init b" };
	struct group g = { .options = {
			       .export_all = true, .export_inits = true } };
	struct wasm_module *m;

	(void)state;
	add(&g, "a",
	    "(module (memory 1) (data (i32.const 0) \"x\")"
	    " (func (export \"f\")))");
	add(&g, "long",
	    "(module (func (export \"g\")) (func $h (drop (ref.func $h)))"
	    " (func $s) (start $s) (elem declare func $h))");
	g.members[1].name = NULL;
	g.members[1].label = "b";
	assert_int_equal(link_group(&g), 0);
	m = parse(&g);
	assert_int_equal(m->start, UINT32_MAX);
	assert_int_equal(m->export_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(
		    m->exports[i].name.at, names[i], strlen(names[i]));
	assert_memory_equal(m->func_names[0].at, "a.f", 3);
	assert_memory_equal(m->func_names[1].at, "b.g", 3);
	wasm_free(m);
	fini(&g);
}

static void test_alone(void **state)
{
	struct group g = { 0 };
	struct wasm_module *m;

	(void)state;
	add(&g, NULL,
	    "(module (memory 1) (table 4 funcref) (start $f) (func $f)"
	    " (data (i32.const 5) \"x\") (elem (i32.const 2) $f))");
	assert_int_equal(link_group(&g), 0);
	m = parse(&g);
	assert_false(m->datas[0].passive);
	assert_int_equal(m->datas[0].dest.bits, 5);
	assert_int_equal(m->elems[0].mode, AZ_ACTIVE);
	assert_int_equal(m->elems[0].dest.bits, 2);
	assert_int_equal(m->start, 0);
	assert_int_equal(m->func_count, 1);
	wasm_free(m);
	fini(&g);
}

/* What is declared may be too small, and have grown. */
static void test_grown(void **state)
{
	struct group g = { 0 };

	(void)state;
	add(&g, "a",
	    "(module (memory (export \"m\") 1 3) (table (export \"t\") 1 3"
	    "  funcref) (start $s) (func $s"
	    "  (drop (memory.grow (i32.const 1)))"
	    "  (drop (table.grow 0 (ref.null func) (i32.const 1)))))");
	add(&g, NULL,
	    "(module (import \"a\" \"m\" (memory 2 3))"
	    " (import \"a\" \"t\" (table 2 3 funcref))"
	    " (func (export \"size\") (result i32) memory.size))");
	assert_int_equal(link_group(&g), -1);
	assert_int_equal(g.error.fault, LINK_INCOMPATIBLE);
	g.members[1].grown = true;
	assert_runs(&g, "size() => i32:2\n");
}

static const char *const host[] = { AZ_WASI_MODULE, NULL };

static void test_host(void **state)
{
	struct group g = { .options = { .host = host } };
	struct wasm_module *m;

	(void)state;
	add(&g, "a",
	    "(module (import \"" AZ_WASI_MODULE "\" \"sched_yield\""
	    "  (func $y (result i32))) (export \"yield\" (func $y)))");
	add(&g, NULL,
	    "(module (import \"" AZ_WASI_MODULE "\" \"sched_yield\""
	    "  (func $y (result i32)))"
	    " (import \"a\" \"yield\" (func $z (result i32))) (memory 1)"
	    " (func (export \"f\") (drop (call $y)) (drop (call $z))))");
	assert_int_equal(link_group(&g), 0);
	m = parse(&g);
	assert_int_equal(m->import_count, 1);
	wasm_free(m);
	fini(&g);
}

/* Functions of the system see one memory. */
static void test_host_memory(void **state)
{
	struct group g = { .options = { .host = host } };

	(void)state;
	add(&g, "a",
	    "(module (import \"" AZ_WASI_MODULE "\" \"sched_yield\""
	    "  (func (result i32))) (memory 1) (data (i32.const 0) \"x\"))");
	add(&g, NULL, "(module (memory 1) (data (i32.const 0) \"x\"))");
	assert_int_equal(link_group(&g), -1);
	assert_int_equal(g.error.fault, LINK_HOST_MEMORY);
	assert_int_equal(g.error.member, 0);
	g.modules[1]->memories[0].min = AZ_WASM_PAGES_MAX;
	assert_int_equal(link_group(&g), -1);
	assert_int_equal(g.error.fault, LINK_LIMIT);
	fini(&g);
}

/* Imports of one module that has all kinds, and what is said of them. */
static void test_refused(void **state)
{
	static const char provider[] =
	    "(module (func (export \"f\") (param i32))"
	    " (table (export \"t\") 2 4 funcref)"
	    " (memory (export \"m\") 1)"
	    " (global (export \"g\") i32 (i32.const 0))"
	    " (global (export \"r\") (mut funcref) (ref.null func)))";
	static const struct {
		const char *import, *says;
	} cases[] = {
		{ "\"b\" \"f\" (func)",
		    "unknown import `b.f`: no module of that name is linked" },
		{ "\"a\" \"x\" (func)",
		    "unknown import `a.x`: that module does not export it" },
		{ "\"" AZ_WASI_MODULE "\" \"m\" (memory 1)",
		    "unknown import `" AZ_WASI_MODULE
		    ".m`: such a module has only functions" },
		{ "\"a\" \"f\" (table 1 funcref)",
		    "incompatible import type: `a.f` is a function, and a "
		    "table is wanted" },
		{ "\"a\" \"f\" (func (param i64) (result f32 f64))",
		    "incompatible import type: `a.f` is a function (i32) -> "
		    "(), and a function (i64) -> (f32 f64) is wanted" },
		{ "\"a\" \"t\" (table 3 funcref)",
		    "incompatible import type: `a.t` is a table of funcref "
		    "of 2 to 4 entries, and a table of funcref of 3 or more "
		    "entries is wanted" },
		{ "\"a\" \"t\" (table 1 3 funcref)",
		    "incompatible import type: `a.t` is a table of funcref "
		    "of 2 to 4 entries, and a table of funcref of 1 to 3 "
		    "entries is wanted" },
		{ "\"a\" \"t\" (table 1 externref)",
		    "incompatible import type: `a.t` is a table of funcref "
		    "of 2 to 4 entries, and a table of externref of 1 or "
		    "more entries is wanted" },
		{ "\"a\" \"m\" (memory 1 2)",
		    "incompatible import type: `a.m` is a memory of 1 or "
		    "more pages, and a memory of 1 to 2 pages is wanted" },
		{ "\"a\" \"g\" (global (mut i32))",
		    "incompatible import type: `a.g` is a constant global of "
		    "i32, and a mutable global of i32 is wanted" },
		{ "\"a\" \"r\" (global (mut externref))",
		    "incompatible import type: `a.r` is a mutable global of "
		    "funcref, and a mutable global of externref is wanted" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct group g = { .options = { .host = host } };
		char text[160];

		snprintf(text, sizeof(text),
		    "(module (import \"a\" \"m\" (memory 0)) (import %s))",
		    cases[i].import);
		add(&g, "a", provider);
		if (strstr(cases[i].import, "memory") != NULL)
			snprintf(text, sizeof(text), "(module (import %s))",
			    cases[i].import);
		add(&g, NULL, text);
		buf_puts(&g.out, "kept");
		assert_int_equal(link_group(&g), -1);
		assert_string_equal(g.error.text, cases[i].says);
		assert_int_equal(g.error.member, 1);
		assert_int_equal(
		    g.error.import, g.modules[1]->import_count - 1);
		assert_int_equal(g.out.len, 4);
		fini(&g);
	}
}

/* The last member of a name is the one that counts. */
static void test_renamed(void **state)
{
	struct group g = { 0 };

	(void)state;
	add(&g, "a",
	    "(module (func (export \"f\") (result i32) i32.const 1)"
	    " (func (export \"g\")))");
	add(&g, "a",
	    "(module (import \"a\" \"f\" (func $f (result i32)))"
	    " (func (export \"f\") (result i32)"
	    "  (i32.add (call $f) (i32.const 1))))");
	add(&g, NULL,
	    "(module (import \"a\" \"f\" (func $f (result i32)))"
	    " (export \"f\" (func $f)))");
	assert_runs(&g, "f() => i32:2\n");
}

static int setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(text_path, sizeof(text_path), "%s/module.wat", dir);
	snprintf(wasm_path, sizeof(wasm_path), "%s/module.wasm", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return file_remove_tree(dir) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_regions),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_unused),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_traps_at_start),
		cmocka_unit_test(test_exports),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_grown),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_host_memory),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_renamed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
