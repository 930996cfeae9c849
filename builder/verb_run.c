#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "exit.h"
#include "hosted.h"
#include "kvm.h"
#include "machine.h"
#include "mem.h"
#include "proc.h"
#include "qemu.h"
#include "run.h"
#include "target.h"

enum { NS_PER_MS = 1000000, TEST_TIMEOUT_MS = 60000 };

/* Positions in the words of --kvm. */
enum kvm_wish { KVM_AUTO, KVM_ON, KVM_OFF };

/* The options, read. */
struct wishes {
	const struct cli *cli;
	uint64_t timeout_ms; /* 0: none */
	enum qemu_media media;
	enum kvm_wish kvm;
};

static bool read_timeout(struct wishes *w)
{
	const char *text = cli_value(w->cli, "timeout");
	unsigned long long ns;

	if (!text) {
		w->timeout_ms = cli_value(w->cli, "test") ? TEST_TIMEOUT_MS : 0;
		return true;
	}
	if (cli_parse_duration(text, &ns)) {
		w->timeout_ms = ns / NS_PER_MS;
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
static bool read_options(struct wishes *w)
{
	static const char *const media[] = { "cd", "disk", "usb", NULL };
	static const char *const kvm[] = { "auto", "on", "off", NULL };
	int medium = pick_word(w->cli, "media", media, "it is cd, disk or usb");
	int accel = pick_word(w->cli, "kvm", kvm, "it is auto, on or off");

	if (medium < 0 || accel < 0)
		return false;
	w->media = (enum qemu_media)medium;
	w->kvm = (enum kvm_wish)accel;
	return read_timeout(w);
}

/* auto falls back to TCG in silence, on says why it cannot. */
static int choose_kvm(const struct wishes *w, bool *kvm)
{
	*kvm = w->kvm != KVM_OFF && kvm_is_usable();
	if (proc_interrupted())
		return EXIT_INTERRUPTED;
	if (w->kvm == KVM_ON && !*kvm) {
		cli_error("AZ0901", "`--kvm off` runs without it",
		    "no guest starts and ends under KVM on this host");
		return EXIT_HOST;
	}
	if (w->cli->verbose)
		fprintf(
		    stderr, "azoth: accelerator %s\n", *kvm ? "kvm" : "tcg");
	return EXIT_DONE;
}

static int configure(struct qemu_config *config, const struct wishes *w,
    const struct target *target)
{
	const struct cli *cli = w->cli;

	*config = (struct qemu_config){ .image = target->image,
		.bundle = target->bundle,
		.cmdline = target->cmdline,
		.media = w->media,
		.memory_mib = target->memory_mib,
		.kit = &target->kit,
		.uefi = cli_value(cli, "uefi") != NULL };
	if (config->bundle && (config->uefi || cli_value(cli, "media"))) {
		cli_error(NULL, "give the ISO instead",
		    "`--uefi` and `--media` are for an ISO");
		return EXIT_USAGE;
	}
	return choose_kvm(w, &config->kvm);
}

static int run_machine(const struct wishes *w, const struct qemu_config *config)
{
	struct machine m;
	int code = qemu_start(&m, config);

	if (code != EXIT_DONE)
		return code;
	return run_guest(w->cli, &m, config->image, w->timeout_ms);
}

/* Wait for gdb on a socket in a private folder. */
static int run_with_gdb(struct wishes *w, struct qemu_config *config)
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
	code = run_machine(w, config);
	unlink(socket);
	rmdir(folder);
done:
	free(socket);
	free(folder);
	return code;
}

/* What the command line adds to the machine. */
static int equip(const struct cli *cli, struct kit *kit)
{
	const char *text;
	int code = EXIT_DONE;

	for (size_t i = 0;
	     code == EXIT_DONE && (text = cli_nth(cli, "port", i)) != NULL; i++)
		code = kit_forward(kit, text);
	for (size_t i = 0;
	     code == EXIT_DONE && (text = cli_nth(cli, "secret", i)) != NULL;
	     i++)
		code = kit_secret(kit, text);
	return code;
}

/* The system runs without them; its modules see that they are not there. */
static void warn_missing(const struct kit *kit)
{
	for (size_t i = 0; i < kit->secret_count; i++) {
		const char *name = kit->secrets[i].name;
		char *help;

		if (kit->secrets[i].file != NULL)
			continue;
		help = xasprintf("give it: `--secret %s=FILE`", name);
		cli_warning(help, "the secret `%s` is not given", name);
		free(help);
	}
}

static int run_in_qemu(struct wishes *w, struct target *target)
{
	struct qemu_config config;
	int code = equip(w->cli, &target->kit);

	if (code == EXIT_DONE)
		code = configure(&config, w, target);
	if (code != EXIT_DONE)
		return code;
	warn_missing(&target->kit);
	if (cli_value(w->cli, "gdb"))
		return run_with_gdb(w, &config);
	if (!cli_value(w->cli, "print"))
		return run_machine(w, &config);
	qemu_print(&config);
	return EXIT_DONE;
}

static int run_hosted(const struct wishes *w, const struct target *target)
{
	bool gdb = cli_value(w->cli, "gdb") != NULL;
	struct machine m;
	int code = hosted_start(&m, target, gdb);

	if (code != EXIT_DONE)
		return code;
	if (gdb)
		fprintf(stderr,
		    "before a module runs the guest waits; in another "
		    "terminal:\n"
		    "  gdb -p %d -ex 'handle SIGSEGV SIGILL SIGALRM SIGIO "
		    "nostop noprint'\n"
		    "functions are MODULE::NAME, traps end in evidence_trap: "
		    "`break` there, `continue`\n",
		    (int)m.pid);
	return run_guest(w->cli, &m, target->image, w->timeout_ms);
}

static int run_target(struct wishes *w, const char *path)
{
	struct target target;
	int code = target_open(&target, path);

	if (code == EXIT_DONE)
		code = cli_value(w->cli, "hosted") ? run_hosted(w, &target)
						   : run_in_qemu(w, &target);
	target_fini(&target);
	return code;
}

/* Build the project; *path is then what to run, to be freed. */
static int build_first(const struct cli *cli, char **path)
{
	bool pvh = cli_value(cli, "pvh") || cli_value(cli, "hosted");
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

/* Options of a machine that --hosted does not have. */
static bool options_fit(const struct cli *cli)
{
	static const char *const machine[] = { "uefi", "pvh", "media", "kvm",
		"print", "port", "secret" };

	if (!cli_value(cli, "hosted"))
		return true;
	for (size_t i = 0; i < sizeof machine / sizeof *machine; i++) {
		if (!cli_value(cli, machine[i]))
			continue;
		cli_error(NULL, "leave one of them out",
		    "`--%s` is for QEMU, `--hosted` runs without it",
		    machine[i]);
		return false;
	}
	return true;
}

int verb_run(const struct cli *cli)
{
	struct wishes w = { .cli = cli };
	char *built = NULL;
	int code = EXIT_DONE;

	if (!read_options(&w) || !options_fit(cli))
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
	code = run_target(&w, built ? built : cli->args[0]);
	free(built);
	return code;
}
