#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "mem.h"
#include "wit.h"

struct fixture {
	struct arena *a;
	struct diags *list;
	struct source src;
	struct wit *w;
	struct wit_method *m;
};

static void read_wit(struct fixture *f, const char *text)
{
	f->a = arena_new();
	f->list = diags_new();
	source_from_bytes(&f->src, "t.wit", text, strlen(text));
	f->w = wit_parse(f->a, &f->src, f->list);
	f->m = f->w != NULL ? wit_lower(f->a, f->w, f->list) : NULL;
}

static void done(struct fixture *f)
{
	diags_free(f->list);
	source_fini(&f->src);
	arena_free(f->a);
}

/* The messages, one a line, as editors read them. */
static char *messages(const struct diags *list)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	diags_print(list, to, DIAG_GCC, false);
	fclose(to);
	return text;
}

/* What functions become; each row is the body of an interface with a few
 * types. Copies: pointer,length in|out max. */
static const struct {
	const char *text, *type, *copies;
	bool status;
} LOWERED[] = {
	{ "f: func();", ":", "", false },
	{ "f: func(a: u8, b: s64, c: f32, d: f64, e: bool, g: char);",
	    "iIfFii:", "", false },
	{ "f: func() -> u16;", ":i", "", false },
	{ "f: func() -> f64;", ":F", "", false },
	{ "f: func(e: fault) -> fault;", "i:i", "", false },
	{ "f: func() -> result;", ":i", "", true },
	{ "f: func() -> result<_, fault>;", ":i", "", true },
	{ "f: func(x: u64) -> result<u64, fault>;", "Ii:i", "1,255 out 8 ",
	    true },
	{ "f: func(p: pair) -> result<u8>;", "ii:i", "0,255 in 16 1,255 out 1 ",
	    true },
	{ "f: func() -> pair;", "i:i", "0,255 out 16 ", true },
	{ "f: func(a: list<u8>, b: u32) -> u32;", "iii:i", "0,1 in 4096 ",
	    false },
	{ "f: func(a: list<u8>) -> list<u8>;", "iiiii:i",
	    "0,1 in 4096 2,3 out 4096 4,255 out 4 ", true },
};

static void test_lowering(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(LOWERED) / sizeof(LOWERED[0]); i++) {
		struct buf text = { 0 }, copies = { 0 };
		struct fixture f;

		buf_printf(&text,
		    "interface i { enum fault { x, y } "
		    "record pair { a: u8, b: f64 } %s }",
		    LOWERED[i].text);
		read_wit(&f, text.at);
		assert_non_null(f.m);
		assert_string_equal(f.m[0].type, LOWERED[i].type);
		assert_int_equal(f.m[0].status, LOWERED[i].status);
		buf_puts(&copies, "");
		for (size_t k = 0; k < f.m[0].copy_count; k++) {
			const struct wit_copy *c = &f.m[0].copies[k];

			buf_printf(&copies, "%u,%u %s %u ", c->pointer,
			    c->length, c->in ? "in" : "out", c->max);
		}
		assert_string_equal(
		    copies.at != NULL ? copies.at : "", LOWERED[i].copies);
		buf_fini(&copies);
		buf_fini(&text);
		done(&f);
	}
}

static void test_names(void **state)
{
	struct fixture f;

	(void)state;
	read_wit(&f, "package a:b/c@1.0.0-rc.1+x;\r\n"
		     "/** Doc */ interface two-words { /* /* */ */\r\n"
		     "  /// Twice is once.\r\n  /// @idempotent\r\n"
		     "  do-it: func(%enum: u8,);\r\n"
		     "  /// not @idempotent\r\n  %func: func(%x: %y);\r\n"
		     "  record %y { a: u8, }\r\n}");
	assert_non_null(f.m);
	assert_string_equal(f.w->name, "two-words");
	assert_string_equal(f.w->doc, "Doc\n");
	assert_string_equal(f.m[0].name, "do_it");
	assert_true(f.m[0].idempotent);
	assert_false(f.m[1].idempotent);
	assert_string_equal(f.m[1].type, "i:");
	done(&f);
}

