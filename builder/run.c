#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "dossier.h"
#include "exit.h"
#include "guest.h"
#include "machine.h"
#include "proc.h"
#include "run_report.h"

enum {
	NS_PER_MS = 1000000,
	MS_PER_S = 1000,
	POLL_MAX_MS = 1000,
	END_OF_FILE = 0x04, /* what the guest takes for the end of stdin */
	KEYS_MAX = 256,
	FD_NONE = -1, /* poll ignores it */
};

/* One run. */
struct run {
	const struct cli *cli;
	const char *image;
	time_t began;
	uint64_t began_ms;
	FILE *console; /* NULL: not shown */
	FILE *json;    /* NULL: none */
	struct guest guest;
	struct dossier dossier; /* for --report */
	struct machine *machine;
	enum run_cause cause;
	uint64_t deadline_ms;   /* 0: none */
	int keys;               /* our stdin, or FD_NONE */
	char waiting[KEYS_MAX]; /* typed, not yet taken */
	size_t waiting_len;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * MS_PER_S +
	       (uint64_t)ts.tv_nsec / NS_PER_MS;
}

static void write_now(FILE *to, const char *bytes, size_t len)
{
	fwrite(bytes, 1, len, to);
	fflush(to);
}

static void on_echo(void *ctx, const char *bytes, size_t len)
{
	const struct run *r = ctx;

	if (r->console)
		write_now(r->console, bytes, len);
}

static void on_output(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	write_now(stdout, bytes, len);
}

static void on_line(void *ctx, const char *line)
{
	struct run *r = ctx;

	dossier_line(&r->dossier, line);
}

static void on_ended(void *ctx, const struct guest_module *m)
{
	const struct run *r = ctx;

	if (r->json)
		run_json_module(r->json, m);
}

/* stdout carries one thing: the console, the JSON lines of --test, or the
 * output of one module. What it displaces goes to stderr. */
static void choose_outputs(struct run *r)
{
	const struct cli *cli = r->cli;
	bool json = cli->json || cli_value(cli, "test");
	const char *module = cli_value(cli, "module-output");

	r->console = stdout;
	if (json) {
		r->json = module ? stderr : stdout;
		r->console = module || cli->quiet ? NULL : stderr;
	} else if (module) {
		r->console = cli->verbose ? stderr : NULL;
	}
	guest_init(
	    &r->guest, &(struct guest_hooks){ .ctx = r,
			   .echo = on_echo,
			   .module = module,
			   .output = module ? on_output : NULL,
			   .ended = on_ended,
			   .line = cli_value(cli, "report") ? on_line : NULL });
}

/* Keys go to the guest when a person types them, or when asked. */
static int choose_keys(const struct cli *cli)
{
	if (cli_value(cli, "stdin"))
		return STDIN_FILENO;
	if (!cli->no_input && isatty(STDIN_FILENO) &&
	    tcgetpgrp(STDIN_FILENO) == getpgrp())
		return STDIN_FILENO;
	return FD_NONE;
}

/* Take what was typed; at its end the guest gets its end of file. */
static void read_keys(struct run *r)
{
	ssize_t got = read(r->keys, r->waiting, sizeof r->waiting);

	if (got > 0) {
		r->waiting_len = (size_t)got;
		return;
	}
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	r->keys = FD_NONE;
	r->waiting[0] = END_OF_FILE;
	r->waiting_len = 1;
}

static void write_keys(struct run *r)
{
	ssize_t put = write(r->machine->input, r->waiting, r->waiting_len);

	if (put <= 0)
		return;
	r->waiting_len -= (size_t)put;
	memmove(r->waiting, r->waiting + put, r->waiting_len);
}

static int poll_timeout(const struct run *r)
{
	uint64_t now = now_ms();

	if (!r->deadline_ms)
		return POLL_MAX_MS;
	if (now >= r->deadline_ms)
		return 0;
	return r->deadline_ms - now < POLL_MAX_MS ? (int)(r->deadline_ms - now)
						  : POLL_MAX_MS;
}

static void stop_when_due(struct run *r)
{
	if (r->cause != RUN_ENDED)
		return;
	if (proc_interrupted())
		r->cause = RUN_INTERRUPTED;
	else if (r->deadline_ms && now_ms() >= r->deadline_ms)
		r->cause = RUN_TIMEOUT;
	if (r->cause != RUN_ENDED)
		machine_stop(r->machine);
}

/* Carry bytes both ways until the machine has closed the console. Keys wait for the
 * kernel's first line: firmware would eat them. */
static void converse(struct run *r)
{
	char bytes[4096];
	ssize_t got = 1;

	while (got != 0) {
		bool typing = r->guest.booted && r->waiting_len == 0;
		struct pollfd fds[] = {
			{ .fd = r->machine->console, .events = POLLIN },
			{ .fd = typing ? r->keys : FD_NONE, .events = POLLIN },
			{ .fd = r->waiting_len ? r->machine->input : FD_NONE,
			    .events = POLLOUT },
		};
		int ready = poll(fds, 3, poll_timeout(r));
		stop_when_due(r);
		if (ready <= 0)
			continue;
		if (fds[1].revents)
			read_keys(r);
		if (fds[2].revents)
			write_keys(r);
		if (!fds[0].revents)
			continue;
		got = read(r->machine->console, bytes, sizeof bytes);
		if (got > 0)
			guest_feed(&r->guest, bytes, (size_t)got);
	}
	guest_finish(&r->guest);
}

/* The file that --report names, if any. */
static int write_dossier(struct run *r, const struct run_result *result)
{
	const char *path = cli_value(r->cli, "report");
	struct dossier_run run = { .image = r->image,
		.result = result->name,
		.panic = r->guest.panic,
		.exit = result->exit,
		.began = r->began,
		.ms = now_ms() - r->began_ms };

	if (!path || dossier_write(&r->dossier, &run, path))
		return result->exit;
	cli_error(NULL, NULL, "cannot write `%s`: %s", path, strerror(errno));
	return result->exit == EXIT_DONE ? EXIT_HOST : result->exit;
}

/* Tell how it ended; returns the exit code. */
static int report(struct run *r, int status, const char *errors)
{
	struct run_result result = run_result(&r->guest, r->cause, status);

	if (r->json)
		run_json_end(r->json, &r->guest, &result);
	if (r->json != stderr && (!r->cli->quiet || result.exit != EXIT_DONE))
		run_summary(
		    &r->guest, &result, r->machine->name, status, errors);
	return write_dossier(r, &result);
}

int run_guest(const struct cli *cli, struct machine *machine, const char *image,
    uint64_t timeout_ms)
{
	struct run r = {
		.cli = cli,
		.machine = machine,
		.image = image,
		.keys = choose_keys(cli),
		.began = time(NULL),
		.began_ms = now_ms(),
	};

	dossier_init(&r.dossier);
	choose_outputs(&r);
	fcntl(machine->input, F_SETFL, O_NONBLOCK);
	r.deadline_ms = timeout_ms ? now_ms() + timeout_ms : 0;
	if (r.json)
		run_json_start(r.json, image);
	converse(&r);
	char *errors = machine_errors(machine);
	int status = machine_finish(machine);
	int code = report(&r, status, errors);
	free(errors);
	guest_fini(&r.guest);
	dossier_fini(&r.dossier);
	return code;
}
