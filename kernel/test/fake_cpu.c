#include "arch/cpu.h"

#include <stdlib.h>

#include "test/fake.h"

struct cpu_local cpu_first;

static bool irq_on, random_works = true;
static uint64_t random_state = 1;

bool cpu_irq_save(void)
{
	bool were_on = irq_on;

	irq_on = false;
	return were_on;
}

void cpu_irq_restore(bool were_on)
{
	irq_on = were_on;
}

void cpu_stop(void)
{
	abort();
}

void fake_random(bool works)
{
	random_works = works;
	random_state = 1;
}

bool cpu_random(uint64_t *out)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1;
	*out = random_state ^ random_state >> 29;
	return random_works;
}
