#include "translate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/image.h"
#include "compile.h"
#include "ctext.h"
#include "exit.h"
#include "fileio.h"
#include "flatten.h"
#include "judge.h"
#include "mem.h"
#include "prelude.h"
#include "proc.h"
#include "sigs.h"
#include "verify/image.h"
#include "wasm.h"
#include "wasm_lower.h"
#include "wasm_plan.h"

/* Raise it whenever our own stages make other images from the same input. */
#define STAGES_VERSION "8"

enum { DIR_MODE = 0700, FILE_MODE = 0666 };

/* One translation: the private folder and the log beside it. */
struct work {
	const struct translate_job *job;
	char *dir, *log;
	struct sigs sigs;
	struct wasm_plan plan;
	struct ctext text;
};

/* Add our own words to the log. */
static int complain(
    const struct work *w, int code, const char *what, const char *why)
{
	FILE *log = fopen(w->log, "a");

	if (log != NULL) {
		fprintf(log, "%s: %s: %s\n", w->job->name, what, why);
		fclose(log);
	}
	return code;
}

static int tool_result(
    const struct work *w, int result, const char *tool, const char *package)
{
	char text[96];

	if (result == 0)
		return EXIT_DONE;
	if (result == PROC_MISSING) {
		snprintf(text, sizeof(text), "not found; install package %s",
		    package);
		return complain(w, EXIT_HOST, tool, text);
	}
	snprintf(text, sizeof(text), "failed with result %d", result);
	return complain(w, proc_exit_code(result), tool, text);
}

static int write_file(const struct work *w, const char *dir, const char *name,
    const void *bytes, size_t len)
{
	char *path = xasprintf("%s/%s", dir, name);
	bool ok = file_write(path, bytes, len, FILE_MODE);

	free(path);
	return ok ? EXIT_DONE
		  : complain(w, EXIT_HOST, name, "cannot be written");
}

static int read_file(const struct work *w, struct buf *out, const char *name)
{
	char *path = xasprintf("%s/%s", w->dir, name);
	bool ok = file_read(out, path, FILE_SIZE_MAX);

	free(path);
	return ok ? EXIT_DONE : complain(w, EXIT_TOOL, name, "cannot be read");
}

static int run_wasm2c(const struct work *w)
{
	static const char *const argv[] = { "wasm2c", "--no-debug-names", "-n",
		"m", "module.wasm", "-o", "module.c", NULL };
	const struct proc_opts opts = { .cwd = w->dir, .log_path = w->log };
	struct buf lowered = { 0 };
	int code;

	wasm_lower(&lowered, w->job->module, &w->plan);
	code = write_file(w, w->dir, "module.wasm", lowered.at, lowered.len);
	buf_fini(&lowered);
	if (code != EXIT_DONE)
		return code;
	return tool_result(w, proc_run(argv, &opts), "wasm2c", "wabt");
}

static int edit_text(struct work *w)
{
	char error[CTEXT_ERROR_SIZE];
	struct buf text = { 0 };
	const struct ctext_job job = { w->job->module, &w->sigs, &w->plan };
	int code = read_file(w, &text, "module.c");

	if (code == EXIT_DONE &&
	    ctext_edit(&w->text, text.at, text.len, &job, error) != 0)
		code = complain(w, EXIT_TOOL, "wasm2c's output", error);
	buf_fini(&text);
	return code;
}

static int write_parts(const struct work *w, const char *dir)
{
	int code = write_file(w, dir, "prelude.h", prelude_text,
	    (size_t)(prelude_text_end - prelude_text));

	if (code == EXIT_DONE)
		code = write_file(
		    w, dir, "module.h", w->text.head.at, w->text.head.len);
	for (size_t i = 0; i < w->text.part_count && code == EXIT_DONE; i++) {
		char name[32];

		snprintf(name, sizeof(name), "part-%zu.c", i);
		code = write_file(
		    w, dir, name, w->text.parts[i].at, w->text.parts[i].len);
	}
	return code;
}

static int compile(const struct work *w, enum compile_frames frames)
{
	unsigned jobs = w->job->jobs;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int result;

	if (jobs == 0)
		jobs = cpus > 0 ? (unsigned)cpus : 1;
	result =
	    compile_parts(w->dir, w->text.part_count, frames, jobs, w->log);
	return tool_result(w, result, COMPILE_PROGRAM, "gcc-12");
}

