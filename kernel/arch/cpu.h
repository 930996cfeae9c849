/* arch/cpu: the processor, as far as layers above need it. */
#ifndef AZ_ARCH_CPU_H
#define AZ_ARCH_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What belongs to one CPU; its assembly finds it through the gs base, by the
 * offsets below. The scheduler owns the fields. */
struct cpu_local {
	struct cpu_local *self;
	void *thread;       /* the running struct thread, or NULL */
	uint64_t kernel_sp; /* its kernel stack, while module code runs */
	uint64_t module_sp; /* its module stack, while the kernel runs */
	uint64_t spare[4];
};

#define CPU_LOCAL_THREAD 8
#define CPU_LOCAL_KERNEL_SP 16
#define CPU_LOCAL_MODULE_SP 24

_Static_assert(
    offsetof(struct cpu_local, thread) == CPU_LOCAL_THREAD, "thread");
_Static_assert(
    offsetof(struct cpu_local, kernel_sp) == CPU_LOCAL_KERNEL_SP, "kernel");
_Static_assert(
    offsetof(struct cpu_local, module_sp) == CPU_LOCAL_MODULE_SP, "module");

/* This CPU's. */
struct cpu_local *cpu_local(void);

/* Interrupts of this CPU: save gives whether they were on and turns them
 * off; restore puts that back. */
bool cpu_irq_save(void);
void cpu_irq_restore(bool were_on);

/* Wait for an interrupt: enables interrupts and sleeps in one step, returns
 * with them off. */
void cpu_idle(void);

/* Stop for ever, interrupts off. */
_Noreturn void cpu_stop(void);

/* A free-running counter of unspecified frequency (TSC). */
uint64_t cpu_cycles(void);

/* Hardware random word: RDSEED, else RDRAND; false where there is neither or
 * it failed ten times in a row. */
bool cpu_random(uint64_t *out);

#endif
