#include "report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "abi/rights.h"
#include "batch.h"
#include "build.h"
#include "cli.h"
#include "fileio.h"
#include "json_text.h"
#include "manifest.h"
#include "proc.h"

enum { VERSION_MAX = 4096 };

static const char *const level_names[] = { "none", "error", "warn", "info",
	"debug" };

static void put(json_t *to, const char *key, const char *text)
{
	json_object_set_new(
	    to, key, text != NULL ? json_string(text) : json_null());
}

static void put_int(json_t *to, const char *key, uint64_t value)
{
	json_object_set_new(to, key, json_integer((json_int_t)value));
}

static void put_hash(json_t *to, const char *key, const uint8_t hash[32])
{
	char hex[65];

	file_hex(hex, hash, 32);
	put(to, key, hex);
}

/* The first line that a tool says about itself, or NULL. */
static char *version_of(const struct build *b, const char *tool)
{
	char *path = xasprintf("%s/version", b->work_dir);
	const char *const argv[] = { tool, "--version", NULL };
	struct proc_opts opts = { .out_path = path, .log_path = "/dev/null" };
	struct buf text = { 0 };
	char *line = NULL;

	if (proc_run(argv, &opts) == 0 && file_read(&text, path, VERSION_MAX) &&
	    text.len > 0)
		line = xstrndup(text.at, strcspn(text.at, "\n"));
	buf_fini(&text);
	free(path);
	return line;
}

static json_t *grants_json(
    const struct manifest *m, const struct manifest_grants *g)
{
	json_t *out = json_object();
	json_t *files = json_object(), *power = json_array();

	if (g->log != 0)
		put(out, "log", level_names[g->log]);
	if (g->clock != 0)
		put_int(out, "clock_ns", g->clock);
	if (g->random)
		json_object_set_new(out, "random", json_true());
	if (g->observe)
		json_object_set_new(out, "observe", json_true());
	for (size_t i = 0; i < g->mount_count; i++)
		put(files, m->files[g->mounts[i].files_index].name.text,
		    g->mounts[i].path.text);
	if (g->power & AZ_POWER_HALT)
		json_array_append_new(power, json_string("halt"));
	if (g->power & AZ_POWER_REBOOT)
		json_array_append_new(power, json_string("reboot"));
	if (json_object_size(files) > 0)
		json_object_set(out, "files", files);
	if (json_array_size(power) > 0)
		json_object_set(out, "power", power);
	json_decref(files);
	json_decref(power);
	return out;
}

/* The files that became one with the module. */
static json_t *links_json(const struct build *b, size_t i)
{
	const struct manifest_module *m = &b->manifest->modules[i];
	json_t *out = json_array();

	for (size_t n = 0; n < m->link_count; n++) {
		char *path =
		    manifest_resolve(b->manifest, m->links[n].path.text);
		const struct checked_file *file = check_find(&b->checked, path);
		json_t *item = json_object();

		put(item, "name", m->links[n].name.text);
		put(item, "source", m->links[n].path.text);
		put_hash(item, "wasm_sha256", file->sha256);
		json_array_append_new(out, item);
		free(path);
	}
	return out;
}

static json_t *module_json(const struct build *b, size_t i)
{
	const struct manifest_module *m = &b->manifest->modules[i];
	const struct batch_item *item = &b->items[i];
	json_t *out = json_object();

	put(out, "name", m->name.text);
	put(out, "version", m->version.text);
	if (m->source.text != NULL)
		put(out, "source", m->source.text);
	if (m->package.text != NULL)
		put(out, "package", m->package.text);
	if (m->link_count > 0)
		json_object_set_new(out, "link", links_json(b, i));
	put_hash(out, "wasm_sha256", item->sha256);
	put_int(out, "wasm_size", item->bytes->len);
	put_hash(out, "image_sha256", item->out.raw_sha256);
	put_int(out, "image_size", item->out.blob.raw_size);
	put_int(out, "text_size", item->out.text_size);
	put_hash(out, "blob_sha256", item->out.blob.sha256);
	put_int(out, "blob_size", item->out.blob.stored.len);
	put_int(out, "memory", m->memory);
	put_int(out, "stack", m->stack);
	if (m->cpu_period != 0) {
		put_int(out, "cpu_budget_ns", m->cpu_budget);
		put_int(out, "cpu_period_ns", m->cpu_period);
	}
	if (m->deadline != 0)
		put_int(out, "deadline_ns", m->deadline);
	if (m->watchdog != 0)
		put_int(out, "watchdog_ms", m->watchdog / 1000000);
	json_object_set_new(
	    out, "grants", grants_json(b->manifest, &m->grants));
	return out;
}

