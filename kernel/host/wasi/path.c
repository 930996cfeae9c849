/* host/wasi/path: calls that take a path. The file system is read-only: what
 * would change it is checked as far as it could succeed, then ROFS. */
#include <stddef.h>

#include "abi/index.h"
#include "host/files.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "task/domain.h"
#include "verify/bundle.h"

/* A path as a call names it. */
struct path_arg {
	uint64_t dir;   /* where it starts: a descriptor */
	uint32_t right; /* that the call needs there */
	uint64_t flags; /* enum wasi_lookupflags */
	uint64_t at, len;
};

/* In a call without flags: at arg, then its length. */
static struct path_arg path_at(
    uint64_t dir, uint32_t right, const uint64_t *arg)
{
	return (struct path_arg){ dir, right, 0, arg[0], arg[1] };
}

/* Resolve path from dir. *result tells a path that could be created from one
 * that could not. */
static enum wasi_errno resolve(uint32_t *file, enum files_result *result,
    const struct domain *d, const struct fd *dir, struct path_arg path)
{
	struct files_walk walk = {
		.set = dir->set,
		.start = dir->file,
		.follow = (path.flags & WASI_SYMLINK_FOLLOW) != 0,
	};
	void *text;

	if (path.flags & ~(uint64_t)WASI_LOOKUPFLAGS)
		return WASI_INVAL;
	WASI_TRY(memory_get(&text, d, path.at, path.len));
	*result = files_resolve(file, &walk, text, (uint32_t)path.len);
	return *result == FILES_NEW ? WASI_NOENT : (enum wasi_errno) * result;
}

static enum wasi_errno get_file(
    uint32_t *file, struct fd **dir, struct domain *d, struct path_arg path)
{
	enum files_result result;

	WASI_TRY(fd_get_dir(dir, d, path.dir, path.right));
	return resolve(file, &result, d, *dir, path);
}

/* The answer to a call that would make path. */
static enum wasi_errno refuse_new(struct domain *d, struct path_arg path)
{
	enum files_result result = FILES_OK;
	enum wasi_errno err;
	struct fd *dir;
	uint32_t file;

	WASI_TRY(fd_get_dir(&dir, d, path.dir, path.right));
	err = resolve(&file, &result, d, dir, path);
	if (result == FILES_NEW)
		return WASI_ROFS;
	return err == WASI_SUCCESS ? WASI_EXIST : err;
}

/* The answer to a call that would change the file at path. */
static enum wasi_errno refuse_change(struct domain *d, struct path_arg path)
{
	struct fd *dir;
	uint32_t file;

	WASI_TRY(get_file(&file, &dir, d, path));
	return WASI_ROFS;
}

#define REFUSED(sym, refuse)                                                   \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		return refuse(d, path_at(arg[0], WASI_##sym, arg + 1));        \
	}
REFUSED(PATH_CREATE_DIRECTORY, refuse_new)
REFUSED(PATH_REMOVE_DIRECTORY, refuse_change)
REFUSED(PATH_UNLINK_FILE, refuse_change)
#undef REFUSED

HOST_CALL(PATH_FILESTAT_GET, d, arg)
{
	struct path_arg path = { arg[0], WASI_PATH_FILESTAT_GET, arg[1], arg[2],
		arg[3] };
	struct wasi_filestat st;
	struct fd *dir;
	uint32_t file;

	WASI_TRY(get_file(&file, &dir, d, path));
	file_stat(&st, dir->set, file);
	return memory_answer(d, arg[4], &st, sizeof st);
}

bool wasi_check_times(uint64_t flags)
{
	uint32_t both_atim = WASI_ATIM | WASI_ATIM_NOW;
	uint32_t both_mtim = WASI_MTIM | WASI_MTIM_NOW;

	return (flags & ~(uint64_t)WASI_FSTFLAGS) == 0 &&
	       (flags & both_atim) != both_atim &&
	       (flags & both_mtim) != both_mtim;
}

HOST_CALL(PATH_FILESTAT_SET_TIMES, d, arg)
{
	struct path_arg path = { arg[0], WASI_PATH_FILESTAT_SET_TIMES, arg[1],
		arg[2], arg[3] };

	return wasi_check_times(arg[6]) ? refuse_change(d, path) : WASI_INVAL;
}

HOST_CALL(PATH_LINK, d, arg)
{
	struct path_arg from = { arg[0], WASI_PATH_LINK_SOURCE, arg[1], arg[2],
		arg[3] };
	struct fd *dir;
	uint32_t file;

	WASI_TRY(get_file(&file, &dir, d, from));
	return refuse_new(d, path_at(arg[4], WASI_PATH_LINK_TARGET, arg + 5));
}

/* Whether path_open may open file. Only WASI_FD_WRITE asks to write: some
 * libraries ask to read with every other right, and get what there is. */
