#include "cli.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "exit.h"
#include "json_text.h"
#include "kernel_elf.h"
#include "kvm.h"
#include "mem.h"
#include "proc.h"
#include "qemu.h"

#define GRUB_DIR "/usr/lib/grub/"
#define WASI_DIR "/usr/include/wasm32-wasi/"

enum {
	VERSION_TIMEOUT_MS = 5000,
	MIB = 1 << 20,
	DISK_FAIL_MIB = 64,
	DISK_WARN_MIB = 1024,
	REMEDY_COLUMN = 40,
};

enum status { STATUS_OK, STATUS_WARN, STATUS_FAIL };

/* What one check found. The texts are the report's to free. */
struct finding {
	enum status status;
	char *text;
	char *remedy; /* what to do, or NULL */
};

/* A row of the table: a program, a file, or a function that looks. */
struct check {
	const char *name;
	const char *program;     /* asked for its version, or NULL */
	const char *version_arg; /* default --version */
	const char *file;        /* must exist, or NULL */
	const char *package;     /* that brings it */
	const char *purpose;     /* what needs it */
	const char *exact;       /* the only version that works, or NULL */
	const char *at_least;    /* or NULL */
	enum status missing;     /* what its absence means */
	void (*look)(struct finding *f);
};

/* The first number with a dot in text, such as 12.2.0; an own string. */
static char *find_version(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!isdigit((unsigned char)*c))
			continue;
		size_t len = strspn(c, "0123456789.");
		while (len && c[len - 1] == '.')
			len--;
		if (memchr(c, '.', len))
			return xstrndup(c, len);
		c += len;
		if (!*c)
			break;
	}
	return NULL;
}

/* Which is newer: <0, 0, >0 as strcmp, number by number. */
static int compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		char *a_end, *b_end;
		unsigned long x = strtoul(a, &a_end, 10);
		unsigned long y = strtoul(b, &b_end, 10);
		if (x != y)
			return x < y ? -1 : 1;
		a = a_end + (*a_end == '.');
		b = b_end + (*b_end == '.');
	}
	return 0;
}

/* What the program says of its version, or NULL when it cannot be run. */
static char *ask_version(const struct check *c)
{
	const char *arg = c->version_arg ? c->version_arg : "--version";
	const char *const argv[] = { c->program, arg, NULL };
	const struct proc_opts opts = { .log_path = "/dev/null",
		.timeout_ms = VERSION_TIMEOUT_MS };
	struct buf text = { 0 };
	char *version = NULL;

	if (proc_output(&text, argv, &opts) == 0 && text.len > 0)
		version = find_version(text.at);
	buf_fini(&text);
	return version;
}

static void set_missing(struct finding *f, const struct check *c)
{
	f->status = c->missing;
	f->text = xasprintf("not found; %s", c->purpose);
	f->remedy = xasprintf("apt install %s", c->package);
}

static void look_program(struct finding *f, const struct check *c)
{
	char *path = proc_find(c->program);
	char *version = path ? ask_version(c) : NULL;

	free(path);
	if (!version) {
		set_missing(f, c);
		return;
	}
	const char *wanted = c->exact ? c->exact : c->at_least;
	int order = wanted ? compare_versions(version, wanted) : 0;
	if (order < 0 || (c->exact && order != 0)) {
		f->status = c->missing;
		f->text = xasprintf("%s; %s%s is needed", version, wanted,
		    c->exact ? " exactly" : " or newer");
		f->remedy = xasprintf("apt install %s", c->package);
	} else {
		f->text = c->at_least ? xasprintf("%s  (%s or newer wanted)",
					    version, wanted)
				      : xstrdup(version);
	}
	free(version);
}

static void look_file(struct finding *f, const struct check *c)
{
	if (access(c->file, R_OK) == 0)
		f->text = xstrdup(c->file);
	else
		set_missing(f, c);
}

static void look_kernel(struct finding *f)
{
	char *path = kernel_default_path();

	if (path && access(path, R_OK) == 0) {
		f->text = path;
		return;
	}
	free(path);
	f->status = STATUS_FAIL;
	f->text = xstrdup("not beside this azoth; build needs it");
	f->remedy = xstrdup("make, in Azoth's own tree");
}

