/* fileio: whole files in and out.
 *
 * file_write makes a temporary name beside the target and renames it, so a
 * reader sees the old file or the new one, and an interrupted build leaves
 * neither half. All functions leave errno on failure.
 */
#ifndef BUILDER_FILEIO_H
#define BUILDER_FILEIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mem.h"

enum { FILE_SIZE_MAX = 512 << 20 };

/* Append the file's bytes to *out; EFBIG when it has more than max. "-" and
 * devices are not special; folders give EISDIR. */
bool file_read(struct buf *out, const char *path, size_t max);
/* The same for an open descriptor, up to its end. */
bool file_read_fd(struct buf *out, int fd, size_t max);

bool file_write(const char *path, const void *bytes, size_t len, mode_t mode);

/* Make a folder and those above it; one that exists is no error. */
bool file_make_dirs(const char *path, mode_t mode);

/* Remove a file, or a folder with everything in it; symbolic links are not
 * followed. What does not exist is no error. */
bool file_remove_tree(const char *path);

/* $VARIABLE/azoth, or $HOME/home_part/azoth; NULL when neither is set. The
 * caller frees it. */
char *file_xdg_dir(const char *variable, const char *home_part);

void file_sha256(uint8_t out[32], const void *bytes, size_t len);
/* len bytes as lower-case digits and a NUL: 2 * len + 1 bytes. */
void file_hex(char *out, const uint8_t *bytes, size_t len);
/* Back again: len bytes from 2 * len lower-case digits; false when other
 * characters are among them. */
bool file_unhex(uint8_t *out, const char *digits, size_t len);

#endif
