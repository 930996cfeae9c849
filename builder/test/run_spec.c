/* run_spec: WebAssembly's own test suite against the translator.
 *
 * usage: run_spec WORK_DIR FILE.json...   (of wabt's wast2json)
 *
 * Every module is translated and run in this process (instance.h). Modules
 * outside profile 1, or with imports that this harness lacks, are skipped and
 * counted. Exit status 1 when anything failed.
 */
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "fileio.h"
#include "instance.h"
#include "mem.h"
#include "translate.h"
#include "validate.h"
#include "wasm.h"

static struct {
	unsigned passed, failed, skipped;
	const char *file, *work_dir;
	char *dir;
	struct image image;
	bool open;
	long line;
} run;

static void result(bool ok, const char *what, const char *detail)
{
	if (ok) {
		run.passed++;
		return;
	}
	run.failed++;
	printf("%s:%ld: %s: %s\n", run.file, run.line, what, detail);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static void close_module(void)
{
	if (run.open)
		instance_close();
	free(run.image.bytes);
	run.image = (struct image){ 0 };
	run.open = false;
}

static struct wasm_module *read_module(
    const json_t *command, struct buf *bytes, struct wasm_error *error)
{
	char *path = xasprintf("%s/%s", run.dir, text_of(command, "filename"));
	struct wasm_module *m = NULL;

	if (file_read(bytes, path, FILE_SIZE_MAX))
		m = wasm_parse((const uint8_t *)bytes->at, bytes->len, error);
	free(path);
	return m;
}

/* Translate a module and start it; *trap says how the start went. False:
 * there is no instance. */
static bool open_module(const json_t *command, enum az_trap *trap)
{
	struct wasm_error error = { 0 };
	struct buf bytes = { 0 };
	struct wasm_module *m = read_module(command, &bytes, &error);
	struct translate_job job = {
		.module = m, .name = "spec", .work_dir = run.work_dir
	};
	char *log = NULL;

	close_module();
	if (m == NULL) {
		if (error.fault == WASM_OUTSIDE_PROFILE)
			run.skipped++;
		else
			result(false, "parse", error.text);
	} else if (m->import_count > 0) {
		run.skipped++;
	} else if (translate_module(&run.image, &job, &log) != EXIT_DONE) {
		/* Not lowered. */
		run.skipped++;
	} else {
		*trap =
		    instance_open(run.image.bytes, (uint32_t)run.image.size);
		run.open = true;
	}
	free(log);
	wasm_free(m);
	buf_fini(&bytes);
	return run.open;
}

static uint8_t type_of(const char *name)
{
	static const char *const names[] = { "f64", "f32", "i64", "i32" };

	for (uint8_t i = 0; i < 4; i++) {
		if (strcmp(name, names[i]) == 0)
			return (uint8_t)(AZ_F64 + i);
	}
	return 0;
}

/* Run an action. False: it cannot be run here. */
static bool act(const json_t *action, struct instance_call *call,
    enum az_trap *trap, const struct az_sig **sig)
{
	const struct az_export *e;
	const json_t *args = json_object_get(action, "args");

	if (!run.open || strcmp(text_of(action, "type"), "invoke") != 0 ||
	    json_object_get(action, "module") != NULL)
		return false;
	e = image_export(
	    instance_view(), AZ_EXPORT_FUNC, text_of(action, "field"));
	/* Names are C strings here. */
	if (e == NULL ||
	    json_string_length(json_object_get(action, "field")) !=
		e->name_len ||
	    (e->index & AZ_FUNCREF_IMPORT) != 0)
		return false;
	for (size_t i = 0; i < json_array_size(args); i++)
		call->args[i] = strtoull(
		    text_of(json_array_get(args, i), "value"), NULL, 10);
	*sig = &instance_view()->sigs[instance_view()->funcs[e->index].sig];
	*trap = instance_call(e->index, call);
	return true;
}

static bool nan_fits(const char *want, uint8_t type, uint64_t got)
{
	uint64_t quiet = type == AZ_F32 ? 0x7fc00000 : 0x7ff8000000000000;
	uint64_t sign = type == AZ_F32 ? 0x80000000 : 0x8000000000000000;

	if (strcmp(want, "nan:canonical") == 0)
		return (got & ~sign) == quiet;
	return (got & quiet) == quiet;
}

static bool value_fits(const json_t *want, uint64_t got)
{
	const char *value = text_of(want, "value");
	uint8_t type = type_of(text_of(want, "type"));

	if (strncmp(value, "nan:", 4) == 0)
		return nan_fits(value, type, got);
	return strtoull(value, NULL, 10) == got;
}

static void assert_return(const json_t *command)
{
	const json_t *action = json_object_get(command, "action");
	const json_t *expected = json_object_get(command, "expected");
	struct instance_call call = { 0 };
	const struct az_sig *sig;
	enum az_trap trap;
	char detail[96];

	if (!act(action, &call, &trap, &sig)) {
		run.skipped++;
		return;
	}
	if (trap != AZ_TRAP_NONE ||
	    sig->result_count != json_array_size(expected)) {
		result(false, text_of(action, "field"), "trapped");
		return;
	}
	for (size_t i = 0; i < json_array_size(expected); i++) {
		const json_t *want = json_array_get(expected, i);

		if (value_fits(want, call.results[i]))
			continue;
		snprintf(detail, sizeof(detail), "got %llu, want %s",
		    (unsigned long long)call.results[i],
		    text_of(want, "value"));
		result(false, text_of(action, "field"), detail);
		return;
	}
	result(true, "", "");
}

static const char *const trap_texts[] = {
#define AZ_X(sym, text) [sym] = (text),
	AZ_TRAPS(AZ_X)
#undef AZ_X
};

static bool trap_fits(const char *want, enum az_trap trap)
{
	/* The suite has several words for these. */
	if (strcmp(want, "unreachable") == 0)
		return trap == AZ_TRAP_UNREACHABLE;
	if (strncmp(want, "uninitialized element", 21) == 0)
		return trap == AZ_TRAP_INDIRECT_NULL;
	if (strcmp(want, "undefined") == 0)
		return trap == AZ_TRAP_UNDEFINED;
	return strcmp(want, trap_texts[trap]) == 0;
}

static void assert_trap(const json_t *command)
{
	const json_t *action = json_object_get(command, "action");
	struct instance_call call = { 0 };
	const struct az_sig *sig;
	enum az_trap trap;

	if (!act(action, &call, &trap, &sig)) {
		run.skipped++;
		return;
	}
	result(trap_fits(text_of(command, "text"), trap),
	    text_of(action, "field"), trap_texts[trap]);
}

/* The reader, or wasm-validate, must refuse it. */
static void assert_refused(const json_t *command)
{
	struct wasm_error error = { 0 };
	struct buf bytes = { 0 };
	struct wasm_module *m;

	if (strcmp(text_of(command, "module_type"), "binary") != 0) {
		run.skipped++;
		return;
	}
	m = read_module(command, &bytes, &error);
	result(m == NULL || validate_module(&error, (const uint8_t *)bytes.at,
				bytes.len) == EXIT_INPUT,
	    "accepted", text_of(command, "text"));
	wasm_free(m);
	buf_fini(&bytes);
}

static void assert_uninstantiable(const json_t *command)
{
	enum az_trap trap = AZ_TRAP_NONE;

	if (open_module(command, &trap))
		result(trap_fits(text_of(command, "text"), trap), "start",
		    trap_texts[trap]);
	close_module();
}

static void run_command(const json_t *command)
{
	const char *type = text_of(command, "type");
	struct instance_call call = { 0 };
	const struct az_sig *sig;
	enum az_trap trap = AZ_TRAP_NONE;

	run.line = json_integer_value(json_object_get(command, "line"));
	if (strcmp(type, "module") == 0) {
		if (open_module(command, &trap))
			result(trap == AZ_TRAP_NONE, "start", trap_texts[trap]);
	} else if (strcmp(type, "assert_return") == 0) {
		assert_return(command);
	} else if (strcmp(type, "assert_trap") == 0 ||
		   strcmp(type, "assert_exhaustion") == 0) {
		assert_trap(command);
	} else if (strcmp(type, "assert_invalid") == 0 ||
		   strcmp(type, "assert_malformed") == 0) {
		assert_refused(command);
	} else if (strcmp(type, "assert_uninstantiable") == 0) {
		assert_uninstantiable(command);
	} else if (strcmp(type, "action") != 0 ||
		   !act(json_object_get(command, "action"), &call, &trap,
		       &sig)) {
		run.skipped++;
	}
}

static void run_file(const char *path)
{
	json_t *root = json_load_file(path, JSON_ALLOW_NUL, NULL);
	char *copy = xstrdup(path);
	const json_t *commands = json_object_get(root, "commands");

	run.file = path;
	run.dir = dirname(copy);
	result(root != NULL, "read", "cannot");
	for (size_t i = 0; i < json_array_size(commands); i++)
		run_command(json_array_get(commands, i));
	close_module();
	json_decref(root);
	free(copy);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return EXIT_USAGE;
	run.work_dir = argv[1];
	for (int i = 2; i < argc; i++)
		run_file(argv[i]);
	printf("%u skipped\n%u passed, %u failed\n", run.skipped, run.passed,
	    run.failed);
	return run.failed == 0 ? 0 : 1;
}
