#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "exit.h"
#include "mem.h"

enum { STOP_GRACE_MS = 2000, STATUS_SIGNAL = 128 };

void machine_init(struct machine *m, const char *name)
{
	*m = (struct machine){ .name = name, .process = -1 };
}

int machine_file(const void *bytes, size_t len)
{
	int fd = memfd_create("azoth", 0);

	if (fd < 0)
		return -1;
	if (len && write(fd, bytes, len) != (ssize_t)len) {
		close(fd);
		return -1;
	}
	return fd;
}

void machine_keep(struct machine *m, int file)
{
	if (file >= 0)
		m->kept[m->kept_count++] = file;
}

static void close_kept(struct machine *m)
{
	while (m->kept_count > 0)
		close(m->kept[--m->kept_count]);
}

/* In the child: become the program, in its own process group, so that Ctrl-C comes
 * to us alone, and dying with us. */
_Noreturn static void become(
    const char *const argv[], int in, int out, int err, pid_t parent)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_INTERRUPTED);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(EXIT_HOST);
}

int machine_start(struct machine *m, const char *const argv[])
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	pid_t parent = getpid();

	m->errors = machine_file(NULL, 0);
	if (m->errors < 0 || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		goto fail;
	m->pid = fork();
	if (m->pid < 0)
		goto fail;
	if (m->pid == 0)
		become(argv, in[0], out[1], m->errors, parent);
	close(in[0]);
	close(out[1]);
	m->input = in[1];
	m->console = out[0];
	m->process = (int)syscall(SYS_pidfd_open, m->pid, 0);
	return EXIT_DONE;
fail:
	cli_error(
	    "AZ0901", NULL, "cannot start %s: %s", m->name, strerror(errno));
	close(m->errors);
	close_kept(m);
	m->pid = 0;
	return EXIT_HOST;
}

void machine_stop(struct machine *m)
{
	struct pollfd end = { .fd = m->process, .events = POLLIN };

	if (m->pid == 0)
		return;
	kill(m->pid, SIGTERM);
	kill(m->pid, SIGCONT);
	if (m->process < 0 || poll(&end, 1, STOP_GRACE_MS) != 1)
		kill(m->pid, SIGKILL);
}

int machine_finish(struct machine *m)
{
	int status = 0;

	while (waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	m->pid = 0;
	close(m->console);
	if (m->input >= 0)
		close(m->input);
	close(m->errors);
	if (m->process >= 0)
		close(m->process);
	close_kept(m);
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : STATUS_SIGNAL + WTERMSIG(status);
}

char *machine_errors(const struct machine *m)
{
	char text[4096];
	ssize_t got = pread(m->errors, text, sizeof text, 0);

	return xstrndup(text, got > 0 ? (size_t)got : 0);
}