/* Mistakes, each with all that is said about it. */
static const struct {
	const char *text, *want;
} MISTAKES[] = {
	{ "", "1:1: error: the file ends where an interface should stand "
	      "[AZ0120]\n" },
	{ "interface", "1:10: error: the file ends where a name should stand "
		       "[AZ0120]\n" },
	{ "interface i { f: func(); ",
	    "1:26: error: the file ends where '}' should stand [AZ0120]\n" },
	{ "interface i { }", "1:11: error: no functions at all [AZ0123]\n" },
	{ "interface i { f: func() }",
	    "1:25: error: something else stands where ';' should [AZ0120]\n" },
	{ "interface I { f: func(); }", "1:11: error: 'I' is not a name "
					"[AZ0120]\n" },
	{ "interface a-- { f: func(); }", "1:11: error: 'a--' is not a name "
					  "[AZ0120]\n" },
	{ "/* never", "1:1: error: a comment is never closed [AZ0120]\n" },
	{ "world w { } interface i { f: func(); }",
	    "1:1: error: 'world' is not in the subset of WIT that channels "
	    "have [AZ0121]\n" },
	{ "interface i { f: func(a: string); g: func(b: option<u8>); }",
	    "1:26: error: 'string' is not in the subset of WIT that channels "
	    "have [AZ0121]\n"
	    "1:46: error: 'option' is not in the subset of WIT that channels "
	    "have [AZ0121]\n" },
	{ "interface i { f: func(a: list<u16>); }",
	    "1:31: error: a list of 'u16': lists hold bytes alone "
	    "[AZ0121]\n" },
	{ "interface i { f: func(a: result<u8>); }",
	    "1:26: error: a 'result' stands where a plain type should "
	    "[AZ0121]\n" },
	{ "interface i { f: func() -> result<u8, u8>; }",
	    "1:39: error: the error of 'f' is no enum [AZ0121]\n" },
	{ "interface i { record r { a: list<u8>, b: r } f: func(); }",
	    "1:29: error: field 'a' is no scalar [AZ0121]\n"
	    "1:42: error: field 'b' is no scalar [AZ0121]\n" },
	{ "interface i { f: func(a: u31); }",
	    "1:26: error: no type is called 'u31' [AZ0122]\n" },
	{ "interface i { enum e { a, a } f: func(x: u8, x: u8); }",
	    "1:27: error: case 'a' is there already [AZ0122]\n"
	    "1:46: error: parameter 'x' is there already [AZ0122]\n" },
	{ "interface i { enum e { } f: func(); }",
	    "1:20: error: no cases at all [AZ0123]\n" },
	{ "interface i { f: func(); } interface j { f: func(); }",
	    "1:38: error: a second interface, 'j' [AZ0121]\n" },
	{ "interface i { f: func(a: u8, b: u8, c: u8, d: u8, e: u8, "
	  "g: list<u8>); }",
	    "1:15: error: function 'f' has more than 6 integers and addresses "
	    "for arguments [AZ0123]\n" },
	{ "interface i { f: func(a: list<u8>, a-len: u8); }",
	    "1:15: error: function 'f' has two arguments of one name in C "
	    "[AZ0122]\n" },
	{ "interface i { f: fun(); g: func(a: u9); }",
	    "1:18: error: 'fun' stands where 'func' should [AZ0120]\n"
	    "1:36: error: no type is called 'u9' [AZ0122]\n" },
	{ "package x;; interface i { f: func(); }",
	    "1:11: error: something else stands where 'interface' should "
	    "[AZ0120]\n" },
};

/* The errors among the messages, without the path. */
static char *plain(char *text)
{
	struct buf out = { 0 };
	char *rest, *line;

	buf_puts(&out, "");
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		if (strstr(line, ": error: ") != NULL)
			buf_printf(&out, "%s\n", line + strlen("t.wit:"));
	return buf_take(&out);
}

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(MISTAKES) / sizeof(MISTAKES[0]); i++) {
		char *text, *got;
		struct fixture f;

		read_wit(&f, MISTAKES[i].text);
		assert_null(f.m);
		text = messages(f.list);
		got = plain(text);
		assert_string_equal(got, MISTAKES[i].want);
		free(text);
		free(got);
		done(&f);
	}
}

/* The fixes that there are make their mistakes go away. */
static void test_fixes(void **state)
{
	static const char *const rows[][2] = {
		{ "interface i { f: func(a: string); }",
		    "interface i { f: func(a: list<u8>); }" },
		{ "interface i { f: func(a: float32); }",
		    "interface i { f: func(a: f32); }" },
		{ "interface i { f: func(a: u322); }",
		    "interface i { f: func(a: u32); }" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = { 0 };
		struct fixture f;
		const char *text;
		struct span at;

		read_wit(&f, rows[i][0]);
		assert_int_equal(diags_count(f.list), 1);
		assert_true(diag_fix_of(f.list, 0, &at, &text));
		buf_add(&out, rows[i][0], at.col - 1);
		buf_puts(&out, text);
		buf_puts(&out, rows[i][0] + at.col - 1 + at.len);
		assert_string_equal(out.at, rows[i][1]);
		done(&f);
		read_wit(&f, out.at);
		assert_non_null(f.m);
		done(&f);
		buf_fini(&out);
	}
}

/* Every beginning of a good file is read without harm. */
static void test_cut(void **state)
{
	static const char text[] =
	    "package a:b;\n/// d\ninterface i {\n enum e { a, b }\n"
	    " record r { x: u8, y: e }\n /** t */ f: func(a: list<u8>, r: r) "
	    "-> result<list<u8>, e>;\n}\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 2; n++) {
		char *cut = xstrndup(text, n);
		struct fixture f;

		read_wit(&f, cut);
		assert_int_equal(f.m != NULL, n == sizeof(text) - 2);
		done(&f);
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lowering),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_fixes),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
