/* wasm/table: the function table of one instance.
 *
 * Table 0 lies at AZ_TABLE_BASE of the slot as an array of struct
 * table_entry, filled up with null entries to a power of two so that thunks
 * can mask the index, also on a mispredicted path. Module text cannot name
 * it; only thunks read it. A null entry has tag 0.
 */
#ifndef AZ_WASM_TABLE_H
#define AZ_WASM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image_view;

struct table_entry {
	uint64_t target; /* address of the code */
	uint32_t tag;    /* index of its signature + 1; 0: null */
	uint32_t pad;
};
_Static_assert(sizeof(struct table_entry) == 16, "thunks scale by 16");

/* Entries of table 0 in memory: a power of two, at least 1. */
uint32_t table_slots(const struct image_view *v);

/* Bytes from AZ_TABLE_BASE that the table takes, whole pages. */
size_t table_bytes(const struct image_view *v);

/* Apply v's active element segments to entries (table_slots of them, zero)
 * for the instance at slot. False: a segment does not fit, which is a trap
 * of the instantiation. */
bool table_fill(
    struct table_entry *entries, const struct image_view *v, uint64_t slot);

#endif
