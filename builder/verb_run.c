#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "exit.h"
#include "guest.h"
#include "kvm.h"
#include "mem.h"
#include "proc.h"
#include "qemu.h"
#include "run_report.h"
#include "target.h"

enum {
	NS_PER_MS = 1000000,
	MS_PER_S = 1000,
	TEST_TIMEOUT_MS = 60 * MS_PER_S,
	POLL_MAX_MS = 1000,
	END_OF_FILE = 0x04, /* what the guest takes for the end of stdin */
	KEYS_MAX = 256,
	FD_NONE = -1, /* poll ignores it */
};

/* Positions in kvm_words. */
enum kvm_wish { KVM_AUTO, KVM_ON, KVM_OFF };

/* One run. */
struct run {
	const struct cli *cli;
	uint64_t timeout_ms; /* 0: none */
	enum qemu_media media;
	enum kvm_wish kvm;
	FILE *console; /* NULL: not shown */
	FILE *json;    /* NULL: none */
	struct guest guest;
	struct qemu qemu;
	enum run_cause cause;
	uint64_t deadline_ms;   /* 0: none */
	int keys;               /* our stdin, or FD_NONE */
	char waiting[KEYS_MAX]; /* typed, not yet taken by QEMU */
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
	guest_init(&r->guest, &(struct guest_hooks){ .ctx = r,
				  .echo = on_echo,
				  .module = module,
				  .output = module ? on_output : NULL,
				  .ended = on_ended });
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

static bool read_timeout(struct run *r)
{
	const char *text = cli_value(r->cli, "timeout");
	unsigned long long ns;

	if (!text) {
		r->timeout_ms = cli_value(r->cli, "test") ? TEST_TIMEOUT_MS : 0;
		return true;
	}
	if (cli_parse_duration(text, &ns)) {
		r->timeout_ms = ns / NS_PER_MS;
		return true;
	}
	cli_error("AZ0111",
	    "write a whole number and ms, s, m or h, for example `30s`",
	    "`%s` is not a time", text);
	return false;
}

static int pick_word(const struct cli *cli, const char *option,
    const char *const *words, const char *allowed)
{
	const char *text = cli_value(cli, option);

	if (!text)
		return 0;
	for (int i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	cli_error(NULL, allowed, "`%s` is no value of `--%s`", text, option);
	return -1;
}

/* Read the options whose words can be wrong, before anything is done. */
static bool read_options(struct run *r)
{
	static const char *const media[] = { "cd", "disk", "usb", NULL };
	static const char *const kvm[] = { "auto", "on", "off", NULL };
	int medium = pick_word(r->cli, "media", media, "it is cd, disk or usb");
	int accel = pick_word(r->cli, "kvm", kvm, "it is auto, on or off");

	if (medium < 0 || accel < 0)
		return false;
	r->media = (enum qemu_media)medium;
	r->kvm = (enum kvm_wish)accel;
	return read_timeout(r);
}

/* auto falls back to TCG in silence, on says why it cannot. */
static int choose_kvm(const struct run *r, bool *kvm)
{
	*kvm = r->kvm != KVM_OFF && kvm_is_usable();
	if (proc_interrupted())
		return EXIT_INTERRUPTED;
	if (r->kvm == KVM_ON && !*kvm) {
		cli_error("AZ0901", "`--kvm off` runs without it",
		    "no guest starts and ends under KVM on this host");
		return EXIT_HOST;
	}
	if (r->cli->verbose)
		fprintf(
		    stderr, "azoth: accelerator %s\n", *kvm ? "kvm" : "tcg");
	return EXIT_DONE;
}

static int configure(struct qemu_config *config, const struct run *r,
    const struct target *target)
{
	const struct cli *cli = r->cli;

	*config = (struct qemu_config){ .image = target->image,
		.bundle = target->bundle,
		.cmdline = target->cmdline,
		.media = r->media,
		.memory_mib = target->memory_mib,
		.uefi = cli_value(cli, "uefi") != NULL };
	if (config->bundle && (config->uefi || cli_value(cli, "media"))) {
		cli_error(NULL, "give the ISO instead",
		    "`--uefi` and `--media` are for an ISO");
		return EXIT_USAGE;
	}
	return choose_kvm(r, &config->kvm);
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
	ssize_t put = write(r->qemu.input, r->waiting, r->waiting_len);

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
		qemu_stop(&r->qemu);
}

/* Carry bytes both ways until QEMU has closed the console. Keys wait for the
 * kernel's first line: firmware would eat them. */
static void converse(struct run *r)
{
	char bytes[4096];
	ssize_t got = 1;

	while (got != 0) {
		bool typing = r->guest.booted && r->waiting_len == 0;
		struct pollfd fds[] = {
			{ .fd = r->qemu.console, .events = POLLIN },
			{ .fd = typing ? r->keys : FD_NONE, .events = POLLIN },
			{ .fd = r->waiting_len ? r->qemu.input : FD_NONE,
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
		got = read(r->qemu.console, bytes, sizeof bytes);
		if (got > 0)
			guest_feed(&r->guest, bytes, (size_t)got);
	}
	guest_finish(&r->guest);
}

static int run_guest(struct run *r, const struct qemu_config *config)
{
	int code;

	choose_outputs(r);
	r->keys = choose_keys(r->cli);
	code = qemu_start(&r->qemu, config);
	if (code != EXIT_DONE)
		return code;
	fcntl(r->qemu.input, F_SETFL, O_NONBLOCK);
	r->deadline_ms = r->timeout_ms ? now_ms() + r->timeout_ms : 0;
	if (r->json)
		run_json_start(r->json, config->image);
	converse(r);
	char *errors = qemu_errors(&r->qemu);
	int status = qemu_finish(&r->qemu);
	struct run_result result = run_result(&r->guest, r->cause, status);
	if (r->json)
		run_json_end(r->json, &r->guest, &result);
	if (!(r->json && r->json == stderr) &&
	    (!r->cli->quiet || result.exit != EXIT_DONE))
		run_summary(&r->guest, &result, status, errors);
	free(errors);
	guest_fini(&r->guest);
	return result.exit;
}

/* Wait for gdb on a socket in a private folder. */
static int run_with_gdb(struct run *r, struct qemu_config *config)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *folder = xasprintf("%s/azoth-gdb-XXXXXX",
	    runtime && *runtime == '/' ? runtime : "/tmp");
	char *socket = NULL;
	int code = EXIT_HOST;

	if (!mkdtemp(folder)) {
		cli_error(NULL, NULL, "cannot make `%s`: %s", folder,
		    strerror(errno));
		goto done;
	}
	socket = xasprintf("%s/gdb", folder);
	config->gdb = socket;
	fprintf(stderr,
	    "the guest waits; in another terminal:\n"
	    "  gdb %s -ex 'target remote %s' -ex continue\n",
	    config->bundle ? config->image : "KERNEL.elf", socket);
	code = run_guest(r, config);
	unlink(socket);
	rmdir(folder);
done:
	free(socket);
	free(folder);
	return code;
}

static int run_target(struct run *r, const char *path)
{
	struct qemu_config config;
	struct target target;
	int code = target_open(&target, path);

	if (code == EXIT_DONE)
		code = configure(&config, r, &target);
	if (code == EXIT_DONE) {
		if (cli_value(r->cli, "print"))
			qemu_print(&config);
		else if (cli_value(r->cli, "gdb"))
			code = run_with_gdb(r, &config);
		else
			code = run_guest(r, &config);
	}
	target_fini(&target);
	return code;
}

/* Build the project; *path is then what to run, to be freed. */
static int build_first(const struct cli *cli, char **path)
{
	bool pvh = cli_value(cli, "pvh") != NULL;
	char *manifest = cli_manifest_path(cli);
	struct build_options options = { .path = manifest,
		.profile = cli->profile,
		.formats = pvh ? "pvh" : NULL };
	struct build b;

	if (!manifest)
		return EXIT_INPUT;
	int code = build_run(&b, cli, &options);
	const char *made = b.iso_path && !pvh ? b.iso_path : b.elf_path;
	if (code == EXIT_DONE)
		*path = xstrdup(made);
	build_fini(&b);
	free(manifest);
	return code;
}

int verb_run(const struct cli *cli)
{
	struct run r = { .cli = cli };
	char *built = NULL;
	int code = EXIT_DONE;

	if (!read_options(&r))
		return EXIT_USAGE;
	if (cli->arg_count > 0 && cli_value(cli, "pvh")) {
		cli_error(NULL, "give X.elf instead",
		    "`--pvh` is for a run without an argument");
		return EXIT_USAGE;
	}
	if (cli->arg_count == 0)
		code = build_first(cli, &built);
	if (code != EXIT_DONE)
		return code;
	proc_catch_signals();
	code = run_target(&r, built ? built : cli->args[0]);
	free(built);
	return code;
}