static void look_kvm(struct finding *f)
{
	char *qemu = proc_find(QEMU_PROGRAM);
	bool found = qemu != NULL;

	free(qemu);
	f->status = STATUS_WARN;
	if (access("/dev/kvm", F_OK) != 0) {
		f->text = xstrdup("absent; runs will use TCG, about 20x "
				  "slower");
	} else if (access("/dev/kvm", R_OK | W_OK) != 0) {
		f->text = xstrdup("present, not writable by you; runs will "
				  "use TCG, about 20x slower");
		f->remedy = xstrdup("sudo setfacl -m u:$USER:rw /dev/kvm");
	} else if (!found) {
		f->text = xstrdup("present; not tried without QEMU");
	} else if (!kvm_try()) {
		f->text = xstrdup("present, but no guest starts and ends "
				  "under it; runs will use TCG");
	} else {
		f->status = STATUS_OK;
		f->text = xstrdup("a guest starts and ends under it");
	}
}

static void look_disk(struct finding *f)
{
	struct statvfs fs;

	if (statvfs(".", &fs) != 0) {
		f->status = STATUS_FAIL;
		f->text = xstrdup("this folder cannot be read");
		return;
	}
	unsigned long long mib =
	    (unsigned long long)fs.f_bavail * fs.f_frsize / MIB;
	f->text = xasprintf("%llu MiB free here", mib);
	if (mib < DISK_FAIL_MIB)
		f->status = STATUS_FAIL;
	else if (mib < DISK_WARN_MIB)
		f->status = STATUS_WARN;
}

static const struct check checks[] = {
	{ .name = "kernel", .look = look_kernel },
	{ .name = "gcc-12",
	    .program = "gcc-12",
	    .version_arg = "-dumpfullversion",
	    .package = "gcc-12",
	    .purpose = "it compiles modules",
	    .missing = STATUS_FAIL },
	{ .name = "wasm2c",
	    .program = "wasm2c",
	    .package = "wabt",
	    .purpose = "it translates modules",
	    .exact = "1.0.32",
	    .missing = STATUS_FAIL },
	{ .name = "wasm-validate",
	    .program = "wasm-validate",
	    .package = "wabt",
	    .purpose = "it checks modules",
	    .missing = STATUS_FAIL },
	{ .name = "grub-mkimage",
	    .program = "grub-mkimage",
	    .package = "grub-common",
	    .purpose = "it makes the ISO's boot loader",
	    .missing = STATUS_FAIL },
	{ .name = "grub bios",
	    .file = GRUB_DIR "i386-pc/cdboot.img",
	    .package = "grub-pc-bin",
	    .purpose = "the BIOS half of the ISO needs it",
	    .missing = STATUS_FAIL },
	{ .name = "grub uefi",
	    .file = GRUB_DIR "x86_64-efi/moddep.lst",
	    .package = "grub-efi-amd64-bin",
	    .purpose = "the UEFI half of the ISO needs it",
	    .missing = STATUS_FAIL },
	{ .name = "mformat",
	    .program = "mformat",
	    .package = "mtools",
	    .purpose = "the UEFI half of the ISO needs it",
	    .missing = STATUS_FAIL },
	{ .name = "xorriso",
	    .program = "xorriso",
	    .package = "xorriso",
	    .purpose = "it writes the ISO",
	    .missing = STATUS_FAIL },
	{ .name = "qemu",
	    .program = QEMU_PROGRAM,
	    .package = QEMU_PACKAGE,
	    .purpose = "`azoth run` needs it",
	    .at_least = "6.2",
	    .missing = STATUS_FAIL },
	{ .name = "ovmf",
	    .file = QEMU_OVMF_CODE,
	    .package = "ovmf",
	    .purpose = "`azoth run --uefi` needs it",
	    .missing = STATUS_WARN },
	{ .name = "make",
	    .program = "make",
	    .package = "make",
	    .purpose = "the templates need it",
	    .missing = STATUS_WARN },
	{ .name = "clang-14",
	    .program = "clang-14",
	    .package = "clang-14",
	    .purpose = "the C templates need it",
	    .missing = STATUS_WARN },
	{ .name = "wasm-ld",
	    .program = "wasm-ld-14",
	    .package = "lld-14",
	    .purpose = "the C templates need it",
	    .missing = STATUS_WARN },
	{ .name = "wasi-libc",
	    .file = WASI_DIR "stdio.h",
	    .package = "wasi-libc",
	    .purpose = "the C templates need it",
	    .missing = STATUS_WARN },
	{ .name = "wasm runtime",
	    .file = "/usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi/"
		    "libclang_rt.builtins-wasm32.a",
	    .package = "libclang-rt-14-dev-wasm32",
	    .purpose = "the C templates need it",
	    .missing = STATUS_WARN },
	{ .name = "/dev/kvm", .look = look_kvm },
	{ .name = "disk", .look = look_disk },
};

