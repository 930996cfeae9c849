/* arch/context: the parts of a thread switch that only assembly can do.
 *
 * A kernel stack that is not running holds the callee-saved registers on
 * top; a pointer to them is the whole context. A module that was interrupted
 * is a copy of its trap frame: IST stacks are never returned to after a
 * switch. FPU state is separate, 512 bytes, 16-aligned, in FXSAVE's form.
 * Context: interrupts off.
 */
#ifndef AZ_ARCH_CONTEXT_H
#define AZ_ARCH_CONTEXT_H

#include <stdint.h>

struct trap_frame;

enum { CONTEXT_FPU_SIZE = 512, CONTEXT_FPU_XMM = 160 /* where xmm0 is */ };

/* Lay out a fresh stack (stack_top 16-aligned) so that a switch to the
 * result calls entry, which must not return. */
uint64_t context_prepare(void *stack_top, void (*entry)(void));

/* Save the running context's stack pointer and continue load_sp's. */
void context_switch(uint64_t *save_sp, uint64_t load_sp);
/* The same, forgetting the running context. */
_Noreturn void context_load(uint64_t sp);

/* Load all registers of a saved frame and return to what it interrupted. */
_Noreturn void context_resume(const struct trap_frame *frame);

void context_fpu_save(void *area);
void context_fpu_restore(const void *area);
/* xmm and x87 empty, MXCSR 0x1f80, FCW 0x37f. */
void context_fpu_reset(void);

/* Start module code: jump to entry with sp and r15, interrupts on, every
 * other general register zero, FPU reset, DF and AC clear. The caller has
 * put a return address at sp, which is 16n + 8. */
_Noreturn void context_enter_module(uint64_t entry, uint64_t sp, uint64_t r15);

#endif
