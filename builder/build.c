#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle_write.h"
#include "cli.h"
#include "batch.h"
#include "diag.h"
#include "exit.h"
#include "fileio.h"
#include "index_write.h"
#include "iso.h"
#include "kernel_elf.h"
#include "manifest.h"
#include "manifest_value.h"
#include "proc.h"
#include "report.h"
#include "validate.h"

enum { STACK_STEP = 4096 };

static void print_diags(const struct build *b, const struct diags *list)
{
	if (diags_errors(list) + diags_warnings(list) > 0)
		diags_print(list, stderr, DIAG_HUMAN, b->cli->color);
}

static bool choose_formats(struct build *b)
{
	const char *at = b->options->formats;

	b->iso = b->manifest->format_iso;
	b->pvh = b->manifest->format_pvh;
	if (at == NULL)
		return true;
	b->iso = b->pvh = false;
	for (size_t len; *at != '\0'; at += len) {
		at += *at == ',';
		len = strcspn(at, ",");
		if (len == 3 && memcmp(at, "iso", len) == 0)
			b->iso = true;
		else if (len == 3 && memcmp(at, "pvh", len) == 0)
			b->pvh = true;
		else
			return false;
	}
	return b->iso || b->pvh;
}

/* No tool could judge the types of the modules. */
static int say_untyped(const struct checked *c)
{
	if (c->types == EXIT_HOST)
		cli_error("AZ0701", "apt install " VALIDATE_PACKAGE,
		    "`%s` is needed and is not here", VALIDATE_PROGRAM);
	else if (c->types == EXIT_TOOL)
		cli_error("AZ0703", NULL, "`%s` failed on `%s`",
		    VALIDATE_PROGRAM, c->untyped->path);
	return c->types;
}

static int step_check(struct build *b)
{
	struct progress_end end = { .step = "check", .since = progress_now() };
	size_t errors;

	b->manifest =
	    manifest_load(b->options->path, b->options->profile, b->list);
	if (b->manifest != NULL)
		check_manifest(&b->checked, b->manifest, b->list);
	errors = diags_errors(b->list);
	if (errors > 0 || b->manifest == NULL) {
		print_diags(b, b->list);
		return errors > 0 ? diags_exit_code(b->list) : EXIT_INPUT;
	}
	if (b->checked.types != EXIT_DONE)
		return say_untyped(&b->checked);
	if (!choose_formats(b)) {
		cli_error(NULL, "use iso, pvh or iso,pvh",
		    "--format: `%s` is not a list of formats",
		    b->options->formats);
		return EXIT_USAGE;
	}
	b->title = xasprintf("%s%s%s", b->manifest->name.text,
	    b->manifest->version.text ? " " : "",
	    b->manifest->version.text ? b->manifest->version.text : "");
	progress_say(&b->progress, "%s%s%s", b->title,
	    b->manifest->profile ? "   profile " : "",
	    b->manifest->profile ? b->manifest->profile : "");
	progress_end(&b->progress, &end, "%zu module%s, %zu folder%s, 0 errors",
	    b->manifest->module_count,
	    b->manifest->module_count == 1 ? "" : "s", b->manifest->file_count,
	    b->manifest->file_count == 1 ? "" : "s");
	if (!b->cli->quiet)
		print_diags(b, b->list);
	return EXIT_DONE;
}

/* What the host lacks is told before any work is done. */
static int step_host(struct build *b)
{
	const char *package, *tool = b->iso ? iso_missing_tool(&package) : NULL;
	const char *base = getenv("TMPDIR");

	if (tool != NULL) {
		char *help = xasprintf("apt install %s", package);

		cli_error(
		    "AZ0701", help, "`%s` is needed and is not here", tool);
		free(help);
		return EXIT_HOST;
	}
	if (!build_find_epoch(&b->epoch, b->manifest->dir)) {
		cli_error(NULL, "seconds since 1970, or unset it",
		    "SOURCE_DATE_EPOCH is not a number");
		return EXIT_USAGE;
	}
	b->out_dir = b->options->out_dir ? xstrdup(b->options->out_dir)
					 : manifest_resolve(b->manifest, "out");
	if (!file_make_dirs(b->out_dir, 0755)) {
		cli_error(NULL, NULL, "cannot make `%s`: %s", b->out_dir,
		    strerror(errno));
		return EXIT_HOST;
	}
	b->work_dir = xasprintf(
	    "%s/azoth-build-XXXXXX", base && base[0] == '/' ? base : "/tmp");
	if (mkdtemp(b->work_dir) == NULL) {
		cli_error(NULL, NULL, "cannot make `%s`: %s", b->work_dir,
		    strerror(errno));
		free(b->work_dir);
		b->work_dir = NULL;
		return EXIT_HOST;
	}
	return EXIT_DONE;
}

