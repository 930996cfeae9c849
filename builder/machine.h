/* machine: the process that runs a guest, from its start to its end: QEMU, or
 * the hosted runner.
 *
 * No file is left behind: what the program needs besides its arguments lives
 * in memory files that it opens through /proc/self/fd. The child dies with
 * us, however we end.
 */
#ifndef BUILDER_MACHINE_H
#define BUILDER_MACHINE_H

#include <stddef.h>
#include <sys/types.h>

enum { MACHINE_KEPT_MAX = 2 };

struct machine {
	const char *name; /* of the program, for messages */
	pid_t pid;        /* 0: none */
	int process;      /* pidfd */
	int console;      /* reads what the guest prints */
	int input;        /* writes to its serial line */
	int errors;       /* memory file with the program's own messages */
	int kept[MACHINE_KEPT_MAX];
	int kept_count;
};

void machine_init(struct machine *m, const char *name);

/* A memory file that the child inherits, or -1. */
int machine_file(const void *bytes, size_t len);
/* Close file when the machine has ended; -1 is nothing. */
void machine_keep(struct machine *m, int file);

/* Start argv[0], found through PATH. Returns EXIT_DONE, or another code after
 * saying why; then nothing is left open. */
int machine_start(struct machine *m, const char *const argv[]);

/* Ask it to end, then make it; returns when it has ended. */
void machine_stop(struct machine *m);

/* Wait for the end and free everything; the exit status, or 128 + signal. */
int machine_finish(struct machine *m);

/* What the program itself had to say; the caller frees it. */
char *machine_errors(const struct machine *m);

#endif
