/* test/entry: the ways between modules and kernel, where nothing interrupts. */
	.macro GATE_OPEN first, end
	.endm
	.macro GATE_CLOSE
	.endm
	.macro GATE_LEAVE
	ret
	.endm
#include "ipc/x86_64/entry.inc"
#include "ipc/x86_64/gate.inc"
