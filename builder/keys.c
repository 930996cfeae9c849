#include "keys.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/sig.h"
#include "exit.h"
#include "fileio.h"

enum {
	PEM_MAX = 16 << 10, /* bytes of a key file */
	DER_MAX = 1024,
	SCALAR_SIZE = 32,
	POINT_SIZE = 65, /* 0x04, x, y */
	SPKI_SIZE = 91,
	GENERATE_TRIES = 64,
};

/* SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point:
 * SEQUENCE { SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING }. */
static const uint8_t spki_prefix[SPKI_SIZE - POINT_SIZE] = { 0x30, 0x59, 0x30,
	0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

__attribute__((format(printf, 4, 5))) static int fail(struct key_error *why,
    int exit_code, const char *code, const char *fmt, ...)
{
	va_list args;

	why->code = code;
	why->help[0] = '\0';
	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return exit_code;
}

/* The same for the file of a key. */
__attribute__((format(printf, 5, 6))) static int fail_file(
    struct key_error *why, int exit_code, const char *code, const char *path,
    const char *fmt, ...)
{
	va_list args;

	why->code = code;
	why->help[0] = '\0';
	va_start(args, fmt);
	vsnprintf(why->brief, sizeof(why->brief), fmt, args);
	va_end(args);
	snprintf(why->text, sizeof(why->text), "`%.*s` %s", KEY_WHY_SIZE / 2,
	    path, why->brief);
	return exit_code;
}

/* Fill in the public half; false when the scalar is not in 1..n-1. */
static bool complete(struct key_private *key)
{
	const br_ec_impl *ec = br_ec_get_default();
	size_t order_len;
	const unsigned char *order = ec->order(BR_EC_secp256r1, &order_len);
	static const uint8_t zero[SCALAR_SIZE];
	uint8_t point[POINT_SIZE];

	if (memcmp(key->scalar, zero, SCALAR_SIZE) == 0 ||
	    memcmp(key->scalar, order, SCALAR_SIZE) >= 0)
		return false;
	if (ec->mulgen(point, key->scalar, SCALAR_SIZE, BR_EC_secp256r1) !=
	    POINT_SIZE)
		return false;
	memcpy(key->public.point, point + 1, POINT_SIZE - 1);
	return true;
}

int key_generate(struct key_private *out, struct key_error *why)
{
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < GENERATE_TRIES; i++) {
		if (getrandom(out->scalar, SCALAR_SIZE, 0) != SCALAR_SIZE)
			break;
		if (complete(out))
			return EXIT_DONE;
	}
	return fail(
	    why, EXIT_HOST, "AZ0701", "no random numbers: %s", strerror(errno));
}

static char *encode_pem(const uint8_t *der, size_t len, const char *banner)
{
	size_t size = br_pem_encode(NULL, der, len, banner, BR_PEM_LINE64);
	char *text = xmalloc(size + 1);

	br_pem_encode(text, der, len, banner, BR_PEM_LINE64);
	return text;
}

static bool write_pem(const char *path, const uint8_t *der, size_t len,
    const char *banner, mode_t mode)
{
	char *text = encode_pem(der, len, banner);
	bool done = file_write(path, text, strlen(text), mode);

	explicit_bzero(text, strlen(text));
	free(text);
	return done;
}

static bool write_private(const struct key_private *key, const char *path)
{
	uint8_t x[SCALAR_SIZE], q[POINT_SIZE], der[DER_MAX];
	br_ec_private_key sk = { BR_EC_secp256r1, x, SCALAR_SIZE };
	br_ec_public_key pk = { BR_EC_secp256r1, q, POINT_SIZE };
	size_t len;
	bool done;

	memcpy(x, key->scalar, SCALAR_SIZE);
	q[0] = 0x04;
	memcpy(q + 1, key->public.point, POINT_SIZE - 1);
	len = br_encode_ec_raw_der(der, &sk, &pk);
	done = write_pem(path, der, len, BR_ENCODE_PEM_EC_RAW, 0600);
	explicit_bzero(der, sizeof(der));
	explicit_bzero(x, sizeof(x));
	return done;
}

static bool write_public(const struct key_public *key, const char *path)
{
	uint8_t der[SPKI_SIZE];

	memcpy(der, spki_prefix, sizeof(spki_prefix));
	der[sizeof(spki_prefix)] = 0x04;
	memcpy(der + sizeof(spki_prefix) + 1, key->point, POINT_SIZE - 1);
	return write_pem(path, der, sizeof(der), "PUBLIC KEY", 0644);
}

