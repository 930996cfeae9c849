#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "mem.h"
#include "yaml_tree.h"

struct fixture {
	struct arena *arena;
	struct diags *list;
	struct source src;
	struct yaml_node *root;
};

static void parse(struct fixture *f, const char *text)
{
	f->arena = arena_new();
	f->list = diags_new();
	source_from_bytes(&f->src, "t.yaml", text, strlen(text));
	f->root = yaml_parse(f->arena, &f->src, f->list);
}

static void finish(struct fixture *f)
{
	diags_free(f->list);
	source_fini(&f->src);
	arena_free(f->arena);
}

static void test_tree(void **state)
{
	struct fixture f;
	struct yaml_node *b;

	(void)state;
	parse(&f, "a: 1\nb:\n  - x\n  - \"y\"\nc: { d: ~, e: }\n");
	assert_non_null(f.root);
	assert_int_equal(diags_errors(f.list), 0);
	assert_int_equal(f.root->count, 3);
	assert_string_equal(yaml_get(f.root, "a")->text, "1");
	b = yaml_get(f.root, "b");
	assert_int_equal(b->kind, YAML_LIST);
	assert_int_equal(b->count, 2);
	assert_false(b->items[0]->quoted);
	assert_true(b->items[1]->quoted);
	assert_true(yaml_is_null(yaml_get(yaml_get(f.root, "c"), "d")));
	assert_true(yaml_is_null(yaml_get(yaml_get(f.root, "c"), "e")));
	assert_true(yaml_get(f.root, "c")->flow);
	assert_null(yaml_get(f.root, "z"));
	assert_null(yaml_get(yaml_get(f.root, "a"), "z"));
	finish(&f);
}

/* Columns and lengths count characters, not bytes. */
static void test_spans(void **state)
{
	struct fixture f;
	const struct yaml_node *value;

	(void)state;
	parse(&f, "k: v\n\"\xc3\xa9\": \xe2\x82\xac\xe2\x82\xac # end\n");
	value = yaml_get(f.root, "\xc3\xa9");
	assert_non_null(value);
	assert_int_equal(value->at.line, 2);
	assert_int_equal(value->at.col, 6);
	assert_int_equal(value->at.len, 2);
	finish(&f);
}

static void count_pair(
    const struct yaml_pair *first, const struct yaml_pair *again, void *arg)
{
	assert_true(first < again);
	++*(int *)arg;
}

static void test_duplicates(void **state)
{
	struct fixture f;
	int count = 0;

	(void)state;
	parse(&f, "{ a: 1, b: 2, a: 3, c: 4, a: 5, b: 6 }");
	yaml_duplicates(f.root, count_pair, &count);
	assert_int_equal(count, 3);
	assert_string_equal(yaml_get(f.root, "a")->text, "1");
	finish(&f);
}

static void test_depth(void **state)
{
	struct fixture f;

	(void)state;
	/* 32 levels are fine, 33 are not. */
	parse(&f, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ "
		  "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
	assert_non_null(f.root);
	finish(&f);
	parse(&f, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ "
		  "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
	assert_null(f.root);
	assert_int_equal(diags_errors(f.list), 1);
	finish(&f);
}

static void test_refused(void **state)
{
	/* Each is one mistake, or more; libfyaml loops on the last one. */
	static const char *const texts[] = { "", "# x", "a: &b c", "a: *b",
		"<<: {}", "!!map {}", "%YAML 1.1\n--- a", "a: 1\n---\nb: 2",
		"? [ a ]\n: b", "\t- a", "a: \"\\0\"", "a: [", "a: \xff",
		": \n%\x81" };
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		parse(&f, texts[i]);
		assert_true(diags_errors(f.list) > 0);
		finish(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
