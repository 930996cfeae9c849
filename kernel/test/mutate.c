#include "test/mutate.h"

#include <string.h>

/* libFuzzer's; other programs that link this archive never reach it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
    __attribute__((weak));

enum { FROM_SEED = 32, OWN_CHANGE = 2, FIELD = 4 };

/* Steps of a small generator, so that a run can be repeated. */
static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void set_field(uint8_t *data, size_t size, uint32_t *state)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 7, 8, 255, 256, 4095,
		4096, 65535, 65536, 0x7fffffff, 0x80000000, 0x80000001,
		0xfffffff8, 0xfffffffe, 0xffffffff };
	size_t at = next(state) % (size / FIELD) * FIELD;
	uint32_t old, value;

	memcpy(&old, data + at, FIELD);
	switch (next(state) % 4) {
	case 0:
		value = old + 1;
		break;
	case 1:
		value = old - 1;
		break;
	case 2: /* another field's value */
		memcpy(
		    &value, data + next(state) % (size / FIELD) * FIELD, FIELD);
		break;
	default:
		value =
		    values[next(state) % (sizeof(values) / sizeof(values[0]))];
	}
	memcpy(data + at, &value, FIELD);
}

size_t mutate_record(uint8_t *data, size_t size, size_t max, unsigned random,
    const uint8_t *seed, size_t seed_size)
{
	uint32_t state = random;

	if (seed_size <= max &&
	    (size < FIELD || next(&state) % FROM_SEED == 0)) {
		memcpy(data, seed, seed_size);
		size = seed_size;
	}
	if (size >= FIELD && next(&state) % OWN_CHANGE == 0) {
		set_field(data, size, &state);
		return size;
	}
	return LLVMFuzzerMutate(data, size, max);
}
