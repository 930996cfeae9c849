/* arch/x86_64/vectors: one entry per vector, all to trap_entry with a
 * struct trap_frame on the vector's IST stack. */
#define VECTOR_COUNT 64

	.text
	.altmacro
	.macro VECTOR n
	.balign 16
	/* 8 10-14 17 21 29 30: the CPU pushes an error code. */
	.if !((0x60227d00 >> \n) & 1)
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
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%r11
	push	%r10
	push	%r9
	push	%r8
	push	%rbp
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rbx
	push	%rax
	cld
	mov	%rsp, %rdi
	call	trap_entry

	/* Also context_resume's way out: %rsp points to a trap frame. */
	.globl trap_return
trap_return:
	pop	%rax
	pop	%rbx
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rbp
	pop	%r8
	pop	%r9
	pop	%r10
	pop	%r11
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	add	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
