/* identity: a server's private key and its certificates, as PEM texts have
 * them.
 *
 * Keys are EC on P-256, or RSA of 2048 to 4096 bits, by PKCS#8, SEC1 or
 * PKCS#1; what is encrypted is refused. Texts may hold other things beside.
 * Invariant: once identity_check has passed, the key belongs to chain[0]; no
 * part of the key is anywhere but in `bytes`. Memory: all of it is in the
 * struct; certificates point into it, so it must not be moved.
 */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include <bearssl.h>
#include <stddef.h>
#include <stdint.h>

enum { CHAIN_MAX = 8, CHAIN_SIZE = 16384, KEY_SIZE = 3 * 512 };

struct identity {
	int type; /* BR_KEYTYPE_EC, BR_KEYTYPE_RSA, or 0: no key */
	br_ec_private_key ec;
	br_rsa_private_key rsa;
	unsigned char bytes[KEY_SIZE]; /* of the key */
	br_x509_certificate chain[CHAIN_MAX];
	size_t chain_count;
	unsigned char chain_bytes[CHAIN_SIZE];
	size_t chain_used;
};

/* Each gives NULL, or what is wrong, as the end of a sentence. */

/* The one private key of a text. */
const char *identity_read_key(
    struct identity *id, const char *text, size_t length);
/* The certificates of a text. */
const char *identity_read_chain(
    struct identity *id, const char *text, size_t length);
/* Whether they belong together. */
const char *identity_check(const struct identity *id);

/* No trace of the key is left in it. */
void identity_forget(struct identity *id);

#endif
