#include "wasm/table.h"

#include "abi/layout.h"
#include "arch/page.h"
#include "verify/image.h"

/* Rounding up at most doubles what all tables may hold together. */
_Static_assert((2 * (uint64_t)AZ_TABLE_ENTRIES_MAX + AZ_TABLES_MAX) *
		       sizeof(struct table_entry) <=
		   AZ_TABLE_SIZE,
    "tables fit their place");

uint32_t table_slots(const struct image_view *v, uint32_t table)
{
	uint32_t capacity = v->tables[table].capacity;
	uint32_t slots = 1;

	while (slots < capacity)
		slots <<= 1;
	return slots;
}

uint32_t table_first(const struct image_view *v, uint32_t table)
{
	uint32_t first = 0;

	while (table > 0)
		first += table_slots(v, --table);
	return first;
}

size_t table_bytes(const struct image_view *v)
{
	return (size_t)table_first(v, v->head->tables.count) *
	       sizeof(struct table_entry);
}

uint32_t table_gates(const struct image_view *v)
{
	for (uint32_t i = 0; i < v->head->imports.count; i++)
		if (image_has_gate(&v->imports[i]))
			return v->head->imports.count;
	return 0;
}

uint32_t table_gates_base(const struct image_view *v)
{
	return AZ_TEXT_BASE + (uint32_t)page_whole(v->head->text.count);
}

uint32_t table_base(const struct image_view *v)
{
	return table_gates_base(v) + table_gates(v) * AZ_GATE_STRIDE;
}

struct table_entry table_value(
    const struct image_view *v, uint64_t slot, uint32_t table, uint32_t ref)
{
	struct table_entry entry = { .ref = ref };
	uint32_t index;

	if (ref == 0 || v->tables[table].type != AZ_FUNCREF)
		return entry;
	index = v->entries[ref - 1] & ~AZ_FUNCREF_IMPORT;
	if (v->entries[ref - 1] & AZ_FUNCREF_IMPORT) {
		entry.target =
		    slot + AZ_IMPORT_BASE + (uint64_t)index * AZ_IMPORT_STRIDE;
		entry.tag = v->imports[index].sig + 1u;
	} else {
		entry.target = slot + AZ_TEXT_BASE + v->funcs[index].off;
		entry.tag = v->funcs[index].sig + 1u;
	}
	return entry;
}
