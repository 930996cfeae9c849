/* Trees of supervision that break one rule of abi/index each. */
#include "verify/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/forge_system.h"

#define ALL 0xffffffffu
#define ALL64 0xffffffffffffffffu

enum { NODES = 6, MODULES = 3 };

static const struct forge_module modules[MODULES] = { { .name = "a" },
	{ .name = "b" }, { .name = "c" } };

/* a, then a group of b, then a group in it of c. */
static const struct forge_node sample[NODES] = {
	{ "root", { .strategy = AZ_STRATEGY_REST_FOR_ONE,
		      .intensity = 3,
		      .escalate = AZ_ESCALATE_REBOOT,
		      .period = 5,
		      .backoff_min = 1,
		      .backoff_max = 2 } },
	{ NULL, { .module = 0 } },
	{ .name = "outer" },
	{ NULL, { .parent = 2, .module = 1 } },
	{ "inner",
	    { .parent = 2, .intensity = AZ_INTENSITY_MAX, .period = 1 } },
	{ NULL, { .parent = 4, .module = 2 } },
};

/* X(text of the check, change of *n) */
#define BAD_CASES                                                              \
	X("the first is no root", n[0].parent = 1)                             \
	X("the first is no root", n[0].kind = AZ_NODE_MODULE)                  \
	X("parent is no group before", n[1].parent = 1)                        \
	X("parent is no group before", n[1].parent = 2)                        \
	X("parent is no group before", n[2].parent = 1)                        \
	X("parent is no group before", n[2].parent = ALL)                      \
	X("not in the order of the tree", n[3].parent = 0)                     \
	X("not in the order of the tree", n[4].parent = 0; n[5].parent = 2)    \
	X("unknown kind", n[1].kind = 2)                                       \
	X("unknown kind", n[2].kind = ALL)                                     \
	/* groups */                                                           \
	X("malformed name", n[0].name.len = 0)                                 \
	X("malformed name", n[2].name.off = ALL)                               \
	X("malformed name", n[2].name.len = 64)                                \
	X("name comes twice", n[4].name = n[0].name)                           \
	X("group with a module", n[2].module = 1)                              \
	X("unknown strategy", n[4].strategy = 3)                               \
	X("unknown strategy", n[0].strategy = ALL)                             \
	X("bad intensity", n[4].intensity = AZ_INTENSITY_MAX + 1)              \
	X("bad intensity", n[4].period = 0)                                    \
	X("bad escalation", n[0].escalate = 2)                                 \
	X("bad escalation", n[2].escalate = AZ_ESCALATE_REBOOT)                \
	X("bad backoff", n[0].backoff_min = 3)                                 \
	X("bad backoff", n[0].backoff_min = 0)                                 \
	X("bad backoff", n[2].backoff_max = 1)                                 \
	/* modules */                                                          \
	X("of no module", n[5].module = MODULES)                               \
	X("of no module", n[5].module = ALL)                                   \
	X("of a module that has one", n[5].module = 0)                         \
	X("of a module, with a name", n[1].name = n[0].name)                   \
	X("of a module, with a name", n[1].name.off = 1)                       \
	X("of a module, with a name", n[1].name.len = 1)                       \
	X("the fields of a group", n[1].strategy = 1)                          \
	X("the fields of a group", n[1].intensity = 1)                         \
	X("the fields of a group", n[3].escalate = 1)                          \
	X("the fields of a group", n[3].period = 1)                            \
	X("the fields of a group", n[5].backoff_min = ALL64)                   \
	X("the fields of a group", n[5].backoff_max = 1)                       \
	X("module without a node", n[5] = n[2]; n[5].name.len--)

#define GOOD_CASES                                                             \
	X("", n[0].strategy = n[0].intensity = n[0].escalate = 0)              \
	X("", n[0].intensity = 0)                                              \
	X("", n[4].period = ALL64)                                             \
	X("", n[2].backoff_min = n[2].backoff_max = ALL64)                     \
	X("", n[4].parent = 0)                                                 \
	X("", n[4].parent = n[5].parent = 0)                                   \
	X("", n[1].module = 2; n[5].module = 0)

static const struct {
	const char *why, *code;
} cases[] = {
#define X(why, ...) { why, #__VA_ARGS__ },
	BAD_CASES GOOD_CASES
#undef X
};

enum { CASE_COUNT = sizeof(cases) / sizeof(cases[0]) };

