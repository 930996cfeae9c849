/* What goes into a bundle besides images: folders and stdin files, packed,
 * out of the cache where that is quicker; and the time it bears. */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/index.h"
#include "fileio.h"
#include "manifest.h"
#include "proc.h"

/* Below this, packing again costs less than reading the cache. */
enum { CACHED_FROM = 64 << 10, DIGITS_MAX = 18 };

/* The packed form of some contents. */
static void pack(
    struct cached *out, const struct cache *cache, const struct buf *contents)
{
	uint8_t key[32];

	memset(out, 0, sizeof(*out));
	file_sha256(key, contents->at, contents->len);
	if (contents->len >= CACHED_FROM && cache_get(out, cache, key))
		return;
	cached_fini(out);
	blob_pack(&out->blob, contents->at, contents->len);
	memcpy(out->raw_sha256, key, sizeof(key));
	if (contents->len >= CACHED_FROM)
		cache_put(cache, key, out);
}

static bool read_stdin(struct build *b, size_t i)
{
	const struct manifest_string *s = &b->manifest->modules[i].stdin_path;
	char *path = manifest_resolve(b->manifest, s->text);
	struct buf text = { 0 };
	bool done = file_read(&text, path, AZ_BLOB_MAX);

	if (done)
		pack(&b->stdins[i], &b->cache, &text);
	else
		diag_add(b->late, "AZ0205", s->at, "cannot read `%s`: %s",
		    s->text, strerror(errno));
	buf_fini(&text);
	free(path);
	return done;
}

bool build_read_parts(struct build *b)
{
	const struct manifest *m = b->manifest;
	bool done = true;

	for (size_t i = 0; i < m->file_count; i++) {
		const struct manifest_string *s = &m->files[i].path;
		char *path = manifest_resolve(m, s->text);

		done =
		    file_tree_read(&b->trees[i], path, s->at, b->late) && done;
		pack(&b->tree_contents[i], &b->cache, &b->trees[i].contents);
		free(path);
	}
	for (size_t i = 0; i < m->module_count; i++)
		if (m->modules[i].stdin_kind == AZ_STDIN_FILE)
			done = read_stdin(b, i) && done;
	return done;
}

static bool parse_epoch(uint64_t *epoch, const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > DIGITS_MAX ||
	    (text[len] != '\0' && strcmp(text + len, "\n") != 0))
		return false;
	*epoch = strtoull(text, NULL, 10);
	return true;
}

bool build_find_epoch(uint64_t *epoch, const char *dir)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");
	static const char *const git[] = { "git", "log", "-1", "--format=%ct",
		NULL };
	const struct proc_opts opts = { .cwd = dir, .log_path = "/dev/null" };
	struct buf text = { 0 };

	*epoch = 0;
	if (given != NULL && *given != '\0')
		return parse_epoch(epoch, given);
	/* Outside a work tree git fails, and the epoch stays 0. */
	if (proc_output(&text, git, &opts) == 0 && text.len > 0)
		(void)parse_epoch(epoch, text.at);
	buf_fini(&text);
	return true;
}
