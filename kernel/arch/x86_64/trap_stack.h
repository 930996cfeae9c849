/* arch/x86_64/trap_stack: the stacks of exceptions and interrupts, one for
 * each entry of the TSS's interrupt stack table. page_init unmaps the guards.
 */
#ifndef AZ_X86_64_TRAP_STACK_H
#define AZ_X86_64_TRAP_STACK_H

enum {
	IST_DOUBLE_FAULT = 1,
	IST_NMI = 2,
	IST_MACHINE_CHECK = 3,
	IST_FAULT = 4,
	IST_IRQ = 5,
	TRAP_STACKS = 5, /* index: IST number - 1 */
	TRAP_STACK_SIZE = 8192,
};

struct trap_stack {
	char guard[4096];
	char stack[TRAP_STACK_SIZE];
};

extern struct trap_stack trap_stacks[TRAP_STACKS];

#endif
