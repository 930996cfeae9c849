#include "compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asmtext.h"
#include "fileio.h"
#include "mem.h"
#include "proc.h"

const char *const compile_flags[] = {
	"-std=gnu17",
	"-O2",
	"-w",
	/* Baseline x86-64, addresses relative to rip, SSE2 floats. */
	"-march=x86-64",
	"-mtune=generic",
	"-mfpmath=sse",
	"-mcmodel=small",
	"-fno-pic",
	"-ffreestanding",
	"-fno-builtin",
	/* What the verifier cannot follow. */
	"-ffixed-r15",
	"-mno-red-zone",
	"-fomit-frame-pointer",
	"-fno-jump-tables",
	"-fno-tree-switch-conversion",
	"-fno-stack-protector",
	"-fcf-protection=none",
	"-fno-optimize-sibling-calls",
	"-fno-tree-loop-distribute-patterns",
	"-fno-tree-vectorize",
	"-fno-exceptions",
	"-fno-asynchronous-unwind-tables",
	"-fno-ident",
	/* Every function keeps its boundary, its type and its registers. */
	"-ffunction-sections",
	"-fno-reorder-functions",
	"-fno-reorder-blocks-and-partition",
	"-fno-partial-inlining",
	"-fno-ipa-cp",
	"-fno-ipa-sra",
	"-fno-ipa-icf",
	"-fno-ipa-ra",
	"-fno-ipa-pure-const", /* it would find functions that never return */
	"-fno-ipa-stack-alignment",
	/* A back-trace shows who called; clang has inlined what pays. */
	"-fno-inline-functions-called-once",
	/* WebAssembly's semantics. */
	"-frounding-math",
	"-fsignaling-nans",
	"-fno-math-errno",
	"-ffp-contract=off",
	"-fwrapv",
	"-fno-strict-aliasing",
	"-fno-delete-null-pointer-checks",
	"-fno-strict-overflow",
	/* Size. */
	"-fno-align-loops",
	"-fno-align-jumps",
	"-fno-align-labels",
	"-fno-align-functions",
	NULL,
};

const char *const compile_steady_flags[] = { "-fno-shrink-wrap",
	"-maccumulate-outgoing-args", NULL };

enum {
	FLAG_COUNT = sizeof(compile_flags) / sizeof(compile_flags[0]) - 1,
	STEADY_COUNT =
	    sizeof(compile_steady_flags) / sizeof(compile_steady_flags[0]) - 1,
};

struct parts {
	const char *dir, *log_path;
	size_t count;
	unsigned jobs;
	enum compile_frames frames;
};

/* gcc's argv for one part, and its end: what to make of which file. */
static int start_gcc(struct proc *p, const char *argv[], size_t n,
    const struct parts *parts, size_t part, const char *mode)
{
	const struct proc_opts opts = { .cwd = parts->dir,
		.log_path = parts->log_path };
	bool text = mode[1] == 'S';
	char *in = xasprintf("part-%zu.%c", part, text ? 'c' : 's');
	char *out = xasprintf("part-%zu.%c", part, text ? 's' : 'o');
	int result;

	argv[n++] = mode;
	argv[n++] = in;
	argv[n++] = "-o";
	argv[n++] = out;
	argv[n] = NULL;
	result = proc_start(p, argv, &opts);
	free(in);
	free(out);
	return result;
}

static int start_compiling(
    struct proc *p, const struct parts *parts, size_t part)
{
	const char *argv[FLAG_COUNT + STEADY_COUNT + 6] = { COMPILE_PROGRAM };
	size_t n = 1;

	for (size_t i = 0; i < FLAG_COUNT; i++)
		argv[n++] = compile_flags[i];
	for (size_t i = 0; parts->frames == COMPILE_STEADY && i < STEADY_COUNT;
	     i++)
		argv[n++] = compile_steady_flags[i];
	return start_gcc(p, argv, n, parts, part, "-S");
}

static void log_failure(const struct parts *parts, const char *path)
{
	int error = errno;
	FILE *log = fopen(parts->log_path, "a");

	if (log == NULL)
		return;
	fprintf(log, "%s: %s\n", path, strerror(error));
	fclose(log);
}

static bool thin_part(const struct parts *parts, size_t part)
{
	char *path = xasprintf("%s/part-%zu.s", parts->dir, part);
	struct buf text = { 0 }, thin = { 0 };
	bool done = file_read(&text, path, FILE_SIZE_MAX);

	if (done) {
		(void)asmtext_thin(&thin, text.at, text.len);
		done = file_write(path, thin.at, thin.len, 0600);
	}
	if (!done)
		log_failure(parts, path);
	buf_fini(&text);
	buf_fini(&thin);
	free(path);
	return done;
}

static int start_assembling(
    struct proc *p, const struct parts *parts, size_t part)
{
	const char *argv[6] = { COMPILE_PROGRAM };

	if (!thin_part(parts, part))
		return PROC_FAILED;
	return start_gcc(p, argv, 1, parts, part, "-c");
}

/* Run what `start` starts for each part, to its end. */
static int run_parts(const struct parts *parts,
    int (*start)(struct proc *p, const struct parts *parts, size_t part))
{
	struct proc procs[PROC_LIVE_MAX] = { 0 };
	unsigned jobs =
	    parts->jobs < PROC_LIVE_MAX ? parts->jobs : PROC_LIVE_MAX;
	size_t next = 0, running = 0;
	int result = 0, index = 0;

	while (running > 0 || (next < parts->count && result == 0)) {
		int err;

		if (next < parts->count && running < jobs && result == 0) {
			int slot = 0;

			while (procs[slot].pid != 0)
				slot++;
			err = start(&procs[slot], parts, next++);
			running += err == 0;
		} else {
			err = proc_wait_any(procs, (int)jobs, &index);
			running--;
		}
		if (result == 0)
			result = err;
	}
	return result;
}

int compile_parts(const char *dir, size_t count, enum compile_frames frames,
    unsigned jobs, const char *log_path)
{
	const struct parts parts = { dir, log_path, count, jobs, frames };
	int result = run_parts(&parts, start_compiling);

	return result != 0 ? result : run_parts(&parts, start_assembling);
}
