#include "load/spawn.h"

#include <stddef.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "arch/page.h"
#include "base/mem.h"
#include "load/program.h"
#include "load/window.h"
#include "mm/map.h"
#include "task/domain.h"
#include "task/memory.h"
#include "task/record.h"
#include "task/sched.h"
#include "task/tables.h"
#include "wasm/table.h"

/* Bytes given back, and looked through and made as new, between two looks at
 * who waits: where all is written, the time of some 30 pages. */
enum { RELEASED = 1 << 16, RESTORED = 1 << 17 };

/* With more data segments than this a restart writes them all, instead of
 * looking for those that lie in each page. */
enum { SEGMENTS_MAX = 8 };

/* Of what others keep behind what spawn does. */
#define ROOM_ALIGN ((size_t)64)

static void *at(uint64_t virt)
{
	return (void *)virt;
}

static az_err map_data(struct domain *d, const struct image_view *v)
{
	uint64_t size = page_whole(v->head->data_mem_size);

	TRY(map_fresh(d->slot + AZ_DATA_BASE, size, PAGE_WRITE));
	memcpy(at(d->slot + AZ_DATA_BASE), v->data, v->head->data.count);
	return AZ_OK;
}

static size_t dropped_size(const struct image_view *v)
{
	return v->head->segments.count + v->head->elems.count;
}

/* Gates, tables, and what is dropped, in this order. */
static size_t kept_size(const struct image_view *v)
{
	return table_gates(v) * sizeof(struct gate) + table_bytes(v) +
	       dropped_size(v);
}

/* The kernel writes where only the kernel can; stubs read in the slot. */
static az_err map_kept(struct domain *d, const struct image_view *v)
{
	size_t gates = table_gates(v) * sizeof(struct gate);
	size_t size = kept_size(v), room = -(-size & -ROOM_ALIGN);
	void *run;

	TRY(map_alloc(&run, size));
	d->kept = run;
	d->room = (struct cap_room){ d->kept + room, page_whole(size) - room };
	d->gates = gates > 0 ? run : NULL;
	d->tables = (void *)(d->kept + gates);
	d->dropped = d->kept + gates + table_bytes(v);
	for (uint32_t i = 0; i < v->head->tables.count; i++)
		d->table_size[i] = v->tables[i].size;
	return map_share(d->slot + table_gates_base(v), run, size, PAGE_READ);
}

/* As WebAssembly says it: active segments are written, then dropped. */
static az_err apply_elems(struct domain *d, const struct image_view *v)
{
	uint32_t none;

	for (uint32_t i = 0; i < v->head->elems.count; i++) {
		const struct az_elem *e = &v->elems[i];
		uint32_t init[] = { e->dest, 0, e->count, e->table, i };
		uint32_t drop[TABLES_ARGS] = { i };

		if (e->mode == AZ_ACTIVE &&
		    !tables_op(d, AZ_HELP_TABLE_INIT, init, &none))
			return AZ_ERANGE;
		if (e->mode != AZ_PASSIVE)
			(void)tables_op(d, AZ_HELP_ELEM_DROP, drop, &none);
	}
	return AZ_OK;
}

static az_err apply_data(struct domain *d, const struct image_view *v)
{
	for (uint32_t i = 0; i < v->head->segments.count; i++) {
		const struct az_segment *s = &v->segments[i];

		if (s->mode != AZ_ACTIVE)
			continue;
		if (!memory_init(d, i, s->dest, 0, s->size))
			return AZ_ERANGE;
		memory_drop(d, i);
	}
	return AZ_OK;
}

static az_err apply_segments(struct domain *d, const struct image_view *v)
{
	az_err elems = apply_elems(d, v);

	if (elems != AZ_OK || apply_data(d, v) != AZ_OK) {
		d->end_code = elems != AZ_OK ? AZ_TRAP_TABLE_OOB : AZ_TRAP_OOB;
		return AZ_ERANGE;
	}
	d->altered = v->head->segments.count > SEGMENTS_MAX;
	return AZ_OK;
}

static az_err map_memory(struct domain *d, const struct image_view *v)
{
	uint64_t max = (uint64_t)v->head->mem_max * AZ_WASM_PAGE;

	if (max < d->memory_max)
		d->memory_max = max;
	return memory_grow(d, v->head->mem_min) != UINT32_MAX ? AZ_OK
							      : AZ_ENOMEM;
}

static az_err map_all(struct domain *d, const struct program *p)
{
	const struct image_view *v = &p->image;
	uint64_t stack = d->module->stack;

	TRY(map_share(
	    d->slot + AZ_STUB_BASE, p->stubs, p->stub_bytes, PAGE_EXEC));
	TRY(map_share(
	    d->slot + AZ_TEXT_BASE, v->text, v->head->text.count, PAGE_EXEC));
	TRY(map_share(d->slot + AZ_RODATA_BASE, v->rodata,
	    v->head->rodata.count, PAGE_READ));
	TRY(map_data(d, v));
	TRY(map_kept(d, v));
	TRY(map_fresh(d->slot + AZ_STACK_TOP - stack, stack, PAGE_WRITE));
	TRY(map_memory(d, v));
	TRY(apply_segments(d, v));
	return window_map(d);
}

