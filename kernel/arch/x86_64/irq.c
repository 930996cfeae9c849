#include "arch/x86_64/irq.h"

#include <stddef.h>

#include "arch/io.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/device.h"
#include "arch/x86_64/x86.h"

enum {
	PIC_MASTER = 0x20,
	PIC_SLAVE = 0xa0,
	PIC_INIT = 0x11, /* four words follow: vectors, wiring, mode */
	PIC_SLAVE_LINE = 2,
	PIC_MODE_8086 = 1,
	PIC_MASK_ALL = 0xff,

	APIC_BASE_ENABLE = 1 << 11,
	APIC_BASE_X2 = 1 << 10,

	/* LAPIC registers, in words */
	LAPIC_ID = 0x20 / 4,
	LAPIC_TPR = 0x80 / 4,
	LAPIC_EOI = 0xb0 / 4,
	LAPIC_SPURIOUS = 0xf0 / 4,
	LAPIC_TIMER = 0x320 / 4,
	LAPIC_LINT0 = 0x350 / 4,
	LAPIC_LINT1 = 0x360 / 4,
	LAPIC_COUNT_START = 0x380 / 4,
	LAPIC_COUNT = 0x390 / 4,
	LAPIC_DIVIDE = 0x3e0 / 4,
	LAPIC_ENABLE = 1 << 8,
	LAPIC_MASKED = 1 << 16,
	LAPIC_DIVIDE_16 = 3,

	/* IOAPIC: an index window, in words */
	IOAPIC_INDEX = 0,
	IOAPIC_DATA = 0x10 / 4,
	IOAPIC_VERSION = 1,
	IOAPIC_TABLE = 0x10,
	IOAPIC_LOW = 1 << 13,
	IOAPIC_LEVEL = 1 << 15,
	IOAPIC_MASKED = 1 << 16,

	WINDOW_SIZE = 0x1000,
};

#define MESSAGE_BASE UINT64_C(0xfee00000) /* and the LAPIC's number */

static volatile uint32_t *lapic, *ioapic;
static void (*on_line)(uint32_t line);

static void pic_start(uint16_t port, uint8_t vector, uint8_t wiring)
{
	uint16_t data = port + 1;

	x86_out8(port, PIC_INIT);
	x86_out8(data, vector);
	x86_out8(data, wiring);
	x86_out8(data, PIC_MODE_8086);
	x86_out8(data, PIC_MASK_ALL);
}

static uint32_t ioapic_read(unsigned reg)
{
	ioapic[IOAPIC_INDEX] = reg;
	return ioapic[IOAPIC_DATA];
}

static void ioapic_write(unsigned reg, uint32_t value)
{
	ioapic[IOAPIC_INDEX] = reg;
	ioapic[IOAPIC_DATA] = value;
}

static unsigned ioapic_lines(void)
{
	return (ioapic_read(IOAPIC_VERSION) >> 16 & 0xff) + 1;
}

az_err irq_init(void)
{
	uint64_t base = x86_rdmsr(MSR_APIC_BASE);

	lapic = device_map(acpi_info.lapic, WINDOW_SIZE, DEVICE_UNCACHED);
	ioapic = device_map(acpi_info.ioapic, WINDOW_SIZE, DEVICE_UNCACHED);
	if (lapic == NULL || ioapic == NULL)
		return AZ_ENOMEM;

	pic_start(PIC_MASTER, IRQ_PIC, 1 << PIC_SLAVE_LINE);
	pic_start(PIC_SLAVE, IRQ_PIC + 8, PIC_SLAVE_LINE);

	/* The way from x2APIC mode back to ours leads through "off". */
	if (base & APIC_BASE_X2) {
		base &= ~(uint64_t)(APIC_BASE_X2 | APIC_BASE_ENABLE);
		x86_wrmsr(MSR_APIC_BASE, base);
	}
	x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	lapic[LAPIC_TPR] = 0;
	lapic[LAPIC_LINT0] = LAPIC_MASKED;
	lapic[LAPIC_LINT1] = LAPIC_MASKED;
	lapic[LAPIC_DIVIDE] = LAPIC_DIVIDE_16;
	lapic[LAPIC_COUNT_START] = 0;
	lapic[LAPIC_TIMER] = IRQ_TIMER;
	lapic[LAPIC_SPURIOUS] = LAPIC_ENABLE | IRQ_SPURIOUS;

	for (unsigned n = 0; n < ioapic_lines(); n++)
		ioapic_write(IOAPIC_TABLE + 2 * n, IOAPIC_MASKED);
	return AZ_OK;
}

void irq_end(void)
{
	lapic[LAPIC_EOI] = 0;
}

/* The IOAPIC's entry for an ISA line, or 0: it has none. */
static uint32_t entry_of(unsigned line)
{
	uint32_t pin = acpi_info.isa_irq[line] - acpi_info.ioapic_base;

	return pin < ioapic_lines() ? IOAPIC_TABLE + 2 * pin : 0;
}

void irq_route_isa(unsigned line, enum irq_vector vector, bool level)
{
	uint32_t entry = entry_of(line), value = vector;

	if (entry == 0)
		return;
	if (acpi_info.isa_low[line])
		value |= IOAPIC_LOW;
	if (level || acpi_info.isa_level[line])
		value |= IOAPIC_LEVEL;
	ioapic_write(entry + 1, lapic[LAPIC_ID] & 0xff000000);
	ioapic_write(entry, value);
}

void irq_mask_isa(unsigned line)
{
	uint32_t entry = entry_of(line);

	if (entry != 0)
		ioapic_write(entry, ioapic_read(entry) | IOAPIC_MASKED);
}

void io_set_handler(void (*on_interrupt)(uint32_t line))
{
	on_line = on_interrupt;
}

void irq_line(unsigned vector)
{
	unsigned line = vector - IRQ_PINS;

	if (vector >= IRQ_MESSAGES)
		line = vector - IRQ_MESSAGES + INTR_PINS;
	else
		irq_mask_isa(line);
	if (on_line != NULL)
		on_line(line);
}

struct io_message io_message(uint32_t line)
{
	return (struct io_message){
		.address = MESSAGE_BASE | (lapic[LAPIC_ID] >> 24) << 12,
		.data = IRQ_MESSAGES + line - INTR_PINS,
	};
}

void irq_timer_start(uint32_t count)
{
	lapic[LAPIC_COUNT_START] = count;
}

uint32_t irq_timer_count(void)
{
	return lapic[LAPIC_COUNT];
}
