#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "abi/ring.h"
#include "manifest.h"
#include "manifest_value.h"
#include "yaml_tree.h"

enum {
	ITEMS_SHOWN = 8,
	MILLION = 1000000,
	MIB = 1 << 20,
	/* What the kernel keeps for a small instance: its page tables,
	 * capabilities, gates, thread and stack. */
	INSTANCE_KERNEL = 32 << 10,
};

/* One share of a sum. */
struct item {
	const struct manifest_module *module;   /* or: */
	const struct manifest_channel *channel; /* neither: the kernel's */
	uint64_t size;
	size_t order;
};

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

/* The largest items, a line each. */
static void list_items(struct buf *out, struct item *items, size_t count,
    void (*line)(struct buf *out, const struct item *item))
{
	size_t i, shown = count < ITEMS_SHOWN ? count : ITEMS_SHOWN;

	qsort(items, count, sizeof(*items), compare_items);
	for (i = 0; i < shown; i++) {
		buf_putc(out, '\n');
		line(out, &items[i]);
	}
	if (shown < count)
		buf_printf(out, "\nand %zu more", count - shown);
}

static void memory_line(struct buf *out, const struct item *item)
{
	static const char *const types[] = { "arena", "arena", "ring", "signal",
		"sockets", "device memory" };
	char *size = value_size_text(item->size), *memory, *stack;

	if (item->module != NULL) {
		memory = value_size_text(item->module->memory);
		stack = value_size_text(item->module->stack);
		buf_printf(out, "%s: memory %s, stack %s",
		    item->module->name.text, memory, stack);
		free(memory);
		free(stack);
	} else if (item->channel != NULL) {
		buf_printf(out, "%s: %s %s", item->channel->name.text,
		    types[item->channel->type], size);
	} else {
		buf_printf(out, "the kernel, for all modules: %s", size);
	}
	free(size);
}

static void cpu_line(struct buf *out, const struct item *item)
{
	const struct manifest_module *module = item->module;
	uint64_t share =
	    module->cpu_budget * MILLION / module->cpu_period / 1000;
	char *budget = value_duration_text(module->cpu_budget);
	char *period = value_duration_text(module->cpu_period);

	buf_printf(out, "%s: %s/%s, %llu.%llu %%", module->name.text, budget,
	    period, (unsigned long long)share / 10,
	    (unsigned long long)share % 10);
	free(budget);
	free(period);
}

static struct span memory_span(const struct manifest *m)
{
	const struct yaml_node *memory =
	    yaml_get(yaml_get(m->tree, "image"), "memory");

	if (memory != NULL)
		return memory->at;
	return (struct span){ m->tree->at.src, 0, 0, 0 };
}

static void report_memory(const struct manifest *m, struct diags *list,
    struct item *items, size_t count, uint64_t sum)
{
	struct span at = memory_span(m);
	char *needs = value_size_text((sum + MIB - 1) / MIB * MIB);
	char *has = value_size_text(m->memory);
	struct buf help = { 0 };
	struct diag *d = diag_add(list, "AZ0401", at,
	    "the system needs %s, the machine has %s", needs, has);

	diag_label(d, "too little for all together");
	buf_printf(
	    &help, "write `memory: %s` in `image`, or less for one of", needs);
	list_items(&help, items, count, memory_line);
	diag_help(d, "%s", help.at);
	if (at.line != 0)
		diag_fix(d, at, needs);
	buf_fini(&help);
	free(needs);
	free(has);
}

static void add_item(struct item *items, size_t *count, struct item item)
{
	item.order = *count;
	items[(*count)++] = item;
}

static void sum_memory(
    const struct manifest *m, struct diags *list, struct item *items)
{
	uint64_t sum = 0;
	size_t i, count = 0;

	for (i = 0; i < m->module_count; i++)
		add_item(items, &count,
		    (struct item){ .module = &m->modules[i],
			.size = m->modules[i].memory + m->modules[i].stack });
	for (i = 0; i < m->channel_count; i++) {
		const struct manifest_channel *c = &m->channels[i];
		bool ring = c->type == AZ_CHANNEL_RING;

		if (c->size != 0)
			add_item(items, &count,
			    (struct item){ .channel = c,
				.size = c->size + (ring ? AZ_RING_HEAD : 0) });
	}
	add_item(items, &count,
	    (struct item){ .size = m->module_count * INSTANCE_KERNEL });
	/* At most AZ_MODULES_MAX of 4 GiB each: no overflow. */
	for (i = 0; i < count; i++)
		sum += items[i].size;
	if (sum > m->memory)
		report_memory(m, list, items, count, sum);
}

static void report_cpu(const struct manifest *m, struct diags *list,
    struct item *items, size_t count, uint64_t sum)
{
	struct subject last = { .m = m, .module = items[count - 1].module };
	const struct yaml_pair *cpu = subject_key(&last, "cpu");
	struct buf help = { 0 };
	struct diag *d = diag_add(list, "AZ0403",
	    cpu != NULL ? cpu->value->at : last.module->name.at,
	    "the `cpu` budgets add up to %llu.%llu %% of a processor",
	    (unsigned long long)(sum / 10000),
	    (unsigned long long)(sum / 1000 % 10));

	diag_label(d, "with this one");
	buf_puts(&help, "lower one of");
	list_items(&help, items, count, cpu_line);
	diag_help(d, "%s", help.at);
	buf_fini(&help);
}

static void sum_cpu(
    const struct manifest *m, struct diags *list, struct item *items)
{
	uint64_t sum = 0;
	size_t i, count = 0;

	for (i = 0; i < m->module_count; i++) {
		if (m->modules[i].cpu_budget == 0)
			continue;
		items[count] =
		    (struct item){ .module = &m->modules[i], .order = i };
		items[count].size = m->modules[i].cpu_budget * MILLION /
				    m->modules[i].cpu_period;
		sum += items[count++].size;
	}
	if (sum > MILLION)
		report_cpu(m, list, items, count, sum);
}

void check_sums(const struct manifest *m, struct diags *list)
{
	struct item *items =
	    xcalloc(m->module_count + m->channel_count + 1, sizeof(*items));

	sum_memory(m, list, items);
	sum_cpu(m, list, items);
	free(items);
}
