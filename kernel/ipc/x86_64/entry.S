/* ipc/x86_64/entry: the one way from module text into the kernel.
 *
 * In: eax = number of the stub, arguments by the System V AMD64 ABI, rsp =
 * the module's stack with the return address on top, interrupts on. Until
 * the cli has run an interrupt finds RIP in kernel text and only resumes it.
 * Out: rax = result; rbx, rbp, rsp, r12-r15 as they were; every other general
 * register 0. Kernel code has no SSE, so xmm registers pass untouched, except
 * where the thread slept: the scheduler clears them then.
 */
	.set CPU_KERNEL_SP, 8 /* struct cpu_local; ipc/call.c asserts it */
	.set FRAME_MODULE_SP, 56 /* struct call_frame; likewise */

	.text
	.globl call_entry
	.type call_entry, @function
call_entry:
	cli
	cld
	mov %rsp, %r10
	mov %gs:CPU_KERNEL_SP, %rsp
	push %r10
	push %rax
	push %r9
	push %r8
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	mov %rsp, %rdi
	call call_dispatch
	mov FRAME_MODULE_SP(%rsp), %rsp
	xor %ecx, %ecx
	xor %edx, %edx
	xor %esi, %esi
	xor %edi, %edi
	xor %r8d, %r8d
	xor %r9d, %r9d
	xor %r10d, %r10d
	xor %r11d, %r11d
	sti
	ret
	.size call_entry, . - call_entry
	.section .note.GNU-stack, "", @progbits
