/* arch/cpu: the processor, as far as layers above need it. */
#ifndef AZ_ARCH_CPU_H
#define AZ_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* What belongs to one CPU; assembly finds it through the gs base, by offsets
 * that ipc/gate asserts. */
struct record;

struct cpu_local {
	/* Behind the last one of the running thread, which it thereby names
	 * (task/record), with its kernel stack; NULL: none runs. */
	struct record *record;
};

/* There is one CPU; with more of them this goes by the gs base as well. */
extern struct cpu_local cpu_first;

static inline struct cpu_local *cpu_local(void)
{
	return &cpu_first;
}

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
 * it has none now (crypto/random tries again). */
bool cpu_random(uint64_t *out);

#endif
