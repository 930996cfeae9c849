#include "dev/pci.h"

#include <stddef.h>

#include "abi/device.h"

enum {
	/* Registers of the configuration space. */
	ID = 0x00,
	COMMAND = 0x04,
	CLASS = 0x08,
	HEADER = 0x0c,
	BAR = 0x10,
	BUSES = 0x18, /* of a bridge */
	SUBSYSTEM = 0x2c,
	CAPABILITIES = 0x34,
	INTERRUPT = 0x3c,

	COMMAND_PORTS = 1 << 0,
	COMMAND_MEMORY = 1 << 1,
	COMMAND_MASTER = 1 << 2,
	COMMAND_NO_PULL = 1 << 10,
	STATUS_PULLS = 1 << 19,
	STATUS_CAPABILITIES = 1 << 20,
	COMMAND_BITS = 0xffff, /* the status above is cleared by ones */

	HEADER_KIND = 0x7f << 16,
	HEADER_BRIDGE = 1 << 16,
	HEADER_MANY = 1 << 23,

	BAR_PORTS = 1 << 0,
	BAR_WIDE = 2 << 1,
	BAR_KIND = 3 << 1,

	SLOTS = 32,
	FUNCTIONS = 8,
	BARS = 6,
	BUS_DEPTH = 8,
	CAPABILITIES_START = 0x40,
	CAPABILITIES_MAX = 48, /* as many as fit: a list may be a circle */
};

struct function {
	uint32_t id, class_code;
	uint16_t place;
	bool taken;
};

static struct function functions[PCI_FUNCTIONS_MAX];
static uint32_t function_count;

static void command_set(uint32_t place, uint32_t off, uint32_t on)
{
	uint32_t value = io_config_read(place, COMMAND) & COMMAND_BITS;

	io_config_write(place, COMMAND, (value & ~off) | on);
}

static void scan_bus(uint32_t bus, int depth);

static void scan_function(uint32_t place, uint32_t id, int depth)
{
	uint32_t kind = io_config_read(place, HEADER) & HEADER_KIND;

	if (kind == HEADER_BRIDGE) {
		uint32_t bus = io_config_read(place, BUSES) >> 8 & 0xff;

		if (bus > place >> 8 && depth < BUS_DEPTH)
			scan_bus(bus, depth + 1);
		return;
	}
	command_set(place, COMMAND_MASTER, 0);
	if (kind == 0 && function_count < PCI_FUNCTIONS_MAX)
		functions[function_count++] = (struct function){
			.id = id,
			.class_code = io_config_read(place, CLASS) >> 8,
			.place = (uint16_t)place,
		};
}

static void scan_bus(uint32_t bus, int depth)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint32_t place = (bus * SLOTS + slot) * FUNCTIONS;
		uint32_t many = io_config_read(place, HEADER) & HEADER_MANY;

		for (uint32_t n = 0; n < (many != 0 ? FUNCTIONS : 1); n++) {
			uint32_t id = io_config_read(place + n, ID);

			if (id != UINT32_MAX)
				scan_function(place + n, id, depth);
			else if (n == 0)
				break;
		}
	}
}

void pci_init(void)
{
	function_count = 0;
	scan_bus(0, 0);
}

static bool matches(const struct function *f, const struct az_device *d)
{
	bool id = d->ids[0] == 0;

	for (uint32_t i = 0; i < AZ_IDS_MAX; i++)
		id = id || (d->ids[i] != 0 && d->ids[i] == f->id);
	return id && (f->class_code & d->class_mask) == d->class_code;
}

uint32_t pci_take(const struct az_device *d)
{
	uint32_t nth = 0;

	for (uint32_t i = 0; i < function_count; i++) {
		struct function *f = &functions[i];

		if (!matches(f, d) || nth++ != d->nth)
			continue;
		if (f->taken)
			break;
		f->taken = true;
		command_set(
		    f->place, COMMAND_MASTER, COMMAND_PORTS | COMMAND_MEMORY);
		return f->place;
	}
	return PCI_NONE;
}

/* What a BAR register can hold: its size, by the bits that are not fixed. */
static uint32_t bar_probe(uint32_t place, uint32_t reg)
{
	uint32_t value = io_config_read(place, reg), mask;

	command_set(place, COMMAND_PORTS | COMMAND_MEMORY, 0);
	io_config_write(place, reg, UINT32_MAX);
	mask = io_config_read(place, reg);
	io_config_write(place, reg, value);
	command_set(place, 0, COMMAND_PORTS | COMMAND_MEMORY);
	return mask;
}

bool pci_map(struct io_space *out, uint32_t place, uint32_t bar,
    uint32_t offset, uint32_t size)
{
	uint32_t reg = BAR + 4 * bar, low, mask, fixed;
	uint64_t phys;

	if (bar >= BARS)
		return false;
	low = io_config_read(place, reg);
	fixed = low & BAR_PORTS ? 3 : 15;
	mask = bar_probe(place, reg) & ~fixed;
	phys = low & ~fixed;
	/* As large as its lowest free bit; more than 2 GiB is cut to that. */
	if ((uint64_t)offset + size > (mask & -mask))
		return false;
	if (low & BAR_PORTS) {
		*out = (struct io_space){ .port = (uint16_t)(phys + offset) };
		return phys != 0 && phys + offset + size <= 1 << 16;
	}
	if ((low & BAR_KIND) == BAR_WIDE && bar + 1 < BARS)
		phys |= (uint64_t)io_config_read(place, reg + 4) << 32;
	if (phys == 0)
		return false;
	*out = (struct io_space){ .memory = io_map(phys + offset, size) };
	return out->memory != NULL;
}

uint32_t pci_capability(uint32_t place, uint32_t mask, uint32_t wanted)
{
	uint32_t next = 0;

	if ((io_config_read(place, COMMAND) & STATUS_CAPABILITIES) != 0)
		next = io_config_read(place, CAPABILITIES);
	for (int n = 0; n < CAPABILITIES_MAX; n++) {
		uint32_t at = next & 0xfc, head;

		if (at < CAPABILITIES_START)
			return 0;
		head = io_config_read(place, at);
		if ((head & mask) == wanted)
			return at;
		next = head >> 8;
	}
	return 0;
}

void pci_master(uint32_t place, bool on)
{
	command_set(place, on ? 0 : COMMAND_MASTER, on ? COMMAND_MASTER : 0);
}

uint32_t pci_pin(uint32_t place)
{
	uint32_t value = io_config_read(place, INTERRUPT);

	return (value >> 8 & 0xff) != 0 && (value & 0xff) < INTR_PINS
		   ? value & 0xff
		   : PCI_NONE;
}

bool pci_pulls(uint32_t place)
{
	return io_config_read(place, COMMAND) & STATUS_PULLS;
}

bool pci_let_pull(uint32_t place, bool on)
{
	command_set(place, on ? COMMAND_NO_PULL : 0, on ? 0 : COMMAND_NO_PULL);
	return on || (io_config_read(place, COMMAND) & COMMAND_NO_PULL) != 0;
}
