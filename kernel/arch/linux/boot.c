/* The runner's main program stands for the boot loader: it puts the bundle
 * into memory, fills the trust page, and enters the kernel. */
#include "arch/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "abi/trust.h"
#include "arch/linux/space.h"
#include "arch/page.h"
#include "base/log.h"

enum { MIB = 1 << 20, MEMORY_MAX_MIB = 1 << 18, EXIT_USAGE = 2, EXIT_HOST = 3 };

void kernel_main(void);
/* The call by which the kernel starts its modules comes to us (--wrap). */
void __real_run_system(void);
void __wrap_run_system(void);

/* Where an ELF kernel has its section .trust. */
extern struct az_trust_page trust_page;
struct az_trust_page trust_page;

static struct boot_info found;
static bool debugged;

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "azoth-hosted: %s: %s\n", what, strerror(errno));
	exit(EXIT_HOST);
}

_Noreturn static void usage(FILE *to, int code)
{
	fputs("usage: azoth-hosted --trust FILE [--memory MIB] "
	      "[--cmdline TEXT] [--wait] BUNDLE\n"
	      "`azoth run --hosted` calls it.\n",
	    to);
	exit(code);
}

static void read_whole(int fd, void *to, size_t len, const char *what)
{
	char *at = to;

	for (ssize_t got; len > 0; at += got, len -= (size_t)got) {
		got = read(fd, at, len);
		if (got == 0)
			errno = EIO;
		if (got <= 0)
			fail(what);
	}
}

static int open_file(const char *path, uint64_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		fail(path);
	*size = (uint64_t)st.st_size;
	return fd;
}

static void load_trust(const char *path)
{
	uint64_t size;
	int fd = open_file(path, &size);

	read_whole(fd, &trust_page, sizeof(trust_page), path);
	close(fd);
}

/* At the end of memory, as PVH has it. */
static void load_bundle(const char *path, uint64_t memory)
{
	uint64_t size, start;
	int fd = open_file(path, &size);
	uint8_t *ram = space_make_ram(memory);

	if (ram == NULL)
		fail("no memory for the machine");
	errno = E2BIG;
	if (size > memory)
		fail(path);
	start = (memory - size) & ~(uint64_t)(PAGE_SIZE - 1);
	read_whole(fd, ram + start, size, path);
	close(fd);
	found.ram[0] = (struct boot_range){ 0, memory };
	found.ram_count = 1;
	if (size > 0)
		found.bundle = (struct boot_range){ start, start + size };
	found.module_count = 1;
}

static uint64_t parse_memory(const char *text)
{
	char *rest;
	unsigned long mib = strtoul(text, &rest, 10);

	if (*rest != 0 || mib == 0 || mib > MEMORY_MAX_MIB)
		usage(stderr, EXIT_USAGE);
	return (uint64_t)mib * MIB;
}

static void set_cmdline(const char *text)
{
	found.cmdline_len = strlen(text);
	strncpy(found.cmdline, text, BOOT_CMDLINE_MAX);
}

az_err boot_read(struct boot_info *out)
{
	*out = found;
	log_warn("arch",
	    "hosted: process %d, for development; this is not the isolation "
	    "of the product",
	    (int)getpid());
	return AZ_OK;
}

/* Until a debugger has attached. */
static void wait_for_debugger(void)
{
	static const struct timespec pause = { .tv_nsec = 20000000 };
	bool traced = false;

	log_warn("arch", "hosted: waits for gdb");
	while (!traced) {
		FILE *status = fopen("/proc/self/status", "r");
		char line[256];
		int pid;

		if (status == NULL)
			fail("/proc/self/status");
		while (fgets(line, sizeof(line), status) != NULL)
			if (sscanf(line, "TracerPid: %d", &pid) == 1)
				traced = pid != 0;
		fclose(status);
		nanosleep(&pause, NULL);
	}
}

/* Every module is there, and none has run. Weak: a test's kernel, which runs
 * something else, puts its own in this place. */
__attribute__((weak)) void __wrap_run_system(void)
{
	if (debugged)
		wait_for_debugger();
	__real_run_system();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "trust", required_argument, NULL, 't' },
		{ "memory", required_argument, NULL, 'm' },
		{ "cmdline", required_argument, NULL, 'c' },
		{ "wait", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *trust = NULL;
	uint64_t memory = 256 * (uint64_t)MIB;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 't':
			trust = optarg;
			break;
		case 'm':
			memory = parse_memory(optarg);
			break;
		case 'c':
			set_cmdline(optarg);
			break;
		case 'w':
			debugged = true;
			break;
		case 'h':
			usage(stdout, EXIT_SUCCESS);
		default:
			usage(stderr, EXIT_USAGE);
		}
	}
	if (trust == NULL || argc - optind != 1)
		usage(stderr, EXIT_USAGE);
	/* Any debugger of this user, also where Linux lets only a parent. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	load_trust(trust);
	load_bundle(argv[optind], memory);
	kernel_main();
	return EXIT_HOST;
}
