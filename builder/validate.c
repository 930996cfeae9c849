#include "validate.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exit.h"
#include "mem.h"
#include "proc.h"
#include "wasm.h"

/* A file in memory that holds the bytes; -1. */
static int open_bytes(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("azoth-module", MFD_CLOEXEC);

	while (fd >= 0 && len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return fd;
}

/* "-:0000026: error: WORDS", where the offset is hexadecimal and may be
 * missing. False when it says nothing of that form. */
static bool take_complaint(
    struct wasm_error *error, const char *text, size_t len)
{
	static const char mark[] = "error: ";
	const char *words = strstr(text, mark);

	if (words == NULL)
		return false;
	words += sizeof(mark) - 1;
	error->fault = WASM_MALFORMED;
	error->offset =
	    strncmp(text, "-:", 2) == 0 ? strtoul(text + 2, NULL, 16) : 0;
	if (error->offset > len)
		error->offset = len;
	error->help[0] = '\0';
	snprintf(error->text, sizeof(error->text), "%.*s",
	    (int)strcspn(words, "\n"), words);
	return true;
}

int validate_module(struct wasm_error *error, const uint8_t *bytes, size_t len)
{
	/* Custom sections, such as names, are no part of what a module means. */
	static const char *const argv[] = { VALIDATE_PROGRAM,
		"--ignore-custom-section-errors", "-", NULL };
	char path[32];
	const struct proc_opts opts = { .stdin_path = path };
	struct buf text = { 0 };
	int fd = open_bytes(bytes, len), result, code;

	if (fd < 0)
		return EXIT_HOST;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = proc_output(&text, argv, &opts);
	close(fd);
	code = result > 0 ? EXIT_INPUT : proc_exit_code(result);
	if (code == EXIT_INPUT &&
	    (text.len == 0 || !take_complaint(error, text.at, len)))
		code = EXIT_TOOL;
	buf_fini(&text);
	return code;
}
