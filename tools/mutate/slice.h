/* mutate/slice: a few functions of an image as an image of their own.
 *
 * Small, so that checking a mutant takes microseconds whatever the program.
 * Functions keep their bytes but for displacements: data keeps its address,
 * calls to functions left out go to one that is there and takes no more
 * stack arguments. Types, imports and tables are the program's.
 * Memory: two copies on the heap; slice_restore makes them equal again.
 */
#ifndef MUTATE_SLICE_H
#define MUTATE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/image.h"

struct chance;

enum { SLICE_TEXT_MAX = 12 << 10, SLICE_FUNCS_MAX = 10 };

struct slice {
	struct image_view view; /* of bytes, whatever they have become */
	uint8_t *bytes, *pristine;
	size_t size;
	uint32_t picks[SLICE_FUNCS_MAX]; /* of the program's functions */
};

/* A random slice of a program. False: its functions are all too large. */
bool slice_make(
    struct slice *out, const struct image_view *from, struct chance *chance);
void slice_free(struct slice *s);

void slice_restore(struct slice *s);

/* What an edit may change. */
uint8_t *slice_text(const struct slice *s);
struct az_func *slice_funcs(const struct slice *s);
struct az_sig *slice_sigs(const struct slice *s);

#endif
