#include "arch/linux/irq.h"

#include <stddef.h>

volatile uint32_t irq_pending;
const struct trap_frame *irq_resumed;

static void (*handlers[IRQ_LINES])(void);

void irq_set_handler(enum irq_line line, void (*handler)(void))
{
	handlers[line] = handler;
}

void irq_raise(enum irq_line line)
{
	__atomic_or_fetch(&irq_pending, 1u << line, __ATOMIC_SEQ_CST);
}

void irq_deliver(void)
{
	uint32_t lines = __atomic_exchange_n(&irq_pending, 0, __ATOMIC_SEQ_CST);

	for (uint32_t n = 0; n < IRQ_LINES; n++)
		if (lines & 1u << n && handlers[n] != NULL)
			handlers[n]();
}

void irq_signals(sigset_t *out)
{
	sigemptyset(out);
	sigaddset(out, SIGALRM);
	sigaddset(out, SIGIO);
}

void irq_wait(void)
{
	sigset_t held, before;

	irq_signals(&held);
	sigprocmask(SIG_BLOCK, &held, &before);
	while (irq_pending == 0)
		sigsuspend(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	irq_deliver();
}
