#include "arch/x86_64/rtc.h"

#include <stdbool.h>

#include "arch/x86_64/x86.h"
#include "base/mem.h"

enum {
	RTC_INDEX = 0x70,
	RTC_DATA = 0x71,
	REG_SECOND = 0,
	REG_MINUTE = 2,
	REG_HOUR = 4,
	REG_DAY = 7,
	REG_MONTH = 8,
	REG_YEAR = 9,
	REG_A = 10,
	REG_B = 11,
	A_UPDATING = 1 << 7,
	B_24_HOURS = 1 << 1,
	B_BINARY = 1 << 2,
	HOUR_PM = 1 << 7,
	FIELDS = 6,
	TRIES = 100000, /* an update lasts 2 ms at most */
};

static uint8_t reg_read(uint8_t reg)
{
	x86_out8(RTC_INDEX, reg);
	return x86_in8(RTC_DATA);
}

static void read_fields(uint8_t out[FIELDS])
{
	static const uint8_t regs[FIELDS] = { REG_SECOND, REG_MINUTE, REG_HOUR,
		REG_DAY, REG_MONTH, REG_YEAR };

	for (int n = 0; n < TRIES && reg_read(REG_A) & A_UPDATING; n++)
		x86_pause();
	for (int n = 0; n < FIELDS; n++)
		out[n] = reg_read(regs[n]);
}

static uint8_t from_bcd(uint8_t value)
{
	return (uint8_t)((value >> 4) * 10 + (value & 15));
}

/* Days since 1970 of a date from 2000 to 2099. */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[12] = { 0, 31, 59, 90, 120, 151, 181, 212,
		243, 273, 304, 334 };
	unsigned days = 10957 + year * 365 + (year + 3) / 4;

	days += before[month - 1] + day - 1;
	if (year % 4 == 0 && month > 2)
		days++;
	return days;
}

uint64_t rtc_read(void)
{
	uint8_t f[FIELDS], again[FIELDS], mode = reg_read(REG_B);
	bool pm;

	/* Until two readings agree, none was taken during an update. */
	read_fields(f);
	for (int n = 0; n < TRIES; n++) {
		read_fields(again);
		if (memcmp(f, again, FIELDS) == 0)
			break;
		memcpy(f, again, FIELDS);
	}
	pm = !(mode & B_24_HOURS) && f[2] & HOUR_PM;
	if (pm)
		f[2] &= (uint8_t)~HOUR_PM;
	for (int n = 0; n < FIELDS && !(mode & B_BINARY); n++)
		f[n] = from_bcd(f[n]);
	if (!(mode & B_24_HOURS))
		f[2] = (uint8_t)(f[2] % 12 + (pm ? 12 : 0));
	if (f[0] > 60 || f[1] > 59 || f[2] > 23 || f[3] < 1 || f[3] > 31 ||
	    f[4] < 1 || f[4] > 12 || f[5] > 99)
		return 0;
	return ((days_of(f[5], f[4], f[3]) * 24 + f[2]) * 60 + f[1]) * 60 +
	       f[0];
}
