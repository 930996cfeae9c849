/* host/wasi/readdir: the entries of a directory.
 *
 * A cookie is the position of an entry: 0 is `.`, 1 is `..`, then the
 * children in the order of their names. The last entry may be cut by the end
 * of the buffer; only then, or when it fits exactly, is the buffer full.
 */
#include <stddef.h>

#include "abi/index.h"
#include "base/mem.h"
#include "host/files.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "task/domain.h"
#include "task/sched.h"
#include "verify/bundle.h"

enum { DOTS = 2, ENTRIES_PER_POINT = 1024 };

struct listing {
	uint32_t set, dir;
	uint32_t first, count; /* children */
};

/* Entry number i (< DOTS + count) of the listing. */
static void get_entry(struct wasi_dirent *entry, struct bundle_text *name,
    const struct listing *l, uint64_t i)
{
	uint32_t file = l->dir;

	if (i < DOTS) {
		*name = (struct bundle_text){ "..", (uint32_t)i + 1 };
		if (i == 1)
			file = files_get(l->set, l->dir)->parent;
	} else {
		file = l->first + (uint32_t)(i - DOTS);
		*name =
		    bundle_text(state_bundle(), files_get(l->set, file)->name);
	}
	*entry = (struct wasi_dirent){
		.next = i + 1,
		.ino = 1 + (uint64_t)file,
		.namlen = name->len,
		.type = (uint8_t)file_type(l->set, file),
	};
}

/* Append what fits; returns the new number of used bytes. */
static uint32_t append(
    uint8_t *buf, uint32_t used, uint32_t size, const void *from, uint32_t len)
{
	if (len > size - used)
		len = size - used;
	memcpy(buf + used, from, len);
	return used + len;
}

static uint32_t fill(
    uint8_t *buf, uint32_t size, const struct listing *l, uint64_t cookie)
{
	uint32_t used = 0;

	for (uint64_t i = cookie; i < DOTS + l->count && used < size; i++) {
		struct wasi_dirent entry;
		struct bundle_text name;

		get_entry(&entry, &name, l, i);
		used = append(buf, used, size, &entry, sizeof entry);
		used = append(buf, used, size, name.at, name.len);
		if (i % ENTRIES_PER_POINT == 0)
			sched_point();
	}
	return used;
}

HOST_CALL(FD_READDIR, d, arg)
{
	struct listing l;
	struct fd *fd;
	void *buf, *result;
	uint32_t used;

	WASI_TRY(fd_get_dir(&fd, d, arg[0], WASI_FD_READDIR));
	WASI_TRY(memory_get(&buf, d, arg[1], arg[2]));
	WASI_TRY(memory_get(&result, d, arg[4], sizeof used));
	l.set = fd->set;
	l.dir = fd->file;
	l.count = files_children(&l.first, l.set, l.dir);
	used = fill(buf, (uint32_t)arg[2], &l, arg[3]);
	memory_put(d, arg[4], &used, sizeof used);
	return WASI_SUCCESS;
}
