#include "host/files.h"

#include "abi/index.h"
#include "task/sched.h"
#include "verify/bundle.h"
#include "verify/text.h"

/* Links let a short path have 40 times 2,048 components. */
enum { STEPS_PER_POINT = 256 };

static const struct bundle *bundle;

/* Text that is still to be walked: the path itself at the bottom, then the
 * target of each link that was met on the way. */
struct piece {
	const char *at;
	uint32_t len;
};

struct walker {
	const struct files_walk *walk;
	uint32_t at;    /* the directory that has been reached */
	uint32_t depth; /* pieces in use */
	uint32_t links; /* followed so far */
	struct piece pieces[FILES_LINKS_MAX + 1];
};

void files_init(const struct bundle *b)
{
	bundle = b;
}

const struct az_file *files_get(uint32_t set, uint32_t at)
{
	return &bundle->files[bundle->filesets[set].files.first + at];
}

/* Order of file `at` against (dir, name). */
static int compare(
    uint32_t set, uint32_t at, uint32_t dir, const char *name, uint32_t len)
{
	const struct az_file *file = files_get(set, at);

	if (file->parent != dir)
		return file->parent < dir ? -1 : 1;
	return bundle_text_compare(
	    bundle_text(bundle, file->name), (struct bundle_text){ name, len });
}

/* The first file that is not before (dir, name). The root, which is its own
 * parent, takes no part. */
static uint32_t lower_bound(
    uint32_t set, uint32_t dir, const char *name, uint32_t len)
{
	uint32_t low = 1, high = bundle->filesets[set].files.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare(set, middle, dir, name, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool files_find(
    uint32_t *out, uint32_t set, uint32_t dir, const char *name, uint32_t len)
{
	uint32_t at = lower_bound(set, dir, name, len);

	if (at >= bundle->filesets[set].files.count ||
	    compare(set, at, dir, name, len) != 0)
		return false;
	*out = at;
	return true;
}

uint32_t files_children(uint32_t *first, uint32_t set, uint32_t dir)
{
	*first = lower_bound(set, dir, "", 0);
	return lower_bound(set, dir + 1, "", 0) - *first;
}

/* Cut the next component off the top piece. *slash: a slash follows it.
 * False when nothing is left anywhere. */
static bool next_name(struct walker *w, struct piece *name, bool *slash)
{
	while (w->depth > 0) {
		struct piece *top = &w->pieces[w->depth - 1];
		uint32_t len = 0;

		while (top->len > 0 && *top->at == '/') {
			top->at++;
			top->len--;
		}
		while (len < top->len && top->at[len] != '/')
			len++;
		if (len > 0) {
			*name = (struct piece){ top->at, len };
			top->at += len;
			top->len -= len;
			*slash = top->len > 0;
			return true;
		}
		w->depth--;
	}
	return false;
}

/* Whether no component is left; *slash: but a slash is. The top comes first:
 * only the last component of a link looks further down. */
static bool at_end(const struct walker *w, bool *slash)
{
	for (uint32_t i = w->depth; i > 0; i--) {
		const struct piece *piece = &w->pieces[i - 1];

		for (uint32_t c = 0; c < piece->len; c++)
			if (piece->at[c] != '/')
				return false;
		*slash = *slash || piece->len > 0;
	}
	return true;
}

static enum files_result push_link(struct walker *w, const struct az_file *link)
{
	struct bundle_text target = bundle_text(bundle, link->target);

	if (w->links == FILES_LINKS_MAX)
		return FILES_LOOP;
	if (target.len == 0)
		return FILES_NOENT;
	if (target.at[0] == '/')
		return FILES_OUTSIDE;
	w->links++;
	/* At most one piece a link: the array cannot overflow. */
	w->pieces[w->depth++] = (struct piece){ target.at, target.len };
	return FILES_OK;
}

/* Step into one component. */
static enum files_result step(struct walker *w, struct piece name, bool slash)
{
	uint32_t set = w->walk->set, child;
	const struct az_file *file = files_get(set, w->at);
	bool last;

	if (file->kind != AZ_FILE_DIR)
		return FILES_NOTDIR;
	if (name.len == 1 && name.at[0] == '.')
		return FILES_OK;
	if (name.len == 2 && name.at[0] == '.' && name.at[1] == '.') {
		if (w->at == w->walk->start)
			return FILES_OUTSIDE;
		w->at = file->parent;
		return FILES_OK;
	}
	last = at_end(w, &slash);
	if (!files_find(&child, set, w->at, name.at, name.len))
		return last ? FILES_NEW : FILES_NOENT;
	file = files_get(set, child);
	if (file->kind == AZ_FILE_SYMLINK &&
	    (!last || slash || w->walk->follow))
		return push_link(w, file);
	if (slash && file->kind != AZ_FILE_DIR)
		return FILES_NOTDIR;
	w->at = child;
	return FILES_OK;
}

static enum files_result check_path(const char *path, uint32_t len)
{
	if (len == 0)
		return FILES_NOENT;
	if (len > AZ_PATH_MAX)
		return FILES_TOO_LONG;
	if (!text_is_utf8(path, len))
		return FILES_BAD_NAME;
	return path[0] == '/' ? FILES_OUTSIDE : FILES_OK;
}

enum files_result files_resolve(uint32_t *out, const struct files_walk *walk,
    const char *path, uint32_t len)
{
	enum files_result result = check_path(path, len);
	struct walker w = { .walk = walk, .at = walk->start, .depth = 1 };
	uint32_t steps = 0;
	struct piece name;
	bool slash;

	if (result != FILES_OK)
		return result;
	w.pieces[0] = (struct piece){ path, len };
	while (next_name(&w, &name, &slash)) {
		if (++steps % STEPS_PER_POINT == 0)
			sched_point();
		result = step(&w, name, slash);
		if (result != FILES_OK)
			return result;
	}
	*out = w.at;
	return FILES_OK;
}