static int flatten_objects(const struct work *w, struct image *out)
{
	size_t count = w->text.part_count;
	struct buf *files = xcalloc(count, sizeof(*files));
	struct wasm_bytes *objects = xcalloc(count, sizeof(*objects));
	const struct flatten_job job = { w->job->module, &w->sigs, &w->plan,
		objects, count };
	char error[FLATTEN_ERROR_SIZE];
	int code = EXIT_DONE;

	for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
		char name[32];

		snprintf(name, sizeof(name), "part-%zu.o", i);
		code = read_file(w, &files[i], name);
		objects[i].at = (const uint8_t *)files[i].at;
		objects[i].len = files[i].len;
	}
	if (code == EXIT_DONE && flatten(out, &job, error) != 0)
		code = complain(w, EXIT_TOOL, "compiled code", error);
	for (size_t i = 0; i < count; i++)
		buf_fini(&files[i]);
	free(files);
	free(objects);
	return code;
}

/* From C to an image that passes the doors through which the kernel will open
 * it: when its code does not as gcc likes it best, then with steady frames. */
static int make_image(const struct work *w, struct image *out)
{
	enum az_refusal refusal = AZ_REFUSE_CODE;
	char why[JUDGE_WHY_SIZE];
	struct image_view view;
	int code = EXIT_DONE;

	for (int frames = COMPILE_FREE;
	     frames <= COMPILE_STEADY && refusal == AZ_REFUSE_CODE; frames++) {
		free(out->bytes);
		*out = (struct image){ 0 };
		code = compile(w, (enum compile_frames)frames);
		if (code == EXIT_DONE)
			code = flatten_objects(w, out);
		if (code != EXIT_DONE)
			return code;
		refusal = judge_image(&view, out->bytes, out->size, why);
	}
	if (refusal == AZ_REFUSE_NONE)
		return EXIT_DONE;
	return complain(w, EXIT_TOOL, "the kernel would refuse the image", why);
}

static int run_stages(struct work *w, struct image *out)
{
	int code;

	wasm_plan_init(&w->plan, w->job->module);
	code = run_wasm2c(w);
	if (code == EXIT_DONE)
		code = edit_text(w);
	if (code == EXIT_DONE)
		code = write_parts(w, w->dir);
	if (code == EXIT_DONE && w->job->keep_c != NULL)
		code = file_make_dirs(w->job->keep_c, 0777)
			   ? write_parts(w, w->job->keep_c)
			   : complain(w, EXIT_HOST, w->job->keep_c,
				 "cannot be made");
	if (code == EXIT_DONE)
		code = make_image(w, out);
	return code;
}

int translate_module(
    struct image *out, const struct translate_job *job, char **log_path)
{
	struct work w = { .job = job };
	int code;

	*out = (struct image){ 0 };
	*log_path = NULL;
	w.log = xasprintf("%s/%s.log", job->work_dir, job->name);
	w.dir = xasprintf("%s/%s-XXXXXX", job->work_dir, job->name);
	unlink(w.log);
	if (mkdtemp(w.dir) == NULL)
		code =
		    complain(&w, EXIT_HOST, job->work_dir, "cannot be written");
	else if (sigs_init(&w.sigs, job->module) != 0)
		code = complain(
		    &w, EXIT_INPUT, "module", "too many function types");
	else
		code = run_stages(&w, out);
	file_remove_tree(w.dir);
	sigs_fini(&w.sigs);
	wasm_plan_fini(&w.plan);
	ctext_fini(&w.text);
	free(w.dir);
	if (code == EXIT_DONE) {
		unlink(w.log);
		free(w.log);
		return EXIT_DONE;
	}
	free(out->bytes);
	*out = (struct image){ 0 };
	*log_path = w.log;
	return code;
}

int translate_fingerprint(uint8_t out[32])
{
	static const char *const tools[][3] = {
		{ "wasm2c", "--version", NULL },
		{ COMPILE_PROGRAM, "--version", NULL },
		{ "as", "--version", NULL },
	};
	struct buf b = { 0 };

	buf_printf(&b, "azoth-image %u " STAGES_VERSION "\n", AZ_ABI_VERSION);
	buf_add(&b, prelude_text, (size_t)(prelude_text_end - prelude_text));
	for (const char *const *f = compile_flags; *f != NULL; f++)
		buf_printf(&b, "%s\n", *f);
	for (const char *const *f = compile_steady_flags; *f != NULL; f++)
		buf_printf(&b, "%s\n", *f);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		int result = proc_output(&b, tools[i], NULL);

		if (result != 0) {
			buf_fini(&b);
			return result == PROC_INTERRUPTED ? EXIT_INTERRUPTED
							  : EXIT_HOST;
		}
	}
	file_sha256(out, b.at, b.len);
	buf_fini(&b);
	return EXIT_DONE;
}
