#include "arch/cpu.h"

#include <stddef.h>

#include "arch/x86_64/x86.h"

enum {
	CPUID_RDRAND = 1 << 30, /* leaf 1, ecx */
	CPUID_RDSEED = 1 << 18, /* leaf 7, ebx */
};

struct cpu_local cpu_first;

bool cpu_irq_save(void)
{
	uint64_t flags;
	__asm__ volatile("pushfq; pop %0; cli" : "=r"(flags) : : "memory");
	return flags & RFLAGS_IF;
}

void cpu_irq_restore(bool were_on)
{
	if (were_on)
		__asm__ volatile("sti" : : : "memory");
}

void cpu_idle(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

void cpu_stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

uint64_t cpu_cycles(void)
{
	return x86_rdtsc();
}

static bool random_seed(uint64_t *out)
{
	bool ok;
	__asm__ volatile("rdseed %0" : "=r"(*out), "=@ccc"(ok));
	return ok;
}

static bool random_rand(uint64_t *out)
{
	bool ok;
	__asm__ volatile("rdrand %0" : "=r"(*out), "=@ccc"(ok));
	return ok;
}

static bool random_none(uint64_t *out)
{
	*out = 0;
	return false;
}

/* Asked once: CPUID leaves the guest, which costs more than a word. */
static bool (*find_random(void))(uint64_t *out)
{
	if (x86_cpuid(0, 0).a >= 7 && x86_cpuid(7, 0).b & CPUID_RDSEED)
		return random_seed;
	if (x86_cpuid(1, 0).c & CPUID_RDRAND)
		return random_rand;
	return random_none;
}

bool cpu_random(uint64_t *out)
{
	static bool (*source)(uint64_t * out);

	if (source == NULL)
		source = find_random();
	return source(out);
}
