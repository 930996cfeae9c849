/* arch/x86_64/irq: vectors of hardware interrupts and the two controllers
 * that raise them: the CPU's own (LAPIC) and the board's (IOAPIC). The old
 * PICs are remapped out of the way and masked. */
#ifndef AZ_X86_64_IRQ_H
#define AZ_X86_64_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum irq_vector {
	IRQ_PINS = 0x20, /* 16 vectors, one for each ISA line */
	IRQ_TIMER = IRQ_PINS,
	IRQ_SERIAL = IRQ_PINS + 4,
	IRQ_PIC = 0x30,      /* 16 vectors: only spurious ones arrive */
	IRQ_SPURIOUS = 0x3f, /* of the LAPIC */
	IRQ_MESSAGES = 0x40, /* 32 vectors, written by devices */
	IRQ_VECTORS = 0x60,
};

/* Called with interrupts off; the end of interrupt is signalled after it. */
void irq_set_handler(enum irq_vector vector, void (*handler)(void));

/* The handler of arch/io for every other vector, by its line; a pin is masked
 * first. */
void irq_line(unsigned vector);

/* Map and enable LAPIC and IOAPIC. */
az_err irq_init(void);
void irq_end(void);

/* Let ISA interrupt `line` raise `vector`; level: also where the machine's
 * tables do not say so. */
void irq_route_isa(unsigned line, enum irq_vector vector, bool level);
void irq_mask_isa(unsigned line);

/* The LAPIC's timer: one-shot, divided by 16, counting down from count (0:
 * stopped). */
void irq_timer_start(uint32_t count);
uint32_t irq_timer_count(void);

#endif
