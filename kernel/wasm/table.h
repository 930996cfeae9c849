/* wasm/table: the gates and tables of one instance, as its stubs read them.
 *
 * They lie one behind the other on the pages behind the text's last. Gates come
 * first, one for each import (task/record). A table is an array of struct
 * table_entry that has room for the table's capacity and is filled up with null
 * entries to a power of two, so that thunks can mask the index, also on a
 * mispredicted path. Module text cannot name any of it; only stubs read it. Behind the current size all entries are null; a null entry has tag 0,
 * as have all of a table of AZ_EXTERNREF.
 */
#ifndef AZ_WASM_TABLE_H
#define AZ_WASM_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct image_view;

struct table_entry {
	uint64_t target; /* address of the code */
	uint32_t tag;    /* index of its signature + 1; 0: null */
	uint32_t ref;    /* the reference as the module knows it; 0: null */
};
_Static_assert(sizeof(struct table_entry) == 16, "thunks scale by 16");

/* Entries of a table in memory: a power of two, at least 1. */
uint32_t table_slots(const struct image_view *v, uint32_t table);

/* Entries of all tables before this one; of all, for the tables' count. */
uint32_t table_first(const struct image_view *v, uint32_t table);

/* Bytes of all tables. */
size_t table_bytes(const struct image_view *v);

/* Gates: one for each import, if any has one. */
uint32_t table_gates(const struct image_view *v);

/* Where in a slot the gates begin, and behind them the tables. */
uint32_t table_gates_base(const struct image_view *v);
uint32_t table_base(const struct image_view *v);

/* What an instance at slot keeps of ref in that table. ref is 0, or names an
 * entry of the image that is not null, or is of a table of AZ_EXTERNREF. */
struct table_entry table_value(
    const struct image_view *v, uint64_t slot, uint32_t table, uint32_t ref);

#endif
