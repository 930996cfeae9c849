#include "arch/trap.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/x86_64/device.h"
#include "arch/x86_64/fault.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/x86.h"
#include "base/mem.h"

enum {
	VECTOR_NMI = 2,
	VECTOR_DOUBLE_FAULT = 8,
	VECTOR_MACHINE_CHECK = 18,
	EXCEPTIONS = 32,
	VECTOR_SPACING = 16, /* bytes, see vectors.S */

	/* Entries of the TSS's interrupt stack table, from 1. */
	IST_DOUBLE_FAULT = 1,
	IST_NMI = 2,
	IST_MACHINE_CHECK = 3,
	IST_FAULT = 4,
	IST_IRQ = 5,
	IST_COUNT = 5,
	IST_STACK_SIZE = 4096, /* a report of a trap takes 1,700 bytes */

	SELECTOR_CODE = 0x08,
	SELECTOR_DATA = 0x10,
	SELECTOR_TSS = 0x18,
};

#define GDT_CODE UINT64_C(0x00af9a000000ffff)
#define GDT_DATA UINT64_C(0x00cf92000000ffff)
#define GDT_TSS UINT64_C(0x0000890000000000)
#define GATE_INTERRUPT 0x8e00 /* present, interrupts off */

struct [[gnu::packed]] tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
};

struct gate {
	uint16_t offset_low, selector;
	uint16_t ist_type, offset_middle;
	uint32_t offset_high, reserved;
};

struct [[gnu::packed]] table_pointer {
	uint16_t limit;
	const void *base;
};

void trap_entry(struct trap_frame *frame);

extern const char trap_vectors[];

static struct tss tss;
static uint64_t gdt[5] = { 0, GDT_CODE, GDT_DATA };
static struct gate idt[IRQ_VECTORS];

static trap_fn *on_trap;
static trap_frame_fn *on_enter;
static trap_frame_fn *on_exit;
static void (*irq_handlers[IRQ_VECTORS])(void);

void trap_set_handlers(
    trap_fn *trap, trap_frame_fn *enter, trap_frame_fn *leave)
{
	on_trap = trap;
	on_enter = enter;
	on_exit = leave;
}

void irq_set_handler(enum irq_vector vector, void (*handler)(void))
{
	irq_handlers[vector] = handler;
}

static void exception(struct trap_frame *frame)
{
	struct trap trap = { .cause = fault_cause(frame), .frame = frame };

	if (trap.cause == TRAP_PAGE_FAULT)
		trap.addr = x86_cr2();
	/* These three are the machine's, whatever was running. */
	if (frame->vector == VECTOR_NMI ||
	    frame->vector == VECTOR_DOUBLE_FAULT ||
	    frame->vector == VECTOR_MACHINE_CHECK)
		fault_die(frame, x86_cr2());
	if (on_trap == NULL || !on_trap(&trap))
		fault_die(frame, trap.addr);
}

/* From vectors.S, on the vector's IST stack. */
void trap_entry(struct trap_frame *frame)
{
	if (frame->vector < EXCEPTIONS) {
		exception(frame);
		return;
	}
	if (on_enter != NULL)
		on_enter(frame);
	/* Spurious interrupts have nothing to end. */
	if (frame->vector < IRQ_PIC || frame->vector >= IRQ_MESSAGES) {
		if (irq_handlers[frame->vector] != NULL)
			irq_handlers[frame->vector]();
		else
			irq_line((unsigned)frame->vector);
		irq_end();
	}
	if (on_exit != NULL)
		on_exit(frame);
}

static unsigned ist_of(unsigned vector)
{
	switch (vector) {
	case VECTOR_NMI:
		return IST_NMI;
	case VECTOR_DOUBLE_FAULT:
		return IST_DOUBLE_FAULT;
	case VECTOR_MACHINE_CHECK:
		return IST_MACHINE_CHECK;
	default:
		return vector < EXCEPTIONS ? IST_FAULT : IST_IRQ;
	}
}

/* Before the stacks exist exceptions take the one that they find: only the
 * kernel runs then, and they end it. */
static void set_gates(bool stacks)
{
	for (unsigned n = 0; n < IRQ_VECTORS; n++) {
		uint64_t at = (uint64_t)trap_vectors + n * VECTOR_SPACING;

		idt[n] = (struct gate){
			.offset_low = (uint16_t)at,
			.selector = SELECTOR_CODE,
			.ist_type = (uint16_t)(GATE_INTERRUPT |
					       (stacks ? ist_of(n) : 0)),
			.offset_middle = (uint16_t)(at >> 16),
			.offset_high = (uint32_t)(at >> 32),
		};
	}
}

static void set_tss(void)
{
	uint64_t at = (uint64_t)&tss;

	tss.io_map = sizeof(tss);
	gdt[3] = GDT_TSS | (sizeof(tss) - 1) | (at & 0xffffff) << 16 |
		 (at >> 24 & 0xff) << 56;
	gdt[4] = at >> 32;
}

void trap_init(void)
{
	struct table_pointer gdt_at = { sizeof(gdt) - 1, gdt };
	struct table_pointer idt_at = { sizeof(idt) - 1, idt };

	set_tss();
	set_gates(false);
	__asm__ volatile("lgdt %0" : : "m"(gdt_at));
	__asm__ volatile("mov %0, %%ss" : : "r"(SELECTOR_DATA));
	__asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
	__asm__ volatile("lidt %0" : : "m"(idt_at));
	x86_wrmsr(MSR_GS_BASE, (uint64_t)&cpu_first);
}

az_err trap_init_irq(void)
{
	for (int n = 0; n < IST_COUNT; n++) {
		uint8_t *stack = device_memory(IST_STACK_SIZE);

		if (stack == NULL)
			return AZ_ENOMEM;
		tss.ist[n] = (uint64_t)stack + IST_STACK_SIZE;
	}
	set_gates(true);
	return irq_init();
}

void trap_forget(void)
{
	for (int n = 0; n < IST_COUNT; n++)
		memset(
		    (void *)(tss.ist[n] - IST_STACK_SIZE), 0, IST_STACK_SIZE);
}
