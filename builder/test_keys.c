/* Keys: written, read back, and refused. */
#include "keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/sig.h"
#include "exit.h"
#include "fileio.h"

/* Of RFC 6979, A.2.5: the private key there and its public point. */
static const char sec1_pem[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
    "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
    "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
    "-----END EC PRIVATE KEY-----\n";

static char folder[] = "/tmp/azoth-keys-XXXXXX";

static char *in_folder(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	return !file_remove_tree(folder);
}

static void test_pair_reads_back(void **state)
{
	struct key_private key, again;
	struct key_public public;
	struct key_error why;
	char *path = in_folder("a.key"), *public_path = in_folder("a.pub");
	struct stat st;

	(void)state;
	assert_int_equal(key_generate(&key, &why), EXIT_DONE);
	assert_int_equal(
	    key_write_pair(&key, path, public_path, false, &why), EXIT_DONE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(key_read_private(&again, path, &why), EXIT_DONE);
	assert_memory_equal(&key, &again, sizeof(key));
	assert_int_equal(
	    key_read_public(&public, public_path, &why), EXIT_DONE);
	assert_memory_equal(&public, &key.public, sizeof(public));
	/* A key is never replaced by accident. */
	assert_int_equal(
	    key_write_pair(&key, path, public_path, false, &why), EXIT_INPUT);
	assert_int_equal(
	    key_write_pair(&key, path, public_path, true, &why), EXIT_DONE);
	free(path);
	free(public_path);
}

static void test_open_key_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0610 };
	struct key_private key;
	struct key_error why;
	char *path = in_folder("open.key"), *pub = in_folder("open.pub");

	(void)state;
	assert_int_equal(key_generate(&key, &why), EXIT_DONE);
	assert_int_equal(
	    key_write_pair(&key, path, pub, false, &why), EXIT_DONE);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(
		    key_read_private(&key, path, &why), EXIT_TRUST);
		assert_string_equal(why.code, "AZ0607");
	}
	free(path);
	free(pub);
}

/* Every byte that is cut off or turned makes it no key, or another valid
 * one, but never a crash (the sanitizers watch). */
static void test_broken_files(void **state)
{
	struct key_private key;
	struct key_public public;
	struct key_error why;
	char *path = in_folder("broken.key");
	char text[sizeof(sec1_pem)];

	(void)state;
	for (size_t i = 0; i < sizeof(sec1_pem) - 1; i++) {
		memcpy(text, sec1_pem, sizeof(text));
		assert_true(file_write(path, text, i, 0600));
		if (i < sizeof(sec1_pem) - 2)
			assert_int_equal(
			    key_read_private(&key, path, &why), EXIT_TRUST);
		text[i] ^= 0x11;
		assert_true(file_write(path, text, sizeof(text) - 1, 0600));
		(void)key_read_private(&key, path, &why);
		assert_int_equal(
		    key_read_public(&public, path, &why), EXIT_TRUST);
	}
	free(path);
}

/* RFC 6979: equal input, equal signature; and its vector for "sample". */
static void test_deterministic(void **state)
{
	static const uint8_t r[8] = { 0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8,
		0xfd };
	struct key_private key;
	struct key_error why;
	char *path = in_folder("rfc.key");
	uint8_t hash[32], sig[64];

	(void)state;
	assert_true(file_write(path, sec1_pem, sizeof(sec1_pem) - 1, 0600));
	assert_int_equal(key_read_private(&key, path, &why), EXIT_DONE);
	file_sha256(hash, "sample", 6);
	key_sign(sig, &key, hash);
	assert_memory_equal(sig, r, sizeof(r));
	assert_true(sig_verify(key.public.point, hash, sig));
	free(path);
}

static void test_scalar_bounds(void **state)
{
	/* SEC1 with scalar 0, then n, where the key above has its own. */
	static const uint8_t n[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
		0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc,
		0x63, 0x25, 0x51 };
	struct key_private key = { 0 };
	struct key_error why;
	char *path = in_folder("n.key"), *pub = in_folder("n.pub");

	(void)state;
	assert_int_equal(
	    key_write_pair(&key, path, pub, false, &why), EXIT_DONE);
	assert_int_equal(key_read_private(&key, path, &why), EXIT_TRUST);
	assert_int_equal(key_read_public(&key.public, pub, &why), EXIT_TRUST);
	memcpy(key.scalar, n, sizeof(n));
	assert_int_equal(
	    key_write_pair(&key, path, pub, true, &why), EXIT_DONE);
	assert_int_equal(key_read_private(&key, path, &why), EXIT_TRUST);
	free(path);
	free(pub);
}

static void test_dev_key_made_once(void **state)
{
	struct key_private first, second;
	struct key_error why;
	char *home = in_folder("home");
	bool created;

	(void)state;
	setenv("XDG_DATA_HOME", home, 1);
	assert_int_equal(key_read_dev(&first, &created, &why), EXIT_DONE);
	assert_true(created);
	assert_int_equal(key_read_dev(&second, &created, &why), EXIT_DONE);
	assert_false(created);
	assert_true(second.dev);
	assert_memory_equal(&first, &second, sizeof(first));
	free(home);
}

static void test_fingerprint(void **state)
{
	uint8_t id[16] = { 0x7f, 0x2c, [15] = 0x91 };
	char text[KEY_FINGERPRINT_SIZE];

	(void)state;
	key_fingerprint(text, id);
	assert_string_equal(text, "p256 7F2C\u202691");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pair_reads_back),
		cmocka_unit_test(test_open_key_refused),
		cmocka_unit_test(test_broken_files),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_scalar_bounds),
		cmocka_unit_test(test_dev_key_made_once),
		cmocka_unit_test(test_fingerprint),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
