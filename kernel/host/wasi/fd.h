/* host/wasi/fd: descriptors and module memory, as the calls use them.
 *
 * Decoding helpers return WASI's errno and change nothing; only after they
 * all succeed does a call write to module memory, with memory_put.
 */
#ifndef AZ_HOST_WASI_FD_H
#define AZ_HOST_WASI_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "host/wasi/wasi.h"
#include "task/domain.h"

struct fd;

/* Leave the current call with the errno of expr, if it has one. */
#define WASI_TRY(expr)                                                         \
	do {                                                                   \
		enum wasi_errno try_errno_ = (expr);                           \
		if (try_errno_ != WASI_SUCCESS)                                \
			return try_errno_;                                     \
	} while (0)

/* The open descriptor of number, holding all of rights (BADF, NOTCAPABLE).
 * Borrowed. */
enum wasi_errno fd_get(
    struct fd **out, struct domain *d, uint64_t number, uint32_t rights);
/* The same for a directory that a path starts from (also NOTDIR). */
enum wasi_errno fd_get_dir(
    struct fd **out, struct domain *d, uint64_t number, uint32_t rights);
/* The lowest free number (MFILE). */
enum wasi_errno fd_find_free(uint32_t *out, struct domain *d);

/* The bytes behind an FD_FILE or FD_BLOB; NULL for none. */
const uint8_t *fd_bytes(const struct fd *fd, uint64_t *len);
enum wasi_filetype fd_type(const struct fd *fd);
/* Fill st for a file of a fileset, or a descriptor. */
void file_stat(struct wasi_filestat *st, uint32_t set, uint32_t file);
enum wasi_filetype file_type(uint32_t set, uint32_t file);

/* Whether flags (enum wasi_fstflags) name each time at most once. */
bool wasi_check_times(uint64_t flags);

/* Module memory: FAULT when it is not all the module's. */
static inline enum wasi_errno memory_get(
    void **out, const struct domain *d, uint64_t addr, uint64_t len)
{
	if (len > UINT32_MAX)
		return WASI_FAULT;
	*out = domain_range(d, (uint32_t)addr, (uint32_t)len);
	return *out != NULL ? WASI_SUCCESS : WASI_FAULT;
}
enum wasi_errno memory_copy_in(
    void *out, const struct domain *d, uint64_t addr, uint32_t len);
/* Write to a range that memory_get accepted in this call. */
static inline void memory_put(
    struct domain *d, uint64_t addr, const void *from, uint32_t len)
{
	memcpy(domain_range(d, (uint32_t)addr, len), from, len);
}
/* Both: for a call that does nothing else. */
enum wasi_errno memory_answer(
    struct domain *d, uint64_t addr, const void *from, uint32_t len);

/* A checked list of iovecs. */
struct iovecs {
	uint32_t addr;
	uint32_t count;
	uint64_t total; /* bytes, fits 32 bits */
};
enum { IOVECS_MAX = 1024 };

/* Check the list and every buffer in it (INVAL, FAULT). */
enum wasi_errno iovecs_get(
    struct iovecs *out, const struct domain *d, uint64_t addr, uint64_t count);
/* Buffer i (< count). It is read again, from memory that the module's own
 * calls may have written meanwhile: *out is NULL when it no longer fits. */
static inline uint32_t iovecs_at(
    uint8_t **out, const struct iovecs *v, const struct domain *d, uint32_t i)
{
	struct wasi_iovec iov;

	memcpy(&iov, d->memory + v->addr + i * sizeof iov, sizeof iov);
	*out = domain_range(d, iov.buf, iov.len);
	return *out != NULL ? iov.len : 0;
}
/* Fill the buffers from bytes; returns how many went in. */
uint64_t iovecs_fill(const struct iovecs *v, const struct domain *d,
    const uint8_t *bytes, uint64_t len);

#endif
