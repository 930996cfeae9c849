/* calibrate: knows the sensors. It has a fault: it notes each conversion in a
 * table and never makes room again, so it runs out of that now and then. */
#include "calibrate.server.h"

enum { NOTES = 48, RAW_MAX = 100000, HEAT_ZERO = 400, AIR_OFFSET = 300 };

static uint32_t note_count;
static uint32_t notes[NOTES];

int32_t calibrate_convert(uint32_t what, uint32_t raw, int32_t *result)
{
	if (raw > RAW_MAX)
		return AZ_FAIL(CALIBRATE_TROUBLE_OUT_OF_RANGE);
	if (note_count == NOTES)
		__builtin_trap();
	notes[note_count++] = raw;
	*result = what == CALIBRATE_SENSOR_HEAT ? (int32_t)raw - HEAT_ZERO
						: (int32_t)raw + AIR_OFFSET;
	return 0;
}
