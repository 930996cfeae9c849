#include "profile.h"

#include "config.h"
#include "identity.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { SEED_SIZE = 32 };

/* Without instructions of the CPU for AES, ChaCha20 is several times as fast;
 * clients that can choose get it. */
static const uint16_t suites[] = {
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
};

static void set_algorithms(br_ssl_engine_context *eng)
{
	br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(
	    eng, suites, sizeof(suites) / sizeof(suites[0]));
	br_ssl_engine_set_ec(eng, &br_ec_all_m31);
	br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(eng, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(eng, &br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(eng, &br_tls12_sha384_prf);
	br_ssl_engine_set_gcm(
	    eng, &br_sslrec_in_gcm_vtable, &br_sslrec_out_gcm_vtable);
	br_ssl_engine_set_aes_ctr(eng, &br_aes_ct64_ctr_vtable);
	br_ssl_engine_set_ghash(eng, &br_ghash_ctmul64);
	br_ssl_engine_set_chapol(
	    eng, &br_sslrec_in_chapol_vtable, &br_sslrec_out_chapol_vtable);
	br_ssl_engine_set_chacha20(eng, &br_chacha20_ct_run);
	br_ssl_engine_set_poly1305(eng, &br_poly1305_ctmul_run);
	br_ssl_engine_add_flags(eng, BR_OPT_ENFORCE_SERVER_PREFERENCES |
					 BR_OPT_NO_RENEGOTIATION |
					 BR_OPT_FAIL_ON_ALPN_MISMATCH);
}

static void set_identity(br_ssl_server_context *tls, const struct identity *id)
{
	if (id->type == BR_KEYTYPE_EC)
		br_ssl_server_set_single_ec(tls, id->chain, id->chain_count,
		    &id->ec, BR_KEYTYPE_SIGN, 0, &br_ec_p256_m31,
		    br_ecdsa_i31_sign_asn1);
	else
		br_ssl_server_set_single_rsa(tls, id->chain, id->chain_count,
		    &id->rsa, BR_KEYTYPE_SIGN, br_rsa_i31_private,
		    br_rsa_i31_pkcs1_sign);
}

static void set_cache(br_ssl_server_context *tls)
{
	static unsigned char store[SESSIONS_MAX * SESSION_SIZE];
	static br_ssl_session_cache_lru cache;

	if (cache.store == NULL)
		br_ssl_session_cache_lru_init(&cache, store, sizeof(store));
	br_ssl_server_set_cache(tls, &cache.vtable);
}

bool profile_begin(br_ssl_server_context *tls, const struct identity *id,
    unsigned char *in, size_t in_size, unsigned char *out, size_t out_size)
{
	unsigned char seed[SEED_SIZE];
	bool good = getentropy(seed, sizeof(seed)) == 0;

	br_ssl_server_zero(tls);
	set_algorithms(&tls->eng);
	set_identity(tls, id);
	set_cache(tls);
	br_ssl_engine_set_protocol_names(&tls->eng, &config.alpn, 1);
	br_ssl_engine_set_buffers_bidi(&tls->eng, in, in_size, out, out_size);
	br_ssl_engine_inject_entropy(&tls->eng, seed, sizeof(seed));
	explicit_bzero(seed, sizeof(seed));
	return good && br_ssl_server_reset(tls) != 0;
}
