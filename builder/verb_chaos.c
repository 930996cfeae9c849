#include "cli.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/rights.h"
#include "batch.h"
#include "build.h"
#include "chaos_mutate.h"
#include "chaos_tally.h"
#include "exit.h"
#include "fileio.h"
#include "guest.h"
#include "hosted.h"
#include "machine.h"
#include "manifest.h"
#include "mem.h"
#include "proc.h"
#include "progress.h"
#include "qemu.h"
#include "run_report.h"
#include "target.h"

enum {
	NS_PER_MS = 1000000,
	POLL_MS = 200,
	RATE = 50,
	FAULTS = 500,
	WITHIN_MS = 10000,
	TIMEOUT_MS = 600000,
	LINE_MAX_LEN = 4096,
	DIGITS_MAX = 9,
	FAULT_DIGITS = 8,
	IDLE_RUNS_MAX = 10,  /* in a row, without a fault */
	STATUS_SIGNAL = 128, /* machine_finish adds the signal */
};

/* A module with its faults. */
struct mutant {
	struct buf bytes;
	uint8_t sha256[32];
	struct wasm_module *wasm;
};

struct chaos_run {
	const struct cli *cli;
	struct chaos_options options;
	uint64_t faults, within_ms, timeout_ms;
	struct mutant *mutants; /* of each module of the manifest */
	size_t mutant_count;
	struct chaos_tally tally;
	char line[LINE_MAX_LEN];
	size_t line_len;
	uint64_t seen_ms; /* when the assertion last was */
	bool enough;      /* faults, and all that showed are judged */
};

static uint64_t now_ms(void)
{
	return progress_now() / NS_PER_MS;
}

/* --- Options --------------------------------------------------------------- */

static bool read_count(const struct cli *cli, const char *option, uint64_t *out)
{
	const char *text = cli_value(cli, option);
	size_t len = text ? strspn(text, "0123456789") : 0;

	if (text == NULL)
		return true;
	*out = len > 0 && len <= DIGITS_MAX ? strtoull(text, NULL, 10) : 0;
	if (*out > 0 && text[len] == '\0')
		return true;
	cli_error(NULL, "a whole number from 1", "`%s` is no value of `--%s`",
	    text, option);
	return false;
}

static bool read_time(const struct cli *cli, const char *option, uint64_t *out)
{
	const char *text = cli_value(cli, option);
	unsigned long long ns;

	if (text == NULL)
		return true;
	if (cli_parse_duration(text, &ns) && ns >= NS_PER_MS) {
		*out = ns / NS_PER_MS;
		return true;
	}
	cli_error("AZ0111",
	    "write a whole number and ms, s, m or h, for example `30s`",
	    "`%s` is not a time", text);
	return false;
}

static bool read_classes(struct chaos_run *r)
{
	const char *text = cli_value(r->cli, "class");

	if (text == NULL)
		return true;
	for (int i = 0; i < CHAOS_CLASS_COUNT; i++)
		if (strcmp(text, chaos_class_name((enum chaos_class)i)) == 0)
			r->options.only = 1u << i;
	if (r->options.only != 0)
		return true;
	cli_error(NULL, "azoth help chaos lists them",
	    "`%s` is no class of faults", text);
	return false;
}

/* Numbers mean places in one module. */
static bool read_fault(struct chaos_run *r)
{
	const char *text = cli_value(r->cli, "fault");
	size_t len = text ? strspn(text, "0123456789abcdef") : 0;

	if (text == NULL)
		return true;
	if (r->cli->arg_count != 1) {
		cli_error(NULL, "azoth chaos MODULE --fault NUMBER",
		    "`--fault` is for one module");
		return false;
	}
	r->options.fault = len == FAULT_DIGITS && text[len] == '\0'
			       ? (uint32_t)strtoul(text, NULL, 16)
			       : 0;
	if (chaos_class_of(r->options.fault) != CHAOS_NONE)
		return true;
	cli_error(NULL, "eight digits, as behind `" CHAOS_MARK "`",
	    "`%s` is no fault's number", text);
	return false;
}

static bool read_options(struct chaos_run *r)
{
	uint64_t every = RATE;
	bool done = read_count(r->cli, "rate", &every) &&
		    read_count(r->cli, "faults", &r->faults) &&
		    read_time(r->cli, "within", &r->within_ms) &&
		    read_time(r->cli, "timeout", &r->timeout_ms) &&
		    read_classes(r) && read_fault(r);

	r->options.every = (uint32_t)every;
	return done;
}

/* --- Building -------------------------------------------------------------- */

static bool is_chosen(const struct cli *cli, const char *name)
{
	for (int i = 0; i < cli->arg_count; i++)
		if (strcmp(cli->args[i], name) == 0)
			return true;
	return cli->arg_count == 0;
}

