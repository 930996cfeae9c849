/* translate_one WASM IMAGE: a module's flat image as a file, for tools that
 * look at its code. */
#include <stdio.h>
#include <stdlib.h>

#include "exit.h"
#include "fileio.h"
#include "mem.h"
#include "proc.h"
#include "translate.h"
#include "wasm.h"

int main(int argc, char **argv)
{
	struct translate_job job = { .name = "module" };
	struct wasm_module *m;
	struct wasm_error error;
	struct buf bytes = { 0 };
	struct image image;
	char *log = NULL;
	int code;

	proc_catch_signals();
	if (argc != 3 || !file_read(&bytes, argv[1], FILE_SIZE_MAX))
		return EXIT_USAGE;
	m = wasm_parse((const uint8_t *)bytes.at, bytes.len, &error);
	if (m == NULL) {
		printf("%s:%#zx: %s\n", argv[1], error.offset, error.text);
		return EXIT_INPUT;
	}
	job.module = m;
	job.work_dir = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
	code = translate_module(&image, &job, &log);
	if (code != EXIT_DONE)
		printf("%s: see %s\n", argv[1], log);
	else if (!file_write(argv[2], image.bytes, image.size, 0666))
		code = EXIT_HOST;
	free(log);
	free(image.bytes);
	wasm_free(m);
	buf_fini(&bytes);
	return code;
}
