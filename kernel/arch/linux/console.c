#include "arch/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include "arch/linux/irq.h"

static bool on = true;
static void (*on_input)(void);

void console_init_serial(void)
{
}

void console_init_screen(const struct boot_screen *screen)
{
	(void)screen;
}

void console_select(bool serial, bool screen)
{
	(void)screen;
	on = serial;
}

void console_write(const char *text, size_t len)
{
	while (on && len > 0) {
		ssize_t put = write(STDOUT_FILENO, text, len);

		/* Nobody listens. */
		if (put < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (put > 0) {
			text += put;
			len -= (size_t)put;
		}
	}
}

/* Stdin may be shared: it stays blocking, and is asked first. */
int console_read(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char byte;

	if (poll(&in, 1, 0) != 1 || read(STDIN_FILENO, &byte, 1) != 1)
		return -1;
	return byte;
}

static void input_interrupt(void)
{
	if (on_input != NULL)
		on_input();
}

void console_set_handler(void (*handler)(void))
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	on_input = handler;
	irq_set_handler(IRQ_INPUT, input_interrupt);
	if (flags < 0 || fcntl(STDIN_FILENO, F_SETOWN, getpid()) != 0)
		return;
	fcntl(STDIN_FILENO, F_SETFL, flags | O_ASYNC);
	/* What came before raises no signal. */
	irq_raise(IRQ_INPUT);
}
