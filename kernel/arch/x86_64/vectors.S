/* arch/x86_64/vectors: one entry per vector, all to trap_entry with a
 * struct trap_frame on the vector's IST stack. */
#include "arch/x86_64/frame.inc"

#define VECTOR_COUNT 96

	.text
	.altmacro
	.macro VECTOR n
	.balign 16
	/* 8 10-14 17 21 29 30: the CPU pushes an error code. */
	.if \n >= 32
	push	$0
	.elseif !((0x60227d00 >> \n) & 1)
	push	$0
	.endif
	push	$\n
	jmp	trap_common
	.endm

	.globl trap_vectors
	.balign 16
trap_vectors:
	.set	n, 0
	.rept VECTOR_COUNT
	VECTOR %n
	.set	n, n + 1
	.endr

trap_common:
	FRAME_PUSH
	cld
	mov	%rsp, %rdi
	call	trap_entry

	/* Also context_resume's way out: %rsp points to a trap frame. */
	.globl trap_return
trap_return:
	FRAME_RETURN

	.section .note.GNU-stack, "", @progbits