int key_write_pair(const struct key_private *key, const char *private_path,
    const char *public_path, bool overwrite, struct key_error *why)
{
	const char *paths[] = { private_path, public_path };

	for (size_t i = 0; i < 2 && !overwrite; i++) {
		if (access(paths[i], F_OK) != 0)
			continue;
		fail(why, EXIT_INPUT, NULL, "`%s` exists already", paths[i]);
		snprintf(why->help, sizeof(why->help),
		    "choose another name, or add --yes to replace the key: "
		    "what it signed will no longer verify");
		return EXIT_INPUT;
	}
	if (!write_private(key, private_path))
		return fail(why, EXIT_INPUT, NULL, "cannot write `%s`: %s",
		    private_path, strerror(errno));
	if (!write_public(&key->public, public_path))
		return fail(why, EXIT_INPUT, NULL, "cannot write `%s`: %s",
		    public_path, strerror(errno));
	return EXIT_DONE;
}

/* One object of a PEM file, decoded. */
struct pem_object {
	char name[128];
	uint8_t der[DER_MAX];
	size_t len;
	bool overflow;
};

static void pem_take(void *ctx, const void *bytes, size_t len)
{
	struct pem_object *o = ctx;

	if (len > sizeof(o->der) - o->len) {
		o->overflow = true;
		return;
	}
	memcpy(o->der + o->len, bytes, len);
	o->len += len;
}

/* The first object whose name is one of names; false when there is none. */
static bool pem_find(struct pem_object *o, const char *text, size_t len,
    const char *const *names)
{
	br_pem_decoder_context pem;
	bool wanted = false;

	br_pem_decoder_init(&pem);
	while (len > 0) {
		size_t used = br_pem_decoder_push(&pem, text, len);
		int event = br_pem_decoder_event(&pem);

		text += used;
		len -= used;
		if (event == BR_PEM_ERROR)
			return false;
		if (event == BR_PEM_END_OBJ && wanted)
			return !o->overflow;
		if (event != BR_PEM_BEGIN_OBJ)
			continue;
		memset(o, 0, sizeof(*o));
		snprintf(
		    o->name, sizeof(o->name), "%s", br_pem_decoder_name(&pem));
		wanted = false;
		for (size_t i = 0; names[i] != NULL; i++)
			wanted |= strcmp(o->name, names[i]) == 0;
		br_pem_decoder_setdest(&pem, wanted ? pem_take : NULL, o);
	}
	return false;
}

static bool decode_private(
    struct key_private *out, const uint8_t *der, size_t len)
{
	br_skey_decoder_context decoder;
	const br_ec_private_key *ec;
	bool done = false;

	memset(out, 0, sizeof(*out));
	br_skey_decoder_init(&decoder);
	br_skey_decoder_push(&decoder, der, len);
	ec = br_skey_decoder_get_ec(&decoder);
	if (br_skey_decoder_last_error(&decoder) == 0 && ec != NULL &&
	    ec->curve == BR_EC_secp256r1 && ec->xlen <= SCALAR_SIZE) {
		memcpy(out->scalar + SCALAR_SIZE - ec->xlen, ec->x, ec->xlen);
		done = complete(out);
	}
	explicit_bzero(&decoder, sizeof(decoder));
	return done;
}

static bool decode_public(
    struct key_public *out, const uint8_t *der, size_t len)
{
	if (len != SPKI_SIZE || der[sizeof(spki_prefix)] != 0x04 ||
	    memcmp(der, spki_prefix, sizeof(spki_prefix)) != 0)
		return false;
	memcpy(out->point, der + sizeof(spki_prefix) + 1, POINT_SIZE - 1);
	return sig_key_valid(out->point);
}

/* "fd:N" is a descriptor that we were given; anything else names a file. */
static int open_key(const char *path)
{
	unsigned fd;
	int used = 0;

	if (strncmp(path, "fd:", 3) != 0)
		return open(path, O_RDONLY | O_CLOEXEC);
	if (sscanf(path, "fd:%9u%n", &fd, &used) == 1 && path[used] == '\0')
		return dup((int)fd);
	errno = EBADF;
	return -1;
}

/* The file's text, and its permissions; mode 0 when it has none. */
static int read_text(
    struct buf *text, const char *path, mode_t *mode, struct key_error *why)
{
	int fd = open_key(path);
	struct stat st;
	bool done;

	*mode = 0;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		*mode = st.st_mode & 07777;
	done = fd >= 0 && file_read_fd(text, fd, PEM_MAX);
	if (!done)
		(void)fail_file(why, EXIT_INPUT, "AZ0205", path,
		    "cannot be read: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return done ? EXIT_DONE : EXIT_INPUT;
}

int key_read_private(
    struct key_private *out, const char *path, struct key_error *why)
{
	static const char *const names[] = { "EC PRIVATE KEY", "PRIVATE KEY",
		NULL };
	struct buf text = { 0 };
	struct pem_object o;
	mode_t mode;
	int code = read_text(&text, path, &mode, why);

