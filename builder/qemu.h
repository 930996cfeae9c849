/* qemu: one virtual machine, from its command line to its end.
 *
 * No file is left behind: what QEMU needs besides the image (a copy of the
 * UEFI variables, the KVM probe) lives in memory files that it opens through
 * /proc/self/fd. The child dies with us, however we end.
 */
#ifndef BUILDER_QEMU_H
#define BUILDER_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define QEMU_PROGRAM "qemu-system-x86_64"
#define QEMU_PACKAGE "qemu-system-x86"
#define QEMU_OVMF_CODE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define QEMU_OVMF_VARS "/usr/share/OVMF/OVMF_VARS_4M.fd"

enum qemu_media { QEMU_CD, QEMU_DISK, QEMU_USB };

struct qemu_config {
	const char *image;   /* an ISO, or a kernel when bundle is set */
	const char *bundle;  /* NULL: boot the image as a medium */
	const char *cmdline; /* for the kernel */
	enum qemu_media media;
	uint64_t memory_mib;
	bool uefi;
	bool kvm;
	const char *gdb; /* path of the socket to wait on, or NULL */
};

struct qemu {
	pid_t pid;   /* 0: none */
	int process; /* pidfd */
	int console; /* reads what the guest prints */
	int input;   /* writes to its serial line */
	int errors;  /* memory file with QEMU's own messages */
	int vars;    /* memory file, or -1 */
};

/* Print the command for a shell. */
void qemu_print(const struct qemu_config *config);

/* Returns EXIT_DONE, or another code after saying why. */
int qemu_start(struct qemu *q, const struct qemu_config *config);

/* Ask QEMU to end, then make it; returns when it has ended. */
void qemu_stop(struct qemu *q);

/* Wait for the end and free everything; the exit status, or 128 + signal. */
int qemu_finish(struct qemu *q);

/* What QEMU itself had to say; the caller frees it. */
char *qemu_errors(const struct qemu *q);

/* Does a guest start and end under KVM, with the machine that we use? */
bool qemu_kvm_works(void);

#endif
