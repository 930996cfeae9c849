/* crypto/random: the kernel's random generator, HMAC-DRBG over SHA-256 (NIST
 * SP 800-90A), by BearSSL.
 *
 * Fails until it is seeded with 256 bits from a source it trusts: the CPU's,
 * or where there is none a device's; inputs of other sources are mixed in by
 * SHA-256 but do not count. Repetition and proportion tests (SP 800-90B, 4.4)
 * run over what is counted; failing them leaves it unseeded. Reseeds every RANDOM_RESEED_REQUESTS requests
 * where the hardware source is present.
 * Context: one caller at a time (kernel code is not preempted), no interrupts.
 */
#ifndef AZ_CRYPTO_RANDOM_H
#define AZ_CRYPTO_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { RANDOM_RESEED_REQUESTS = 1024 };

/* Seed from hardware: one word of the trusted source (arch/cpu's cpu_random),
 * or false. Crypto is below arch: main.c passes it. jitter: a fast counter.
 * Either may be NULL. What was mixed in before is part of the seed; a second
 * call starts over. */
void random_init(bool (*hardware)(uint64_t *out), uint64_t (*jitter)(void));

/* Mix bytes that do not count as entropy (boot time, RTC ...), at any time,
 * before random_init too. */
void random_mix(const void *bytes, size_t len);

/* Mix words of a device that is trusted to be a source of randomness, 8 bits
 * of entropy counted for each. Without hardware the generator starts once
 * enough of them have passed the tests in a row; a device that fails them is
 * not counted, and ends nothing. */
void random_feed(const void *bytes, size_t len);

bool random_ready(void);
/* Why it is not ready, for the log; static. "ready" when it is. */
const char *random_why(void);

/* len random bytes. AZ_ENOTREADY: not seeded, or the source failed its tests
 * at a reseed; nothing written. */
az_err random_bytes(void *out, size_t len);

#endif
