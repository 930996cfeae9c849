#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "manifest_value.h"
#include "yaml_tree.h"

enum { ITEMS_SHOWN = 8, MILLION = 1000000, MIB = 1 << 20 };

/* One module's share of a sum. */
struct item {
	const struct manifest_module *module;
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
    void (*line)(struct buf *out, const struct manifest_module *module))
{
	size_t i, shown = count < ITEMS_SHOWN ? count : ITEMS_SHOWN;

	qsort(items, count, sizeof(*items), compare_items);
	for (i = 0; i < shown; i++) {
		buf_printf(out, "\n%s: ", items[i].module->name.text);
		line(out, items[i].module);
	}
	if (shown < count)
		buf_printf(out, "\nand %zu more", count - shown);
}

static void memory_line(struct buf *out, const struct manifest_module *module)
{
	char *memory = value_size_text(module->memory);
	char *stack = value_size_text(module->stack);

	buf_printf(out, "memory %s, stack %s", memory, stack);
	free(memory);
	free(stack);
}

static void cpu_line(struct buf *out, const struct manifest_module *module)
{
	uint64_t share =
	    module->cpu_budget * MILLION / module->cpu_period / 1000;
	char *budget = value_duration_text(module->cpu_budget);
	char *period = value_duration_text(module->cpu_period);

	buf_printf(out, "%s/%s, %llu.%llu %%", budget, period,
	    (unsigned long long)share / 10, (unsigned long long)share % 10);
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
    struct item *items, uint64_t sum)
{
	struct span at = memory_span(m);
	char *needs = value_size_text((sum + MIB - 1) / MIB * MIB);
	char *has = value_size_text(m->memory);
	struct buf help = { 0 };
	struct diag *d = diag_add(list, "AZ0401", at,
	    "the modules need %s, the machine has %s", needs, has);

	diag_label(d, "too little for all modules together");
	buf_printf(
	    &help, "write `memory: %s` in `image`, or less for one of", needs);
	list_items(&help, items, m->module_count, memory_line);
	diag_help(d, "%s", help.at);
	if (at.line != 0)
		diag_fix(d, at, needs);
	buf_fini(&help);
	free(needs);
	free(has);
}

static void sum_memory(
    const struct manifest *m, struct diags *list, struct item *items)
{
	uint64_t sum = 0;
	size_t i;

	/* At most AZ_MODULES_MAX of 4 GiB each: no overflow. */
	for (i = 0; i < m->module_count; i++) {
		items[i].module = &m->modules[i];
		items[i].order = i;
		items[i].size = m->modules[i].memory + m->modules[i].stack;
		sum += items[i].size;
	}
	if (sum > m->memory)
		report_memory(m, list, items, sum);
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
		items[count].module = &m->modules[i];
		items[count].order = i;
		items[count].size = m->modules[i].cpu_budget * MILLION /
				    m->modules[i].cpu_period;
		sum += items[count++].size;
	}
	if (sum > MILLION)
		report_cpu(m, list, items, count, sum);
}

void check_sums(const struct manifest *m, struct diags *list)
{
	struct item *items = xcalloc(m->module_count, sizeof(*items));

	sum_memory(m, list, items);
	sum_cpu(m, list, items);
	free(items);
}
