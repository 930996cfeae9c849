#include "wasm/table.h"

#include "abi/layout.h"
#include "verify/image.h"

uint32_t table_slots(const struct image_view *v)
{
	uint32_t size = v->head->tables.count > 0 ? v->tables[0].size : 0;
	uint32_t slots = 1;

	while (slots < size)
		slots <<= 1;
	return slots;
}

size_t table_bytes(const struct image_view *v)
{
	size_t bytes = (size_t)table_slots(v) * sizeof(struct table_entry);

	return (bytes + AZ_PAGE_SIZE - 1) & ~(size_t)(AZ_PAGE_SIZE - 1);
}

static struct table_entry entry_of(
    const struct image_view *v, az_funcref ref, uint64_t slot)
{
	uint32_t index = ref & ~AZ_FUNCREF_IMPORT;

	if (ref == AZ_NONE)
		return (struct table_entry){ 0 };
	if (ref & AZ_FUNCREF_IMPORT)
		return (struct table_entry){
			.target = slot + AZ_IMPORT_BASE +
				  (uint64_t)index * AZ_IMPORT_STRIDE,
			.tag = v->imports[index].sig + 1u,
		};
	return (struct table_entry){
		.target = slot + AZ_TEXT_BASE + v->funcs[index].off,
		.tag = v->funcs[index].sig + 1u,
	};
}

bool table_fill(
    struct table_entry *entries, const struct image_view *v, uint64_t slot)
{
	for (uint32_t i = 0; i < v->head->elems.count; i++) {
		const struct az_elem *elem = &v->elems[i];
		uint32_t size = v->tables[elem->table].size;

		if (elem->mode != AZ_ACTIVE)
			continue;
		if (elem->dest > size || elem->count > size - elem->dest)
			return false;
		for (uint32_t k = 0; k < elem->count; k++)
			entries[elem->dest + k] =
			    entry_of(v, v->entries[elem->first + k], slot);
	}
	return true;
}
