/* mutate/box_judge: what a stop of the box means; for box.c alone.
 * The stand-in for the kernel behind the stubs is here too.
 */
#ifndef MUTATE_BOX_JUDGE_H
#define MUTATE_BOX_JUDGE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/user.h>

#include "box.h"
#include "wasm/stub.h"

enum { BOX_RETURN = STUB_RETURN };

struct box_judge {
	const struct image_view *v;
	uint64_t memory_size;
	uint64_t stack_base;  /* displacement of the lowest mapped byte */
	uint64_t return_slot; /* displacement of the first return address */
	const uint8_t *stack; /* the tracer's mapping of it */
};

/* Is the first return address what it was? */
bool box_judge_slot_holds(const struct box_judge *j);

/* Hostile values. */
uint64_t box_judge_word(struct chance *chance);
uint64_t box_judge_pointer(struct chance *chance);

/* True: the run goes on with *regs, as the kernel would have returned. False:
 * result->end says how it ended. */
bool box_judge_stop(struct box_judge *j, struct box_result *result, int status,
    const siginfo_t *info, struct user_regs_struct *regs,
    struct chance *chance);

#endif
