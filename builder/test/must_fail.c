/* must_fail: which modules of WebAssembly's test suite the builder accepts.
 *
 * usage: must_fail [-v] FILE.json...   (of wabt's wast2json)
 *
 * A module goes through the doors of check: the reader, then wasm-validate.
 * Those that the suite asserts to be invalid or malformed must be refused,
 * for the reason that the suite names and never for being outside the
 * profile; all others must be accepted. With -v, every reason is printed.
 * Modules in text are left out. Exit status 1 when anything failed.
 */
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "fileio.h"
#include "mem.h"
#include "validate.h"
#include "wasm.h"

static struct {
	unsigned passed, failed, refused, accepted;
	bool verbose;
	const char *file;
	char *dir;
} run;

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static void result(
    bool ok, const json_t *command, const char *what, const char *detail)
{
	run.passed += ok;
	run.failed += !ok;
	if (!ok || run.verbose)
		printf("%s%s:%lld: %s: %s\n", ok ? "" : "failed: ", run.file,
		    json_integer_value(json_object_get(command, "line")), what,
		    detail);
}

/* Through the doors; *error says why not. */
static bool accepts(const json_t *command, struct wasm_error *error)
{
	char *path = xasprintf("%s/%s", run.dir, text_of(command, "filename"));
	struct wasm_module *m = NULL;
	struct buf bytes = { 0 };
	bool good = false;

	if (file_read(&bytes, path, FILE_SIZE_MAX))
		m = wasm_parse((const uint8_t *)bytes.at, bytes.len, error);
	good = m != NULL && validate_module(error, (const uint8_t *)bytes.at,
				bytes.len) == EXIT_DONE;
	wasm_free(m);
	buf_fini(&bytes);
	free(path);
	return good;
}

/* How the suite's words begin, and what ours then say when not the same. */
static const char *const words[][2] = {
	{ "END opcode expected", "unexpected end" },
	{ "data count and data section", "the data count says" },
	{ "data count section required", "no data count section" },
	{ "function and code section", "bodies" },
	{ "global is immutable", "immutable global" },
	{ "illegal opcode", "constant expression required" },
	{ "integer representation too long", "encoding too long" },
	{ "integer representation too long", "limits flag" },
	{ "integer representation too long", "0xe0 is not a function type" },
	{ "integer representation too long", "unexpected end" },
	{ "integer too large", "limits flag" },
	{ "invalid result arity", "type mismatch" },
	{ "length out of bounds", "runs past the end" },
	{ "length out of bounds", "unexpected end" },
	{ "magic header not detected", "not a WebAssembly module" },
	{ "malformed UTF-8 encoding", "not valid UTF-8" },
	{ "malformed import kind", "import kind" },
	{ "malformed reference type", "not a reference type" },
	{ "malformed section id", "does not exist" },
	{ "memory size must be", "memory size must be" },
	{ "memory size must be", "max pages" },
	{ "section size mismatch", "longer than its contents" },
	{ "section size mismatch", "unexpected end" },
	{ "size minimum", "above maximum" },
	{ "type mismatch", "inconsistent types" },
	{ "undeclared function reference", "not declared" },
	{ "unexpected content", "repeated or out of order" },
	{ "unexpected end", "unexpected end" },
	{ "unexpected end", "do not fit" },
	{ "unexpected end", "runs past the end" },
	{ "unexpected end", "a block's type" },
	{ "unexpected end", "not a WebAssembly module" },
	{ "unknown binary version", "version" },
	{ "unknown binary version", "a component" },
	{ "unknown", "does not exist" },
	{ "unknown", "out of range" },
	{ "unknown label", "invalid depth" },
};

/* That a second memory is outside the profile is what the suite says of it,
 * too; nothing else is. */
static bool is_reason(const struct wasm_error *error, const char *want)
{
	if (strstr(error->text, want) != NULL)
		return true;
	if (error->fault == WASM_OUTSIDE_PROFILE)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(want, words[i][0], strlen(words[i][0])) == 0 &&
		    strstr(error->text, words[i][1]) != NULL)
			return true;
	}
	return false;
}

static void must_refuse(const json_t *command)
{
	const char *want = text_of(command, "text");
	struct wasm_error error = { 0 };

	if (accepts(command, &error)) {
		result(false, command, want, "accepted");
		return;
	}
	run.refused++;
	result(is_reason(&error, want), command, want, error.text);
}

static void must_accept(const json_t *command)
{
	struct wasm_error error = { 0 };
	bool good = accepts(command, &error);

	run.accepted += good;
	result(good, command, "refused", error.text);
}

static void run_command(const json_t *command)
{
	const char *type = text_of(command, "type");
	bool text = strcmp(text_of(command, "module_type"), "text") == 0;

	if (text || json_object_get(command, "filename") == NULL)
		return;
	if (strcmp(type, "assert_invalid") == 0 ||
	    strcmp(type, "assert_malformed") == 0)
		must_refuse(command);
	else
		must_accept(command);
}

static void run_file(const char *path)
{
	json_t *root = json_load_file(path, JSON_ALLOW_NUL, NULL);
	char *copy = xstrdup(path);
	const json_t *commands = json_object_get(root, "commands");

	run.dir = dirname(copy);
	run.file = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	for (size_t i = 0; i < json_array_size(commands); i++)
		run_command(json_array_get(commands, i));
	json_decref(root);
	free(copy);
}

int main(int argc, char **argv)
{
	int first = argc > 1 && strcmp(argv[1], "-v") == 0 ? 2 : 1;

	run.verbose = first == 2;
	for (int i = first; i < argc; i++)
		run_file(argv[i]);
	printf("%u refused, %u accepted\n%u passed, %u failed\n", run.refused,
	    run.accepted, run.passed, run.failed);
	return run.failed == 0 && run.passed > 0 ? EXIT_DONE : EXIT_INPUT;
}
