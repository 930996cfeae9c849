/* asmtext_live: which upper halves of registers are still read.
 *
 * Over all the lines of one of gcc's assembly texts, against the direction in
 * which it runs, until nothing changes. A half that is not live may be
 * overwritten.
 */
#ifndef BUILDER_ASMTEXT_LIVE_H
#define BUILDER_ASMTEXT_LIVE_H

#include <stddef.h>

struct line;

/* Sets `live` of each line. */
void asmtext_live(struct line *lines, size_t count);

#endif
