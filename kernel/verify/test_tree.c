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
static const struct forge_node plan[NODES] = {
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

struct view {
	struct az_node *n;
};

#define BAD_CASES                                                              \
	X(TREE, "the first is no root", v->n[0].parent = 1)                    \
	X(TREE, "the first is no root", v->n[0].kind = AZ_NODE_MODULE)         \
	X(TREE, "parent is no group before", v->n[1].parent = 1)               \
	X(TREE, "parent is no group before", v->n[1].parent = 2)               \
	X(TREE, "parent is no group before", v->n[2].parent = 1)               \
	X(TREE, "parent is no group before", v->n[2].parent = ALL)             \
	X(TREE, "not in the order of the tree", v->n[3].parent = 0)            \
	X(TREE, "not in the order of the tree", v->n[4].parent = 0;            \
	    v->n[5].parent = 2)                                                \
	X(TREE, "unknown kind", v->n[1].kind = 2)                              \
	X(TREE, "unknown kind", v->n[2].kind = ALL)                            \
	/* groups */                                                           \
	X(TREE, "malformed name", v->n[0].name.len = 0)                        \
	X(TREE, "malformed name", v->n[2].name.off = ALL)                      \
	X(TREE, "malformed name", v->n[2].name.len = 64)                       \
	X(TREE, "name comes twice", v->n[4].name = v->n[0].name)               \
	X(TREE, "group with a module", v->n[2].module = 1)                     \
	X(TREE, "unknown strategy", v->n[4].strategy = 3)                      \
	X(TREE, "unknown strategy", v->n[0].strategy = ALL)                    \
	X(TREE, "bad intensity", v->n[4].intensity = AZ_INTENSITY_MAX + 1)     \
	X(TREE, "bad intensity", v->n[4].period = 0)                           \
	X(TREE, "bad escalation", v->n[0].escalate = 2)                        \
	X(TREE, "bad escalation", v->n[2].escalate = AZ_ESCALATE_REBOOT)       \
	X(TREE, "bad backoff", v->n[0].backoff_min = 3)                        \
	X(TREE, "bad backoff", v->n[0].backoff_min = 0)                        \
	X(TREE, "bad backoff", v->n[2].backoff_max = 1)                        \
	/* modules */                                                          \
	X(TREE, "of no module", v->n[5].module = MODULES)                      \
	X(TREE, "of no module", v->n[5].module = ALL)                          \
	X(TREE, "of a module that has one", v->n[5].module = 0)                \
	X(TREE, "of a module, with a name", v->n[1].name = v->n[0].name)       \
	X(TREE, "of a module, with a name", v->n[1].name.off = 1)              \
	X(TREE, "of a module, with a name", v->n[1].name.len = 1)              \
	X(TREE, "the fields of a group", v->n[1].strategy = 1)                 \
	X(TREE, "the fields of a group", v->n[1].intensity = 1)                \
	X(TREE, "the fields of a group", v->n[3].escalate = 1)                 \
	X(TREE, "the fields of a group", v->n[3].period = 1)                   \
	X(TREE, "the fields of a group", v->n[5].backoff_min = ALL64)          \
	X(TREE, "the fields of a group", v->n[5].backoff_max = 1)              \
	X(TREE, "module without a node", v->n[5] = v->n[2]; v->n[5].name.len--)

#define GOOD_CASES                                                             \
	X(NONE, "",                                                            \
	    v->n[0].strategy = v->n[0].intensity = v->n[0].escalate = 0)       \
	X(NONE, "", v->n[0].intensity = 0)                                     \
	X(NONE, "", v->n[4].period = ALL64)                                    \
	X(NONE, "", v->n[2].backoff_min = v->n[2].backoff_max = ALL64)         \
	X(NONE, "", v->n[4].parent = 0)                                        \
	X(NONE, "", v->n[4].parent = v->n[5].parent = 0)                       \
	X(NONE, "", v->n[1].module = 2; v->n[5].module = 0)

#define CASES BAD_CASES GOOD_CASES
#include "verify/test_cases.h"

static struct view view_of(uint8_t *bytes)
{
	struct bundle b;

	if (bundle_check_index(&b, bytes, sample_size, NULL) != AZ_REFUSE_NONE)
		abort();
	return (struct view){ (struct az_node *)b.nodes };
}

static enum az_refusal judge(const uint8_t *bytes, const char **why)
{
	struct bundle b;

	return bundle_check_index(&b, bytes, sample_size, why);
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
	assert_string_equal(check(plan, NODES), "");
	assert_string_equal(check(plan, NODES - 1), "module without a node");
	assert_string_equal(check(plan, 1), "module without a node");
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
	uint8_t *bytes = forge(plan, NODES, &size);
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

static int setup(void **state)
{
	(void)state;
	sample = forge(plan, NODES, &sample_size);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_change),
		cmocka_unit_test(test_every_module_has_its_node),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_no_root),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
