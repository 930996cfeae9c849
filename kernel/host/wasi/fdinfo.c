/* host/wasi/fdinfo: what a descriptor is, and changing that. */
#include <stddef.h>

#include "abi/index.h"
#include "base/mem.h"
#include "host/port.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "host/wasi/sock.h"
#include "task/domain.h"
#include "verify/bundle.h"

HOST_CALL(FD_ADVISE, d, arg)
{
	struct fd *fd;

	WASI_TRY(fd_get(&fd, d, arg[0], WASI_FD_ADVISE));
	if (arg[3] >= WASI_ADVICE_COUNT)
		return WASI_INVAL;
	return fd->kind == FD_DIR ? WASI_BADF : WASI_SUCCESS;
}

/* Calls that need a descriptor with a right and do nothing: there is nothing to
 * write back, and what is read-only does not change. */
#define ANSWER(sym, right, answer)                                             \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		struct fd *fd;                                                 \
                                                                               \
		WASI_TRY(fd_get(&fd, d, arg[0], right));                       \
		return answer;                                                 \
	}
ANSWER(FD_ALLOCATE, WASI_FD_ALLOCATE, WASI_ROFS)
ANSWER(FD_DATASYNC, WASI_FD_DATASYNC, WASI_SUCCESS)
ANSWER(FD_SYNC, WASI_FD_SYNC, WASI_SUCCESS)
ANSWER(FD_FILESTAT_SET_SIZE, WASI_FD_FILESTAT_SET_SIZE, WASI_ROFS)
#undef ANSWER

HOST_CALL(FD_CLOSE, d, arg)
{
	struct fd *fd;

	if (arg[0] >= SOCKET_FD)
		return sock_close(d, arg);
	WASI_TRY(fd_get(&fd, d, arg[0], 0));
	memset(fd, 0, sizeof *fd);
	return WASI_SUCCESS;
}

HOST_CALL(FD_FDSTAT_GET, d, arg)
{
	struct wasi_fdstat st;
	struct fd *fd;

	if (sock_has_flags(d, arg[0]))
		return sock_get_flags(d, arg);
	WASI_TRY(fd_get(&fd, d, arg[0], 0));
	st = (struct wasi_fdstat){
		.filetype = (uint8_t)fd_type(fd),
		.flags = fd->flags,
		.rights_base = fd->base,
		.rights_inheriting = fd->inheriting,
	};
	return memory_answer(d, arg[1], &st, sizeof st);
}

HOST_CALL(FD_FDSTAT_SET_FLAGS, d, arg)
{
	struct fd *fd;

	if (sock_has_flags(d, arg[0]))
		return sock_set_flags(d, arg);
	WASI_TRY(fd_get(&fd, d, arg[0], WASI_FD_FDSTAT_SET_FLAGS));
	if (arg[1] & ~(uint64_t)WASI_FDFLAGS)
		return WASI_INVAL;
	fd->flags = (uint16_t)arg[1];
	return WASI_SUCCESS;
}

HOST_CALL(FD_FDSTAT_SET_RIGHTS, d, arg)
{
	struct fd *fd;

	WASI_TRY(fd_get(&fd, d, arg[0], 0));
	if ((arg[1] & ~(uint64_t)fd->base) ||
	    (arg[2] & ~(uint64_t)fd->inheriting))
		return WASI_NOTCAPABLE;
	fd->base = (uint32_t)arg[1];
	fd->inheriting = (uint32_t)arg[2];
	return WASI_SUCCESS;
}

HOST_CALL(FD_FILESTAT_GET, d, arg)
{
	struct wasi_filestat st = { .dev = 1, .nlink = 1 };
	struct fd *fd;

	WASI_TRY(fd_get(&fd, d, arg[0], WASI_FD_FILESTAT_GET));
	if (fd->kind == FD_FILE || fd->kind == FD_DIR) {
		file_stat(&st, fd->set, fd->file);
	} else {
		st.ino = fd->kind;
		st.filetype = fd_type(fd);
	}
	if (fd->kind == FD_BLOB)
		(void)fd_bytes(fd, &st.size);
	return memory_answer(d, arg[1], &st, sizeof st);
}

HOST_CALL(FD_FILESTAT_SET_TIMES, d, arg)
{
	struct fd *fd;

	WASI_TRY(fd_get(&fd, d, arg[0], WASI_FD_FILESTAT_SET_TIMES));
	return wasi_check_times(arg[3]) ? WASI_ROFS : WASI_INVAL;
}

/* The mount path that made fd a preopened directory. */
static enum wasi_errno get_mount(
    struct bundle_text *out, struct domain *d, uint64_t number)
{
	const struct bundle *b = state_bundle();
	const struct az_grant *grant;
	struct fd *fd;

	WASI_TRY(fd_get(&fd, d, number, 0));
	if (fd->kind != FD_DIR || fd->grant == 0)
		return WASI_BADF;
	grant = &b->grants[fd->grant - 1];
	*out = bundle_text(
	    b, (struct az_text){ grant->text_off, grant->text_len });
	return WASI_SUCCESS;
}

HOST_CALL(FD_PRESTAT_GET, d, arg)
{
	struct wasi_prestat st = { 0 };
	struct bundle_text mount;

	WASI_TRY(get_mount(&mount, d, arg[0]));
	st.name_len = mount.len;
	return memory_answer(d, arg[1], &st, sizeof st);
}

HOST_CALL(FD_PRESTAT_DIR_NAME, d, arg)
{
	struct bundle_text mount;

	WASI_TRY(get_mount(&mount, d, arg[0]));
	if (arg[2] < mount.len)
		return WASI_NAMETOOLONG;
	return memory_answer(d, arg[1], mount.at, mount.len);
}

HOST_CALL(FD_RENUMBER, d, arg)
{
	struct fd *from, *to, moved;

	WASI_TRY(fd_get(&from, d, arg[0], 0));
	WASI_TRY(fd_get(&to, d, arg[1], 0));
	moved = *from;
	memset(from, 0, sizeof *from);
	*to = moved;
	return WASI_SUCCESS;
}
