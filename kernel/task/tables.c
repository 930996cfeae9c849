#include "task/tables.h"

#include <stddef.h>

#include "abi/call.h"
#include "task/domain.h"
#include "task/memory.h"
#include "task/sched.h"
#include "verify/image.h"
#include "wasm/table.h"

/* Entries written between two looks at pending interrupts. */
enum { PIECE = 1 << 14 };

struct table_entry *tables_at(
    const struct domain *d, uint32_t table, uint32_t index, uint32_t count)
{
	if (table >= d->image->head->tables.count ||
	    index > d->table_size[table] ||
	    count > d->table_size[table] - index)
		return NULL;
	return d->tables + table_first(d->image, table) + index;
}

/* Whether ref may stand in that table. Any number may in one of externref. */
static bool ref_ok(const struct domain *d, uint32_t table, uint32_t ref)
{
	const struct image_view *v = d->image;

	return ref == 0 || v->tables[table].type != AZ_FUNCREF ||
	       (ref <= v->head->entries.count &&
		   v->entries[ref - 1] != AZ_NONE);
}

static void end_of_entry(uint32_t i)
{
	if (i % PIECE == PIECE - 1)
		sched_point();
}

static bool fill(struct domain *d, uint32_t table, uint32_t index, uint32_t ref,
    uint32_t count)
{
	struct table_entry *to = tables_at(d, table, index, count), value;

	if (to == NULL || !ref_ok(d, table, ref))
		return false;
	value = table_value(d->image, d->slot, table, ref);
	for (uint32_t i = 0; i < count; i++) {
		to[i] = value;
		end_of_entry(i);
	}
	return true;
}

static bool grow(struct domain *d, uint32_t table, uint32_t ref, uint32_t count,
    uint32_t *old)
{
	uint32_t size;

	if (tables_at(d, table, 0, 0) == NULL || !ref_ok(d, table, ref))
		return false;
	size = d->table_size[table];
	*old = UINT32_MAX;
	if (count > d->image->tables[table].capacity - size)
		return true;
	*old = size;
	d->table_size[table] += count;
	return fill(d, table, size, ref, count);
}

static bool copy(struct domain *d, const uint32_t *arg)
{
	uint32_t to = arg[3], from = arg[4], count = arg[2];
	struct table_entry *target = tables_at(d, to, arg[0], count);
	const struct table_entry *source = tables_at(d, from, arg[1], count);

	if (target == NULL || source == NULL ||
	    d->image->tables[to].type != d->image->tables[from].type)
		return false;
	memory_move(target, source, count * (uint32_t)sizeof(*target));
	return true;
}

static bool init(struct domain *d, const uint32_t *arg)
{
	const struct image_view *v = d->image;
	uint32_t from = arg[1], count = arg[2], table = arg[3], elem = arg[4];
	struct table_entry *to = tables_at(d, table, arg[0], count);
	bool empty = elem >= v->head->elems.count ||
		     d->dropped[v->head->segments.count + elem];
	uint32_t size = empty ? 0 : v->elems[elem].count;

	if (to == NULL || from > size || count > size - from)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t entry = v->elems[elem].first + from + i;
		bool null = v->entries[entry] == AZ_NONE;

		to[i] = table_value(v, d->slot, table, null ? 0 : entry + 1);
		end_of_entry(i);
	}
	return true;
}

bool tables_op(struct domain *d, uint32_t helper,
    const uint32_t arg[TABLES_ARGS], uint32_t *result)
{
	const struct az_image_head *head = d->image->head;
	const struct table_entry *entry;

	d->altered |=
	    helper != AZ_HELP_TABLE_GET && helper != AZ_HELP_TABLE_SIZE;
	switch (helper) {
	case AZ_HELP_TABLE_GET:
		entry = tables_at(d, arg[1], arg[0], 1);
		if (entry != NULL)
			*result = entry->ref;
		return entry != NULL;
	case AZ_HELP_TABLE_SET:
		return fill(d, arg[2], arg[0], arg[1], 1);
	case AZ_HELP_TABLE_SIZE:
		if (tables_at(d, arg[0], 0, 0) == NULL)
			return false;
		*result = d->table_size[arg[0]];
		return true;
	case AZ_HELP_TABLE_GROW:
		return grow(d, arg[2], arg[0], arg[1], result);
	case AZ_HELP_TABLE_FILL:
		return fill(d, arg[3], arg[0], arg[1], arg[2]);
	case AZ_HELP_TABLE_COPY:
		return copy(d, arg);
	case AZ_HELP_TABLE_INIT:
		return init(d, arg);
	default: /* AZ_HELP_ELEM_DROP */
		if (arg[0] < head->elems.count)
			d->dropped[head->segments.count + arg[0]] = 1;
		return true;
	}
}
