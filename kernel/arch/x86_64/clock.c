#include "arch/clock.h"

#include <stddef.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/rtc.h"
#include "arch/x86_64/x86.h"
#include "base/log.h"

enum {
	NS_PER_S = 1000000000,
	SCALE_SHIFT = 32,
	CALIBRATE_MIN_NS = 5000000,

	PM_HZ = 3579545,
	PM_MASK = 0xffffff,
	PM_TRIES = 1000000, /* a reading takes about 1 us */

	PIT_HZ = 1193182,
	PIT_COUNT = PIT_HZ / 100, /* 10 ms */
	PIT_CHANNEL_0 = 0x40,
	PIT_COMMAND = 0x43,
	PIT_RATE_0 = 0x34,
	PIT_LATCH_0 = 0x00,
	PIT_TRIES = 1000000, /* a reading takes more than 1 us */

	CPUID_TSC = 0x15,
	CPUID_HYPERVISOR = 0x40000000,
	CPUID_HYPERVISOR_TSC = 0x40000010,
	CPUID_FEATURE_HYPERVISOR = (int)(1u << 31), /* leaf 1, ecx */
};

/* Older readings are not used: beyond it a PM timer of 24 bits may have
 * wrapped (4.7 s), and products with NS_PER_S overflow. */
#define SAMPLE_TSC_MAX UINT64_C(2000000000)

/* One reading of everything that counts. */
struct sample {
	uint64_t tsc;
	uint32_t pm, lapic;
};

static struct sample first;

/* clock_now = ns_base + (tsc - tsc_base) * scale >> SCALE_SHIFT; nought before
 * clock_start. */
static uint64_t tsc_base, ns_base, tsc_scale;
static uint64_t lapic_scale; /* LAPIC counts a ns, << SCALE_SHIFT */
static uint64_t wall_base;   /* 1970's ns at clock_now() = 0 */

static uint64_t wanted = CLOCK_NEVER;
static void (*on_timer)(void);

static uint64_t scale(uint64_t value, uint64_t by)
{
	return (uint64_t)((unsigned __int128)value * by >> SCALE_SHIFT);
}

static uint32_t pm_read(void)
{
	uint32_t value = x86_in32(acpi_info.pm_timer);

	return acpi_info.pm_timer_wide ? value : value & PM_MASK;
}

static struct sample sample_now(void)
{
	struct sample s = { .lapic = irq_timer_count() };

	if (acpi_info.pm_timer != 0)
		s.pm = pm_read();
	s.tsc = x86_rdtsc();
	return s;
}

static uint64_t pm_ns(struct sample from, struct sample to)
{
	uint32_t ticks = to.pm - from.pm;

	if (!acpi_info.pm_timer_wide)
		ticks &= PM_MASK;
	return (uint64_t)ticks * NS_PER_S / PM_HZ;
}

/* Wait until the two are far enough apart; 0: the timer stands still. */
static uint64_t pm_interval(struct sample from, struct sample *to)
{
	for (int n = 0; acpi_info.pm_timer != 0 && n < PM_TRIES; n++) {
		uint64_t ns = pm_ns(from, *to);

		if (ns >= CALIBRATE_MIN_NS)
			return ns;
		x86_pause();
		*to = sample_now();
	}
	return 0;
}

static uint16_t pit_read(void)
{
	uint8_t low;

	x86_out8(PIT_COMMAND, PIT_LATCH_0);
	low = x86_in8(PIT_CHANNEL_0);
	return (uint16_t)(x86_in8(PIT_CHANNEL_0) << 8 | low);
}

/* Without a PM timer that runs: let the PIT run for 10 ms, its interrupt
 * masked. Gives the time that passed, or 0 when there is no PIT either. */
static uint64_t pit_interval(struct sample *from, struct sample *to)
{
	uint16_t start, count = 0;

	x86_out8(PIT_COMMAND, PIT_RATE_0);
	x86_out8(PIT_CHANNEL_0, 0);
	x86_out8(PIT_CHANNEL_0, 0);
	start = pit_read();
	*from = sample_now();
	for (int n = 0; n < PIT_TRIES && count < PIT_COUNT; n++)
		count = (uint16_t)(start - pit_read());
	*to = sample_now();
	if (count < PIT_COUNT)
		return 0;
	return (uint64_t)count * NS_PER_S / PIT_HZ;
}

/* The TSC's frequency where CPU or hypervisor state it exactly; else 0. */
static uint64_t stated_hz(void)
{
	struct x86_cpuid r;

	if (x86_cpuid(1, 0).c & (uint32_t)CPUID_FEATURE_HYPERVISOR &&
	    x86_cpuid(CPUID_HYPERVISOR, 0).a >= CPUID_HYPERVISOR_TSC)
		return (uint64_t)x86_cpuid(CPUID_HYPERVISOR_TSC, 0).a * 1000;
	if (x86_cpuid(0, 0).a < CPUID_TSC)
		return 0;
	r = x86_cpuid(CPUID_TSC, 0);
	if (r.a == 0 || r.b == 0 || r.c == 0)
		return 0;
	return (uint64_t)r.c * r.b / r.a;
}

static void timer_interrupt(void)
{
	uint64_t ns = wanted;

	if (ns == CLOCK_NEVER)
		return;
	wanted = CLOCK_NEVER;
	/* The counter was too short for it, or a little fast. */
	if (clock_now() < ns) {
		clock_arm(ns);
		return;
	}
	if (on_timer != NULL)
		on_timer();
}

void clock_start(void)
{
	irq_set_handler(IRQ_TIMER, timer_interrupt);
	irq_timer_start(UINT32_MAX);
	first = sample_now();
	tsc_base = first.tsc;
	tsc_scale = UINT64_C(1) << SCALE_SHIFT; /* 1 GHz until calibrated */
	wall_base = rtc_read() * NS_PER_S - clock_now();
}

void clock_calibrate(void)
{
	struct sample from = first, to = sample_now();
	uint64_t ns, hz;

	if (to.tsc - from.tsc > SAMPLE_TSC_MAX) {
		irq_timer_start(UINT32_MAX);
		from = to = sample_now();
	}
	ns = pm_interval(from, &to);
	if (ns == 0)
		ns = pit_interval(&from, &to);
	irq_timer_start(0);
	if (ns == 0) {
		log_warn("arch", "clock has no reference, takes 1 GHz");
		ns = to.tsc - from.tsc;
	}

	/* The estimate so far stands: time goes on from there. */
	ns_base = clock_now();
	tsc_base = x86_rdtsc();
	hz = stated_hz();
	if (hz == 0)
		hz = (to.tsc - from.tsc) * NS_PER_S / ns;
	tsc_scale = ((uint64_t)NS_PER_S << SCALE_SHIFT) / hz;
	lapic_scale = ((uint64_t)(from.lapic - to.lapic) << SCALE_SHIFT) / ns;
}

uint64_t clock_now(void)
{
	return ns_base + scale(x86_rdtsc() - tsc_base, tsc_scale);
}

uint64_t clock_wall(void)
{
	return wall_base + clock_now();
}

void clock_arm(uint64_t ns)
{
	uint64_t now, count = 0;

	if (ns == wanted)
		return;
	wanted = ns;
	if (ns != CLOCK_NEVER) {
		/* At least one, rounded up: not early, never stopped. */
		now = clock_now();
		count = scale(ns > now ? ns - now : 0, lapic_scale) + 1;
	}
	irq_timer_start(count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}

void clock_set_handler(void (*handler)(void))
{
	on_timer = handler;
}
