/* profile: what is spoken: TLS 1.2 and nothing older, ECDHE alone with
 * ChaCha20-Poly1305 or AES-GCM, no renegotiation, no client certificates.
 *
 * Sessions may be resumed while the cache of this module's life remembers
 * them: SESSIONS_MAX, the least recently used go first.
 */
#ifndef TLS_PROFILE_H
#define TLS_PROFILE_H

#include <bearssl.h>
#include <stdbool.h>

struct identity;

enum { SESSIONS_MAX = 128, SESSION_SIZE = 100 };

/* Begin a handshake as a server, with these buffers for records. False: there
 * is no randomness. */
bool profile_begin(br_ssl_server_context *tls, const struct identity *id,
    unsigned char *in, size_t in_size, unsigned char *out, size_t out_size);

#endif
