/* host/wasi: names and layouts of WASI snapshot_preview1 (witx).
 * Layouts are little endian and packed as the ABI has them: the structs are
 * copied to and from module memory, which need not be aligned.
 */
#ifndef AZ_HOST_WASI_WASI_H
#define AZ_HOST_WASI_WASI_H

#include <stdint.h>

enum wasi_errno {
	WASI_SUCCESS = 0,
	WASI_AGAIN = 6,
	WASI_BADF = 8,
	WASI_CONNREFUSED = 14,
	WASI_CONNRESET = 15,
	WASI_EXIST = 20,
	WASI_FAULT = 21,
	WASI_HOSTUNREACH = 23,
	WASI_ILSEQ = 25,
	WASI_INVAL = 28,
	WASI_IO = 29,
	WASI_ISDIR = 31,
	WASI_LOOP = 32,
	WASI_MFILE = 33,
	WASI_MSGSIZE = 35,
	WASI_NAMETOOLONG = 37,
	WASI_NFILE = 41,
	WASI_NOBUFS = 42,
	WASI_NOENT = 44,
	WASI_NOTCONN = 53,
	WASI_NOTDIR = 54,
	WASI_NOTSOCK = 57,
	WASI_NOTSUP = 58,
	WASI_OVERFLOW = 61,
	WASI_PERM = 63,
	WASI_PIPE = 64,
	WASI_ROFS = 69,
	WASI_SPIPE = 70,
	WASI_TIMEDOUT = 73,
	WASI_NOTCAPABLE = 76,
};

enum wasi_rights {
	WASI_FD_DATASYNC = 1 << 0,
	WASI_FD_READ = 1 << 1,
	WASI_FD_SEEK = 1 << 2,
	WASI_FD_FDSTAT_SET_FLAGS = 1 << 3,
	WASI_FD_SYNC = 1 << 4,
	WASI_FD_TELL = 1 << 5,
	WASI_FD_WRITE = 1 << 6,
	WASI_FD_ADVISE = 1 << 7,
	WASI_FD_ALLOCATE = 1 << 8,
	WASI_PATH_CREATE_DIRECTORY = 1 << 9,
	WASI_PATH_CREATE_FILE = 1 << 10,
	WASI_PATH_LINK_SOURCE = 1 << 11,
	WASI_PATH_LINK_TARGET = 1 << 12,
	WASI_PATH_OPEN = 1 << 13,
	WASI_FD_READDIR = 1 << 14,
	WASI_PATH_READLINK = 1 << 15,
	WASI_PATH_RENAME_SOURCE = 1 << 16,
	WASI_PATH_RENAME_TARGET = 1 << 17,
	WASI_PATH_FILESTAT_GET = 1 << 18,
	WASI_PATH_FILESTAT_SET_SIZE = 1 << 19,
	WASI_PATH_FILESTAT_SET_TIMES = 1 << 20,
	WASI_FD_FILESTAT_GET = 1 << 21,
	WASI_FD_FILESTAT_SET_SIZE = 1 << 22,
	WASI_FD_FILESTAT_SET_TIMES = 1 << 23,
	WASI_PATH_SYMLINK = 1 << 24,
	WASI_PATH_REMOVE_DIRECTORY = 1 << 25,
	WASI_PATH_UNLINK_FILE = 1 << 26,
	WASI_POLL_FD_READWRITE = 1 << 27,
};

/* Rights of descriptors. A directory's include those that a read-only file
 * system answers with ROFS: libc and the test suite want to see them, and a
 * program that tries learns the true reason. */
enum wasi_rights_sets {
	WASI_RIGHTS_DIR =
	    WASI_FD_FDSTAT_SET_FLAGS | WASI_FD_SYNC | WASI_FD_ADVISE |
	    WASI_PATH_CREATE_DIRECTORY | WASI_PATH_CREATE_FILE |
	    WASI_PATH_LINK_SOURCE | WASI_PATH_LINK_TARGET | WASI_PATH_OPEN |
	    WASI_FD_READDIR | WASI_PATH_READLINK | WASI_PATH_RENAME_SOURCE |
	    WASI_PATH_RENAME_TARGET | WASI_PATH_FILESTAT_GET |
	    WASI_PATH_FILESTAT_SET_SIZE | WASI_PATH_FILESTAT_SET_TIMES |
	    WASI_FD_FILESTAT_GET | WASI_FD_FILESTAT_SET_TIMES |
	    WASI_PATH_SYMLINK | WASI_PATH_REMOVE_DIRECTORY |
	    WASI_PATH_UNLINK_FILE | WASI_POLL_FD_READWRITE,
	WASI_RIGHTS_FILE = WASI_FD_DATASYNC | WASI_FD_READ | WASI_FD_SEEK |
			   WASI_FD_FDSTAT_SET_FLAGS | WASI_FD_SYNC |
			   WASI_FD_TELL | WASI_FD_ADVISE |
			   WASI_FD_FILESTAT_GET | WASI_FD_FILESTAT_SET_TIMES |
			   WASI_POLL_FD_READWRITE,
	/* What no file here holds, but a mount lets a program ask for. */
	WASI_RIGHTS_WRITE =
	    WASI_FD_WRITE | WASI_FD_ALLOCATE | WASI_FD_FILESTAT_SET_SIZE,
	WASI_RIGHTS_INHERIT =
	    WASI_RIGHTS_DIR | WASI_RIGHTS_FILE | WASI_RIGHTS_WRITE,
	WASI_RIGHTS_INPUT = WASI_FD_READ | WASI_FD_FDSTAT_SET_FLAGS |
			    WASI_FD_FILESTAT_GET | WASI_POLL_FD_READWRITE,
	WASI_RIGHTS_SOCKET = WASI_FD_READ | WASI_FD_WRITE |
			     WASI_FD_FDSTAT_SET_FLAGS | WASI_FD_FILESTAT_GET |
			     WASI_POLL_FD_READWRITE,
	WASI_RIGHTS_OUTPUT =
	    WASI_FD_FDSTAT_SET_FLAGS | WASI_FD_FILESTAT_GET |
	    WASI_POLL_FD_READWRITE, /* WASI_FD_WRITE needs a log grant */
};

