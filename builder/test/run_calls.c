/* run_calls: call a module's exports, in a Linux process.
 *
 * usage: run_calls WORK_DIR FILE.wasm <CALLS
 *
 * The module is translated and run by instance.h. A line of CALLS is an
 * export's name and its arguments, by their bits in hexadecimal. Each gives
 * one line: "ok" and the results, or "trap" and its text. The first line
 * tells so of the instantiation; nothing is called when it trapped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "fileio.h"
#include "instance.h"
#include "mem.h"
#include "proc.h"
#include "translate.h"
#include "wasm.h"

static const char *const trap_texts[] = {
#define AZ_X(sym, text) [sym] = (text),
	AZ_TRAPS(AZ_X)
#undef AZ_X
};

static int translate(struct image *image, const char *work, const char *path)
{
	struct wasm_error error = { 0 };
	struct buf bytes = { 0 };
	struct translate_job job = {
		.name = "calls", .work_dir = work, .jobs = 1
	};
	struct wasm_module *m;
	char *log = NULL;
	int code;

	if (!file_read(&bytes, path, FILE_SIZE_MAX))
		return EXIT_USAGE;
	m = wasm_parse((const uint8_t *)bytes.at, bytes.len, &error);
	if (m == NULL) {
		fprintf(
		    stderr, "%s:%#zx: %s\n", path, error.offset, error.text);
		return EXIT_INPUT;
	}
	job.module = m;
	code = translate_module(image, &job, &log);
	if (code != EXIT_DONE)
		fprintf(stderr, "%s: see %s\n", path, log);
	free(log);
	wasm_free(m);
	buf_fini(&bytes);
	return code;
}

static void print_outcome(
    enum az_trap trap, const uint64_t *results, uint32_t count)
{
	if (trap != AZ_TRAP_NONE) {
		printf("trap %s\n", trap_texts[trap]);
		return;
	}
	printf("ok");
	for (uint32_t i = 0; i < count; i++)
		printf(" %llx", (unsigned long long)results[i]);
	printf("\n");
}

/* False: the line is none that this module can serve. */
static bool call_line(char *line)
{
	struct instance_call call = { 0 };
	const struct image_view *view = instance_view();
	const char *name = strtok(line, " \n");
	const struct az_export *e;
	const struct az_sig *sig;

	e = name == NULL ? NULL : image_export(view, AZ_EXPORT_FUNC, name);
	if (e == NULL || (e->index & AZ_FUNCREF_IMPORT) != 0)
		return false;
	sig = &view->sigs[view->funcs[e->index].sig];
	for (uint32_t i = 0; i < sig->param_count; i++) {
		const char *word = strtok(NULL, " \n");

		if (word == NULL)
			return false;
		call.args[i] = strtoull(word, NULL, 16);
	}
	print_outcome(
	    instance_call(e->index, &call), call.results, sig->result_count);
	return true;
}

int main(int argc, char **argv)
{
	struct image image = { 0 };
	char line[4096];
	enum az_trap trap;
	int code;

	proc_catch_signals();
	if (argc != 3)
		return EXIT_USAGE;
	code = translate(&image, argv[1], argv[2]);
	if (code != EXIT_DONE)
		return code;
	trap = instance_open(image.bytes, (uint32_t)image.size);
	print_outcome(trap, NULL, 0);
	while (trap == AZ_TRAP_NONE && fgets(line, sizeof(line), stdin)) {
		if (!call_line(line))
			return EXIT_USAGE;
	}
	instance_close();
	free(image.bytes);
	return EXIT_DONE;
}
