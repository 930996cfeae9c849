/* keys: P-256 signing keys as PEM files, and signatures by them.
 *
 * Private keys are SEC1 or PKCS#8, public ones SubjectPublicKeyInfo, as
 * openssl writes and reads them. A private key file that its group or others
 * can read is refused. Signatures use deterministic nonces (RFC 6979).
 * Functions that may fail return an exit code and fill *why.
 */
#ifndef BUILDER_KEYS_H
#define BUILDER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum { KEY_WHY_SIZE = 512, KEY_BRIEF_SIZE = 128, KEY_FINGERPRINT_SIZE = 32 };

struct key_public {
	uint8_t point[64]; /* x || y, big endian */
};

struct key_private {
	uint8_t scalar[32]; /* big endian, 0 < scalar < n */
	struct key_public public;
	bool dev; /* the development key: its images say so */
};

/* What was wrong, for people. code is a row of the catalogue of diag.h, or
 * NULL. */
struct key_error {
	const char *code;
	char text[KEY_WHY_SIZE];
	char brief[KEY_BRIEF_SIZE]; /* when reading: without the file's name */
	char help[KEY_WHY_SIZE];    /* may be empty */
};

/* A fresh key from the system's random numbers. EXIT_HOST when there are
 * none. */
int key_generate(struct key_private *out, struct key_error *why);

/* Write the pair as PEM: private_path with mode 0600, public_path 0644. A
 * file that exists is only replaced when overwrite is set: EXIT_INPUT. */
int key_write_pair(const struct key_private *key, const char *private_path,
    const char *public_path, bool overwrite, struct key_error *why);

/* path: a file, or "fd:N". EXIT_INPUT: it cannot be read. EXIT_TRUST: it is no
 * such key, or others can read it. */
int key_read_private(
    struct key_private *out, const char *path, struct key_error *why);
int key_read_public(
    struct key_public *out, const char *path, struct key_error *why);

/* The development key of this user, made on first use; *created says so when
 * not NULL. */
int key_read_dev(struct key_private *out, bool *created, struct key_error *why);

/* Where that key and its public half are, there or not; NULL when neither
 * XDG_DATA_HOME nor HOME is set. The caller frees it. */
char *key_dev_path(void);
char *key_dev_public_path(void);
/* The folder for them. */
int key_make_dev_folder(struct key_error *why);

/* Overwrite what must not stay in memory. */
void key_wipe(struct key_private *key);

void key_sign(
    uint8_t sig[64], const struct key_private *key, const uint8_t hash[32]);

/* The id that a bundle's head carries. */
void key_id(uint8_t id[16], const struct key_public *key);
/* "p256 7F2C...91", from an id. */
void key_fingerprint(char out[KEY_FINGERPRINT_SIZE], const uint8_t id[16]);

#endif
