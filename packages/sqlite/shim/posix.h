/* posix: what SQLite's unix layer and shell ask of POSIX beyond wasi-libc.
 * Included before every file of theirs. A module runs alone with its files,
 * as a user without a name: locks are always granted, owners and modes do
 * not exist.
 */
#ifndef SQLITE_SHIM_POSIX_H
#define SQLITE_SHIM_POSIX_H

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

enum { F_RDLCK, F_WRLCK, F_UNLCK };
enum { F_GETLK = 100, F_SETLK, F_SETLKW };

/* Called through a pointer, hence a function of the same type. */
static inline int shim_fcntl(int fd, int command, ...)
{
	va_list list;
	va_start(list, command);
	int argument = command >= F_GETLK ? 0 : va_arg(list, int);
	va_end(list);
	return command >= F_GETLK ? 0 : fcntl(fd, command, argument);
}
#define fcntl shim_fcntl

static inline int fchmod(int fd, mode_t mode)
{
	(void)fd, (void)mode;
	return 0;
}

static inline int chmod(const char *path, mode_t mode)
{
	(void)path, (void)mode;
	return 0;
}

static inline int fchown(int fd, uid_t owner, gid_t group)
{
	(void)fd, (void)owner, (void)group;
	return 0;
}

static inline uid_t geteuid(void)
{
	return 1;
}
#define getuid geteuid

#endif