/* The development key signs what the manifest leaves unsigned. */
static int read_dev_key(struct build *b)
{
	struct key_error why;
	bool created = false;
	int code = key_read_dev(&b->signing.key, &created, &why);

	if (code != EXIT_DONE) {
		cli_error(
		    why.code, why.help[0] ? why.help : NULL, "%s", why.text);
		return code;
	}
	b->signing.has_key = true;
	if (created)
		progress_say(&b->progress,
		    " keys      made a development key; images that it signs "
		    "say so when they boot");
	return EXIT_DONE;
}

static int step_keys(struct build *b)
{
	const struct manifest *m = b->manifest;
	struct key_private *key = &b->signing.key;
	int code = m->signing_key.text == NULL ? read_dev_key(b) : EXIT_DONE;

	if (code != EXIT_DONE)
		return code;
	if (!signing_read(&b->signing, m, true, b->late)) {
		print_diags(b, b->late);
		return diags_exit_code(b->late);
	}
	if (m->profile != NULL && strcmp(m->profile, "dev") == 0)
		key->dev = true;
	trust_page_init(&b->trust);
	(void)trust_page_add(&b->trust, &key->public,
	    key->dev ? "development" : "image", key->dev ? AZ_TRUST_DEV : 0);
	for (size_t i = 0; i < m->trust_count; i++) {
		if (trust_page_add(&b->trust, &b->signing.trusted[i],
			m->trust[i].name.text, 0))
			continue;
		cli_error("AZ0117", NULL, "the kernel has room for %d keys",
		    AZ_TRUST_KEYS_MAX);
		return EXIT_INPUT;
	}
	return EXIT_DONE;
}

/* A call deeper than the stack is a trap. */
static void warn_of_stack(
    struct diags *list, const struct manifest_module *module, uint32_t needed)
{
	bool written = module->stack_at.line != 0;
	uint64_t whole = (needed + STACK_STEP - 1) / STACK_STEP * STACK_STEP;
	char *needs, *has;
	struct diag *d;

	if (needed <= module->stack)
		return;
	needs = value_size_text(whole);
	has = value_size_text(module->stack);
	d = diag_add(list, "AZ0404",
	    written ? module->stack_at : module->name.at,
	    "calls in module `%s` can take %s of stack, more than its %s",
	    module->name.text, needs, has);
	diag_label(
	    d, written ? "too little" : "the default of %s is too little", has);
	diag_help(d, "write `stack: %s`", needs);
	if (written)
		diag_fix(d, module->stack_at, needs);
	free(needs);
	free(has);
}

static void warn_of_stacks(const struct build *b)
{
	struct diags *list = diags_new();

	for (size_t i = 0; i < b->manifest->module_count; i++)
		warn_of_stack(
		    list, &b->manifest->modules[i], b->items[i].out.stack);
	if (!b->cli->quiet)
		print_diags(b, list);
	diags_free(list);
}

static int step_compile(struct build *b)
{
	const struct manifest *m = b->manifest;
	char *logs = xasprintf("%s/log", b->out_dir);
	char *keep = b->options->keep_c ? xasprintf("%s/c", b->out_dir) : NULL;
	struct batch_job job = { .count = m->module_count,
		.jobs = b->options->jobs,
		.cache = &b->cache,
		.work_dir = b->work_dir,
		.log_dir = logs,
		.keep_dir = keep,
		.explain = b->options->explain,
		.progress = &b->progress };
	int code;

	b->items = xcalloc(m->module_count, sizeof(*b->items));
	job.items = b->items;
	for (size_t i = 0; i < m->module_count; i++) {
		b->items[i].name = m->modules[i].name.text;
		b->items[i].wasm = b->checked.modules[i]->wasm;
		b->items[i].bytes = &b->checked.modules[i]->bytes;
		b->items[i].sha256 = b->checked.modules[i]->sha256;
	}
	if (b->options->change != NULL)
		code = b->options->change(b->options->change_ctx, b);
	else
		code = EXIT_DONE;
	if (code == EXIT_DONE && keep != NULL && !file_make_dirs(keep, 0755)) {
		cli_error(
		    NULL, NULL, "cannot make `%s`: %s", keep, strerror(errno));
		code = EXIT_HOST;
	}
	if (code == EXIT_DONE)
		code = batch_compile(&job);
	if (code == EXIT_DONE)
		warn_of_stacks(b);
	free(logs);
	free(keep);
	return code;
}

static int step_parts(struct build *b)
{
	const struct manifest *m = b->manifest;

	b->trees = xcalloc(m->file_count, sizeof(*b->trees));
	b->tree_contents = xcalloc(m->file_count, sizeof(*b->tree_contents));
	b->stdins = xcalloc(m->module_count, sizeof(*b->stdins));
	if (build_read_parts(b))
		return EXIT_DONE;
	print_diags(b, b->late);
	return diags_exit_code(b->late);
}

