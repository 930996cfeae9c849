/* The tree of supervision: who starts whom again, and how often. */
#include "verify/records.h"

#include "verify/refuse.h"
#include "verify/seen.h"
#include "verify/text.h"

enum { SET_BITS = 64 };

static enum az_refusal place_check(
    const struct bundle *b, uint32_t i, const char **why)
{
	uint32_t depth = 0;

	REQUIRE(i > 0 || (b->nodes[0].parent == 0 &&
			     b->nodes[0].kind == AZ_NODE_GROUP),
	    AZ_REFUSE_TREE, "node: the first is no root");
	for (; i > 0; i = b->nodes[i].parent) {
		uint32_t parent = b->nodes[i].parent;

		REQUIRE(parent < i && b->nodes[parent].kind == AZ_NODE_GROUP,
		    AZ_REFUSE_TREE, "node: parent is no group before it");
		REQUIRE(
		    ++depth <= AZ_DEPTH_MAX, AZ_REFUSE_TREE, "node: too deep");
	}
	return AZ_REFUSE_NONE;
}

/* A subtree is a range: node i - 1 is below i's parent, or is it. */
static enum az_refusal order_check(
    const struct bundle *b, uint32_t i, const char **why)
{
	uint32_t before = i > 0 ? i - 1 : 0;

	while (before > b->nodes[i].parent)
		before = b->nodes[before].parent;
	REQUIRE(before == b->nodes[i].parent, AZ_REFUSE_TREE,
	    "node: not in the order of the tree");
	return AZ_REFUSE_NONE;
}

static enum az_refusal group_check(
    const struct az_node *n, bool root, const char **why)
{
	REQUIRE(n->module == 0, AZ_REFUSE_TREE, "node: group with a module");
	REQUIRE(n->strategy <= AZ_STRATEGY_REST_FOR_ONE, AZ_REFUSE_TREE,
	    "node: unknown strategy");
	REQUIRE(n->intensity <= AZ_INTENSITY_MAX &&
		    (n->intensity == 0 || n->period > 0),
	    AZ_REFUSE_TREE, "node: bad intensity");
	REQUIRE(n->escalate <= (root ? AZ_ESCALATE_REBOOT : AZ_ESCALATE_HALT),
	    AZ_REFUSE_TREE, "node: bad escalation");
	REQUIRE(n->backoff_min <= n->backoff_max &&
		    (n->backoff_min == 0) == (n->backoff_max == 0),
	    AZ_REFUSE_TREE, "node: bad backoff");
	return AZ_REFUSE_NONE;
}

static enum az_refusal leaf_check(const struct bundle *b,
    const struct az_node *n, uint64_t *placed, const char **why)
{
	uint64_t bit = (uint64_t)1 << n->module % SET_BITS;

	REQUIRE(
	    n->kind == AZ_NODE_MODULE, AZ_REFUSE_TREE, "node: unknown kind");
	REQUIRE(
	    n->module < b->module_count, AZ_REFUSE_TREE, "node: of no module");
	REQUIRE((placed[n->module / SET_BITS] & bit) == 0, AZ_REFUSE_TREE,
	    "node: of a module that has one");
	placed[n->module / SET_BITS] |= bit;
	REQUIRE(n->name.off == 0 && n->name.len == 0, AZ_REFUSE_TREE,
	    "node: of a module, with a name");
	REQUIRE(text_is_zero((const uint8_t *)&n->strategy,
		    sizeof(*n) - offsetof(struct az_node, strategy)),
	    AZ_REFUSE_TREE, "node: of a module, with the fields of a group");
	return AZ_REFUSE_NONE;
}

enum az_refusal nodes_check(const struct bundle *b, const char **why)
{
	uint64_t placed[AZ_MODULES_MAX / SET_BITS] = { 0 };
	struct seen seen = { 0 };
	uint32_t groups = 0;

	for (uint32_t i = 0; i < b->node_count; i++) {
		const struct az_node *n = &b->nodes[i];

		PASS(place_check(b, i, why));
		PASS(order_check(b, i, why));
		if (n->kind != AZ_NODE_GROUP) {
			PASS(leaf_check(b, n, placed, why));
			continue;
		}
		groups++;
		REQUIRE(records_is_name(b, n->name), AZ_REFUSE_TREE,
		    "node: malformed name");
		REQUIRE(records_is_new(b, b->nodes, sizeof(*n), i, &seen),
		    AZ_REFUSE_TREE, "node: name comes twice");
		PASS(group_check(n, i == 0, why));
	}
	REQUIRE(groups > 0, AZ_REFUSE_TREE, "no root of the tree");
	REQUIRE(b->node_count - groups == b->module_count, AZ_REFUSE_TREE,
	    "module without a node");
	return AZ_REFUSE_NONE;
}
