/* dev/interrupt: from a line to the drivers of its devices.
 *
 * A device that has interrupted is silent until its driver is done, so that
 * no driver can be flooded: PCI functions are told not to pull the wire, or,
 * when they cannot be told, the whole pin stays masked; messages of virtio are
 * asked for again by each ring. Who interrupts too often nonetheless is silent
 * for longer each time:
 *	dev storm device=NAME pause_ms=N
 * The last line is dev/iommu's.
 */
#include "dev/device_impl.h"

#include <stddef.h>

#include "arch/clock.h"
#include "base/log.h"
#include "dev/iommu.h"
#include "dev/pci.h"

enum {
	NS_PER_MS = 1000000,
	WINDOW_NS = 125 * NS_PER_MS,
	WINDOWS = 8, /* in a second */
	PAUSE_MS = 16,
	PAUSES = 6, /* the longest is PAUSE_MS << PAUSES */

	MSIX_ON = (int)(1u << 31),
	MSIX_ALL_MASKED = 1 << 30,
	MSIX_TABLE = 4, /* offset of the register: BAR and place */
	MSIX_ENTRY = 16,
	ENTRY_DATA = 8,
	ENTRY_CONTROL = 12,
};

static struct device *devices;
static uint32_t device_count;

static bool by_message(const struct device *d)
{
	return d->line >= INTR_PINS && d->line != PCI_NONE;
}

/* One that goes on pulling until its driver is done. */
static bool by_wire(const struct device *d)
{
	return d->place != PCI_NONE && !by_message(d);
}

/* Unmask a pin on which a device works and none keeps it masked. */
static void pin_refresh(uint32_t line)
{
	bool wanted = false, held = false, level = false;

	for (uint32_t i = 0; i < device_count; i++) {
		const struct device *d = &devices[i];

		if (d->line != line || !d->started)
			continue;
		wanted = true;
		held = held || d->holds_pin;
		level = level || d->place != PCI_NONE;
	}
	if (wanted && !held)
		(void)io_unmask(line, level);
}

static void silence(struct device *d)
{
	if (by_message(d)) {
		(void)ring_interrupts(d, false);
		if (d->held)
			io_write(&d->message, ENTRY_CONTROL, 4, 1);
		return;
	}
	if (d->record->engine == AZ_ENGINE_VIRTIO)
		virtio_seen(d);
	/* What the ISA bus says while a pin is masked is lost. */
	d->holds_pin = by_wire(d) ? !pci_let_pull(d->place, false) : d->held;
}

/* Unless there is a reason why not. Messages are asked for by the rings. */
static void let_pull(struct device *d)
{
	if (!d->started || (d->waits && by_wire(d)) || d->held ||
	    d->line >= INTR_PINS)
		return;
	if (d->place != PCI_NONE)
		(void)pci_let_pull(d->place, true);
	d->holds_pin = false;
	pin_refresh(d->line);
}

static void on_hold_end(struct timer *t)
{
	struct device *d = timer_owner(t, struct device, hold);

	d->held = false;
	d->since = clock_now();
	d->count = 0;
	if (by_message(d))
		io_write(&d->message, ENTRY_CONTROL, 4, 0);
	let_pull(d);
	if (!by_wire(d))
		device_raise(d); /* there may have been more */
}

static void hold(struct device *d, uint64_t now)
{
	uint32_t ms = PAUSE_MS << d->storms;

	d->held = true;
	d->hold.fire = on_hold_end;
	timer_set(&d->hold, now + (uint64_t)ms * NS_PER_MS);
	if (d->storms == 0)
		log_warn("dev", "storm device=%s pause_ms=%u", d->name, ms);
	if (d->storms < PAUSES)
		d->storms++;
}

static void raise(struct device *d)
{
	uint64_t now = clock_now();

	if (now - d->since > WINDOW_NS) {
		d->since = now;
		d->count = 0;
		d->storms -= d->storms > 0;
	}
	if (++d->count > d->record->rate / WINDOWS && !d->held)
		hold(d, now);
	d->waits = true;
	silence(d);
	device_raise(d);
}

/* Nobody says that he has pulled the pin: it may have been each of them. */
static void raise_all(uint32_t line)
{
	for (uint32_t i = 0; i < device_count; i++) {
		struct device *d = &devices[i];

		if (d->line != line || !d->started || d->waits)
			continue;
		raise(d);
		d->holds_pin = true;
	}
}

static void on_interrupt(uint32_t line)
{
	bool claimed = line == INTR_LINES - 1;

	if (claimed)
		iommu_report();
	for (uint32_t i = 0; i < device_count; i++) {
		struct device *d = &devices[i];

		if (d->line != line || !d->started || (d->waits && by_wire(d)))
			continue;
		if (!by_wire(d) || pci_pulls(d->place)) {
			raise(d);
			claimed = true;
		}
	}
	if (!claimed)
		raise_all(line);
	if (line < INTR_PINS)
		pin_refresh(line);
}

void interrupt_init(struct device *all, uint32_t count)
{
	devices = all;
	device_count = count;
	io_set_handler(on_interrupt);
}

/* The table of messages of a virtio function; false: it has none. */
static bool find_messages(struct device *d)
{
	uint32_t at = pci_capability(d->place, PCI_CAP_ID, PCI_CAP_MSIX), table;

	if (d->record->engine != AZ_ENGINE_VIRTIO || at == 0)
		return false;
	table = io_config_read(d->place, at + MSIX_TABLE);
	if (!pci_map(&d->message, d->place, table & 7, table & ~7u, MSIX_ENTRY))
		return false;
	d->message_at = at;
	return true;
}

void interrupt_find(struct device *d, uint32_t number)
{
	d->line = PCI_NONE;
	if (d->record->interrupt == AZ_INTERRUPT_ISA)
		d->line = d->record->line;
	if (d->record->interrupt != AZ_INTERRUPT_PCI)
		return;
	if (number < INTR_LINES - INTR_PINS - 1 && find_messages(d))
		d->line = INTR_PINS + number;
	else
		d->line = pci_pin(d->place);
}

static void messages(struct device *d, bool on)
{
	uint32_t head = io_config_read(d->place, d->message_at);
	struct io_message m = io_message(d->line);

	if (on) {
		io_write(&d->message, 0, 4, (uint32_t)m.address);
		io_write(&d->message, 4, 4, (uint32_t)(m.address >> 32));
		io_write(&d->message, ENTRY_DATA, 4, m.data);
		io_write(&d->message, ENTRY_CONTROL, 4, 0);
	}
	head &= ~(uint32_t)(MSIX_ON | MSIX_ALL_MASKED);
	io_config_write(
	    d->place, d->message_at, head | (on ? (uint32_t)MSIX_ON : 0));
}

void interrupt_start(struct device *d)
{
	d->since = clock_now();
	d->count = 0;
	if (by_message(d))
		messages(d, true);
	let_pull(d);
}

void interrupt_stop(struct device *d)
{
	timer_cancel(&d->hold);
	d->held = d->waits = d->holds_pin = false;
	if (by_message(d))
		messages(d, false);
	if (d->place != PCI_NONE)
		(void)pci_let_pull(d->place, false);
	pin_refresh(d->line);
}

void interrupt_done(struct device *d)
{
	d->waits = false;
	let_pull(d);
}
