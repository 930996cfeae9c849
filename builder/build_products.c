/* The products of a build: the kernel with its trust page, the files for PVH,
 * and the ISO. What is the same already is not written again. */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "exit.h"
#include "fileio.h"
#include "index_write.h"
#include "iso.h"
#include "kernel_elf.h"
#include "manifest.h"

enum { KERNEL_FILE_MAX = 64 << 20 };

static char *in_out_dir(const struct build *b, const char *extension)
{
	return xasprintf(
	    "%s/%s.%s", b->out_dir, b->manifest->name.text, extension);
}

int build_read_kernel(struct build *b)
{
	char *path = kernel_default_path();
	const char *why = NULL;
	uint8_t hash[32];
	bool done;

	if (path == NULL || !file_read(&b->kernel, path, KERNEL_FILE_MAX)) {
		cli_error("AZ0701",
		    "the kernel is built with the builder, by make",
		    "cannot read the kernel `%s`: %s", path ? path : "?",
		    strerror(errno));
		free(path);
		return EXIT_HOST;
	}
	done =
	    kernel_find_trust(&b->trust_off, b->kernel.at, b->kernel.len, &why);
	if (done)
		memcpy(
		    b->kernel.at + b->trust_off, &b->trust, sizeof(b->trust));
	else
		cli_error("AZ0801", NULL, "`%s` is no kernel: %s", path, why);
	free(path);
	file_sha256(hash, b->kernel.at, b->kernel.len);
	file_hex(b->kernel_sha256, hash, sizeof(hash));
	return done ? EXIT_DONE : EXIT_HOST;
}

/* Write the file unless it holds these bytes already. */
static int put_product(struct build *b, const char *path, const struct buf *new)
{
	struct buf old = { 0 };
	bool same =
	    file_read(&old, path, FILE_SIZE_MAX) &&
	    old.len == new->len &&memcmp(old.at, new->at, new->len) == 0;

	buf_fini(&old);
	if (same)
		return EXIT_DONE;
	b->changed = true;
	if (file_write(path, new->at, new->len, 0644))
		return EXIT_DONE;
	cli_error(NULL, NULL, "cannot write `%s`: %s", path, strerror(errno));
	return EXIT_HOST;
}

int build_write_pvh(struct build *b)
{
	int code;

	if (!b->pvh)
		return EXIT_DONE;
	b->elf_path = in_out_dir(b, "elf");
	b->bundle_path = in_out_dir(b, "bundle");
	code = put_product(b, b->elf_path, &b->kernel);
	return code ? code : put_product(b, b->bundle_path, &b->bundle);
}

/* What the ISO is made from, as one hash. */
static void iso_key(uint8_t key[32], const struct build *b, const char *cmdline)
{
	uint8_t tools[32];
	char hex[65], *all;

	iso_fingerprint(tools, cmdline, b->epoch);
	file_hex(hex, tools, sizeof(tools));
	all = xasprintf("iso %s %s %s %s", hex, b->kernel_sha256,
	    b->bundle_sha256, b->title);
	file_sha256(key, all, strlen(all));
	free(all);
}

static bool hash_file(char hex[65], size_t *size, const char *path)
{
	struct buf bytes = { 0 };
	uint8_t hash[32];
	bool done = file_read(&bytes, path, FILE_SIZE_MAX);

	file_sha256(hash, bytes.at, bytes.len);
	file_hex(hex, hash, sizeof(hash));
	*size = bytes.len;
	buf_fini(&bytes);
	return done;
}

static int make_iso(struct build *b, const char *cmdline)
{
	char *log = xasprintf("%s/iso.log", b->work_dir);
	char *kept = xasprintf("%s/log/iso.log", b->out_dir);
	char *dir = xasprintf("%s/log", b->out_dir);
	struct iso_job job = { .kernel = &b->kernel,
		.trust_off = b->trust_off,
		.bundle = &b->bundle,
		.cmdline = cmdline,
		.title = b->title,
		.epoch = b->epoch,
		.cache = &b->cache,
		.work_dir = b->work_dir,
		.log_path = log,
		.out_path = b->iso_path };
	struct buf text = { 0 };
	const char *tool;
	int code = iso_write(&job, &tool);

	if (code == EXIT_TOOL) {
		bool found = file_read(&text, log, FILE_SIZE_MAX) &&
			     file_make_dirs(dir, 0755) &&
			     file_write(kept, text.at, text.len, 0644);
		char *help = xasprintf("the whole log: %s", kept);

		if (text.len > 0)
			fputs(text.at, stderr);
		cli_error("AZ0703", found ? help : NULL, "`%s` failed", tool);
		free(help);
	} else if (code == EXIT_HOST) {
		cli_error("AZ0701", "azoth doctor", "`%s` is missing", tool);
	}
	buf_fini(&text);
	free(log);
	free(kept);
	free(dir);
	return code;
}

int build_write_iso(struct build *b)
{
	struct progress_end end = { .step = "pack", .since = progress_now() };
	char *cmdline, *note;
	uint8_t key[32];
	size_t size = 0;
	int code = EXIT_DONE;

	if (!b->iso)
		return EXIT_DONE;
	b->iso_path = in_out_dir(b, "iso");
	cmdline = index_cmdline(b->manifest);
	iso_key(key, b, cmdline);
	note = cache_get_note(&b->cache, key);
	end.cached = hash_file(b->iso_sha256, &size, b->iso_path) &&
		     note != NULL && strcmp(note, b->iso_sha256) == 0;
	if (!end.cached) {
		progress_begin(&b->progress, "pack", NULL, 0, 1);
		if (b->options->explain)
			progress_say(&b->progress,
			    " rebuild   %s: bundle, kernel, key, tools or "
			    "epoch changed, or it is not as it was written",
			    b->iso_path);
		code = make_iso(b, cmdline);
		b->changed = true;
		if (code == EXIT_DONE &&
		    hash_file(b->iso_sha256, &size, b->iso_path))
			cache_put_note(&b->cache, key, b->iso_sha256);
	}
	if (code == EXIT_DONE)
		progress_end(&b->progress, &end, "%s   %.2f MiB   %s",
		    b->iso_path, (double)size / (1 << 20),
		    end.cached ? "unchanged" : "BIOS UEFI USB");
	free(note);
	free(cmdline);
	return code;
}
