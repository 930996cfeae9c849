#include "compile.h"

#include <stdlib.h>

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

static int start_part(struct proc *p, const char *dir, size_t part,
    enum compile_frames frames, const char *log_path)
{
	const char *argv[FLAG_COUNT + STEADY_COUNT + 6] = { COMPILE_PROGRAM };
	const struct proc_opts opts = { .cwd = dir, .log_path = log_path };
	char *in = xasprintf("part-%zu.c", part);
	char *out = xasprintf("part-%zu.o", part);
	size_t n = 1;
	int result;

	for (size_t i = 0; i < FLAG_COUNT; i++)
		argv[n++] = compile_flags[i];
	for (size_t i = 0; frames == COMPILE_STEADY && i < STEADY_COUNT; i++)
		argv[n++] = compile_steady_flags[i];
	argv[n++] = "-c";
	argv[n++] = in;
	argv[n++] = "-o";
	argv[n++] = out;
	argv[n] = NULL;
	result = proc_start(p, argv, &opts);
	free(in);
	free(out);
	return result;
}

int compile_parts(const char *dir, size_t count, enum compile_frames frames,
    unsigned jobs, const char *log_path)
{
	struct proc procs[PROC_LIVE_MAX] = { 0 };
	size_t next = 0, running = 0;
	int result = 0, index = 0;

	if (jobs > PROC_LIVE_MAX)
		jobs = PROC_LIVE_MAX;
	while (running > 0 || (next < count && result == 0)) {
		int err;

		if (next < count && running < jobs && result == 0) {
			int slot = 0;

			while (procs[slot].pid != 0)
				slot++;
			err = start_part(
			    &procs[slot], dir, next++, frames, log_path);
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
