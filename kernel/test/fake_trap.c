#include "arch/trap.h"

#include <stddef.h>

#include "test/fake.h"

static trap_fn *on_trap;

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

/* There are no interrupts. */
void trap_set_handlers(
    trap_fn *handler, trap_frame_fn *on_enter, trap_frame_fn *on_exit)
{
	on_trap = handler;
	(void)on_enter;
	(void)on_exit;
}

bool fake_trap(struct trap *trap)
{
	return on_trap != NULL && on_trap(trap);
}