static bool names_exist(const struct cli *cli, const struct manifest *m)
{
	size_t index;

	for (int i = 0; i < cli->arg_count; i++) {
		if (manifest_find_module(m, cli->args[i], &index))
			continue;
		cli_error(NULL, NULL, "there is no module `%s`", cli->args[i]);
		return false;
	}
	return true;
}

/* Faults are picked by random numbers and told through the log. */
static void grant(struct manifest_grants *grants)
{
	grants->random = true;
	if (grants->log == 0)
		grants->log = AZ_LEVEL_INFO;
}

static bool has_fault(const struct chaos_run *r,
    const struct chaos_places *places, const char *name)
{
	uint32_t fault = r->options.fault;
	enum chaos_class class = chaos_class_of(fault);

	if (fault == 0 || fault < chaos_fault(class, places->count[class]))
		return true;
	cli_error(NULL, NULL, "module `%s` has %u places for %s, and not %s",
	    name, (unsigned)places->count[class], chaos_class_name(class),
	    cli_value(r->cli, "fault"));
	return false;
}

static bool mutate(struct chaos_run *r, struct build *b, size_t i)
{
	struct batch_item *item = &b->items[i];
	struct mutant *mutant = &r->mutants[i];
	struct chaos_places places;
	struct wasm_error error = { 0 };

	if (!chaos_mutate(&mutant->bytes, &places, item->wasm, &r->options)) {
		cli_error(NULL, "name the modules that shall have faults",
		    "module `%s` has no memory, so it cannot say which fault "
		    "it has",
		    item->name);
		return false;
	}
	if (!has_fault(r, &places, item->name))
		return false;
	mutant->wasm = wasm_parse(
	    (const uint8_t *)mutant->bytes.at, mutant->bytes.len, &error);
	if (mutant->wasm == NULL) {
		cli_error(NULL, NULL,
		    "module `%s` is too large with faults: %s", item->name,
		    error.text);
		return false;
	}
	file_sha256(mutant->sha256, mutant->bytes.at, mutant->bytes.len);
	item->wasm = mutant->wasm;
	item->bytes = &mutant->bytes;
	item->sha256 = mutant->sha256;
	grant(&b->manifest->modules[i].grants);
	return true;
}

static int change_modules(void *ctx, struct build *b)
{
	struct chaos_run *r = ctx;

	if (!b->signing.key.dev) {
		cli_error(NULL,
		    "leave `signing.image.key` out, or use a "
		    "profile `dev`",
		    "faults are signed with a development key alone");
		return EXIT_TRUST;
	}
	if (!names_exist(r->cli, b->manifest))
		return EXIT_INPUT;
	r->mutant_count = b->manifest->module_count;
	r->mutants = xcalloc(r->mutant_count, sizeof(*r->mutants));
	for (size_t i = 0; i < r->mutant_count; i++)
		if (is_chosen(r->cli, b->items[i].name) && !mutate(r, b, i))
			return EXIT_INPUT;
	return EXIT_DONE;
}

static char *folder_of(const char *manifest)
{
	const char *slash = strrchr(manifest, '/');

	return slash ? xasprintf(
			   "%.*s/out/chaos", (int)(slash - manifest), manifest)
		     : xstrdup("out/chaos");
}

static int build_system(struct chaos_run *r, char **elf)
{
	char *manifest = cli_manifest_path(r->cli);
	char *folder = manifest ? folder_of(manifest) : NULL;
	struct build_options options = { .path = manifest,
		.profile = r->cli->profile,
		.out_dir = folder,
		.formats = "pvh",
		.change = change_modules,
		.change_ctx = r };
	struct build b;
	int code;

	if (manifest == NULL)
		return EXIT_INPUT;
	code = build_run(&b, r->cli, &options);
	if (code == EXIT_DONE)
		*elf = xstrdup(b.elf_path);
	build_fini(&b);
	free(folder);
	free(manifest);
	return code;
}

/* --- Running --------------------------------------------------------------- */

static void on_echo(void *ctx, const char *bytes, size_t len)
{
	struct chaos_run *r = ctx;
	uint64_t answers;

	for (size_t i = 0; i < len && !r->enough; i++) {
		if (bytes[i] != '\n') {
			if (r->line_len < LINE_MAX_LEN - 1)
				r->line[r->line_len++] = bytes[i];
			continue;
		}
		r->line[r->line_len] = '\0';
		r->line_len = 0;
		if (r->cli->verbose)
			fprintf(stderr, "%s\n", r->line);
		answers = r->tally.answers;
		chaos_tally_line(&r->tally, r->line);
		if (r->tally.assertion == NULL || r->tally.answers != answers)
			r->seen_ms = now_ms();
		r->enough = chaos_tally_sum(&r->tally).injected >= r->faults &&
			    !chaos_tally_pending(&r->tally);
	}
}

/* Read until the machine has ended, or is to be stopped. */
static enum chaos_end listen_to(
    struct chaos_run *r, struct machine *m, struct guest *g, uint64_t until_ms)
{
	char bytes[4096];
	ssize_t got = 1;

