/* arch/x86_64/context: see arch/context.h. */
	.text

	.globl context_prepare
context_prepare:
	lea	-64(%rdi), %rax	/* six registers, entry, 0 */
	movq	$0, 0(%rax)
	movq	$0, 8(%rax)
	movq	$0, 16(%rax)
	movq	$0, 24(%rax)
	movq	$0, 32(%rax)
	movq	$0, 40(%rax)
	mov	%rsi, 48(%rax)
	movq	$0, 56(%rax)	/* entry's return address: there is none */
	ret

	.globl context_switch
context_switch:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rdi

	.globl context_load
context_load:
	mov	%rdi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.globl context_resume
context_resume:
	mov	%rdi, %rsp
	jmp	trap_return

	.globl context_fpu_save
context_fpu_save:
	fxsave64 (%rdi)
	ret

	.globl context_fpu_restore
context_fpu_restore:
	fxrstor64 (%rdi)
	ret

	.globl context_fpu_reset
context_fpu_reset:
	fxrstor64 fpu_clean(%rip)
	ret

	.globl context_enter_module
context_enter_module:
	fxrstor64 fpu_clean(%rip)
	mov	%rsi, %rsp
	mov	%rdx, %r15
	/* The jump target goes below the stack pointer for a moment;
	 * nothing can interrupt. */
	push	%rdi
	xor	%eax, %eax
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%ebp, %ebp
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	pushq	$2		/* rflags: all clear */
	popfq
	sti			/* takes effect after the next instruction */
	ret

	.section .rodata
	.balign 16
fpu_clean:
	.short 0x37f		/* FCW */
	.skip 22
	.long 0x1f80		/* MXCSR */
	.skip 512 - 28

	.section .note.GNU-stack, "", @progbits
