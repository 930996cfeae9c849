/* arch/power: the ends of the machine. */
#ifndef AZ_ARCH_POWER_H
#define AZ_ARCH_POWER_H

#include "abi/fault.h"

/* Tell a test harness how it ended (isa-debug-exit, only under QEMU, which
 * fw_cfg's signature proves), then power off by ACPI S5, then stop. For
 * AZ_END_REBOOT: reset instead of S5. AZ_END_REFUSED and AZ_END_PANIC only
 * stop: the reason stays on the screen for whoever looks. Never returns. */
_Noreturn void power_end(enum az_end end);

/* Have `pressed` called, in an interrupt, when the power button is: by ACPI's
 * fixed hardware, where the machine has it. After trap_init_irq. */
void power_set_button(void (*pressed)(void));

#endif
