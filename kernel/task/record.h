/* task/record: what a call from one domain into another leaves behind.
 *
 * A thread executes its home domain, or what that called through a gate, and
 * so on: its records are that chain, in the order of the calls. The last one's
 * callee is the current domain; there is no other variable. Record 0 stands
 * for the home domain and holds nothing. gate_call (ipc/x86_64/gate.inc)
 * writes and reads records and gates by their offsets.
 * Context: interrupts off, or gate_call, which an interrupt takes back.
 */
#ifndef AZ_TASK_RECORD_H
#define AZ_TASK_RECORD_H

#include <stdint.h>

#include "abi/layout.h"

struct domain;
struct thread;

enum {
	RECORDS_MAX = 16, /* of a thread, its home's among them */
	THREAD_ALIGN = 2048,
	FLOAT_ARGS = 8,
	INT_ARGS = 6,
};

/* The caller, as it is when its call returns. */
struct record {
	uint64_t sp; /* points at the return address */
	uint64_t rbx, rbp, r12, r13, r14;
	const struct gate *gate;
	uint64_t unused;
};
_Static_assert(sizeof(struct record) == 64, "gate.inc");

enum gate_flag {
	GATE_CLEAN = 1,   /* the caller can look into xmm registers */
	GATE_FLOAT = 2,   /* the result is a float */
	GATE_CLEANED = 4, /* the callee can look into xmm registers */
	GATE_STATUS = 8,  /* the result may be an enum az_status */
	GATE_RETRY =
	    16, /* a call that its callee did not survive is repeated */
	GATE_HANDLE = 32, /* a handle comes before the callee's arguments */
	GATE_REVOKED = 64,
};

/* One for each import, in the slot of the module that calls through it. */
struct gate {
	/* Where the import's stub jumps to. */
	_Alignas(AZ_GATE_STRIDE) uint64_t enter;
	struct domain *callee;
	uint64_t memory;  /* the callee's r15 */
	uint64_t entry;   /* the callee's function */
	uint64_t home;    /* the caller's r15 */
	uint64_t mask;    /* of the result in rax */
	uint8_t flags;    /* enum gate_flag */
	uint8_t floats;   /* arguments in xmm registers */
	uint16_t channel; /* AZ_TABLE_CHANNEL */
	uint32_t known;   /* the handle that was last found good; 0: none */
	uint64_t stack;   /* the callee's, empty */
	const struct az_method *method;
	/* Of ring_turn, which also has memory, home and known. */
	struct record *peer; /* of the thread that goes on */
	uint64_t ns;         /* the time that was given */
	uint64_t stub;       /* of the import */
};
_Static_assert(sizeof(struct gate) == AZ_GATE_STRIDE, "stubs scale by it");

/* entered of a domain that takes no call, not even one that would wait. */
#define RECORD_CLOSED ((struct record *)1)

/* The thread that a record belongs to. */
static inline struct thread *record_thread(const struct record *r)
{
	return (struct thread *)((uintptr_t)r & ~(uintptr_t)(THREAD_ALIGN - 1));
}

#endif
