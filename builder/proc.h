/* proc: run programs by argv, never through a shell.
 *
 * A child gets LC_ALL=C, its own process group and no terminal input unless
 * asked, so that its output is the same everywhere and one signal ends it
 * with its own children. proc_catch_signals makes the first SIGINT or SIGTERM
 * stop whatever runs (the call then gives PROC_INTERRUPTED) and the second
 * one leave at once with EXIT_INTERRUPTED.
 * Context: one thread. At most PROC_LIVE_MAX children at a time.
 */
#ifndef BUILDER_PROC_H
#define BUILDER_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;

enum { PROC_LIVE_MAX = 64 };

/* What a call gives: the child's exit status 0..255, or one of these. */
enum proc_result {
	PROC_MISSING = -1,     /* no such program */
	PROC_FAILED = -2,      /* could not start it; errno says why */
	PROC_SIGNALED = -3,    /* it was killed by a signal */
	PROC_TIMEOUT = -4,     /* we killed it, its time was over */
	PROC_INTERRUPTED = -5, /* we killed it, the user asked to stop */
};

/* All fields may be zero. */
struct proc_opts {
	const char *cwd;        /* NULL: ours */
	const char *stdin_path; /* NULL: /dev/null */
	const char *log_path;   /* stdout and stderr are appended here */
	const char *out_path;   /* stdout alone goes here, from the start */
	int out_fd;             /* > 0: stdout goes to this descriptor */
	bool terminal;          /* keep our stdin and process group */
	uint32_t timeout_ms;    /* 0: none */
	const char *const *env; /* more "KEY=value", NULL-ended, or NULL */
};

/* A child that runs. */
struct proc {
	pid_t pid; /* 0: none */
	int fd;    /* its pidfd */
	bool terminal;
	uint64_t deadline_ms; /* CLOCK_MONOTONIC; 0: none */
};

void proc_catch_signals(void);
/* Has a signal asked us to stop? */
bool proc_interrupted(void);

/* Run argv[0], found through PATH, to its end. opts may be NULL: stdout and
 * stderr are then ours. */
int proc_run(const char *const argv[], const struct proc_opts *opts);

/* The same, and add what it prints to *out: stdout and stderr together, or
 * stdout alone when opts has a log_path. More than a megabyte is cut off. */
int proc_output(
    struct buf *out, const char *const argv[], const struct proc_opts *opts);

/* The two halves of proc_run: start gives 0 or an enum proc_result; each
 * child that started must be waited for, once. */
int proc_start(
    struct proc *p, const char *const argv[], const struct proc_opts *opts);
int proc_wait(struct proc *p);
/* The first of count children to end, at its index; its slot is empty
 * afterwards. At least one must run. */
int proc_wait_any(struct proc *procs, int count, int *index);

/* Where PATH finds the program, or NULL. The caller frees it. */
char *proc_find(const char *program);

/* The exit code of the builder for a result that is not 0. */
int proc_exit_code(int result);

#endif
