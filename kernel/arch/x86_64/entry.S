/* arch/x86_64/entry: from the boot loader's 32-bit protected mode to C.
 *
 * Runs at its physical address. Makes temporary page tables that map the
 * first 4 GiB at 0 and at the direct map, and the first GiB at the kernel's
 * address; page_init replaces them.
 */
#include "arch/x86_64/space.h"

#define PHYS(symbol) ((symbol) - SPACE_KERNEL)

#define MB2_HEADER_MAGIC 0xe85250d6
#define MB2_TAG_END 0
#define MB2_TAG_REQUEST 1
#define MB2_TAG_FRAMEBUFFER 5
#define MB2_OPTIONAL 1
#define MB2_INFO_CMDLINE 1
#define MB2_INFO_MODULE 3
#define MB2_INFO_MMAP 6

#define XEN_NOTE_PHYS32_ENTRY 18

#define CR4_BITS 0x620		/* PAE, OSFXSR, OSXMMEXCPT */
#define CR0_BITS 0x80010023	/* PG, WP, NE, MP, PE */
#define MSR_EFER 0xc0000080
#define EFER_BITS 0x900		/* NXE, LME */
#define CPUID_LONG_NX 0x20100000

#define COM1_DATA 0x3f8
#define COM1_STATUS 0x3fd
#define STATUS_SENT 0x20
#define SEND_TRIES 100000
#define FW_CFG_SELECT 0x510
#define DEBUG_EXIT 0xf4
#define END_REFUSED 0x12	/* AZ_END_REFUSED of abi/fault */

#define PTE_TABLE 0x003		/* present, writable */
#define PTE_LARGE 0x083		/* and 2 MiB */

	.section .boot.header, "a"
	.balign 8
header:
	.long MB2_HEADER_MAGIC, 0, header_end - header
	.long -(MB2_HEADER_MAGIC + header_end - header)
	.short MB2_TAG_REQUEST, 0
	.long 20, MB2_INFO_CMDLINE, MB2_INFO_MODULE, MB2_INFO_MMAP
	.balign 8
	/* What every adapter has; another mode, or text, will do as well. */
	.short MB2_TAG_FRAMEBUFFER, MB2_OPTIONAL
	.long 20, 1024, 768, 32
	.balign 8
	.short MB2_TAG_END, 0
	.long 8
header_end:

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 4, XEN_NOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long pvh_entry

	.section .boot.text, "ax"
	.code32
	.globl pvh_entry
pvh_entry:
	mov	$BOOT_MAGIC_PVH, %eax
	.globl multiboot2_entry
multiboot2_entry:
	cli
	cld
	mov	$PHYS(boot_stack_top), %esp
	mov	%eax, %ebp
	mov	%ebx, %esi

	/* A loader may have laid something over it after it cleared it. */
	mov	$PHYS(kernel_bss), %edi
	mov	$kernel_phys_end, %ecx
	sub	%edi, %ecx
	shr	$2, %ecx
	xor	%eax, %eax
	rep stosl

	mov	$0x80000001, %eax
	cpuid
	and	$CPUID_LONG_NX, %edx
	cmp	$CPUID_LONG_NX, %edx
	jne	stop32

	/* 2048 pages of 2 MiB; the high halves of the entries are zero. */
	mov	$PHYS(boot_pd), %edi
	mov	$PTE_LARGE, %eax
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	jnc	1b

	mov	$PHYS(boot_pd) + PTE_TABLE, %eax
	mov	%eax, PHYS(boot_pdpt_high) + 510 * 8
	mov	$PHYS(boot_pdpt), %edi
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x1000, %eax
	cmp	$PHYS(boot_pdpt) + 4 * 8, %edi
	jne	1b

	movl	$PHYS(boot_pdpt) + PTE_TABLE, PHYS(boot_pml4)
	movl	$PHYS(boot_pdpt) + PTE_TABLE, PHYS(boot_pml4) + 256 * 8
	movl	$PHYS(boot_pdpt_high) + PTE_TABLE, PHYS(boot_pml4) + 511 * 8

	mov	$CR4_BITS, %eax
	mov	%eax, %cr4
	mov	$PHYS(boot_pml4), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_BITS, %eax
	wrmsr
	mov	$CR0_BITS, %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$8, $entry64

/* Nothing of the kernel can run here: say so on COM1 as the log would, tell a
 * test under QEMU (arch/power), and stop. */
stop32:	mov	$unfit_cpu, %esi
1:	lodsb
	test	%al, %al
	jz	3f
	mov	%al, %bl
	mov	$COM1_STATUS, %edx
	mov	$SEND_TRIES, %ecx
2:	in	%dx, %al
	test	$STATUS_SENT, %al
	loopz	2b
	mov	$COM1_DATA, %edx
	mov	%bl, %al
	out	%al, %dx
	jmp	1b
3:	mov	$FW_CFG_SELECT, %edx
	xor	%eax, %eax
	out	%ax, %dx
	inc	%edx
	in	%dx, %al
	cmp	$'Q', %al
	jne	4f
	mov	$END_REFUSED, %al
	out	%al, $DEBUG_EXIT
4:	hlt
	jmp	4b

unfit_cpu:
	.asciz	"azoth 0.000000 error trust refused reason=boot-info what=\"the CPU has no 64-bit mode or no NX\"\n"

	.code64
entry64:
	mov	$16, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$entry_high, %rax
	jmp	*%rax

	.balign 8
gdt:	.quad 0
	.quad 0x00af9a000000ffff	/* 64-bit code */
	.quad 0x00cf92000000ffff	/* data */
gdt_pointer:
	.short . - gdt - 1
	.long gdt

	.text
entry_high:
	mov	$boot_stack_top, %rsp
	mov	%ebp, boot_magic(%rip)
	mov	%esi, boot_address(%rip)
	xor	%ebp, %ebp
	call	kernel_main
	ud2

	.globl boot_magic, boot_address
	.bss
	.balign 4
boot_magic:
	.skip 4
boot_address:
	.skip 4

	/* Used until page_init; then the memory is lost, 28 KiB. */
	.balign 4096
boot_pml4:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pdpt_high:
	.skip 4096
boot_pd:
	.skip 4 * 4096

	/* The page below the stack is never mapped after page_init. */
	.globl boot_stack_guard, boot_stack_top
boot_stack_guard:
	.skip 4096
	.skip STACK_BOOT_SIZE
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
