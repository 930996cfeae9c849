/* arch/linux/irq: interrupts of a process.
 *
 * A signal in module text is delivered at once, one in kernel text is noted
 * in irq_pending and delivered where the kernel lets interrupts in: on the
 * way to module text (gate.inc, context.S), in cpu_irq_restore, in cpu_idle.
 * So kernel and C library are never interrupted by kernel code.
 */
#ifndef AZ_LINUX_IRQ_H
#define AZ_LINUX_IRQ_H

#include <signal.h>
#include <stdint.h>

struct trap_frame;

enum irq_line { IRQ_TIMER, IRQ_INPUT, IRQ_LINES };

/* A bit for each line that was raised and not yet delivered. */
extern volatile uint32_t irq_pending;
/* The frame that context_resume loads. */
extern const struct trap_frame *irq_resumed;

void irq_set_handler(enum irq_line line, void (*handler)(void));
void irq_raise(enum irq_line line);
/* Call the handlers of what is pending. */
void irq_deliver(void);
/* Sleep until something is pending, then deliver it. */
void irq_wait(void);

/* The signals that are interrupts. */
void irq_signals(sigset_t *out);

#endif
