#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np */
#endif

#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exit.h"
#include "fileio.h"
#include "mem.h"

enum {
	KILL_GRACE_MS = 2000,
	MS_PER_S = 1000,
	NS_PER_MS = 1000000,
	OUTPUT_MAX = 1 << 20,
};

extern char **environ;

static volatile sig_atomic_t signals_seen;
/* Process groups to kill when we leave at once; 0: free. */
static volatile pid_t live[PROC_LIVE_MAX];

static void on_signal(int signo)
{
	(void)signo;
	if (++signals_seen == 1)
		return;
	for (int i = 0; i < PROC_LIVE_MAX; i++) {
		if (live[i] > 0)
			kill(-live[i], SIGKILL);
	}
	_exit(EXIT_INTERRUPTED);
}

void proc_catch_signals(void)
{
	/* No SA_RESTART: a wait in progress must return. */
	struct sigaction act = { .sa_handler = on_signal };

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

bool proc_interrupted(void)
{
	return signals_seen != 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * MS_PER_S +
	       (uint64_t)ts.tv_nsec / NS_PER_MS;
}

static void live_replace(pid_t from, pid_t to)
{
	for (int i = 0; i < PROC_LIVE_MAX; i++) {
		if (live[i] == from) {
			live[i] = to;
			return;
		}
	}
}

/* Where the child's descriptors 0, 1 and 2 go. */
static int plan_files(
    posix_spawn_file_actions_t *plan, const struct proc_opts *o)
{
	const int append = O_WRONLY | O_CREAT | O_APPEND;
	const int create = O_WRONLY | O_CREAT | O_TRUNC;
	const mode_t mode = 0666;
	int err = 0;

	if (!o->terminal || o->stdin_path != NULL)
		err |= posix_spawn_file_actions_addopen(plan, STDIN_FILENO,
		    o->stdin_path != NULL ? o->stdin_path : "/dev/null",
		    O_RDONLY, 0);
	if (o->log_path != NULL) {
		err |= posix_spawn_file_actions_addopen(
		    plan, STDOUT_FILENO, o->log_path, append, mode);
		err |= posix_spawn_file_actions_adddup2(
		    plan, STDOUT_FILENO, STDERR_FILENO);
	}
	if (o->out_path != NULL)
		err |= posix_spawn_file_actions_addopen(
		    plan, STDOUT_FILENO, o->out_path, create, mode);
	else if (o->out_fd > 0)
		err |= posix_spawn_file_actions_adddup2(
		    plan, o->out_fd, STDOUT_FILENO);
	/* Last, because the paths above are relative to our folder. */
	if (o->cwd != NULL)
		err |= posix_spawn_file_actions_addchdir_np(plan, o->cwd);
	return err;
}

static int plan_attr(posix_spawnattr_t *attr, const struct proc_opts *o)
{
	short flags = POSIX_SPAWN_SETSIGDEF;
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGPIPE);
	err = posix_spawnattr_setsigdefault(attr, &set);
	if (!o->terminal) {
		flags |= POSIX_SPAWN_SETPGROUP;
		err |= posix_spawnattr_setpgroup(attr, 0);
	}
	return err | posix_spawnattr_setflags(attr, flags);
}

/* Does entry "KEY=value" set the same key as one of list? */
static bool env_overridden(const char *entry, const char *const *list)
{
	size_t key = strcspn(entry, "=") + 1;

	for (; list != NULL && *list != NULL; list++) {
		if (strncmp(entry, *list, key) == 0)
			return true;
	}
	return false;
}

/* Our environment, the C locale, and what the caller adds. The strings are
 * borrowed, the array is the caller's to free. */
static char **make_env(const char *const *more)
{
	static char locale[] = "LC_ALL=C";
	size_t n = 2, used = 0;
	char **env;

	for (char **e = environ; *e != NULL; e++)
		n++;
	for (const char *const *e = more; e != NULL && *e != NULL; e++)
		n++;
	env = xcalloc(n, sizeof(*env));
	for (char **e = environ; *e != NULL; e++) {
		if (strncmp(*e, "LC_ALL=", 7) != 0 && !env_overridden(*e, more))
			env[used++] = *e;
	}
	env[used++] = locale;
	for (const char *const *e = more; e != NULL && *e != NULL; e++)
		env[used++] = (char *)(uintptr_t)*e;
	env[used] = NULL;
	return env;
}

static int spawn(
    pid_t *pid, const char *const argv[], const struct proc_opts *o)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char **env;
	int err;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	err = plan_files(&files, o);
	err |= plan_attr(&attr, o);
	if (err == 0) {
		env = make_env(o->env);
		err = posix_spawnp(pid, argv[0], &files, &attr,
		    (char *const *)(uintptr_t)argv, env);
		free(env);
	}
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return err;
}

int proc_start(
    struct proc *p, const char *const argv[], const struct proc_opts *opts)
{
	static const struct proc_opts none;
	char *path;
	int err;

