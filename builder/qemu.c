#include "qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli.h"
#include "exit.h"
#include "kit.h"
#include "machine.h"
#include "mem.h"
#include "proc.h"

enum {
	ARGS_MAX = 512,
	PROBE_MS = 3000,
	SECTOR_SIZE = 512,
	STATUS_PROBE = 0x10 << 1 | 1, /* what the probe's guest writes */
};

/* A command line under construction. */
struct args {
	struct arena *arena;
	const char *at[ARGS_MAX];
	int count;
};

static void add(struct args *a, const char *word)
{
	if (a->count < ARGS_MAX - 1)
		a->at[a->count++] = word;
}

static void add_pair(struct args *a, const char *option, const char *value)
{
	add(a, option);
	add(a, value);
}

static void add_to(void *to, const char *option, const char *value)
{
	add_pair(to, option, value);
}

/* A path inside an option list: QEMU wants each comma twice. */
static const char *escape_commas(struct args *a, const char *path)
{
	char *out = arena_alloc(a->arena, 2 * strlen(path) + 1), *to = out;

	for (; *path; path++) {
		if (*path == ',')
			*to++ = ',';
		*to++ = *path;
	}
	return out;
}

static void add_machine(struct args *a, bool kvm)
{
	add(a, QEMU_PROGRAM);
	add_pair(a, "-M", "q35");
	add_pair(a, "-accel", kvm ? "kvm" : "tcg");
	add_pair(a, "-cpu", "max");
	add(a, "-no-user-config");
	add(a, "-no-reboot");
	add_pair(a, "-display", "none");
	add_pair(a, "-monitor", "none");
	add_pair(a, "-nic", "none");
	add_pair(a, "-device", "isa-debug-exit,iobase=0xf4,iosize=4");
}

static void add_image(struct args *a, const struct qemu_config *config)
{
	static const char *const devices[] = {
		[QEMU_CD] = "ide-cd,drive=image",
		[QEMU_DISK] = "ide-hd,drive=image",
		[QEMU_USB] = "usb-storage,drive=image",
	};

	if (config->bundle) {
		add_pair(a, "-kernel", config->image);
		add_pair(a, "-initrd", config->bundle);
		if (*config->cmdline)
			add_pair(a, "-append", config->cmdline);
		return;
	}
	/* A disk wants to be written: snapshot gives it a copy on write. */
	add_pair(a, "-drive",
	    arena_printf(a->arena, "if=none,id=image,format=raw,%s,file=%s",
		config->media == QEMU_CD ? "media=cdrom,readonly=on"
					 : "snapshot=on",
		escape_commas(a, config->image)));
	if (config->media == QEMU_USB)
		add_pair(a, "-device", "qemu-xhci");
	add_pair(a, "-device", devices[config->media]);
}

/* vars: where the fresh copy of the UEFI variables is. */
static void build_args(
    struct args *a, const struct qemu_config *config, const char *vars)
{
	add_machine(a, config->kvm);
	add_pair(a, "-m",
	    arena_printf(
		a->arena, "%llu", (unsigned long long)config->memory_mib));
	if (config->uefi) {
		add_pair(a, "-drive",
		    "if=pflash,format=raw,readonly=on,file=" QEMU_OVMF_CODE);
		add_pair(a, "-drive",
		    arena_printf(
			a->arena, "if=pflash,format=raw,file=%s", vars));
	}
	add_pair(a, "-serial", "stdio");
	if (config->gdb) {
		add_pair(a, "-gdb",
		    arena_printf(a->arena, "unix:%s,server=on,wait=off",
			escape_commas(a, config->gdb)));
		add(a, "-S");
	}
	if (config->kit)
		kit_options(config->kit, add_to, a);
	add_image(a, config);
	a->at[a->count] = NULL;
}

static bool is_plain_word(const char *word)
{
	return *word &&
	       !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "-_./=,:+@%")];
}

static void print_word(const char *word)
{
	if (is_plain_word(word)) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

void qemu_print(const struct qemu_config *config)
{
	struct args a = { .arena = arena_new() };

	if (config->uefi)
		puts("cp " QEMU_OVMF_VARS " vars.fd");
	build_args(&a, config, "vars.fd");
	for (int i = 0; i < a.count; i++) {
		if (i > 0)
			putchar(' ');
		print_word(a.at[i]);
	}
	putchar('\n');
	arena_free(a.arena);
}

/* A memory file with the contents of the file at path, or -1. */
static int memory_copy(const char *path)
{
	char bytes[65536];
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = from < 0 ? -1 : machine_file(NULL, 0);
	ssize_t got = to < 0 ? -1 : 0;

	while (to >= 0 && (got = read(from, bytes, sizeof bytes)) > 0) {
		if (write(to, bytes, (size_t)got) != got)
			break;
	}
	if (from >= 0)
		close(from);
	if (to >= 0 && got != 0) {
		close(to);
		return -1;
	}
	return to;
}

static int check_files(const struct qemu_config *config)
{
	char *program = proc_find(QEMU_PROGRAM);

	free(program);
	if (!program) {
		cli_error("AZ0901", "apt install " QEMU_PACKAGE,
		    "QEMU is not installed: no `" QEMU_PROGRAM "` in PATH");
		return EXIT_HOST;
	}
	if (config->uefi && access(QEMU_OVMF_CODE, R_OK) != 0) {
		cli_error("AZ0901", "apt install ovmf",
		    "`--uefi` needs the firmware " QEMU_OVMF_CODE);
		return EXIT_HOST;
	}
	return EXIT_DONE;
}

int qemu_start(struct machine *m, const struct qemu_config *config)
{
	struct args a = { 0 };
	char vars[64];
	int code = check_files(config), file = -1;

	machine_init(m, "QEMU");
	if (code != EXIT_DONE)
		return code;
	if (config->uefi) {
		file = memory_copy(QEMU_OVMF_VARS);
		machine_keep(m, file);
	}
	snprintf(vars, sizeof vars, "/proc/self/fd/%d", file);
	a.arena = arena_new();
	build_args(&a, config, vars);
	code = machine_start(m, a.at);
	arena_free(a.arena);
	return code;
}

/* A boot sector that reports to isa-debug-exit: mov $0x10,%al; out %al,$0xf4;
 * hlt; jmp to the hlt. The firmware has left real mode and used timers
 * before it gets here. */
static const unsigned char probe_code[] = { 0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb,
	0xfd };

bool qemu_kvm_works(void)
{
	unsigned char sector[SECTOR_SIZE] = { 0 };
	struct args a = { 0 };
	struct rlimit core;
	const struct proc_opts quiet = { .log_path = "/dev/null",
		.timeout_ms = PROBE_MS };

	memcpy(sector, probe_code, sizeof probe_code);
	sector[SECTOR_SIZE - 2] = 0x55;
	sector[SECTOR_SIZE - 1] = 0xaa;
	int fd = machine_file(sector, sizeof sector);
	if (fd < 0)
		return false;
	a.arena = arena_new();
	add_machine(&a, true);
	add_pair(&a, "-drive",
	    arena_printf(a.arena, "format=raw,file=/proc/self/fd/%d", fd));
	a.at[a.count] = NULL;
	/* Where KVM is broken QEMU aborts; that must not leave a core. */
	getrlimit(RLIMIT_CORE, &core);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, core.rlim_max });
	int status = proc_run(a.at, &quiet);
	setrlimit(RLIMIT_CORE, &core);
	arena_free(a.arena);
	close(fd);
	return status == STATUS_PROBE;
}
