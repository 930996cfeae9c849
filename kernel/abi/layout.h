/* abi/layout: where everything of one module instance lies.
 *
 * An instance owns one slot of address space, 8 GiB, aligned to its size.
 * All displacements are from the slot's start and equal for every instance,
 * so text is position independent without relocation and several instances
 * may share its frames.
 *
 *	64 KiB	stubs, data, rodata, text, and behind the text what the kernel
 *		writes for the stubs: gates and tables
 *	384 MiB	guard, never mapped, and the stack, which ends with one page
 *		that is never mapped
 *	769 MiB	linear memory, 4 GiB of address space; r15 points here
 *		guard, never mapped: 32-bit index + displacement < 2^31
 *	8 GiB	the next slot
 *
 * What a small module has lies close together, since page tables count as its
 * memory too: one table for all of it in the first GiB, one for the 2 MiB from
 * the stubs to its tables, one for the 2 MiB around where its memory begins.
 */
#ifndef AZ_ABI_LAYOUT_H
#define AZ_ABI_LAYOUT_H

#include <stdint.h>

#define AZ_PAGE_SIZE 0x1000u
#define AZ_SLOT_SIZE 0x200000000ull
#define AZ_SLOT_COUNT 16384u /* slot 0 is never used: it holds null */

/* Stubs: written by the kernel, read and execute. Helper i, import i and the
 * call_indirect thunk i each start at a fixed displacement; the thunk of a
 * table and a signature is number table * (count of signatures) + signature. */
#define AZ_STUB_BASE 0x00010000u
#define AZ_HELPER_BASE AZ_STUB_BASE
#define AZ_HELPER_STRIDE 16u
#define AZ_HELPER_MAX 256u
#define AZ_IMPORT_BASE (AZ_HELPER_BASE + AZ_HELPER_STRIDE * AZ_HELPER_MAX)
#define AZ_IMPORT_STRIDE 32u
#define AZ_IMPORT_MAX 1024u
#define AZ_THUNK_BASE (AZ_IMPORT_BASE + AZ_IMPORT_STRIDE * AZ_IMPORT_MAX)
#define AZ_THUNK_STRIDE 64u
#define AZ_SIG_MAX 4096u /* thunks, and signatures */
#define AZ_STUB_END (AZ_THUNK_BASE + AZ_THUNK_STRIDE * AZ_SIG_MAX)

/* Sections of the image; each is page-aligned in file and memory. data is the
 * module's globals, rodata the constants of its compiler: its data segments go
 * to linear memory. */
#define AZ_DATA_BASE 0x00060000u
#define AZ_DATA_MAX 0x00020000u
#define AZ_RODATA_BASE 0x00080000u
#define AZ_RODATA_MAX 0x00080000u
#define AZ_TEXT_BASE 0x00100000u
#define AZ_TEXT_MAX 0x10000000u

/* On the page behind the text's last: gates, one for each import, and tables,
 * both written by the kernel; module text cannot name them (wasm/table). */
#define AZ_GATE_STRIDE 128u
#define AZ_TABLE_SIZE 0x04000000u
#define AZ_KEPT_END                                                            \
	(AZ_TEXT_BASE + AZ_TEXT_MAX + AZ_GATE_STRIDE * AZ_IMPORT_MAX +         \
	    AZ_TABLE_SIZE)

/* The module's own stack grows down from AZ_STACK_TOP; everything below its
 * size, down to AZ_STACK_LIMIT, stays unmapped. */
#define AZ_STACK_LIMIT 0x18000000u
#define AZ_STACK_TOP 0x300ff000u
#define AZ_STACK_MAX 0x04000000u
#define AZ_FRAME_MAX 0x8000u /* of a function: far below what is unmapped */

#define AZ_MEMORY_BASE 0x30100000ull
#define AZ_WASM_PAGE 0x10000u
#define AZ_WASM_PAGES_MAX 65535u

_Static_assert(AZ_STUB_END <= AZ_DATA_BASE, "stubs fit");
_Static_assert(AZ_DATA_BASE + AZ_DATA_MAX <= AZ_RODATA_BASE, "data fits");
_Static_assert(AZ_RODATA_BASE + AZ_RODATA_MAX <= AZ_TEXT_BASE, "rodata fits");
_Static_assert(AZ_KEPT_END <= AZ_STACK_LIMIT, "text, gates and tables fit");
_Static_assert(AZ_STACK_TOP < AZ_MEMORY_BASE, "stack below memory");
_Static_assert(AZ_MEMORY_BASE + 0x180000000ull + 16 <= AZ_SLOT_SIZE,
    "no access behind r15 leaves the slot");
_Static_assert(AZ_STACK_TOP - AZ_STACK_MAX - AZ_STACK_LIMIT > 2 * AZ_FRAME_MAX,
    "no frame reaches over the guard below the largest stack");

#endif
