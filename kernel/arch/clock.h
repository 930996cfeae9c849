/* arch/clock: time since boot, wall-clock time, and the one-shot timer.
 *
 * Frequencies come from CPUID or the hypervisor where they give one, else
 * from the ACPI PM timer over the time that boot takes anyway; nothing waits
 * unless boot was shorter than 5 ms. There is no periodic tick.
 */
#ifndef AZ_ARCH_CLOCK_H
#define AZ_ARCH_CLOCK_H

#include <stdint.h>

/* First reading of the reference clock, as early as possible. */
void clock_start(void);
/* Second reading: fixes the frequencies. Before it clock_now is an
 * estimate at 1 GHz. */
void clock_calibrate(void);

/* Nanoseconds since clock_start; never goes back. */
uint64_t clock_now(void);
/* Nanoseconds since 1970 UTC, from the RTC at boot plus clock_now. */
uint64_t clock_wall(void);

/* Raise one timer interrupt at time ns (clock_now's scale), replacing any
 * earlier request; CLOCK_NEVER disarms. */
#define CLOCK_NEVER UINT64_MAX
void clock_arm(uint64_t ns);
/* Called in the interrupt, interrupts off. */
void clock_set_handler(void (*on_timer)(void));

#endif
