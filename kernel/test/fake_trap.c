#include "arch/trap.h"

#include <stddef.h>

#include "test/fake.h"

static bool (*on_trap)(struct trap *trap);

void trap_init(void)
{
}

az_err trap_init_irq(void)
{
	return AZ_OK;
}

void trap_forget(void)
{
}

void trap_set_handler(bool (*handler)(struct trap *trap))
{
	on_trap = handler;
}

/* There are no interrupts to end. */
void trap_set_enter(void (*on_enter)(struct trap_frame *frame))
{
	(void)on_enter;
}

void trap_set_exit(void (*on_exit)(struct trap_frame *frame))
{
	(void)on_exit;
}

bool fake_trap(struct trap *trap)
{
	return on_trap != NULL && on_trap(trap);
}
