/* arch/io: how devices are reached: configuration space, registers, and the
 * interrupts that they raise.
 *
 * Interrupts come by lines. The first INTR_PINS are the wires of the ISA bus,
 * by which PCI devices interrupt too (their `line` register); the others are
 * messages that a device writes. A pin is masked when it has been raised,
 * until io_unmask.
 * Context: any, interrupts off.
 */
#ifndef AZ_ARCH_IO_H
#define AZ_ARCH_IO_H

#include <stdbool.h>
#include <stdint.h>

/* The configuration space of a PCI function: bus << 8 | slot << 3 | function;
 * reg is a multiple of 4. What is not there reads as ones. */
uint32_t io_config_read(uint32_t place, uint32_t reg);
void io_config_write(uint32_t place, uint32_t reg, uint32_t value);

/* Registers, in memory or behind ports. */
struct io_space {
	uint8_t *memory; /* NULL: ports */
	uint16_t port;
};
/* Map memory that is none, for ever; uncached. NULL: no memory for tables. */
uint8_t *io_map(uint64_t phys, uint64_t size);
/* width: 1, 2 or 4; offset: aligned to it, in what was mapped. */
uint32_t io_read(const struct io_space *s, uint32_t offset, uint32_t width);
void io_write(
    const struct io_space *s, uint32_t offset, uint32_t width, uint32_t value);

/* What was written to memory is there, also for who does not look into
 * caches. */
void io_write_back(void);
/* Where the registers of the i-th unit are that remaps what devices ask of
 * memory; 0: there are no more. */
uint64_t io_remapper(uint32_t i);

enum { INTR_PINS = 16, INTR_LINES = 48 };

/* A place to write to, and what: the message of a line. */
struct io_message {
	uint64_t address;
	uint32_t data;
};

/* Called for each interrupt of a line that io_set_interrupt was told of. */
void io_set_handler(void (*on_interrupt)(uint32_t line));
/* Let pin `line` interrupt; level: until the device takes it back, as all of
 * PCI do. False: it is not a device's. */
bool io_unmask(uint32_t line, bool level);
struct io_message io_message(uint32_t line);

#endif