/* Arrays of blobs as index_write wants them; borrowed. */
static struct blob *blobs_of(const struct cached *entries, size_t count)
{
	struct blob *blobs = xcalloc(count, sizeof(*blobs));

	for (size_t i = 0; i < count; i++)
		blobs[i] = entries[i].blob;
	return blobs;
}

static int step_sign(struct build *b)
{
	const struct manifest *m = b->manifest;
	struct progress_end end = { .step = "sign", .since = progress_now() };
	struct blob *images = xcalloc(m->module_count, sizeof(*images));
	struct blob *stdins = blobs_of(b->stdins, m->module_count);
	struct blob *contents = blobs_of(b->tree_contents, m->file_count);
	struct system_parts parts = { .manifest = m,
		.images = images,
		.stdins = stdins,
		.trees = b->trees,
		.tree_blobs = contents,
		.epoch = b->epoch,
		.dev = b->signing.key.dev };
	char fingerprint[KEY_FINGERPRINT_SIZE];
	uint8_t id[16], hash[32];
	const char *why = NULL;
	bool done;

	for (size_t i = 0; i < m->module_count; i++)
		images[i] = b->items[i].out.blob;
	done = bundle_write(&b->bundle, &parts, &b->signing.key, &why);
	free(images);
	free(stdins);
	free(contents);
	if (!done) {
		cli_error(
		    NULL, NULL, "the kernel would refuse this system: %s", why);
		return EXIT_INPUT;
	}
	file_sha256(hash, b->bundle.at, b->bundle.len);
	file_hex(b->bundle_sha256, hash, sizeof(hash));
	key_id(id, &b->signing.key.public);
	key_fingerprint(fingerprint, id);
	progress_end(&b->progress, &end, "%zu object%s with %s (%s)",
	    m->module_count + m->file_count,
	    m->module_count + m->file_count == 1 ? "" : "s",
	    b->signing.key.dev ? "a development key" : m->signing_key.text,
	    fingerprint);
	return EXIT_DONE;
}

static int step_report(struct build *b)
{
	char *path = xasprintf("%s/report.json", b->out_dir);
	bool there = access(path, F_OK) == 0;

	free(path);
	if ((there && !b->changed) || report_write(b))
		return EXIT_DONE;
	cli_error(NULL, NULL, "cannot write the report into `%s`: %s",
	    b->out_dir, strerror(errno));
	return EXIT_HOST;
}

int build_run(
    struct build *b, const struct cli *cli, const struct build_options *o)
{
	static const struct {
		const char *name;
		int (*run)(struct build *b);
	} steps[] = {
		{ "check", step_check },
		{ "host", step_host },
		{ "keys", step_keys },
		{ "compile", step_compile },
		{ "files", step_parts },
		{ "sign", step_sign },
		{ "kernel", build_read_kernel },
		{ "pvh", build_write_pvh },
		{ "iso", build_write_iso },
		{ "report", step_report },
	};
	int code = EXIT_DONE;

	memset(b, 0, sizeof(*b));
	b->options = o;
	b->cli = cli;
	b->list = diags_new();
	b->late = diags_new();
	progress_init(&b->progress, cli);
	proc_catch_signals();
	cache_open(&b->cache);
	for (size_t i = 0;
	     i < sizeof(steps) / sizeof(*steps) && code == EXIT_DONE; i++) {
		uint64_t since = progress_now();

		code = proc_interrupted() ? EXIT_INTERRUPTED : steps[i].run(b);
		if (o->times)
			progress_say(&b->progress, " time      %-10s %8.2f ms",
			    steps[i].name,
			    (double)(progress_now() - since) / 1e6);
	}
	if (proc_interrupted())
		code = EXIT_INTERRUPTED;
	if (b->work_dir != NULL)
		(void)file_remove_tree(b->work_dir);
	signing_fini(&b->signing);
	return code;
}

void build_fini(struct build *b)
{
	const struct manifest *m = b->manifest;

	for (size_t i = 0; m != NULL && i < m->module_count; i++) {
		if (b->items != NULL)
			cached_fini(&b->items[i].out);
		if (b->stdins != NULL)
			cached_fini(&b->stdins[i]);
	}
	for (size_t i = 0; m != NULL && i < m->file_count; i++) {
		if (b->trees != NULL)
			file_tree_fini(&b->trees[i]);
		if (b->tree_contents != NULL)
			cached_fini(&b->tree_contents[i]);
	}
	free(b->items);
	free(b->stdins);
	free(b->trees);
	free(b->tree_contents);
	buf_fini(&b->bundle);
	buf_fini(&b->kernel);
	checked_fini(&b->checked);
	diags_free(b->late);
	diags_free(b->list);
	if (b->manifest != NULL)
		manifest_free(b->manifest);
	cache_close(&b->cache);
	progress_fini(&b->progress);
	free(b->out_dir);
	free(b->work_dir);
	free(b->title);
	free(b->iso_path);
	free(b->elf_path);
	free(b->bundle_path);
}
