/* A process has no devices. */
#include "arch/io.h"

#include <stddef.h>

uint32_t io_config_read(uint32_t place, uint32_t reg)
{
	(void)place, (void)reg;
	return UINT32_MAX;
}

void io_config_write(uint32_t place, uint32_t reg, uint32_t value)
{
	(void)place, (void)reg, (void)value;
}

uint8_t *io_map(uint64_t phys, uint64_t size)
{
	(void)phys, (void)size;
	return NULL;
}

uint32_t io_read(const struct io_space *s, uint32_t offset, uint32_t width)
{
	(void)s, (void)offset, (void)width;
	return UINT32_MAX;
}

void io_write(
    const struct io_space *s, uint32_t offset, uint32_t width, uint32_t value)
{
	(void)s, (void)offset, (void)width, (void)value;
}

void io_write_back(void)
{
}

uint64_t io_remapper(uint32_t i)
{
	(void)i;
	return 0;
}

void io_set_handler(void (*on_interrupt)(uint32_t line))
{
	(void)on_interrupt;
}

bool io_unmask(uint32_t line, bool level)
{
	(void)line, (void)level;
	return false;
}

struct io_message io_message(uint32_t line)
{
	return (struct io_message){ .data = line };
}
