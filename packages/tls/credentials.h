/* credentials: the identity under which this module serves, as soon as its
 * secret is there and right.
 *
 * The text of a secret is in this module's memory only while it is read; the
 * key stays in the identity.
 */
#ifndef TLS_CREDENTIALS_H
#define TLS_CREDENTIALS_H

#include <stdint.h>

struct identity;

/* NULL: there is none yet; stderr has said why, once for each reason. now: in
 * ms. A secret that was not there is looked for again after a second. */
const struct identity *credentials_get(uint64_t now);

#endif
