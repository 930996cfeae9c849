/* verify/inflate: zlib streams into a buffer of known size, nothing more.
 * Wraps zlib's inflate; its memory comes from the caller's scratch, no
 * preset dictionary, no trailing bytes, exact output size.
 * Memory: zlib asks for its state and, when a stream ends too early, for a
 * window of 32 KiB; both come from work, and never more than its size.
 */
#ifndef AZ_VERIFY_INFLATE_H
#define AZ_VERIFY_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { INFLATE_WORK_SIZE = 48 << 10 };

/* Decode in[0..in_len) to exactly out_len bytes at out. AZ_EINVAL when the
 * stream is malformed, or is not exactly in_len long, or does not decode to
 * exactly out_len bytes. out is unspecified after a failure. work:
 * INFLATE_WORK_SIZE bytes, of any alignment. */
az_err inflate_exact(
    uint8_t *out, size_t out_len, const uint8_t *in, size_t in_len, void *work);

#endif
