#include "sup/tree.h"

#include <stddef.h>

#include "mm/map.h"
#include "sup/policy.h"
#include "verify/bundle.h"

static void make_node(
    struct policy_node *out, const struct bundle *b, uint32_t i)
{
	const struct az_node *n = &b->nodes[i];

	*out = (struct policy_node){
		.parent = n->parent,
		.end = i + 1,
		.group = n->kind == AZ_NODE_GROUP,
		.module = n->module,
		.strategy = n->strategy,
		.intensity = n->intensity,
		.period = n->period,
		.backoff_min = n->backoff_min,
		.backoff_max = n->backoff_max,
	};
	if (out->group)
		return;
	out->restart = b->modules[n->module].restart;
	out->ready = b->modules[n->module].ready;
}

static void fill(struct policy *p, const struct bundle *b, uint64_t *recent)
{
	for (uint32_t i = 0; i < p->count; i++) {
		struct policy_node *n = &p->nodes[i];

		make_node(n, b, i);
		n->recent = recent;
		recent += n->intensity;
		if (!n->group)
			p->node_of[n->module] = i;
	}
	/* Subtrees end where their last child's does. */
	for (uint32_t i = p->count; i-- > 1;) {
		struct policy_node *parent = &p->nodes[p->nodes[i].parent];

		if (parent->end < p->nodes[i].end)
			parent->end = p->nodes[i].end;
	}
}

az_err tree_make(struct policy *out, const struct bundle *b)
{
	size_t moments = 0;
	uint64_t *recent;

	for (uint32_t i = 0; i < b->node_count; i++)
		moments += b->nodes[i].intensity;
	*out = (struct policy){ .count = b->node_count };
	TRY(map_array(&out->nodes, b->node_count));
	TRY(map_array(&out->node_of, b->module_count));
	TRY(map_array(&recent, moments));
	fill(out, b, recent);
	policy_init(out);
	return AZ_OK;
}
