/* prelude: the text of prelude_text.h, inside the builder. */
#ifndef BUILDER_PRELUDE_H
#define BUILDER_PRELUDE_H

extern const char prelude_text[], prelude_text_end[];

#endif
