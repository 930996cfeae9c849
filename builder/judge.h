/* judge: whether the kernel would run an image: its format (verify/image),
 * then its machine code (verify/code), by the kernel's own source.
 */
#ifndef BUILDER_JUDGE_H
#define BUILDER_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/fault.h"

struct image_view;

enum { JUDGE_WHY_SIZE = 256 };

/* AZ_REFUSE_NONE: *out is a view of the bytes, which stay the caller's.
 * Otherwise why says what was wrong; of code: function, offset, rule and
 * bytes. */
enum az_refusal judge_image(struct image_view *out, const uint8_t *bytes,
    size_t size, char why[JUDGE_WHY_SIZE]);

#endif
