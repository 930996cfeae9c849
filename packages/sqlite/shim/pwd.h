/* pwd: there are no users; the shell then asks the environment for HOME. */
#ifndef SQLITE_SHIM_PWD_H
#define SQLITE_SHIM_PWD_H

struct passwd {
	char *pw_dir;
};
#define getpwuid(uid) ((void)(uid), (struct passwd *)0)

#endif
