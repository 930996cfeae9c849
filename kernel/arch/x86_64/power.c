#include "arch/power.h"

#include <stdint.h>

#include "arch/cpu.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/fwcfg.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/x86.h"

enum {
	DEBUG_EXIT = 0xf4,

	EVENT_BUTTON = 1 << 8,
	SCI_ENABLED = 1 << 0,
	SLEEP_TYPE_SHIFT = 10,
	SLEEP_TYPE_MASK = 7 << SLEEP_TYPE_SHIFT,
	SLEEP_ENABLE = 1 << 13,
	ACPI_TRIES = 100000,

	RESET_CONTROL = 0xcf9,
	RESET_HARD = 0x02,
	RESET_NOW = 0x06,
	KEYBOARD_COMMAND = 0x64,
	KEYBOARD_RESET = 0xfe,
	RESET_WAIT = 1000000,
};

/* Hand the power registers from the firmware to us. */
static void acpi_take(void)
{
	if (acpi_info.smi_command == 0 || acpi_info.acpi_enable == 0 ||
	    x86_in16(acpi_info.pm1a_control) & SCI_ENABLED)
		return;
	x86_out8(acpi_info.smi_command, acpi_info.acpi_enable);
	for (int n = 0; n < ACPI_TRIES; n++) {
		if (x86_in16(acpi_info.pm1a_control) & SCI_ENABLED)
			return;
		x86_pause();
	}
}

static void (*on_button)(void);

static void on_sci(void)
{
	if ((x86_in16(acpi_info.pm1a_event) & EVENT_BUTTON) == 0) {
		/* Nothing that we asked for: it would never end. */
		irq_mask_isa(acpi_info.sci);
		return;
	}
	x86_out16(acpi_info.pm1a_event, EVENT_BUTTON);
	on_button();
}

void power_set_button(void (*pressed)(void))
{
	const struct acpi_info *a = &acpi_info;
	enum irq_vector vector = (enum irq_vector)(IRQ_PINS + a->sci);

	if (a->pm1a_event == 0 || vector >= IRQ_PIC || vector == IRQ_TIMER ||
	    vector == IRQ_SERIAL)
		return;
	on_button = pressed;
	acpi_take();
	x86_out16(a->pm1a_event, EVENT_BUTTON);
	x86_out16(
	    (uint16_t)(a->pm1a_event + a->pm1_event_size / 2), EVENT_BUTTON);
	irq_set_handler(vector, on_sci);
	irq_route_isa(a->sci, vector, true);
}

static void sleep_enter(uint16_t port, uint8_t type)
{
	uint16_t value;

	if (port == 0)
		return;
	value = x86_in16(port) & (uint16_t)~SLEEP_TYPE_MASK;
	value |= (uint16_t)(type << SLEEP_TYPE_SHIFT | SLEEP_ENABLE);
	x86_out16(port, value);
}

static void power_off(void)
{
	if (!acpi_info.s5_known || acpi_info.pm1a_control == 0)
		return;
	acpi_take();
	sleep_enter(acpi_info.pm1a_control, acpi_info.s5_a);
	sleep_enter(acpi_info.pm1b_control, acpi_info.s5_b);
}

static void wait_for_reset(void)
{
	for (int n = 0; n < RESET_WAIT; n++)
		x86_pause();
}

/* From the politest way to the one that cannot fail: a triple fault. */
_Noreturn static void reset(void)
{
	static const struct [[gnu::packed]] {
		uint16_t limit;
		uint64_t base;
	} no_idt;

	if (acpi_info.reset_port != 0) {
		x86_out8(acpi_info.reset_port, acpi_info.reset_value);
		wait_for_reset();
	}
	x86_out8(RESET_CONTROL, RESET_HARD);
	x86_out8(RESET_CONTROL, RESET_NOW);
	wait_for_reset();
	x86_out8(KEYBOARD_COMMAND, KEYBOARD_RESET);
	wait_for_reset();
	__asm__ volatile("lidt %0; int3" : : "m"(no_idt));
	cpu_stop();
}

void power_end(enum az_end end)
{
	(void)cpu_irq_save();
	if (fwcfg_present())
		x86_out8(DEBUG_EXIT, (uint8_t)end);
	if (end == AZ_END_REBOOT)
		reset();
	if (end != AZ_END_REFUSED && end != AZ_END_PANIC)
		power_off();
	cpu_stop();
}