	r->seen_ms = now_ms();
	r->line_len = 0;
	while (got != 0) {
		struct pollfd fd = { .fd = m->console, .events = POLLIN };

		if (r->enough || proc_interrupted() || now_ms() > until_ms)
			return CHAOS_STOPPED;
		if (now_ms() - r->seen_ms > r->within_ms)
			return CHAOS_LOST;
		if (poll(&fd, 1, POLL_MS) <= 0)
			continue;
		got = read(m->console, bytes, sizeof(bytes));
		if (got > 0)
			guest_feed(g, bytes, (size_t)got);
	}
	return CHAOS_ENDED;
}

/* A system that ends as failed has a module that is not started again. */
static enum chaos_end judge_end(const struct guest *g, int status)
{
	const char *name = run_result(g, RUN_ENDED, status).name;

	if (strcmp(name, "ok") == 0)
		return CHAOS_ENDED;
	if (strcmp(name, "escalated") == 0 ||
	    (strcmp(name, "failed") == 0 && status < STATUS_SIGNAL &&
		g->modules_ended > 0))
		return CHAOS_GAVE_UP;
	return CHAOS_DEAD;
}

static int start_machine(
    const struct cli *cli, struct machine *m, const struct target *target)
{
	const struct qemu_config config = { .image = target->image,
		.kit = &target->kit,
		.bundle = target->bundle,
		.cmdline = target->cmdline,
		.memory_mib = target->memory_mib };

	return cli_value(cli, "hosted") ? hosted_start(m, target, false)
					: qemu_start(m, &config);
}

static int run_once(
    struct chaos_run *r, const struct target *target, uint64_t until_ms)
{
	struct machine m;
	struct guest g;
	enum chaos_end how;
	int code = start_machine(r->cli, &m, target), status;

	if (code != EXIT_DONE)
		return code;
	guest_init(&g, &(struct guest_hooks){ .ctx = r, .echo = on_echo });
	how = listen_to(r, &m, &g, until_ms);
	if (how != CHAOS_ENDED)
		machine_stop(&m);
	status = machine_finish(&m);
	if (how == CHAOS_ENDED)
		how = judge_end(&g, status);
	if (!g.booted)
		code = EXIT_TOOL;
	chaos_tally_end(&r->tally, how);
	guest_fini(&g);
	return code;
}

static int run_all(struct chaos_run *r, const char *elf)
{
	uint64_t until_ms = now_ms() + r->timeout_ms, before;
	struct target target;
	int code = target_open(&target, elf), idle = 0;

	while (code == EXIT_DONE && !r->enough && now_ms() < until_ms &&
	       !proc_interrupted()) {
		before = chaos_tally_sum(&r->tally).injected;
		code = run_once(r, &target, until_ms);
		if (chaos_tally_sum(&r->tally).injected > before)
			idle = 0;
		else if (code == EXIT_DONE && ++idle == IDLE_RUNS_MAX) {
			cli_error(NULL, "a smaller `--rate` injects earlier",
			    "the system ends before it has a fault");
			code = EXIT_GUEST;
		}
	}
	target_fini(&target);
	return proc_interrupted() ? EXIT_INTERRUPTED : code;
}

/* code: how it went so far. */
static int report(const struct chaos_run *r, int code)
{
	struct chaos_count sum = chaos_tally_sum(&r->tally);

	if (sum.injected == 0)
		return code;
	if (r->cli->json)
		chaos_tally_json(&r->tally, stdout);
	else
		chaos_tally_print(&r->tally, stdout);
	if (r->tally.kernel_deaths > 0 ||
	    sum.recovered + sum.escalated < sum.manifested)
		return EXIT_GUEST;
	if (code == EXIT_DONE && sum.injected < r->faults)
		return EXIT_TIMEOUT;
	return code;
}

static void drop_mutants(struct chaos_run *r)
{
	for (size_t i = 0; i < r->mutant_count; i++) {
		buf_fini(&r->mutants[i].bytes);
		if (r->mutants[i].wasm != NULL)
			wasm_free(r->mutants[i].wasm);
	}
	free(r->mutants);
}

int verb_chaos(const struct cli *cli)
{
	struct chaos_run r = { .cli = cli,
		.faults = FAULTS,
		.within_ms = WITHIN_MS,
		.timeout_ms = TIMEOUT_MS };
	char *elf = NULL;
	int code;

	if (!read_options(&r))
		return EXIT_USAGE;
	chaos_tally_init(&r.tally, cli_value(cli, "assert"));
	proc_catch_signals();
	code = build_system(&r, &elf);
	if (code == EXIT_DONE)
		code = report(&r, run_all(&r, elf));
	drop_mutants(&r);
	chaos_tally_fini(&r.tally);
	free(elf);
	return code;
}