	*p = (struct proc){ 0 };
	if (opts == NULL)
		opts = &none;
	if (proc_interrupted())
		return PROC_INTERRUPTED;
	path = proc_find(argv[0]);
	if (path == NULL)
		return PROC_MISSING;
	free(path);
	err = spawn(&p->pid, argv, opts);
	if (err != 0) {
		p->pid = 0;
		errno = err;
		return PROC_FAILED;
	}
	p->fd = pidfd_open(p->pid, 0);
	p->terminal = opts->terminal;
	if (opts->timeout_ms != 0)
		p->deadline_ms = now_ms() + opts->timeout_ms;
	if (!p->terminal)
		live_replace(0, p->pid);
	return 0;
}

static void send_signal(const struct proc *p, int signo)
{
	kill(p->terminal ? p->pid : -p->pid, signo);
}

/* Forget a child that has ended; its result. */
static int reap(struct proc *p)
{
	int status;

	while (waitpid(p->pid, &status, 0) < 0) {
		if (errno != EINTR)
			status = 0xff00;
	}
	if (!p->terminal)
		live_replace(p->pid, 0);
	close(p->fd);
	*p = (struct proc){ 0 };
	return WIFEXITED(status) ? WEXITSTATUS(status) : PROC_SIGNALED;
}

/* Ask, wait a little, insist. */
static void stop(struct proc *p)
{
	struct pollfd ended = { .fd = p->fd, .events = POLLIN };
	uint64_t until = now_ms() + KILL_GRACE_MS;

	send_signal(p, SIGTERM);
	for (uint64_t now = now_ms(); now < until; now = now_ms()) {
		if (poll(&ended, 1, (int)(until - now)) > 0)
			break;
	}
	/* Its own children may still run, even when it has ended. */
	send_signal(p, SIGKILL);
	(void)reap(p);
}

/* Milliseconds until the first deadline, -1 without one. */
static int next_deadline(const struct proc *procs, int count)
{
	uint64_t first = UINT64_MAX, now = now_ms();

	for (int i = 0; i < count; i++) {
		if (procs[i].pid != 0 && procs[i].deadline_ms != 0 &&
		    procs[i].deadline_ms < first)
			first = procs[i].deadline_ms;
	}
	if (first == UINT64_MAX)
		return -1;
	return first <= now ? 0 : (int)(first - now);
}

int proc_wait_any(struct proc *procs, int count, int *index)
{
	struct pollfd ended[PROC_LIVE_MAX];

	for (int i = 0; i < count; i++)
		ended[i] = (struct pollfd){
			.fd = procs[i].pid != 0 ? procs[i].fd : -1,
			.events = POLLIN,
		};
	for (;;) {
		int n = poll(ended, (nfds_t)count, next_deadline(procs, count));

		for (int i = 0; i < count; i++) {
			bool late = procs[i].deadline_ms != 0 &&
				    procs[i].deadline_ms <= now_ms();

			if (procs[i].pid == 0)
				continue;
			*index = i;
			if (n > 0 && ended[i].revents != 0)
				return reap(&procs[i]);
			if (!late && !proc_interrupted())
				continue;
			stop(&procs[i]);
			return late ? PROC_TIMEOUT : PROC_INTERRUPTED;
		}
	}
}

int proc_wait(struct proc *p)
{
	int index;

	return proc_wait_any(p, 1, &index);
}

int proc_run(const char *const argv[], const struct proc_opts *opts)
{
	struct proc p;
	int err = proc_start(&p, argv, opts);

	return err != 0 ? err : proc_wait(&p);
}

int proc_output(
    struct buf *out, const char *const argv[], const struct proc_opts *opts)
{
	struct proc_opts o = opts != NULL ? *opts : (struct proc_opts){ 0 };
	int fd = memfd_create("azoth-output", MFD_CLOEXEC), result;
	char path[32];

	if (fd < 0)
		return PROC_FAILED;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (o.log_path != NULL)
		o.out_fd = fd;
	else
		o.log_path = path;
	result = proc_run(argv, &o);
	if (lseek(fd, 0, SEEK_SET) == 0)
		(void)file_read_fd(out, fd, OUTPUT_MAX);
	close(fd);
	return result;
}

char *proc_find(const char *program)
{
	const char *at = getenv("PATH");

	if (strchr(program, '/') != NULL)
		return access(program, X_OK) == 0 ? xstrdup(program) : NULL;
	while (at != NULL && *at != '\0') {
		size_t len = strcspn(at, ":");
		char *path = xasprintf("%.*s/%s", (int)len, at, program);

		if (len > 0 && access(path, X_OK) == 0)
			return path;
		free(path);
		at += len + (at[len] == ':');
	}
	return NULL;
}

int proc_exit_code(int result)
{
	switch (result) {
	case 0:
		return EXIT_DONE;
	case PROC_MISSING:
		return EXIT_HOST;
	case PROC_TIMEOUT:
		return EXIT_TIMEOUT;
	case PROC_INTERRUPTED:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_TOOL;
	}
}
