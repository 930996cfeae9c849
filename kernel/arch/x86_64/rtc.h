/* arch/x86_64/rtc: the battery-backed clock, taken to run in UTC. */
#ifndef AZ_X86_64_RTC_H
#define AZ_X86_64_RTC_H

#include <stdint.h>

/* Seconds since 1970; 0 when it gives no sensible date. */
uint64_t rtc_read(void);

#endif
