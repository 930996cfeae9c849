/* arch/linux/context: see arch/context.h. */
#include "arch/linux/gate.inc"
#include "arch/x86_64/context.inc"
#include "arch/x86_64/frame.inc"

	.text

	/* Until the iretq is done a signal finds rip between the two labels:
	 * the handler then takes the frame in irq_resumed for interrupted. */
	.globl context_resume
context_resume:
	mov	%rdi, irq_resumed
	.globl irq_resume_start
irq_resume_start:
	cmpl	$0, irq_pending
	jne	irq_resume_late
	mov	%rdi, %rsp
	FRAME_RETURN
	.globl irq_resume_late
irq_resume_late:
	ud2

	.section .note.GNU-stack, "", @progbits