static void case_apply(struct az_node *n, int number)
{
	int i = 0;

#define X(why, ...)                                                            \
	if (i++ == number) {                                                   \
		__VA_ARGS__;                                                   \
	}
	BAD_CASES GOOD_CASES
#undef X
}

static uint8_t *forge(
    const struct forge_node *nodes, uint32_t count, size_t *size)
{
	const struct forge_system s = { .modules = modules,
		.module_count = MODULES,
		.nodes = nodes,
		.node_count = count };

	return forge_system(&s, size);
}

static void test_one_change(void **state)
{
	size_t size;
	uint8_t *whole = forge(sample, NODES, &size);
	int passed = 0;

	(void)state;
	for (int i = 0; i < CASE_COUNT; i++) {
		uint8_t *bytes = malloc(size);
		bool good = *cases[i].why == '\0';
		const char *why = "";
		enum az_refusal got;
		struct bundle b;

		memcpy(bytes, whole, size);
		assert_int_equal(bundle_check_index(&b, bytes, size, NULL), 0);
		case_apply((struct az_node *)b.nodes, i);
		got = bundle_check_index(&b, bytes, size, &why);
		if (got == (good ? AZ_REFUSE_NONE : AZ_REFUSE_TREE) &&
		    strstr(why, cases[i].why))
			passed++;
		else
			print_error("%s: refused as %d (%s)\n", cases[i].code,
			    got, why);
		free(bytes);
	}
	free(whole);
	assert_int_equal(passed, CASE_COUNT);
}

static const char *check(const struct forge_node *nodes, uint32_t count)
{
	size_t size;
	uint8_t *bytes = forge(nodes, count, &size);
	const char *why = "";
	struct bundle b;

	(void)bundle_check_index(&b, bytes, size, &why);
	free(bytes);
	return why;
}

static void test_every_module_has_its_node(void **state)
{
	(void)state;
	assert_string_equal(check(sample, NODES), "");
	assert_string_equal(check(sample, NODES - 1), "module without a node");
	assert_string_equal(check(sample, 1), "module without a node");
	/* The helper's own tree. */
	assert_string_equal(check(NULL, 0), "");
}

/* Modules below AZ_DEPTH_MAX groups, and below one more. */
static void test_depth(void **state)
{
	struct forge_node n[AZ_DEPTH_MAX + 1 + MODULES] = { 0 };
	static const char *const names[] = { "g0", "g1", "g2", "g3", "g4", "g5",
		"g6", "g7", "g8" };

	(void)state;
	for (uint32_t groups = AZ_DEPTH_MAX; groups <= AZ_DEPTH_MAX + 1;
	     groups++) {
		for (uint32_t i = 0; i < groups; i++) {
			n[i].name = names[i];
			n[i].like.parent = i > 0 ? i - 1 : 0;
		}
		for (uint32_t i = 0; i < MODULES; i++) {
			n[groups + i].name = NULL;
			n[groups + i].like.parent = groups - 1;
			n[groups + i].like.module = i;
		}
		assert_string_equal(check(n, groups + MODULES),
		    groups == AZ_DEPTH_MAX ? "" : "node: too deep");
	}
}

/* No system has no tree. */
static void test_no_root(void **state)
{
	size_t size;
	uint8_t *bytes = forge(sample, NODES, &size);
	const uint32_t cut = (uint32_t)(NODES * sizeof(struct az_node));
	struct az_index_head *index;
	const char *why = "";
	uint8_t *at;
	struct bundle b;

	(void)state;
	assert_int_equal(bundle_check_index(&b, bytes, size, NULL), 0);
	index = (struct az_index_head *)b.index;
	/* Cut the table out: what is behind it moves up. */
	index->size -= cut;
	index->tables[AZ_TABLE_NODE].count = 0;
	for (int i = AZ_TABLE_NODE + 1; i < AZ_TABLE_KINDS; i++)
		index->tables[i].off -= cut;
	((struct az_bundle_head *)b.head)->index_size = index->size;
	at = (uint8_t *)index + index->tables[AZ_TABLE_NODE].off;
	size -= cut;
	memmove(at, at + cut, size - (size_t)(at - bytes));
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, &why), AZ_REFUSE_TREE);
	assert_string_equal(why, "no root of the tree");
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_change),
		cmocka_unit_test(test_every_module_has_its_node),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_no_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
