/* sup/report: evidence of how a module ended, as log lines.
 *
 * One line `trap module=M kind="..." func="..." off=0x.. ...`, then a line
 * `frame ...` for each caller that the stack shows. Frames are found without
 * frame pointers: a word on the stack counts as a return address only when
 * the call before it goes to the very function of the frame below. Text that
 * comes from the module is escaped. Context: interrupts off, also on an
 * interrupt stack; reads the dead instance, changes nothing.
 */
#ifndef AZ_SUP_REPORT_H
#define AZ_SUP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct trap;

/* Where reports find the last line that a module wrote: raw bytes, valid for
 * the moment, NULL for none (host/, set by main.c). */
typedef const char *report_line_fn(const struct domain *d, uint32_t *len);
void report_set_last_line(report_line_fn *last_line);

/* Where in a module's text something happened. */
struct report_site {
	uint64_t rip;  /* of the instruction, or just after a call */
	uint64_t sp;   /* the module's stack pointer there */
	uint64_t addr; /* in linear memory or its guard, with has_addr */
	bool has_addr;
	bool after_call; /* rip is a return address */
};

/* What a trap (enum az_trap) is called in log lines. */
const char *report_trap_text(uint32_t trap);

/* All that the lines are made of. */
struct report {
	const struct domain *domain;
	uint32_t trap, generation;
	struct report_site site;
	uint64_t memory_size;
	const uint64_t *stack; /* from the stack pointer up */
	uint32_t words;
	const char *last; /* what it wrote last */
	uint32_t last_len;
};

/* What d leaves behind; stack and last are still its own. */
void report_take(struct report *out, const struct domain *d, uint32_t trap,
    const struct report_site *site);
void report_print(const struct report *r);

/* What a CPU exception in d's text means: enum az_trap. */
uint32_t report_classify(const struct domain *d, const struct trap *trap);

#endif