az_err spawn_map(struct domain *d, const struct program *p)
{
	az_err err = map_all(d, p);

	if (err != AZ_OK)
		spawn_unmap(d, p);
	return err;
}

/* In pieces: gigabytes at once would keep all others out for too long. The
 * last ones first, as map_release does. */
static void release(uint64_t start, uint64_t size)
{
	for (uint64_t left = size, piece; left > 0; left -= piece) {
		piece = left < RELEASED ? left : RELEASED;
		map_release(start + left - piece, piece);
		sched_point();
	}
}

void spawn_unmap(struct domain *d, const struct program *p)
{
	const struct image_view *v = &p->image;
	uint64_t stack = d->module->stack;

	window_unmap(d);
	map_forget(d->slot + AZ_STUB_BASE, p->stub_bytes);
	map_forget(d->slot + AZ_TEXT_BASE, v->head->text.count);
	map_forget(d->slot + AZ_RODATA_BASE, v->head->rodata.count);
	release(d->slot + AZ_DATA_BASE, page_whole(v->head->data_mem_size));
	map_forget(d->slot + table_gates_base(v), kept_size(v));
	if (d->kept != NULL)
		release((uint64_t)d->kept, page_whole(kept_size(v)));
	d->kept = d->dropped = NULL;
	d->room = (struct cap_room){ 0 };
	d->gates = NULL;
	d->tables = NULL;
	release(d->slot + AZ_STACK_TOP - stack, stack);
	release((uint64_t)d->memory, d->memory_size);
	d->memory_size = 0;
}

/* Copy what of from, which begins at offset `start` of a section, belongs to
 * the page at offset `page` of that section. */
static void copy_part(uint8_t *bytes, uint64_t page, const uint8_t *from,
    uint64_t start, uint64_t len)
{
	uint64_t low = start > page ? start : page, end = start + len;
	uint64_t high = end < page + PAGE_SIZE ? end : page + PAGE_SIZE;

	if (low < high)
		memcpy(bytes + (low - page), from + (low - start), high - low);
}

static void restore_data(void *context, uint64_t virt, uint8_t *bytes)
{
	const struct domain *d = context;
	const struct image_view *v = d->image;

	memset(bytes, 0, PAGE_SIZE);
	copy_part(bytes, virt - d->slot - AZ_DATA_BASE, v->data, 0,
	    v->head->data.count);
}

/* Of the memory, or of the stack below it. */
static void restore_memory(void *context, uint64_t virt, uint8_t *bytes)
{
	const struct domain *d = context;
	const struct image_view *v = d->image;
	uint32_t count = v->head->segments.count;

	memset(bytes, 0, PAGE_SIZE);
	if (virt < (uint64_t)d->memory)
		return;
	for (uint32_t i = 0; i < count && count <= SEGMENTS_MAX; i++)
		if (v->segments[i].mode == AZ_ACTIVE)
			copy_part(bytes, virt - d->slot - AZ_MEMORY_BASE,
			    v->seg_bytes + v->segments[i].first,
			    v->segments[i].dest, v->segments[i].size);
}

/* Tables and dropped segments, once the module has changed any. They fitted
 * before. */
static void restore_tables(struct domain *d)
{
	const struct image_view *v = d->image;

	if (!d->altered)
		return;
	memset(d->dropped, 0, dropped_size(v));
	memset(d->tables, 0, table_bytes(v));
	for (uint32_t i = 0; i < v->head->tables.count; i++)
		d->table_size[i] = v->tables[i].size;
	(void)apply_segments(d, v);
}

/* In pieces, as release. */
static void restore(
    struct domain *d, uint64_t start, uint64_t end, page_visit_fn *visit)
{
	for (; start < end; start += RESTORED) {
		uint64_t stop = start + RESTORED < end ? start + RESTORED : end;

		page_take_dirty(start, stop, visit, d);
		if (stop < end)
			sched_point();
	}
}

void spawn_restore(struct domain *d, bool all)
{
	const struct az_image_head *head = d->image->head;
	uint64_t data = d->slot + AZ_DATA_BASE;
	uint64_t stack = d->slot + AZ_STACK_TOP - d->module->stack;
	uint64_t size = (uint64_t)head->mem_min * AZ_WASM_PAGE;
	uint64_t end = d->slot + AZ_MEMORY_BASE + size;

	restore(d, data, data + head->data_mem_size, restore_data);
	release(end, d->memory_size - size);
	d->memory_size = size;
	restore(d, stack, end, restore_memory);
	restore_tables(d);
	window_renew(d, all);
	d->grow_refused = 0;
	d->entered_main = false;
}
