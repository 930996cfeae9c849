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
	return page_whole((uint64_t)table_first(v, v->head->tables.count) *
			  sizeof(struct table_entry));
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
