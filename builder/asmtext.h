/* asmtext: take needless zero-extensions out of gcc's assembly text.
 *
 * The prelude's pairs zero-extend each address, and gcc cannot know that a
 * register already is. This pass does: where a pair copies a register that
 * the same straight run of code last wrote as 32 bits, or of which it has such
 * a copy, the access uses that and the pair's own copy goes. It may do so
 * because what the copy was made in is dead behind the access, or the access
 * overwrites it (prelude_text.h). Where the run comes by a register again, and
 * nothing will read its upper half, the first pair clears that in place.
 * What this does not know makes it do less, never more; and the verifier
 * does not believe it.
 */
#ifndef BUILDER_ASMTEXT_H
#define BUILDER_ASMTEXT_H

#include <stddef.h>

#include "mem.h"

/* Append the len bytes of text to *out, without what is needless. Returns
 * how many copies were left out. */
size_t asmtext_thin(struct buf *out, const char *text, size_t len);

#endif
