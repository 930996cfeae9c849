/* test/mutate_code: changes of fuzz inputs that hold machine code, for the
 * mutators of libFuzzer: whole instructions come, go and move, and what is
 * relative to a place that moved still means it. Half of what comes out is
 * still accepted, so that a run goes deep.
 */
#ifndef AZ_TEST_MUTATE_CODE_H
#define AZ_TEST_MUTATE_CODE_H

#include <stddef.h>
#include <stdint.h>

/* One change of an input of test/code_input. Returns its new size, at most
 * max and INPUT_MAX. */
size_t mutate_code(uint8_t *data, size_t size, size_t max, unsigned random);

/* A prefix of one input with instructions of another in it. */
size_t mutate_code_cross(const uint8_t *one, size_t one_size,
    const uint8_t *other, size_t other_size, uint8_t *out, size_t max,
    unsigned random);

#endif
