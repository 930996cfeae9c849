/* host/wasi/io: reading, writing and seeking. */
#include <stddef.h>

#include "abi/rights.h"
#include "base/mem.h"
#include "host/input.h"
#include "host/lines.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "host/wasi/sock.h"
#include "arch/clock.h"
#include "task/domain.h"
#include "task/sched.h"

/* Bytes of output between two chances for others, if no line ends before: a
 * slow serial line takes 90 ms for them. */
enum { WRITE_PIECE = 1024 };

/* fd_get for what has offsets. */
static enum wasi_errno get_seekable(
    struct fd **fd, struct domain *d, uint64_t number, uint32_t rights)
{
	WASI_TRY(fd_get(fd, d, number, 0));
	if (fd_type(*fd) == WASI_CHARACTER_DEVICE)
		return WASI_SPIPE;
	return fd_get(fd, d, number, rights);
}

/* Copy from offset on; *done is what fitted. */
static enum wasi_errno read_bytes(uint64_t *done, const struct iovecs *v,
    const struct domain *d, const struct fd *fd, uint64_t offset)
{
	uint64_t len = 0;
	const uint8_t *bytes = fd_bytes(fd, &len);

	*done = 0;
	if (bytes == NULL)
		return fd->set == STATE_NO_BLOB ? WASI_SUCCESS : WASI_IO;
	if (offset < len)
		*done = iovecs_fill(v, d, bytes + offset, len - offset);
	return WASI_SUCCESS;
}

/* One line of the console, or the part of it that fits. */
static enum wasi_errno read_console(uint64_t *done, const struct iovecs *v,
    struct domain *d, const struct fd *fd)
{
	uint8_t line[INPUT_MAX];
	uint32_t len = v->total < INPUT_MAX ? (uint32_t)v->total : INPUT_MAX;

	*done = 0;
	if (len == 0)
		return WASI_SUCCESS;
	while (!input_poll()) {
		if (fd->flags & WASI_NONBLOCK)
			return WASI_AGAIN;
		state_wait_input(d, CLOCK_NEVER);
	}
	*done = iovecs_fill(v, d, line, input_take(line, len));
	return WASI_SUCCESS;
}

HOST_CALL(FD_READ, d, arg)
{
	struct iovecs v;
	struct fd *fd;
	void *result;
	uint64_t done;
	uint32_t size;

	if (sock_is(d, arg[0]))
		return sock_read(d, arg);
	WASI_TRY(fd_get(&fd, d, arg[0], WASI_FD_READ));
	WASI_TRY(iovecs_get(&v, d, arg[1], arg[2]));
	WASI_TRY(memory_get(&result, d, arg[3], sizeof size));
	if (fd->kind == FD_CONSOLE) {
		WASI_TRY(read_console(&done, &v, d, fd));
	} else {
		WASI_TRY(read_bytes(&done, &v, d, fd, fd->offset));
		fd->offset += done;
	}
	size = (uint32_t)done;
	memory_put(d, arg[3], &size, sizeof size);
	return WASI_SUCCESS;
}

HOST_CALL(FD_PREAD, d, arg)
{
	struct iovecs v;
	struct fd *fd;
	void *result;
	uint64_t done;
	uint32_t size;

	WASI_TRY(get_seekable(&fd, d, arg[0], WASI_FD_READ | WASI_FD_SEEK));
	WASI_TRY(iovecs_get(&v, d, arg[1], arg[2]));
	WASI_TRY(memory_get(&result, d, arg[4], sizeof size));
	if ((int64_t)arg[3] < 0)
		return WASI_INVAL;
	WASI_TRY(read_bytes(&done, &v, d, fd, arg[3]));
	size = (uint32_t)done;
	memory_put(d, arg[4], &size, sizeof size);
	return WASI_SUCCESS;
}

/* Bytes up to the first newline, it included. */
static uint32_t piece_size(const uint8_t *bytes, uint32_t len)
{
	uint32_t size = 0, max = len < WRITE_PIECE ? len : WRITE_PIECE;

	while (size < max && bytes[size++] != '\n')
		;
	return size;
}

/* Give one buffer to the stream's lines. */
static void write_stream(
    struct domain *d, const struct fd *fd, const uint8_t *bytes, uint32_t len)
{
	bool err = fd->kind == FD_STDERR;
	struct lines *to = err ? &d->host->err : &d->host->out;
	uint32_t level = err ? AZ_LEVEL_WARN : AZ_LEVEL_INFO;

	if (d->log_level < level)
		return;
	while (len > 0) {
		uint32_t piece = piece_size(bytes, len);

		d->host->last_err = err;
		lines_put(
		    to, d->name, err ? '!' : '|', (const char *)bytes, piece);
		bytes += piece;
		len -= piece;
		sched_point();
	}
}

/* Only the streams can hold WASI_FD_WRITE: files are read-only. */
HOST_CALL(FD_WRITE, d, arg)
{
	struct iovecs v;
	struct fd *fd;
	void *result;
	uint32_t size;

	if (sock_is(d, arg[0]))
		return sock_write(d, arg);
	WASI_TRY(fd_get(&fd, d, arg[0], WASI_FD_WRITE));
	WASI_TRY(iovecs_get(&v, d, arg[1], arg[2]));
	WASI_TRY(memory_get(&result, d, arg[3], sizeof size));
	for (uint32_t i = 0; i < v.count; i++) {
		uint8_t *bytes;
		uint32_t len = iovecs_at(&bytes, &v, d, i);

		write_stream(d, fd, bytes, len);
	}
	size = (uint32_t)v.total;
	memory_put(d, arg[3], &size, sizeof size);
	return WASI_SUCCESS;
}

HOST_CALL(FD_PWRITE, d, arg)
{
	struct fd *fd;

	WASI_TRY(get_seekable(&fd, d, arg[0], WASI_FD_WRITE | WASI_FD_SEEK));
	return WASI_ROFS;
}

static enum wasi_errno seek_target(
    int64_t *out, const struct fd *fd, int64_t delta, uint64_t whence)
{
	uint64_t base = 0;

	if (whence == WASI_SEEK_CUR)
		base = fd->offset;
	else if (whence == WASI_SEEK_END)
		(void)fd_bytes(fd, &base);
	else if (whence != WASI_SEEK_SET)
		return WASI_INVAL;
	if (__builtin_add_overflow((int64_t)base, delta, out))
		return WASI_OVERFLOW;
	return *out < 0 ? WASI_INVAL : WASI_SUCCESS;
}

HOST_CALL(FD_SEEK, d, arg)
{
	int64_t delta = (int64_t)arg[1], target;
	bool tells = delta == 0 && arg[2] == WASI_SEEK_CUR;
	struct fd *fd;
	void *result;

	WASI_TRY(
	    get_seekable(&fd, d, arg[0], tells ? WASI_FD_TELL : WASI_FD_SEEK));
	WASI_TRY(seek_target(&target, fd, delta, arg[2]));
	WASI_TRY(memory_get(&result, d, arg[3], sizeof target));
	fd->offset = (uint64_t)target;
	memory_put(d, arg[3], &target, sizeof target);
	return WASI_SUCCESS;
}

HOST_CALL(FD_TELL, d, arg)
{
	struct fd *fd;

	WASI_TRY(get_seekable(&fd, d, arg[0], WASI_FD_TELL));
	return memory_answer(d, arg[1], &fd->offset, sizeof fd->offset);
}
