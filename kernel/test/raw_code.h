/* test/raw_code: an instruction's prefixes and opcode, read from its bytes.
 *
 * For tests that judge or change code without believing verify/x86_64; the
 * bytes must be an instruction that it decodes.
 */
#ifndef AZ_TEST_RAW_CODE_H
#define AZ_TEST_RAW_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct raw_code {
	uint8_t prefix; /* 66, f2, f3, or 0 */
	uint8_t rex;    /* or 0 */
	bool escaped;   /* by 0f */
	uint8_t opcode;
	uint8_t modrm;   /* the byte behind the opcode, if there is one */
	uint8_t reg, rm; /* what ModRM names, REX included */
	uint8_t len;     /* bytes up to the opcode */
};

struct raw_code raw_code_read(const uint8_t *at, uint32_t len);

/* Registers that are surely below 2^32 behind the instruction at `at`, if those
 * of `clean` are before it; one bit each. */
uint16_t raw_code_clean(
    const struct raw_code *in, const uint8_t *at, uint16_t clean);

/* An add or sub of an immediate to all of rsp: *by is how far down. */
bool raw_code_moves_rsp(
    const struct raw_code *in, const uint8_t *at, int32_t *by);

/* By how many bytes a push or pop moves rsp down. */
int32_t raw_code_pushes(const struct raw_code *in);

/* Must never be executed by a module, whatever its operands are. */
bool raw_code_forbidden(const struct raw_code *in);

#endif
