/* verify/image: bounds-checked views of a flat module image (abi/image).
 *
 * The only door for image bytes: every span, index, name and record is
 * checked once; afterwards users index without further checks. Nothing is
 * copied or allocated; the bytes must not change. Builder and kernel use the
 * same source. Machine code is checked by verify/code, not here.
 */
#ifndef AZ_VERIFY_IMAGE_H
#define AZ_VERIFY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/call.h"
#include "abi/fault.h"
#include "abi/image.h"

struct image_view {
	const uint8_t *bytes; /* borrowed */
	const struct az_image_head *head;
	const uint8_t *text, *rodata, *data;
	const struct az_func *funcs;
	const struct az_sig *sigs;
	const struct az_import *imports;
	const struct az_export *exports;
	const struct az_table *tables;
	const struct az_elem *elems;
	const az_funcref *entries;
	const struct az_segment *segments;
	const uint8_t *seg_bytes;
	const char *names;
	bool command; /* it exports _start; else it is a reactor */
	/* _start or a reactor's _initialize, what runs first; NULL: none. */
	const struct az_export *main;
	bool xmm; /* code_check: some instruction names an xmm register */
};

/* Check size bytes. AZ_REFUSE_NONE: *out is filled; otherwise *why (when
 * not NULL) names the check in a few words, static. */
enum az_refusal image_open(struct image_view *out, const uint8_t *bytes,
    size_t size, const char **why);

/* Whether an argument of that type (enum az_valtype) travels as a float. */
static inline bool image_is_float(uint8_t type)
{
	return type == AZ_F32 || type == AZ_F64;
}

/* Whether calls of m go through a gate. */
static inline bool image_has_gate(const struct az_import *m)
{
	return m->kind == AZ_IMPORT_CHANNEL || m->call == AZ_CALL_RING_TURN;
}

/* Whether sig is the type that abi/call writes as "params:results", in len
 * good characters; behind one more i32 when a handle comes first. */
bool image_sig_is(
    const struct az_sig *sig, bool handle, const char *type, size_t len);

/* The function whose text holds offset off, or NULL. */
const struct az_func *image_func_at(const struct image_view *v, uint32_t off);

/* The export of that name and kind, or NULL. */
const struct az_export *image_export(
    const struct image_view *v, enum az_export_kind kind, const char *name);
const struct az_export *image_find_export(const struct image_view *v,
    enum az_export_kind kind, const char *name, size_t len);

#endif
