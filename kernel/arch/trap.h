/* arch/trap: exceptions and interrupts.
 *
 * Every vector runs on an IST stack with interrupts off and never re-enters.
 * The handler sees the interrupted registers and may change them: the frame
 * is what the CPU resumes. The handler is asked first, also about faults in
 * kernel text (some helper code there runs for modules); what it does not
 * claim is the kernel's own and panics, registers printed.
 */
#ifndef AZ_ARCH_TRAP_H
#define AZ_ARCH_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum trap_cause {
	TRAP_PAGE_FAULT, /* addr: the linear address */
	TRAP_DIVIDE,     /* #DE */
	TRAP_ILLEGAL,    /* #UD */
	TRAP_FLOAT,      /* #MF, #XM */
	TRAP_OTHER,      /* any other exception; vector says which */
};

/* General registers in the order rax rbx rcx rdx rsi rdi rbp r8..r15. */
struct trap_frame {
	uint64_t reg[15];
	uint64_t vector;
	uint64_t error; /* 0 where the CPU pushes none */
	uint64_t rip, cs, rflags, rsp, ss;
};

struct trap {
	enum trap_cause cause;
	uint64_t addr; /* TRAP_PAGE_FAULT: CR2 */
	struct trap_frame *frame;
};

/* Set up GDT, TSS, IDT and the CPU's local data. Exceptions panic from here
 * on. */
void trap_init(void);

/* Set up the IST stacks and the interrupt controllers, everything masked;
 * after page_init. AZ_ENOMEM: no memory for them. */
az_err trap_init_irq(void);

/* Clear the stacks that vectors run on: they hold registers of whatever was
 * interrupted last. Not from a vector. */
void trap_forget(void);

/* on_trap decides what a fault means; it returns false when the fault is not a
 * module's. on_enter is called at the start of every interrupt, before anything
 * looks at what runs: the chance to make the frame one of a module; on_exit at
 * its end with the interrupted frame, on the IST stack: the scheduler's chance
 * to switch (arch/context). */
typedef bool trap_fn(struct trap *trap);
typedef void trap_frame_fn(struct trap_frame *frame);
void trap_set_handlers(
    trap_fn *on_trap, trap_frame_fn *on_enter, trap_frame_fn *on_exit);

#endif
