/* verify/trust: the page of keys that the builder wrote into the kernel.
 * A page with one bad byte is refused as a whole.
 */
#ifndef AZ_VERIFY_TRUST_H
#define AZ_VERIFY_TRUST_H

#include <stdint.h>

#include "abi/fault.h"
#include "abi/trust.h"

enum { TRUST_ID_SIZE = 16 };

/* AZ_REFUSE_TRUST_PAGE when anything is wrong; *why (when not NULL) names
 * it, static. */
enum az_refusal trust_check(const struct az_trust_page *page, const char **why);

/* How a bundle names a key: SHA-256 of its point, cut. */
void trust_key_id(uint8_t out[TRUST_ID_SIZE], const struct az_trust_key *key);

/* The key of a checked page with that id, or NULL. */
const struct az_trust_key *trust_find(
    const struct az_trust_page *page, const uint8_t id[TRUST_ID_SIZE]);

#endif
