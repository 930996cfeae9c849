#include "arch/console.h"

#include <stdint.h>

#include "arch/cpu.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/screen.h"
#include "arch/x86_64/x86.h"

enum {
	COM1 = 0x3f8,
	COM1_LINE = 4, /* ISA interrupt */
	REG_DATA = COM1,
	REG_INTERRUPTS = COM1 + 1,
	REG_FIFO = COM1 + 2,
	REG_LINE = COM1 + 3,
	REG_MODEM = COM1 + 4,
	REG_STATUS = COM1 + 5,
	REG_SCRATCH = COM1 + 7,

	INTERRUPT_RECEIVED = 1,
	FIFO_ON_CLEAR = 0xc7,
	FIFO_WORKS = 0xc0, /* in the interrupt identification */
	LINE_8N1 = 0x03,
	LINE_DIVISOR = 0x80,
	DIVISOR_115200 = 1,
	MODEM_READY = 0x0b, /* DTR, RTS, and OUT2 lets interrupts through */
	STATUS_RECEIVED = 1 << 0,
	STATUS_SENT = 1 << 5,
	FIFO_SIZE = 16,
	SEND_TRIES = 100000,
};

static bool serial_found, serial_on = true, screen_on = true;
static unsigned serial_burst = 1; /* bytes that fit after STATUS_SENT */

static void (*on_input)(void);

static bool probe(void)
{
	x86_out8(REG_SCRATCH, 0xa5);
	if (x86_in8(REG_SCRATCH) != 0xa5)
		return false;
	x86_out8(REG_SCRATCH, 0x5a);
	return x86_in8(REG_SCRATCH) == 0x5a;
}

void console_init_serial(void)
{
	serial_found = probe();
	if (!serial_found)
		return;
	x86_out8(REG_INTERRUPTS, 0);
	x86_out8(REG_LINE, LINE_DIVISOR);
	x86_out8(COM1, DIVISOR_115200);
	x86_out8(COM1 + 1, 0);
	x86_out8(REG_LINE, LINE_8N1);
	x86_out8(REG_FIFO, FIFO_ON_CLEAR);
	x86_out8(REG_MODEM, MODEM_READY);
	if ((x86_in8(REG_FIFO) & FIFO_WORKS) == FIFO_WORKS)
		serial_burst = FIFO_SIZE;
}

void console_select(bool serial, bool screen)
{
	serial_on = serial;
	screen_on = screen;
}

static void serial_write(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		int tries = SEND_TRIES;

		while (!(x86_in8(REG_STATUS) & STATUS_SENT) && --tries > 0)
			x86_pause();
		/* A port that takes nothing must not hold the system up. */
		if (tries == 0)
			return;
		for (unsigned n = 0; n < serial_burst && at < len; n++)
			x86_out8(REG_DATA, (uint8_t)text[at++]);
	}
}

void console_write(const char *text, size_t len)
{
	bool irq = cpu_irq_save();

	if (serial_found && serial_on)
		serial_write(text, len);
	if (screen_on)
		screen_write(text, len);
	cpu_irq_restore(irq);
}

int console_read(void)
{
	if (!serial_found || !(x86_in8(REG_STATUS) & STATUS_RECEIVED))
		return -1;
	return x86_in8(REG_DATA);
}

/* The handler reads all that there is. */
static void serial_interrupt(void)
{
	if (on_input != NULL)
		on_input();
}

void console_set_handler(void (*handler)(void))
{
	on_input = handler;
	if (!serial_found)
		return;
	irq_set_handler(IRQ_SERIAL, serial_interrupt);
	irq_route_isa(COM1_LINE, IRQ_SERIAL, false);
	x86_out8(REG_INTERRUPTS, INTERRUPT_RECEIVED);
}