enum { CHECK_COUNT = sizeof checks / sizeof *checks };

static void look(struct finding *f, const struct check *c)
{
	if (c->look)
		c->look(f);
	else if (c->program)
		look_program(f, c);
	else
		look_file(f, c);
}

static void print_row(const struct check *c, const struct finding *f)
{
	static const char *const words[] = { "ok", "warn", "FAIL" };

	printf(" %-5s %-13s %s", words[f->status], c->name, f->text);
	if (!f->remedy)
		putchar('\n');
	else if (strlen(f->text) <= REMEDY_COLUMN)
		printf("%*s%s\n", (int)(REMEDY_COLUMN + 4 - strlen(f->text)),
		    "", f->remedy);
	else
		printf("\n%21s%s\n", "", f->remedy);
}

static json_t *row_json(const struct check *c, const struct finding *f)
{
	static const char *const words[] = { "ok", "warn", "fail" };

	return json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "name", c->name,
	    "status", words[f->status], "text", f->text, "package", c->package,
	    "remedy", f->remedy);
}

/* The names of missing packages, each once, in one line. */
static void print_packages(const struct finding *found)
{
	const char *gap = "";

	for (int i = 0; i < CHECK_COUNT; i++) {
		bool wanted = checks[i].package && found[i].status != STATUS_OK;
		for (int j = 0; wanted && j < i; j++)
			wanted = !(
			    checks[j].package && found[j].status != STATUS_OK &&
			    strcmp(checks[i].package, checks[j].package) == 0);
		if (!wanted)
			continue;
		printf("%s%s", gap, checks[i].package);
		gap = " ";
	}
	if (*gap)
		putchar('\n');
}

static void print_table(const struct cli *cli, const struct finding *found,
    int problems, int warnings)
{
	puts("azoth doctor");
	for (int i = 0; i < CHECK_COUNT; i++)
		if (!cli->quiet || found[i].status != STATUS_OK)
			print_row(&checks[i], &found[i]);
	printf("%d problem%s, %d warning%s.  exit %d\n", problems,
	    problems == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s",
	    problems ? EXIT_HOST : EXIT_DONE);
}

static void print_json(const struct finding *found, int problems, int warnings)
{
	json_t *rows = json_array();

	for (int i = 0; i < CHECK_COUNT; i++)
		json_array_append_new(rows, row_json(&checks[i], &found[i]));
	json_t *all =
	    json_pack("{s:s, s:o, s:i, s:i}", "schema", "azoth.doctor/1",
		"checks", rows, "problems", problems, "warnings", warnings);
	json_text_print(stdout, all);
}

int verb_doctor(const struct cli *cli)
{
	struct finding found[CHECK_COUNT] = { 0 };
	int problems = 0, warnings = 0;

	proc_catch_signals();
	for (int i = 0; i < CHECK_COUNT; i++) {
		look(&found[i], &checks[i]);
		problems += found[i].status == STATUS_FAIL;
		warnings += found[i].status == STATUS_WARN;
	}
	if (proc_interrupted())
		return EXIT_INTERRUPTED;
	if (cli_value(cli, "packages"))
		print_packages(found);
	else if (cli->json)
		print_json(found, problems, warnings);
	else
		print_table(cli, found, problems, warnings);
	for (int i = 0; i < CHECK_COUNT; i++) {
		free(found[i].text);
		free(found[i].remedy);
	}
	if (cli_value(cli, "packages"))
		return EXIT_DONE;
	return problems ? EXIT_HOST : EXIT_DONE;
}
