/* chaos: the software faults that `azoth chaos` plants, by class.
 *
 * A fault is one changed place in one module. Its number says its class and
 * which of that class it is; 0 is no fault.
 */
#ifndef BUILDER_CHAOS_H
#define BUILDER_CHAOS_H

#include <stdint.h>

#define CHAOS_CLASSES(X)                                                       \
	X(FLIP, "flip-condition")                                              \
	X(OFF_BY_ONE, "off-by-one")                                            \
	X(WRONG_LOCAL, "wrong-local")                                          \
	X(SKIPPED_STORE, "skipped-store")                                      \
	X(POINTER, "pointer-arithmetic")                                       \
	X(UNINITIALISED, "uninitialised")                                      \
	X(WRONG_CONSTANT, "wrong-constant")                                    \
	X(ENDLESS_LOOP, "endless-loop")                                        \
	X(WILD_CALL, "wild-call")                                              \
	X(DROPPED_REPLY, "dropped-reply")                                      \
	X(DOUBLE_REPLY, "double-reply")                                        \
	X(STACK_EATER, "stack-eater")                                          \
	X(KILL, "kill")                                                        \
	X(HANG, "hang")

enum chaos_class {
#define X(sym, text) CHAOS_##sym,
	CHAOS_CLASSES(X)
#undef X
	    CHAOS_CLASS_COUNT,
	CHAOS_NONE = CHAOS_CLASS_COUNT
};

/* What a module writes, before the eight digits of the fault's number, when
 * a fault begins. */
#define CHAOS_MARK "az-fault="

enum { CHAOS_CLASS_SHIFT = 16, CHAOS_PLACES_MAX = 1 << CHAOS_CLASS_SHIFT };

static inline uint32_t chaos_fault(enum chaos_class class, uint32_t n)
{
	return ((uint32_t) class + 1) << CHAOS_CLASS_SHIFT | n;
}

/* CHAOS_NONE when the number is of no class. */
static inline enum chaos_class chaos_class_of(uint32_t fault)
{
	uint32_t class = (fault >> CHAOS_CLASS_SHIFT) - 1;

	return class < CHAOS_CLASS_COUNT ? (enum chaos_class) class
					 : CHAOS_NONE;
}

/* "flip-condition" and so on. */
const char *chaos_class_name(enum chaos_class class);

#endif
