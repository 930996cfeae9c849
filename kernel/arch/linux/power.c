#include "arch/power.h"

#include <unistd.h>

void power_set_button(void (*pressed)(void))
{
	(void)pressed;
}

/* The status that QEMU's isa-debug-exit makes of it. */
void power_end(enum az_end end)
{
	_exit((int)end << 1 | 1);
}
