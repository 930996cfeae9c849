/* ipc/x86_64/gate: the labels of gate.inc, for the C code beside it. */
#ifndef AZ_IPC_X86_64_GATE_H
#define AZ_IPC_X86_64_GATE_H

#include <stdint.h>

struct record;

/* In the order of their addresses. */
extern const char gate_first[], gate_shift[], gate_shifted[], gate_floats[],
    gate_clean[], gate_call[], gate_pushed[], gate_return[], gate_popped[],
    gate_end[];
extern const char gate_slow[], gate_finish[];
/* Of turns, likewise. */
extern const char gate_turn_clean[], gate_turn[], gate_turned[],
    gate_turn_end[];
extern const char gate_turn_slow[];

enum { GATE_SHIFT_LEN = 3 }; /* bytes of an instruction behind gate_shift */

/* Start the callee: entry, with a stack that has its return address, its r15
 * and six words for integer registers. */
_Noreturn void gate_to_callee(
    uint64_t entry, uint64_t sp, uint64_t r15, const uint64_t *args);
/* Go on behind the call that a record is about. */
_Noreturn void gate_to_caller(const struct record *record, uint64_t rax);

#endif
