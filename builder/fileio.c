#include "fileio.h"

#include <bearssl.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 1 << 16, OPEN_FOLDERS_MAX = 32 };

bool file_read_fd(struct buf *out, int fd, size_t max)
{
	static char step[READ_STEP];
	size_t got = 0;

	for (;;) {
		ssize_t n = read(fd, step, sizeof(step));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			return true;
		got += (size_t)n;
		if (got <= max)
			buf_add(out, step, (size_t)n);
		explicit_bzero(step, (size_t)n); /* keys come by here */
		if (got > max) {
			errno = EFBIG;
			return false;
		}
	}
}

bool file_read(struct buf *out, const char *path, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done;
	int saved;

	if (fd < 0)
		return false;
	done = file_read_fd(out, fd, max);
	saved = errno;
	close(fd);
	errno = saved;
	return done;
}

static bool write_all(int fd, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool file_write(const char *path, const void *bytes, size_t len, mode_t mode)
{
	char *temp = xasprintf("%s.tmp.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	bool done;
	int saved;

	if (fd < 0) {
		free(temp);
		return false;
	}
	done = write_all(fd, bytes, len) && fchmod(fd, mode) == 0;
	done = close(fd) == 0 && done;
	done = done && rename(temp, path) == 0;
	saved = errno;
	if (!done)
		unlink(temp);
	free(temp);
	errno = saved;
	return done;
}

bool file_make_dirs(const char *path, mode_t mode)
{
	char *part = xstrdup(path);
	struct stat st;

	for (char *at = part + 1; *path != '\0' && *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			break;
		*at = '/';
	}
	if (mkdir(part, mode) != 0 && errno == EEXIST)
		errno =
		    stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	free(part);
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int remove_one(
    const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	(void)place;
	return remove(path);
}

bool file_remove_tree(const char *path)
{
	return nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS) ==
		   0 ||
	       errno == ENOENT;
}

char *file_xdg_dir(const char *variable, const char *home_part)
{
	const char *base = getenv(variable);
	const char *home = getenv("HOME");

	/* The XDG rules: a relative path is to be ignored. */
	if (base != NULL && base[0] == '/')
		return xasprintf("%s/azoth", base);
	if (home != NULL && home[0] == '/')
		return xasprintf("%s/%s/azoth", home, home_part);
	return NULL;
}

void file_sha256(uint8_t out[32], const void *bytes, size_t len)
{
	br_sha256_context hash;

	br_sha256_init(&hash);
	br_sha256_update(&hash, bytes, len);
	br_sha256_out(&hash, out);
}

void file_hex(char *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
	out[2 * len] = '\0';
}

bool file_unhex(uint8_t *out, const char *digits, size_t len)
{
	if (strspn(digits, "0123456789abcdef") < 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		char two[3] = { digits[2 * i], digits[2 * i + 1], '\0' };

		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}