static enum wasi_errno check_open(
    uint32_t set, uint32_t file, uint64_t oflags, uint64_t base)
{
	enum wasi_filetype type = file_type(set, file);

	if ((oflags & WASI_O_CREAT) && (oflags & WASI_O_EXCL))
		return WASI_EXIST;
	if (type == WASI_SYMBOLIC_LINK)
		return WASI_LOOP;
	if (type == WASI_DIRECTORY) {
		if ((oflags & WASI_O_TRUNC) || (base & WASI_FD_WRITE))
			return WASI_ISDIR;
		return WASI_SUCCESS;
	}
	if (oflags & WASI_O_DIRECTORY)
		return WASI_NOTDIR;
	if ((oflags & WASI_O_TRUNC) || (base & WASI_FD_WRITE))
		return WASI_ROFS;
	return WASI_SUCCESS;
}

static uint32_t open_right(uint64_t oflags)
{
	return WASI_PATH_OPEN |
	       (oflags & WASI_O_CREAT ? (uint32_t)WASI_PATH_CREATE_FILE : 0) |
	       (oflags & WASI_O_TRUNC ? (uint32_t)WASI_PATH_FILESTAT_SET_SIZE
				      : 0);
}

/* Arguments: dirfd, lookupflags, path, its length, oflags, rights base and
 * inheriting, fdflags, result. */
HOST_CALL(PATH_OPEN, d, arg)
{
	uint64_t oflags = arg[4], base = arg[5], inheriting = arg[6];
	struct path_arg path = { arg[0], open_right(oflags), arg[1], arg[2],
		arg[3] };
	enum files_result result = FILES_OK;
	struct fd opened = { .flags = (uint16_t)arg[7] };
	enum wasi_errno err;
	struct fd *dir;
	void *out;
	uint32_t number;

	if ((oflags & ~(uint64_t)WASI_OFLAGS) ||
	    (arg[7] & ~(uint64_t)WASI_FDFLAGS) ||
	    ((oflags & WASI_O_CREAT) && (oflags & WASI_O_DIRECTORY)))
		return WASI_INVAL;
	WASI_TRY(fd_get_dir(&dir, d, path.dir, path.right));
	if ((base | inheriting) & ~(uint64_t)dir->inheriting)
		return WASI_NOTCAPABLE;
	err = resolve(&opened.file, &result, d, dir, path);
	if (result == FILES_NEW && (oflags & WASI_O_CREAT))
		return WASI_ROFS;
	WASI_TRY(err);
	WASI_TRY(check_open(dir->set, opened.file, oflags, base));
	WASI_TRY(memory_get(&out, d, arg[8], sizeof number));
	WASI_TRY(fd_find_free(&number, d));

	opened.set = dir->set;
	if (file_type(opened.set, opened.file) == WASI_DIRECTORY) {
		opened.kind = FD_DIR;
		opened.base = (uint32_t)base & WASI_RIGHTS_DIR;
		opened.inheriting = (uint32_t)inheriting;
	} else {
		opened.kind = FD_FILE;
		opened.base = (uint32_t)base & WASI_RIGHTS_FILE;
	}
	d->host->fds[number] = opened;
	memory_put(d, arg[8], &number, sizeof number);
	return WASI_SUCCESS;
}

HOST_CALL(PATH_READLINK, d, arg)
{
	const struct az_file *link;
	struct bundle_text target;
	void *buf, *result;
	struct fd *dir;
	uint32_t file, len;

	WASI_TRY(get_file(
	    &file, &dir, d, path_at(arg[0], WASI_PATH_READLINK, arg + 1)));
	link = files_get(dir->set, file);
	if (link->kind != AZ_FILE_SYMLINK)
		return WASI_INVAL;
	target = bundle_text(state_bundle(), link->target);
	len = target.len < arg[4] ? target.len : (uint32_t)arg[4];
	WASI_TRY(memory_get(&buf, d, arg[3], arg[4]));
	WASI_TRY(memory_get(&result, d, arg[5], sizeof len));
	memory_put(d, arg[3], target.at, len);
	memory_put(d, arg[5], &len, sizeof len);
	return WASI_SUCCESS;
}

HOST_CALL(PATH_RENAME, d, arg)
{
	enum wasi_errno err;
	struct fd *dir;
	uint32_t file;

	WASI_TRY(get_file(
	    &file, &dir, d, path_at(arg[0], WASI_PATH_RENAME_SOURCE, arg + 1)));
	err = refuse_new(d, path_at(arg[3], WASI_PATH_RENAME_TARGET, arg + 4));
	/* What is there would be replaced. */
	return err == WASI_EXIST ? WASI_ROFS : err;
}

/* Arguments: the target's text, its length, dirfd, path, its length. */
HOST_CALL(PATH_SYMLINK, d, arg)
{
	void *target;

	WASI_TRY(memory_get(&target, d, arg[0], arg[1]));
	return refuse_new(d, path_at(arg[2], WASI_PATH_SYMLINK, arg + 3));
}