enum wasi_filetype {
	WASI_CHARACTER_DEVICE = 2,
	WASI_DIRECTORY = 3,
	WASI_REGULAR_FILE = 4,
	WASI_SOCKET_DGRAM = 5,
	WASI_SOCKET_STREAM = 6,
	WASI_SYMBOLIC_LINK = 7,
};

enum wasi_lookupflags { WASI_SYMLINK_FOLLOW = 1, WASI_LOOKUPFLAGS = 1 };

enum wasi_oflags {
	WASI_O_CREAT = 1,
	WASI_O_DIRECTORY = 2,
	WASI_O_EXCL = 4,
	WASI_O_TRUNC = 8,
	WASI_OFLAGS = 15,
};

enum wasi_fdflags { WASI_NONBLOCK = 4, WASI_FDFLAGS = 31 };

enum wasi_fstflags {
	WASI_ATIM = 1,
	WASI_ATIM_NOW = 2,
	WASI_MTIM = 4,
	WASI_MTIM_NOW = 8,
	WASI_FSTFLAGS = 15,
};

enum wasi_whence { WASI_SEEK_SET = 0, WASI_SEEK_CUR = 1, WASI_SEEK_END = 2 };

enum { WASI_ADVICE_COUNT = 6, WASI_SIGNAL_COUNT = 31 };

enum wasi_clockid { WASI_REALTIME = 0, WASI_MONOTONIC = 1 };

enum wasi_eventtype {
	WASI_EVENT_CLOCK = 0,
	WASI_EVENT_FD_READ = 1,
	WASI_EVENT_FD_WRITE = 2,
};

enum { WASI_SUBCLOCK_ABSTIME = 1 };
enum { WASI_EVENT_HANGUP = 1 }; /* of an event's flags */

struct wasi_iovec {
	uint32_t buf;
	uint32_t len;
};

struct wasi_fdstat {
	uint8_t filetype;
	uint8_t pad0;
	uint16_t flags;
	uint32_t pad1;
	uint64_t rights_base;
	uint64_t rights_inheriting;
};
_Static_assert(sizeof(struct wasi_fdstat) == 24, "fdstat");

struct wasi_filestat {
	uint64_t dev;
	uint64_t ino;
	uint64_t filetype; /* one byte, the rest is padding */
	uint64_t nlink;
	uint64_t size;
	uint64_t atim;
	uint64_t mtim;
	uint64_t ctim;
};
_Static_assert(sizeof(struct wasi_filestat) == 64, "filestat");

struct wasi_prestat {
	uint32_t tag; /* 0: directory */
	uint32_t name_len;
};

struct wasi_dirent {
	uint64_t next;
	uint64_t ino;
	uint32_t namlen;
	uint8_t type;
	uint8_t pad[3];
};
_Static_assert(sizeof(struct wasi_dirent) == 24, "dirent");

struct wasi_subscription {
	uint64_t userdata;
	uint8_t tag; /* enum wasi_eventtype */
	uint8_t pad0[7];
	uint32_t id; /* clock id, or descriptor */
	uint32_t pad1;
	uint64_t timeout; /* this and the rest: clock only */
	uint64_t precision;
	uint16_t flags;
	uint8_t pad2[6];
};
_Static_assert(sizeof(struct wasi_subscription) == 48, "subscription");

struct wasi_event {
	uint64_t userdata;
	uint16_t error;
	uint8_t type; /* enum wasi_eventtype */
	uint8_t pad[5];
	uint64_t nbytes;
	uint16_t flags;
	uint8_t pad1[6];
};
_Static_assert(sizeof(struct wasi_event) == 32, "event");

#endif
