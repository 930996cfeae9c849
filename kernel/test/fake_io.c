#include "arch/io.h"

#include <stddef.h>

#include "test/fake.h"

static const struct fake_io *machine;
static void (*on_interrupt)(uint32_t line);
static bool unmasked[INTR_PINS];

void fake_io_set(const struct fake_io *io)
{
	machine = io;
}

bool fake_interrupt(uint32_t line)
{
	if (line < INTR_PINS) {
		if (!unmasked[line])
			return false;
		unmasked[line] = false;
	}
	on_interrupt(line);
	return true;
}

uint32_t io_config_read(uint32_t place, uint32_t reg)
{
	return machine != NULL ? machine->config_read(place, reg) : UINT32_MAX;
}

void io_config_write(uint32_t place, uint32_t reg, uint32_t value)
{
	if (machine != NULL)
		machine->config_write(place, reg, value);
}

/* Not to be used but through io_read and io_write. */
uint8_t *io_map(uint64_t phys, uint64_t size)
{
	(void)size;
	return (uint8_t *)(uintptr_t)phys;
}

static uint64_t address(const struct io_space *s, uint32_t offset)
{
	return (uint64_t)(uintptr_t)s->memory + s->port + offset;
}

uint32_t io_read(const struct io_space *s, uint32_t offset, uint32_t width)
{
	return machine->read(address(s, offset), width);
}

void io_write(
    const struct io_space *s, uint32_t offset, uint32_t width, uint32_t value)
{
	machine->write(address(s, offset), width, value);
}

void io_write_back(void)
{
}

uint64_t io_remapper(uint32_t i)
{
	return machine != NULL && i < machine->remapper_count
		   ? machine->remappers[i]
		   : 0;
}

void io_set_handler(void (*handler)(uint32_t line))
{
	on_interrupt = handler;
}

bool io_unmask(uint32_t line, bool level)
{
	(void)level;
	unmasked[line] = true;
	return true;
}

struct io_message io_message(uint32_t line)
{
	return (struct io_message){ .address = 0xfee00000, .data = line };
}
