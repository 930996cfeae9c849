/* empty-kernel: the least that a boot loader accepts, for the benchmark: a
 * Multiboot2 and PVH kernel that prints a line on COM1 and ends QEMU through
 * isa-debug-exit. What a boot of it takes is GRUB's and QEMU's share. */
	.section .head, "a"
	.balign 8
header:	.long 0xe85250d6, 0, header_end - header
	.long -(0xe85250d6 + (header_end - header))
	.short 5, 1	/* frame buffer, optional: as the real kernel asks */
	.long 20, 0, 0, 32
	.balign 8
	.short 0, 0
	.long 8
header_end:
	.section .note.pvh, "a", @note
	.long 4, 4, 18
	.asciz "Xen"
	.long start
	.text
	.code32
	.globl start
start:	mov $line, %esi
next:	lodsb
	test %al, %al
	jz end
	mov $0x3f8, %dx
	out %al, %dx
	jmp next
end:	mov $0xf4, %dx
	mov $0x10, %eax
	out %eax, %dx
	hlt
	jmp end
line:	.asciz "empty kernel\n"
	.section .note.GNU-stack, "", @progbits
