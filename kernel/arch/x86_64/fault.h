/* arch/x86_64/fault: exceptions by their vectors, as far as it does not matter
 * whether the CPU or Linux reports them. */
#ifndef AZ_X86_64_FAULT_H
#define AZ_X86_64_FAULT_H

#include <stdint.h>

#include "arch/trap.h"

enum trap_cause fault_cause(const struct trap_frame *frame);

/* An exception of the kernel's own: print the registers and panic. addr: what
 * a page fault was about. */
_Noreturn void fault_die(const struct trap_frame *frame, uint64_t addr);

#endif