	if (code == EXIT_DONE && (!pem_find(&o, text.at, text.len, names) ||
				     !decode_private(out, o.der, o.len))) {
		code = fail_file(why, EXIT_TRUST, "AZ0608", path,
		    "holds no P-256 private key");
		snprintf(why->help, sizeof(why->help),
		    "azoth keygen NAME.key makes one");
	} else if (code == EXIT_DONE && (mode & (S_IRWXG | S_IRWXO)) != 0) {
		code = fail_file(why, EXIT_TRUST, "AZ0607", path,
		    "is a private key that others can read (mode %04o)",
		    (unsigned)mode);
		snprintf(
		    why->help, sizeof(why->help), "chmod 600 %.400s", path);
		key_wipe(out);
	}
	explicit_bzero(&o, sizeof(o));
	if (text.at != NULL)
		explicit_bzero(text.at, text.len);
	buf_fini(&text);
	return code;
}

int key_read_public(
    struct key_public *out, const char *path, struct key_error *why)
{
	static const char *const names[] = { "PUBLIC KEY", NULL };
	struct buf text = { 0 };
	struct pem_object o;
	mode_t mode;
	int code = read_text(&text, path, &mode, why);

	if (code == EXIT_DONE && (!pem_find(&o, text.at, text.len, names) ||
				     !decode_public(out, o.der, o.len))) {
		code = fail_file(why, EXIT_TRUST, "AZ0608", path,
		    "holds no P-256 public key");
		snprintf(why->help, sizeof(why->help),
		    "openssl ec -in NAME.key -pubout -out NAME.pub");
	}
	buf_fini(&text);
	return code;
}

/* A file of the folder of keys; "" is the folder itself. */
static char *in_key_folder(const char *name)
{
	char *data = file_xdg_dir("XDG_DATA_HOME", ".local/share");
	char *path = data ? xasprintf("%s/keys%s", data, name) : NULL;

	free(data);
	return path;
}

char *key_dev_path(void)
{
	return in_key_folder("/dev.key");
}

char *key_dev_public_path(void)
{
	return in_key_folder("/dev.pub");
}

int key_make_dev_folder(struct key_error *why)
{
	char *dir = in_key_folder("");
	int code = EXIT_DONE;

	if (dir == NULL)
		code = fail(why, EXIT_HOST, "AZ0205",
		    "no place for the development key: neither XDG_DATA_HOME "
		    "nor HOME is set");
	else if (!file_make_dirs(dir, 0700))
		code = fail(why, EXIT_HOST, "AZ0205", "cannot make `%s`: %s",
		    dir, strerror(errno));
	free(dir);
	return code;
}

static int make_dev(
    const char *path, const char *public_path, struct key_error *why)
{
	struct key_private key;
	int code = key_generate(&key, why);

	if (code == EXIT_DONE)
		code = key_write_pair(&key, path, public_path, true, why);
	key_wipe(&key);
	return code;
}

/* Keep other builds out of the key folder until the result is closed. Without
 * it two first builds could leave the halves of two keys. */
static int lock_dev_folder(void)
{
	char *dir = in_key_folder("");
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	free(dir);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX);
	return fd;
}

int key_read_dev(struct key_private *out, bool *created, struct key_error *why)
{
	int code = key_make_dev_folder(why);
	int lock = code == EXIT_DONE ? lock_dev_folder() : -1;
	char *path = key_dev_path(), *public_path = key_dev_public_path();
	bool missing = code == EXIT_DONE && access(path, F_OK) != 0;

	if (missing)
		code = make_dev(path, public_path, why);
	if (code == EXIT_DONE)
		code = key_read_private(out, path, why);
	out->dev = true;
	if (created != NULL)
		*created = missing && code == EXIT_DONE;
	if (lock >= 0)
		close(lock);
	free(path);
	free(public_path);
	return code;
}

void key_wipe(struct key_private *key)
{
	explicit_bzero(key, sizeof(*key));
}

void key_sign(
    uint8_t sig[64], const struct key_private *key, const uint8_t hash[32])
{
	uint8_t x[SCALAR_SIZE];
	br_ec_private_key sk = { BR_EC_secp256r1, x, SCALAR_SIZE };

	memcpy(x, key->scalar, SCALAR_SIZE);
	br_ecdsa_i31_sign_raw(
	    br_ec_get_default(), &br_sha256_vtable, hash, &sk, sig);
	explicit_bzero(x, sizeof(x));
}

void key_id(uint8_t id[16], const struct key_public *key)
{
	uint8_t hash[32];

	file_sha256(hash, key->point, sizeof(key->point));
	memcpy(id, hash, 16);
}

void key_fingerprint(char out[KEY_FINGERPRINT_SIZE], const uint8_t id[16])
{
	snprintf(out, KEY_FINGERPRINT_SIZE, "p256 %02X%02X\u2026%02X", id[0],
	    id[1], id[15]);
}
