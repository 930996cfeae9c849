/* arch/x86_64/context: see arch/context.h. */
#include "arch/x86_64/gate.inc"
#include "arch/x86_64/context.inc"

	.text
	.globl context_resume
context_resume:
	mov	%rdi, %rsp
	jmp	trap_return

	.globl context_fpu_save
context_fpu_save:
	fxsave64 (%rdi)
	ret

	.section .note.GNU-stack, "", @progbits
