/* verify/code: proof that a module's machine code stays in its box.
 *
 * Guarantee, for an image that passes and is mapped as abi/layout says with
 * the kernel's stubs: whatever its registers and memory hold, the code only
 * executes instructions of the allow-list in its own text; reads and writes
 * only its own data and stack and the 8 GiB behind r15 (the mapped part: its
 * linear memory); reads its own rodata; leaves only by the kernel's stubs or
 * by returning to its caller; never changes r15, and keeps rsp on its stack,
 * no frame larger than AZ_FRAME_MAX, so that what is unmapped below the stack
 * ends any recursion.
 * Not guaranteed: that the code computes what the module says. It may damage
 * its own registers, frames' contents and data; gates restore what the kernel
 * needs. Of CPU faults it may raise those of division and alignment.
 * One forward pass over each function; V1 to V12 are named in enum code_rule.
 * Memory: code_work_size bytes of the caller's, 2 per byte of the longest
 * function. Reads nothing outside the image. Context: any; no global state.
 */
#ifndef AZ_VERIFY_CODE_H
#define AZ_VERIFY_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/fault.h"
#include "verify/image.h"

#define CODE_RULES(X)                                                          \
	X(V1, "text decodes linearly into allowed instructions")               \
	X(V2, "memory operands are of the four safe forms")                    \
	X(V3, "nothing lands between an index and its access")                 \
	X(V4, "no forbidden instruction; nothing names r15 but an address")    \
	X(V5, "the stack's depth is known and agrees on every edge")           \
	X(V6, "stack accesses lie in the own frame or arguments")              \
	X(V7, "no address of a local is taken")                                \
	X(V8, "frames are far smaller than the guard below the stack")         \
	X(V9, "control stays in the function or enters another properly")      \
	X(V10, "stubs that are called exist and get their arguments")          \
	X(V11, "sections lie within their places")                             \
	X(V12, "functions are sorted, typed and cover the text")

#define X(rule, text) CODE_##rule,
enum code_rule { CODE_OK, CODE_RULES(X) CODE_RULE_COUNT };
#undef X

enum { CODE_FAULT_BYTES = 15 };

/* What broke a rule, and where. */
struct code_fault {
	uint32_t func;   /* index; AZ_NONE: the image as a whole */
	uint32_t offset; /* from the function's start */
	enum code_rule rule;
	uint8_t bytes[CODE_FAULT_BYTES]; /* of the instruction */
	uint8_t byte_count;
	const char *text; /* the rule and the reason, static */
	bool xmm;         /* no fault: some instruction names an xmm register */
};

/* Bytes of scratch memory that checking v takes, at least 1. v need not have
 * passed any check. */
size_t code_work_size(const struct image_view *v);

/* Check the code of v, which image_open has filled. work is aligned for
 * uint16_t and holds code_work_size(v) bytes; its contents do not matter.
 * Returns AZ_REFUSE_NONE, or AZ_REFUSE_CODE with *fault filled, or
 * AZ_REFUSE_MEMORY when work is too small. */
enum az_refusal code_check(const struct image_view *v, void *work,
    size_t work_size, struct code_fault *fault);

#endif
