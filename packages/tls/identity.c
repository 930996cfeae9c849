#include "identity.h"

#include <stdbool.h>
#include <string.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096 };

/* What reads a text, object by object. */
struct reader {
	struct identity *id;
	br_skey_decoder_context *key; /* NULL: certificates are read */
	uint32_t keys;
	const char *wrong;
};

/* Bytes of the object that is being read. */
static void push_key(void *to, const void *bytes, size_t length)
{
	br_skey_decoder_context *key = ((struct reader *)to)->key;

	/* A decoder that has its key, or an error, may not be given more. */
	if (br_skey_decoder_last_error(key) == BR_ERR_X509_TRUNCATED)
		br_skey_decoder_push(key, bytes, length);
}

static void push_certificate(void *to, const void *bytes, size_t length)
{
	struct reader *r = to;
	struct identity *id = r->id;

	if (length > CHAIN_SIZE - id->chain_used) {
		r->wrong = "has more certificates than there is room for";
		return;
	}
	memcpy(id->chain_bytes + id->chain_used, bytes, length);
	id->chain_used += length;
	id->chain[id->chain_count - 1].data_len += length;
}

static bool is_key(const char *name)
{
	return strcmp(name, "PRIVATE KEY") == 0 ||
	       strcmp(name, "EC PRIVATE KEY") == 0 ||
	       strcmp(name, "RSA PRIVATE KEY") == 0;
}

static void begin_key(
    struct reader *r, br_pem_decoder_context *pem, const char *name)
{
	br_pem_decoder_setdest(pem, NULL, NULL);
	if (strcmp(name, "ENCRYPTED PRIVATE KEY") == 0)
		r->wrong = "is encrypted";
	if (!is_key(name))
		return;
	if (r->keys++ > 0)
		r->wrong = "holds more than one private key";
	br_skey_decoder_init(r->key);
	br_pem_decoder_setdest(pem, push_key, r);
}

static void begin_certificate(
    struct reader *r, br_pem_decoder_context *pem, const char *name)
{
	struct identity *id = r->id;

	br_pem_decoder_setdest(pem, NULL, NULL);
	if (strcmp(name, "CERTIFICATE") != 0)
		return;
	if (id->chain_count == CHAIN_MAX) {
		r->wrong = "has more certificates than there is room for";
		return;
	}
	id->chain[id->chain_count++] = (br_x509_certificate){
		.data = id->chain_bytes + id->chain_used,
	};
	br_pem_decoder_setdest(pem, push_certificate, r);
}

static void on_event(struct reader *r, br_pem_decoder_context *pem)
{
	switch (br_pem_decoder_event(pem)) {
	case BR_PEM_BEGIN_OBJ:
		if (r->key != NULL)
			begin_key(r, pem, br_pem_decoder_name(pem));
		else
			begin_certificate(r, pem, br_pem_decoder_name(pem));
		break;
	case BR_PEM_ERROR:
		r->wrong = "is no PEM text";
	}
}

/* All objects of a text, whose last line need not end. */
static const char *read_all(struct reader *r, const char *text, size_t length)
{
	br_pem_decoder_context pem;
	bool ended = false;

	br_pem_decoder_init(&pem);
	while (length > 0 && r->wrong == NULL) {
		size_t used = br_pem_decoder_push(&pem, text, length);

		text += used;
		length -= used;
		on_event(r, &pem);
		if (length == 0 && !ended) {
			ended = true;
			text = "\n";
			length = 1;
		}
	}
	explicit_bzero(&pem, sizeof(pem));
	return r->wrong;
}

/* The same place of a copy. */
static unsigned char *moved(
    const unsigned char *at, const unsigned char *from, unsigned char *to)
{
	return to + (at - from);
}

static const char *keep_ec(
    struct identity *id, const br_skey_decoder_context *key)
{
	id->ec = *br_skey_decoder_get_ec(key);
	if (id->ec.curve != BR_EC_secp256r1)
		return "is on another curve than P-256";
	memcpy(id->bytes, key->key_data, KEY_SIZE);
	id->ec.x = moved(id->ec.x, key->key_data, id->bytes);
	return NULL;
}

