/* arch/x86_64/x86: the instructions that C cannot say. Each is exactly one
 * instruction (or the pair that only makes sense together). */
#ifndef AZ_X86_64_X86_H
#define AZ_X86_64_X86_H

#include <stddef.h>
#include <stdint.h>

enum x86_msr {
	MSR_APIC_BASE = 0x1b,
	MSR_PAT = 0x277,
	MSR_GS_BASE = (int)0xc0000101,
};

enum x86_flags { RFLAGS_IF = 1 << 9 };

struct x86_cpuid {
	uint32_t a, b, c, d;
};

/* Ports: x86_out8(port, value), x86_in8(port) and those of 16 and 32 bits. */
#define X86_PORT(bits)                                                         \
	static inline void x86_out##bits(uint16_t port, uint##bits##_t value)  \
	{                                                                      \
		__asm__ volatile("out %0, %1" : : "a"(value), "Nd"(port));     \
	}                                                                      \
	static inline uint##bits##_t x86_in##bits(uint16_t port)               \
	{                                                                      \
		uint##bits##_t value;                                          \
		__asm__ volatile("in %1, %0" : "=a"(value) : "Nd"(port));      \
		return value;                                                  \
	}
X86_PORT(8)
X86_PORT(16)
X86_PORT(32)
#undef X86_PORT

static inline uint64_t x86_rdmsr(enum x86_msr msr)
{
	uint32_t low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void x86_wrmsr(enum x86_msr msr, uint64_t value)
{
	__asm__ volatile(
	    "wrmsr"
	    :
	    : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
	    : "memory");
}

static inline struct x86_cpuid x86_cpuid(uint32_t leaf, uint32_t sub)
{
	struct x86_cpuid r;
	__asm__ volatile("cpuid"
			 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "a"(leaf), "c"(sub));
	return r;
}

static inline uint64_t x86_rdtsc(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t x86_cr2(void)
{
	uint64_t value;
	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline void x86_set_cr3(uint64_t value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline void x86_invlpg(uint64_t virt)
{
	__asm__ volatile("invlpg (%0)" : : "r"(virt) : "memory");
}

static inline void x86_fill64(volatile void *at, uint64_t value, size_t count)
{
	__asm__ volatile("rep stosq"
			 : "+D"(at), "+c"(count)
			 : "a"(value)
			 : "memory");
}

static inline void x86_pause(void)
{
	__asm__ volatile("pause");
}

#endif
