/* wasm/stub: the machine code that the kernel writes beside a module's text.
 *
 * Three kinds, at the displacements of abi/layout: jumps to the kernel for
 * helpers and for imports, and one thunk per table and signature through which
 * all of call_indirect goes. The code depends on the image alone, so the pages are
 * made once and shared by its instances. It is the only way out of a module.
 * Memory: the caller's page-aligned run; it is written before it is mapped
 * executable. Context: load time.
 */
#ifndef AZ_WASM_STUB_H
#define AZ_WASM_STUB_H

#include <stddef.h>
#include <stdint.h>

struct image_view;

/* Helper slots past enum az_helper that only the kernel's own code names. */
enum stub_internal {
	STUB_GATE_RETURN = 253, /* where an interrupted return goes on */
	STUB_RETURN = 254,      /* where a module's entry function returns to */
	STUB_INDIRECT = 255,    /* a thunk (esi) refused an index (edi) */
};

/* What a stub tells the kernel in eax: a number of one of these ranges. */
enum {
	STUB_CALL_HELPER = 0x00000, /* + enum az_helper or stub_internal */
	STUB_CALL_HOST = 0x10000,   /* + enum az_call */
	/* STUB_GATE_RETURN: rdi has what was in rax. */
	STUB_CALL_RETURN = 0xffffffffu,
};

/* Bytes from AZ_STUB_BASE that the stubs of v take, whole pages. */
size_t stub_size(const struct image_view *v);

/* Write the stubs of v to out (stub_size bytes, zeroed). entry is the
 * kernel's address that every stub jumps to, in the top 2 GiB. */
void stub_write(uint8_t *out, const struct image_view *v, uint64_t entry);

#endif
