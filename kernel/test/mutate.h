/* test/mutate: a mutation that knows records, for the fuzz targets of binary
 * formats: beside libFuzzer's own, it sets aligned fields to values that
 * bounds checks find hard. For libFuzzer's LLVMFuzzerCustomMutator. */
#ifndef AZ_TEST_MUTATE_H
#define AZ_TEST_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* One change of an input that starts from the valid one in `seed`, now and
 * then from scratch. Returns the new size, at most max. */
size_t mutate_record(uint8_t *data, size_t size, size_t max, unsigned random,
    const uint8_t *seed, size_t seed_size);

#endif
