/* test/gate_code: what a gate leads to, and how a module would call it. */
	/* From r15: a count and what registers held; the first two imports
	 * that the code calls. */
	.set COUNT, -0x300a0000
	.set LOOKED, COUNT + 8
	.set IMPORT_0, -0x300ef000
	.set IMPORT_7, IMPORT_0 + 7 * 32
	.set TRAP_FLAG, 0x100
	.section .note.GNU-stack, "", @progbits
	.text

/* All that a callee may leave garbage in, but rax and xmm0. */
	.macro garbage
	mov $-1, %rbx
	.irp r, rbp, r12, r13, r14, rcx, rdx, rsi, rdi, r8, r9, r10, r11
	mov %rbx, %\r
	.endr
	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq %rbx, %xmm\n
	.endr
	.endm

/* Into rax whatever there is in registers that hold no argument. */
	.macro look
	.irp r, rbx, rbp, r10, r12, r13, r14, rdx, rcx, r8, r9
	or %\r, %rax
	.endr
	.irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq %xmm\n, %rbx
	or %rbx, %rax
	.endr
	.endm

	.globl gate_code, gate_code_end
	.balign 32
gate_code:
	look
	movq %xmm0, %rbx
	or %rbx, %rax
	movq %xmm1, %rbx
	or %rbx, %rax
	mov %rax, LOOKED(%r15)
	incq COUNT(%r15)
	lea (%rdi,%rsi), %rax
	garbage
	movq %rbx, %xmm0
	ret
	.balign 512
	lea IMPORT_0(%r15), %rax
	call *%rax
	ret
	.balign 512
	lea IMPORT_7(%r15), %rax
	call *%rax
	add $1000, %eax
	ret
	.balign 512
	or %rsi, %rax
	look
	mov %rax, LOOKED(%r15)
	cvtsi2sd %edi, %xmm2
	addsd %xmm1, %xmm0
	addsd %xmm2, %xmm0
	garbage
	mov %rbx, %rax
	ret
gate_code_end:

	.globl gate_code_call, gate_code_returned
gate_code_call:
	.irp r, rbx, rbp, r12, r13, r14, r15, rsi
	push %\r
	.endr
	mov %rdi, %rax
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	movsd 48+8*\n(%rax), %xmm\n
	.endr
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	movsd 48(%rax), %xmm\n
	.endr
	mov 112(%rax), %rbx
	mov 120(%rax), %rbp
	mov 128(%rax), %r12
	mov 136(%rax), %r13
	mov 144(%rax), %r14
	mov 152(%rax), %r15
	mov 8(%rax), %rsi
	mov 16(%rax), %rdx
	mov 24(%rax), %rcx
	mov 32(%rax), %r8
	mov 40(%rax), %r9
	mov (%rax), %rdi
	mov 160(%rax), %r10
	pushf
	mov 168(%rax), %r11
	or %r11, (%rsp)
	popf
	call *%r10
gate_code_returned:
	pushf
	andq $~TRAP_FLAG, (%rsp)
	popf
	push %r11
	mov 8(%rsp), %r11
	mov %rax, (%r11)
	mov %rbx, 8(%r11)
	mov %rbp, 16(%r11)
	mov %r12, 24(%r11)
	mov %r13, 32(%r11)
	mov %r14, 40(%r11)
	mov %r15, 48(%r11)
	mov %rcx, 56(%r11)
	mov %rdx, 64(%r11)
	mov %rsi, 72(%r11)
	mov %rdi, 80(%r11)
	mov %r8, 88(%r11)
	mov %r9, 96(%r11)
	mov %r10, 104(%r11)
	pop %rax
	mov %rax, 112(%r11)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movq %xmm\n, 120+8*\n(%r11)
	.endr
	pop %rsi
	.irp r, r15, r14, r13, r12, rbp, rbx
	pop %\r
	.endr
	ret
