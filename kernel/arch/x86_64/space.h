/* arch/x86_64/space: the upper half of the address space; the lower half
 * belongs to module slots (abi/layout). Usable from assembly.
 *
 *	0xffff800000000000  direct map of physical memory, 512 GiB
 *	0xffffc00000000000  runs of mm/map, 32 TiB
 *	0xfffffe0000000000  devices, 512 GiB
 *	0xffffffff80000000  the kernel, at its physical address plus this
 */
#ifndef AZ_X86_64_SPACE_H
#define AZ_X86_64_SPACE_H

#define SPACE_DIRECT 0xffff800000000000
#define SPACE_RUNS 0xffffc00000000000
#define SPACE_RUNS_END 0xffffe00000000000
#define SPACE_DEVICE 0xfffffe0000000000
#define SPACE_KERNEL 0xffffffff80000000

/* What the two entry points leave in boot_magic. */
#define BOOT_MAGIC_MULTIBOOT2 0x36d76289
#define BOOT_MAGIC_PVH 0x336ec578

#define STACK_BOOT_SIZE 8192 /* verifying an index takes 3,300 */

#endif
