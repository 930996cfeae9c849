/* The tree of supervision: who starts whom again, and how often. */
#include "verify/records.h"

#include "verify/refuse.h"
#include "verify/seen.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_TREE

enum { SET_BITS = 64 };

static enum az_refusal place_check(
    const struct bundle *b, uint32_t i, const char **why)
{
	uint32_t depth = 0;

	MUST(i > 0 ||
		 (b->nodes[0].parent == 0 && b->nodes[0].kind == AZ_NODE_GROUP),
	    "node: the first is no root");
	for (; i > 0; i = b->nodes[i].parent) {
		uint32_t parent = b->nodes[i].parent;

		MUST(parent < i && b->nodes[parent].kind == AZ_NODE_GROUP,
		    "node: parent is no group before it");
		MUST(++depth <= AZ_DEPTH_MAX, "node: too deep");
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
	MUST(
	    before == b->nodes[i].parent, "node: not in the order of the tree");
	return AZ_REFUSE_NONE;
}

static enum az_refusal group_check(
    const struct az_node *n, bool root, const char **why)
{
	MUST(n->module == 0, "node: group with a module");
	MUST(n->strategy <= AZ_STRATEGY_REST_FOR_ONE, "node: unknown strategy");
	MUST(n->intensity <= AZ_INTENSITY_MAX &&
		 (n->intensity == 0 || n->period > 0),
	    "node: bad intensity");
	MUST(n->escalate <= (root ? AZ_ESCALATE_REBOOT : AZ_ESCALATE_HALT),
	    "node: bad escalation");
	MUST(n->backoff_min <= n->backoff_max &&
		 (n->backoff_min == 0) == (n->backoff_max == 0),
	    "node: bad backoff");
	return AZ_REFUSE_NONE;
}

static enum az_refusal leaf_check(const struct bundle *b,
    const struct az_node *n, uint64_t *placed, const char **why)
{
	uint64_t bit = (uint64_t)1 << n->module % SET_BITS;

	MUST(n->kind == AZ_NODE_MODULE, "node: unknown kind");
	MUST(n->module < b->module_count, "node: of no module");
	MUST((placed[n->module / SET_BITS] & bit) == 0,
	    "node: of a module that has one");
	placed[n->module / SET_BITS] |= bit;
	MUST(n->name.off == 0 && n->name.len == 0,
	    "node: of a module, with a name");
	MUST(text_is_zero(
		 &n->strategy, sizeof(*n) - offsetof(struct az_node, strategy)),
	    "node: of a module, with the fields of a group");
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
		MUST(records_is_name(b, n->name), "node: malformed name");
		MUST(records_is_new(b, b->nodes, sizeof(*n), i, &seen),
		    "node: name comes twice");
		PASS(group_check(n, i == 0, why));
	}
	MUST(groups > 0, "no root of the tree");
	MUST(
	    b->node_count - groups == b->module_count, "module without a node");
	return AZ_REFUSE_NONE;
}
