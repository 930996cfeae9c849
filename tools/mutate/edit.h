/* mutate/edit: one random change of a slice, as a bug of the builder or a
 * forger might make it. Context: any; the slice alone is changed. */
#ifndef MUTATE_EDIT_H
#define MUTATE_EDIT_H

#include <stdint.h>

struct chance;
struct slice;

#define EDIT_KINDS(X)                                                          \
	X(FLIP, "flip bits")                                                   \
	X(BYTES, "set bytes")                                                  \
	X(SPLICE, "splice in instructions")                                    \
	X(INSERT, "insert an instruction")                                     \
	X(DELETE, "delete instructions")                                       \
	X(OPERANDS, "change registers")                                        \
	X(DISPLACE, "change a displacement")                                   \
	X(RETARGET, "retarget a branch")                                       \
	X(HOSTILE, "write a hostile instruction")                              \
	X(TABLE, "lie in a table")

#define X(kind, text) EDIT_##kind,
enum edit_kind { EDIT_KINDS(X) EDIT_KIND_COUNT };
#undef X

struct edit {
	enum edit_kind kind;
	uint32_t func; /* index in the slice */
	uint32_t at;   /* first byte changed, from the function's start */
};

extern const char *const edit_names[EDIT_KIND_COUNT];

/* Change s, which holds no other change of a table. */
struct edit edit_apply(struct slice *s, struct chance *chance);

#endif
