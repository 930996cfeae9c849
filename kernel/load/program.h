/* load/program: a checked and verified image with its stubs, ready for any number of
 * instances. One per module blob; text, rodata and stub frames are shared by
 * the instances. Memory: programs stay for as long as the machine runs.
 */
#ifndef AZ_LOAD_PROGRAM_H
#define AZ_LOAD_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "abi/fault.h"
#include "base/err.h"
#include "verify/image.h"

struct program {
	struct image_view image;
	void *stubs; /* stub_bytes, executable where it is mapped */
	size_t stub_bytes;
	struct program *next;
	uint32_t blob;
};

/* The program of image blob i, which blob_load has loaded: checked and made
 * on first use. entry: see stub_write. *why as image_open. */
enum az_refusal program_get(
    struct program **out, uint32_t i, uint64_t entry, const char **why);

#endif
