#include "arch/io.h"

#include <stddef.h>

#include "arch/boot.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/device.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/x86.h"

enum {
	CONFIG_ADDRESS = 0xcf8,
	CONFIG_DATA = 0xcfc,
	CONFIG_ENABLE = (int)(1u << 31),
	PLACE_SHIFT = 8,
};

uint32_t io_config_read(uint32_t place, uint32_t reg)
{
	x86_out32(CONFIG_ADDRESS,
	    (uint32_t)CONFIG_ENABLE | place << PLACE_SHIFT | reg);
	return x86_in32(CONFIG_DATA);
}

void io_config_write(uint32_t place, uint32_t reg, uint32_t value)
{
	x86_out32(CONFIG_ADDRESS,
	    (uint32_t)CONFIG_ENABLE | place << PLACE_SHIFT | reg);
	x86_out32(CONFIG_DATA, value);
}

uint8_t *io_map(uint64_t phys, uint64_t size)
{
	if (phys >= BOOT_PHYS_MAX || size > BOOT_PHYS_MAX - phys)
		return NULL;
	return device_map(phys, size, DEVICE_UNCACHED);
}

uint32_t io_read(const struct io_space *s, uint32_t offset, uint32_t width)
{
	const volatile void *at = s->memory + offset;
	uint16_t port = (uint16_t)(s->port + offset);

#define READ(bits)                                                             \
	(s->memory ? *(const volatile uint##bits##_t *)at : x86_in##bits(port))
	return width == 1 ? READ(8) : width == 2 ? READ(16) : READ(32);
#undef READ
}

void io_write(
    const struct io_space *s, uint32_t offset, uint32_t width, uint32_t value)
{
	volatile void *at = s->memory + offset;
	uint16_t port = (uint16_t)(s->port + offset);

#define WRITE(bits)                                                            \
	if (s->memory != NULL)                                                 \
		*(volatile uint##bits##_t *)at = (uint##bits##_t)value;        \
	else                                                                   \
		x86_out##bits(port, (uint##bits##_t)value)
	if (width == 1) {
		WRITE(8);
	} else if (width == 2) {
		WRITE(16);
	} else {
		WRITE(32);
	}
#undef WRITE
}

void io_write_back(void)
{
	__asm__ volatile("wbinvd" ::: "memory");
}

uint64_t io_remapper(uint32_t i)
{
	return i < acpi_info.remapper_count ? acpi_info.remappers[i] : 0;
}

bool io_unmask(uint32_t line, bool level)
{
	enum irq_vector vector = (enum irq_vector)(IRQ_PINS + line);

	/* The clock's, the console's, the machine's. */
	if (vector == IRQ_TIMER || vector == IRQ_SERIAL ||
	    line == acpi_info.sci || line >= INTR_PINS)
		return false;
	irq_route_isa(line, vector, level);
	return true;
}
