#include "arch/cpu.h"

#include <sys/random.h>
#include <unistd.h>
#include <x86intrin.h>

#include "arch/linux/irq.h"

struct cpu_local cpu_first;

static bool irq_on;

bool cpu_irq_save(void)
{
	bool were_on = irq_on;

	irq_on = false;
	return were_on;
}

void cpu_irq_restore(bool were_on)
{
	irq_on = were_on;
	if (were_on)
		irq_deliver();
}

void cpu_idle(void)
{
	irq_wait();
}

void cpu_stop(void)
{
	for (;;)
		pause();
}

uint64_t cpu_cycles(void)
{
	return __rdtsc();
}

bool cpu_random(uint64_t *out)
{
	return getrandom(out, sizeof(*out), 0) == sizeof(*out);
}
