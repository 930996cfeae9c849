/* mutate/box: a process that has nothing but one module instance.
 *
 * The process is traced. Of its address space only text, rodata, data, stack
 * and some linear memory are mapped, at the places of abi/layout; the rest,
 * its own program included, is unmapped. Stubs are unmapped too: a call of
 * one is a fault at its address, where the tracer stands for the kernel. So
 * an access outside the regions cannot be missed, no system call is carried
 * out, and registers are seen whole at each stop.
 * Memory: the regions are shared with the tracer, which refills data, stack
 * and memory before each run. Context: one box at a time.
 */
#ifndef MUTATE_BOX_H
#define MUTATE_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify/image.h"

struct chance;

/* Where the instance lies in the process: a slot far from all else. */
#define BOX_SLOT 0x20000000000ull

/* How registers are filled before a run. */
enum box_file { BOX_POINTERS, BOX_ONES, BOX_HUGE, BOX_FILES };

enum box_end {
	BOX_RETURNED,
	BOX_LEFT,  /* by a stub that does not come back */
	BOX_GUARD, /* a fault in a guard: a trap of the module */
	BOX_CPU,   /* a fault of division or alignment */
	BOX_CALLS, /* called as many stubs as it may */
	BOX_BOUND, /* ran for as long as it may */
	BOX_ESCAPED,
	BOX_END_COUNT,
};

struct box_result {
	enum box_end end;
	const char *why; /* BOX_ESCAPED: static */
	uint64_t rip, address;
};

/* Where a run starts: an instruction of func with depth bytes between rsp and
 * the return address, and the registers of `clean`, one bit each, below 2^32. */
struct box_start {
	uint32_t func, at, depth;
	uint16_t clean;
	enum box_file file;
};

/* A box for v's sections, with hostile contents. */
void box_open(const struct image_view *v, struct chance *chance);
void box_close(void);

/* The text and functions of v, of the same sizes as at box_open; v is
 * borrowed until the next one. */
void box_load(const struct image_view *v);
struct box_result box_run(const struct box_start *start, struct chance *chance);

#endif
