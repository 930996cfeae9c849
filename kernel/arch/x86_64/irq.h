/* arch/x86_64/irq: vectors of hardware interrupts and the two controllers
 * that raise them: the CPU's own (LAPIC) and the board's (IOAPIC). The old
 * PICs are remapped out of the way and masked. */
#ifndef AZ_X86_64_IRQ_H
#define AZ_X86_64_IRQ_H

#include <stdint.h>

#include "base/err.h"

enum irq_vector {
	IRQ_TIMER = 0x20,
	IRQ_SERIAL = 0x24,
	IRQ_PIC = 0x30,      /* 16 vectors: only spurious ones arrive */
	IRQ_SPURIOUS = 0x3f, /* of the LAPIC */
	IRQ_VECTORS = 0x40,
};

/* Called with interrupts off; the end of interrupt is signalled after it. */
void irq_set_handler(enum irq_vector vector, void (*handler)(void));

/* Map and enable LAPIC and IOAPIC. */
az_err irq_init(void);
void irq_end(void);

/* Let ISA interrupt `line` raise `vector`. */
void irq_route_isa(unsigned line, enum irq_vector vector);

/* The LAPIC's timer: one-shot, divided by 16, counting down from count (0:
 * stopped). */
void irq_timer_start(uint32_t count);
uint32_t irq_timer_count(void);

#endif
