/* ipc/call: from module text into the kernel and back.
 *
 * Every import and helper stub jumps to call_entry (x86_64/entry.S) with its
 * number in eax. It turns interrupts off, moves to the thread's kernel stack
 * and calls call_dispatch; on the way back it clears every register that the
 * callee may have used. Authority was checked when the import was bound;
 * here only arguments are decoded.
 */
#ifndef AZ_IPC_CALL_H
#define AZ_IPC_CALL_H

#include <stdint.h>

#include "abi/call.h"

struct domain;

/* What call_entry leaves on the kernel stack; its layout is known there. */
struct call_frame {
	uint64_t reg[6];    /* rdi rsi rdx rcx r8 r9 */
	uint64_t number;    /* of the stub, low 32 bits */
	uint64_t module_sp; /* points at the return address */
};

typedef uint64_t call_fn(struct domain *d, const uint64_t *arg);

/* Told of each trap that a helper raises: where in the module's text and
 * with what stack. */
typedef void call_trap_fn(
    struct domain *d, uint32_t trap, uint64_t rip, uint64_t sp);
/* Told of each reactor that has been initialized. */
typedef void call_ready_fn(struct domain *d);

/* The functions behind enum az_call (host/), and who is told, if anybody; set
 * by main.c. */
void call_init(call_fn *const table[AZ_CALL_COUNT], call_trap_fn *on_trap,
    call_ready_fn *on_ready);

/* End the current domain with trap, raised by the code that called the kernel
 * with that stack. */
_Noreturn void call_trap(uint64_t sp, uint32_t trap);

/* First code of a domain's thread: runs the image's start function, then the
 * export _start, then exits with status 0; without _start it runs the export
 * _initialize, if there is one, and parks. */
_Noreturn void call_begin(void);

/* The address for stub_write. */
void call_entry(void);

/* Called by call_entry only. */
uint64_t call_dispatch(const struct call_frame *frame);

#endif
