/* arch/x86_64/mem: base/mem's functions. Eight bytes a step; the string
 * instructions are fast on every CPU and short under instruction counting. */
	.text

	.globl memcpy
memcpy:
	mov	%rdi, %rax
	mov	%rdx, %rcx
	shr	$3, %rcx
	rep movsq
	mov	%edx, %ecx
	and	$7, %ecx
	rep movsb
	ret

	.globl memmove
memmove:
	mov	%rdi, %rcx
	sub	%rsi, %rcx
	cmp	%rdx, %rcx
	jae	memcpy
	/* to lies inside from's bytes: copy backwards. */
	mov	%rdi, %rax
	mov	%rdx, %rcx
	lea	-1(%rdi, %rdx), %rdi
	lea	-1(%rsi, %rdx), %rsi
	and	$7, %ecx
	std
	rep movsb
	sub	$7, %rdi
	sub	$7, %rsi
	mov	%rdx, %rcx
	shr	$3, %rcx
	rep movsq
	cld
	ret

	.globl memset
memset:
	mov	%rdi, %r8
	movzbl	%sil, %eax
	movabs	$0x0101010101010101, %rcx
	imul	%rcx, %rax
	mov	%rdx, %rcx
	shr	$3, %rcx
	rep stosq
	mov	%edx, %ecx
	and	$7, %ecx
	rep stosb
	mov	%r8, %rax
	ret

	.globl memcmp
memcmp:
	xor	%ecx, %ecx
1:	cmp	%rdx, %rcx
	je	2f
	movzbl	(%rdi, %rcx), %eax
	movzbl	(%rsi, %rcx), %r8d
	inc	%rcx
	sub	%r8d, %eax
	je	1b
	ret
2:	xor	%eax, %eax
	ret

	.globl strlen
strlen:
	xor	%eax, %eax
1:	cmpb	$0, (%rdi, %rax)
	je	2f
	inc	%rax
	jmp	1b
2:	ret

	.section .note.GNU-stack, "", @progbits
