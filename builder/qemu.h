/* qemu: the command line of one virtual machine.
 *
 * What QEMU needs besides the image (a copy of the UEFI variables, the KVM
 * probe) lives in memory files (machine.h).
 */
#ifndef BUILDER_QEMU_H
#define BUILDER_QEMU_H

#include <stdbool.h>
#include <stdint.h>

#define QEMU_PROGRAM "qemu-system-x86_64"
#define QEMU_PACKAGE "qemu-system-x86"
#define QEMU_OVMF_CODE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define QEMU_OVMF_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"

struct kit;
struct machine;

enum qemu_media { QEMU_CD, QEMU_DISK, QEMU_USB };

struct qemu_config {
	const char *image;   /* an ISO, or a kernel when bundle is set */
	const char *bundle;  /* NULL: boot the image as a medium */
	const char *cmdline; /* for the kernel */
	enum qemu_media media;
	uint64_t memory_mib;
	bool uefi;
	bool kvm;
	const struct kit *kit; /* NULL: nothing more */
	const char *gdb;       /* path of the socket to wait on, or NULL */
};

/* Print the command for a shell. */
void qemu_print(const struct qemu_config *config);

/* Returns EXIT_DONE, or another code after saying why. */
int qemu_start(struct machine *m, const struct qemu_config *config);

/* Does a guest start and end under KVM, with the machine that we use? */
bool qemu_kvm_works(void);

#endif
