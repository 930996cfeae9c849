#include "host/wasi/fd.h"

#include <stddef.h>

#include "abi/index.h"
#include "base/mem.h"
#include "host/files.h"
#include "host/state.h"
#include "task/domain.h"
#include "task/memory.h"
#include "task/sched.h"
#include "verify/bundle.h"

enum { NS_PER_S = 1000000000 };

enum wasi_errno fd_get(
    struct fd **out, struct domain *d, uint64_t number, uint32_t rights)
{
	struct fd *fd;

	if (number >= FDS_MAX)
		return WASI_BADF;
	fd = &d->host->fds[number];
	if (fd->kind == FD_FREE)
		return WASI_BADF;
	if ((fd->base & rights) != rights) {
		if (fd->kind >= FD_STDOUT && fd->kind <= FD_STDERR &&
		    d->log_level == 0)
			(void)state_denied(
			    d, AZ_CALL_FD_WRITE, AZ_GRANT_LOG, "log: info");
		return WASI_NOTCAPABLE;
	}
	*out = fd;
	return WASI_SUCCESS;
}

enum wasi_errno fd_get_dir(
    struct fd **out, struct domain *d, uint64_t number, uint32_t rights)
{
	WASI_TRY(fd_get(out, d, number, 0));
	if ((*out)->kind != FD_DIR)
		return WASI_NOTDIR;
	return ((*out)->base & rights) == rights ? WASI_SUCCESS
						 : WASI_NOTCAPABLE;
}

enum wasi_errno fd_find_free(uint32_t *out, struct domain *d)
{
	for (uint32_t i = 0; i < FDS_MAX; i++) {
		if (d->host->fds[i].kind == FD_FREE) {
			*out = i;
			if (i == d->host->fd_end)
				d->host->fd_end++;
			return WASI_SUCCESS;
		}
	}
	return WASI_MFILE;
}

const uint8_t *fd_bytes(const struct fd *fd, uint64_t *len)
{
	const struct az_file *file;
	const uint8_t *bytes;
	uint64_t all = 0;

	if (fd->kind == FD_BLOB)
		return fd->set == STATE_NO_BLOB ? NULL
						: state_blob(fd->set, len);
	file = files_get(fd->set, fd->file);
	bytes = state_blob(state_bundle()->filesets[fd->set].blob, &all);
	if (bytes == NULL || file->off > all || file->size > all - file->off)
		return NULL;
	*len = file->size;
	return bytes + file->off;
}

enum wasi_filetype file_type(uint32_t set, uint32_t file)
{
	switch (files_get(set, file)->kind) {
	case AZ_FILE_DIR:
		return WASI_DIRECTORY;
	case AZ_FILE_SYMLINK:
		return WASI_SYMBOLIC_LINK;
	default:
		return WASI_REGULAR_FILE;
	}
}

enum wasi_filetype fd_type(const struct fd *fd)
{
	switch (fd->kind) {
	case FD_DIR:
		return WASI_DIRECTORY;
	case FD_FILE:
	case FD_BLOB:
		return WASI_REGULAR_FILE;
	case FD_LISTENER:
		return WASI_SOCKET_STREAM;
	default:
		return WASI_CHARACTER_DEVICE;
	}
}

void file_stat(struct wasi_filestat *st, uint32_t set, uint32_t file)
{
	const struct az_file *f = files_get(set, file);
	uint64_t ns = state_bundle()->system->epoch * NS_PER_S;

	*st = (struct wasi_filestat){
		.dev = 2 + (uint64_t)set, /* 1: standard streams */
		.ino = 1 + (uint64_t)file,
		.filetype = file_type(set, file),
		.nlink = 1,
		.size = f->kind == AZ_FILE_SYMLINK ? f->target.len : f->size,
		.atim = ns,
		.mtim = ns,
		.ctim = ns,
	};
}

enum wasi_errno memory_copy_in(
    void *out, const struct domain *d, uint64_t addr, uint32_t len)
{
	void *from;

	WASI_TRY(memory_get(&from, d, addr, len));
	memcpy(out, from, len);
	return WASI_SUCCESS;
}

enum wasi_errno memory_answer(
    struct domain *d, uint64_t addr, const void *from, uint32_t len)
{
	void *to;

	WASI_TRY(memory_get(&to, d, addr, len));
	memcpy(to, from, len);
	return WASI_SUCCESS;
}

enum wasi_errno iovecs_get(
    struct iovecs *out, const struct domain *d, uint64_t addr, uint64_t count)
{
	struct wasi_iovec iov;
	void *list;

	if (count > IOVECS_MAX)
		return WASI_INVAL;
	*out = (struct iovecs){ (uint32_t)addr, (uint32_t)count, 0 };
	WASI_TRY(memory_get(&list, d, addr, count * sizeof iov));
	for (uint32_t i = 0; i < count; i++) {
		memcpy(&iov, (uint8_t *)list + i * sizeof iov, sizeof iov);
		if (domain_range(d, iov.buf, iov.len) == NULL)
			return WASI_FAULT;
		out->total += iov.len;
	}
	return out->total <= UINT32_MAX ? WASI_SUCCESS : WASI_INVAL;
}

uint64_t iovecs_fill(const struct iovecs *v, const struct domain *d,
    const uint8_t *bytes, uint64_t len)
{
	uint64_t done = 0;

	for (uint32_t i = 0; i < v->count && done < len; i++) {
		uint8_t *buf;
		uint64_t n = iovecs_at(&buf, v, d, i);

		if (n > len - done)
			n = len - done;
		memory_move(buf, bytes + done, (uint32_t)n);
		done += n;
		sched_point();
	}
	return done;
}