static const char *keep_rsa(
    struct identity *id, const br_skey_decoder_context *key)
{
	br_rsa_private_key *rsa = &id->rsa;

	*rsa = *br_skey_decoder_get_rsa(key);
	if (rsa->n_bitlen < RSA_BITS_MIN || rsa->n_bitlen > RSA_BITS_MAX)
		return "is an RSA key of fewer than 2048 bits, or more than "
		       "4096";
	memcpy(id->bytes, key->key_data, KEY_SIZE);
	rsa->p = moved(rsa->p, key->key_data, id->bytes);
	rsa->q = moved(rsa->q, key->key_data, id->bytes);
	rsa->dp = moved(rsa->dp, key->key_data, id->bytes);
	rsa->dq = moved(rsa->dq, key->key_data, id->bytes);
	rsa->iq = moved(rsa->iq, key->key_data, id->bytes);
	return NULL;
}

static const char *keep_key(
    struct identity *id, const br_skey_decoder_context *key)
{
	_Static_assert(sizeof(key->key_data) == KEY_SIZE, "bytes of a key");

	if (br_skey_decoder_last_error(key) != 0)
		return "has a private key that cannot be read";
	id->type = br_skey_decoder_key_type(key);
	return id->type == BR_KEYTYPE_EC ? keep_ec(id, key) : keep_rsa(id, key);
}

const char *identity_read_key(
    struct identity *id, const char *text, size_t length)
{
	br_skey_decoder_context key;
	struct reader r = { .id = id, .key = &key };
	const char *wrong = read_all(&r, text, length);

	if (wrong == NULL && r.keys == 0)
		wrong = "has no private key";
	if (wrong == NULL)
		wrong = keep_key(id, &key);
	explicit_bzero(&key, sizeof(key));
	if (wrong != NULL)
		identity_forget(id);
	return wrong;
}

const char *identity_read_chain(
    struct identity *id, const char *text, size_t length)
{
	struct reader r = { .id = id };
	const char *wrong;

	id->chain_count = id->chain_used = 0;
	wrong = read_all(&r, text, length);
	if (wrong == NULL && id->chain_count == 0)
		wrong = "has no certificate";
	if (wrong != NULL)
		id->chain_count = 0;
	return wrong;
}

/* --- Whether they belong together ------------------------------------------ */

static bool ec_matches(const struct identity *id, const br_ec_public_key *want)
{
	unsigned char bytes[BR_EC_KBUF_PUB_MAX_SIZE];
	br_ec_public_key own;

	return br_ec_compute_pub(&br_ec_p256_m31, &own, bytes, &id->ec) != 0 &&
	       own.curve == want->curve && own.qlen == want->qlen &&
	       memcmp(own.q, want->q, own.qlen) == 0;
}

static bool rsa_matches(
    const struct identity *id, const br_rsa_public_key *want)
{
	unsigned char modulus[RSA_BITS_MAX / 8];
	const unsigned char *n = want->n;
	size_t length = want->nlen, own;

	while (length > 0 && *n == 0) {
		n++;
		length--;
	}
	own = br_rsa_i31_compute_modulus(NULL, &id->rsa);
	return own == length && own <= sizeof(modulus) &&
	       br_rsa_i31_compute_modulus(modulus, &id->rsa) == own &&
	       memcmp(modulus, n, own) == 0;
}

const char *identity_check(const struct identity *id)
{
	br_x509_decoder_context certificate;
	const br_x509_pkey *public;
	bool matches;

	br_x509_decoder_init(&certificate, NULL, NULL);
	br_x509_decoder_push(
	    &certificate, id->chain[0].data, id->chain[0].data_len);
	public = br_x509_decoder_get_pkey(&certificate);
	if (public == NULL)
		return "has a certificate that cannot be read";
	if (public->key_type != id->type)
		return "does not belong to the certificate";
	matches = id->type == BR_KEYTYPE_EC ? ec_matches(id, &public->key.ec)
					    : rsa_matches(id, &public->key.rsa);
	return matches ? NULL : "does not belong to the certificate";
}

void identity_forget(struct identity *id)
{
	explicit_bzero(id->bytes, sizeof(id->bytes));
	id->type = 0;
}