static json_t *files_json(const struct build *b, size_t i)
{
	const struct file_tree *tree = &b->trees[i];
	json_t *out = json_object();

	put(out, "name", b->manifest->files[i].name.text);
	put(out, "path", b->manifest->files[i].path.text);
	put_int(out, "entries", tree->count);
	put_int(out, "size", tree->contents.len);
	put_int(out, "blob_size", b->tree_contents[i].blob.stored.len);
	put_hash(out, "blob_sha256", b->tree_contents[i].blob.sha256);
	return out;
}

static json_t *signer_json(const struct build *b)
{
	json_t *out = json_object();
	char fingerprint[KEY_FINGERPRINT_SIZE], hex[33];
	uint8_t id[16];

	key_id(id, &b->signing.key.public);
	key_fingerprint(fingerprint, id);
	file_hex(hex, id, sizeof(id));
	put(out, "key_id", hex);
	put(out, "fingerprint", fingerprint);
	json_object_set_new(
	    out, "development", json_boolean(b->signing.key.dev));
	return out;
}

static json_t *toolchain_json(const struct build *b)
{
	static const char *const tools[] = { "wasm2c", "gcc-12", "grub-mkimage",
		"xorriso", "mformat" };
	json_t *out = json_object();

	put(out, "azoth", AZOTH_VERSION);
	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
		char *version = version_of(b, tools[i]);

		if (version != NULL)
			put(out, tools[i], version);
		free(version);
	}
	return out;
}

static json_t *products_json(const struct build *b)
{
	json_t *out = json_object();

	if (b->iso)
		put(out, "iso_sha256", b->iso_sha256);
	put(out, "bundle_sha256", b->bundle_sha256);
	put_int(out, "bundle_size", b->bundle.len);
	put(out, "kernel_sha256", b->kernel_sha256);
	put_int(out, "kernel_size", b->kernel.len);
	return out;
}

static json_t *report_json(const struct build *b)
{
	const struct manifest *m = b->manifest;
	json_t *out = json_object();
	json_t *modules = json_array(), *files = json_array();

	for (size_t i = 0; i < m->module_count; i++)
		json_array_append_new(modules, module_json(b, i));
	for (size_t i = 0; i < m->file_count; i++)
		json_array_append_new(files, files_json(b, i));
	put(out, "schema", "azoth.report/1");
	put(out, "name", m->name.text);
	put(out, "version", m->version.text);
	put(out, "profile", m->profile);
	put_int(out, "abi", AZ_ABI_VERSION);
	put_int(out, "epoch", b->epoch);
	put_int(out, "serial", m->rollback);
	put_int(out, "memory", m->memory);
	json_object_set_new(out, "signer", signer_json(b));
	json_object_set_new(out, "toolchain", toolchain_json(b));
	json_object_set_new(out, "products", products_json(b));
	json_object_set_new(out, "modules", modules);
	json_object_set_new(out, "files", files);
	return out;
}

static bool write_in(
    const struct build *b, const char *name, const void *text, size_t len)
{
	char *path = xasprintf("%s/%s", b->out_dir, name);
	bool done = file_write(path, text, len, 0644);

	free(path);
	return done;
}

bool report_write(const struct build *b)
{
	json_t *report = report_json(b);
	char *json = json_dumps(report, JSON_INDENT(2));
	struct buf text = { 0 };
	bool done;

	json_text(&text, report);
	done = write_in(b, "report.json", json, strlen(json)) &&
	       write_in(b, "report.txt", text.at, text.len);
	buf_fini(&text);
	free(json);
	json_decref(report);
	return done;
}
