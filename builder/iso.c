#include "iso.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "abi/index.h"
#include "cache.h"
#include "exit.h"
#include "fileio.h"
#include "proc.h"

#define GRUB_DIR "/usr/lib/grub"
#define HYBRID_IMAGE GRUB_DIR "/i386-pc/boot_hybrid.img"
#define CDBOOT_IMAGE GRUB_DIR "/i386-pc/cdboot.img"

enum {
	FAT_SECTOR = 512,
	FAT_CLUSTER = 4, /* sectors */
	FAT_EXTRA = 96,  /* sectors for FATs, folders, configuration */
	FAT_EPOCH_MIN = 315532800, /* 1980: FAT cannot say earlier */
	ID_BYTES = 8,
};

/* BIOS: the boot drive is the root, so the rest is read from there. */
static const char bios_early[] = "normal /azoth/grub.cfg\n"
				 "halt\n";

/* UEFI: the folder that this image was loaded from has the next step. */
static const char efi_early[] = "configfile $cmdpath/azoth.cfg\n"
				"halt\n";

/* A failing module2 only prints, and boot would go on without it. */
static const char grub_config[] =
    "if multiboot2 /azoth/kernel %s; then\n"
    "\tif module2 /azoth/bundle; then\n"
    "\t\tboot\n"
    "\tfi\n"
    "fi\n"
    "if serial --unit=0 --speed=115200; then\n"
    "\tterminal_output --append serial\n"
    "fi\n"
    "echo 'azoth: the system could not be read from this medium;' "
    "'nothing was started'\n"
    "sleep 5\n"
    "halt\n";

static const char efi_config[] =
    "search --no-floppy --file --set=root /azoth/%s.id\n"
    "normal /azoth/grub.cfg\n"
    "halt\n";

#define COMMON_MODULES                                                         \
	"iso9660", "multiboot2", "normal", "test", "echo", "halt", "sleep",    \
	    "serial", "gzio", "all_video"

static const char *const bios_modules[] = { "biosdisk", COMMON_MODULES, NULL };
static const char *const efi_modules[] = { "fat", "part_gpt", "part_msdos",
	"search", "configfile", COMMON_MODULES, NULL };

static const struct {
	const char *file, *package;
} tools[] = {
	{ "grub-mkimage", "grub-common" },
	{ "mformat", "mtools" },
	{ "mmd", "mtools" },
	{ "mcopy", "mtools" },
	{ "xorriso", "xorriso" },
	{ HYBRID_IMAGE, "grub-pc-bin" },
	{ CDBOOT_IMAGE, "grub-pc-bin" },
	{ GRUB_DIR "/i386-pc/kernel.img", "grub-pc-bin" },
	{ GRUB_DIR "/x86_64-efi/kernel.img", "grub-efi-amd64-bin" },
};

enum { TOOL_COUNT = sizeof(tools) / sizeof(*tools) };

/* A program's path, or a file's own; NULL when it is not there. */
static char *tool_path(const char *file)
{
	if (file[0] != '/')
		return proc_find(file);
	return access(file, R_OK) == 0 ? xstrdup(file) : NULL;
}

const char *iso_missing_tool(const char **package)
{
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		char *path = tool_path(tools[i].file);

		*package = tools[i].package;
		if (path == NULL)
			return tools[i].file;
		free(path);
	}
	return NULL;
}

/* Which GRUB images come out: configuration, modules, state of the tools. */
static void add_state(struct buf *b)
{
	buf_puts(b, bios_early);
	buf_puts(b, efi_early);
	for (size_t i = 0; bios_modules[i] != NULL; i++)
		buf_printf(b, "%s ", bios_modules[i]);
	for (size_t i = 0; efi_modules[i] != NULL; i++)
		buf_printf(b, "%s ", efi_modules[i]);
	for (size_t i = 0; i < TOOL_COUNT; i++) {
		char *path = tool_path(tools[i].file);
		struct stat st;

		if (path != NULL && stat(path, &st) == 0)
			buf_printf(b, "\n%s %lld %lld.%ld", path,
			    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			    st.st_mtim.tv_nsec);
		free(path);
	}
}

void iso_fingerprint(uint8_t out[32], const char *cmdline, uint64_t epoch)
{
	struct buf b = { 0 };

	add_state(&b);
	buf_printf(&b, "\n%s%s%s\n%llu", grub_config, efi_config, cmdline,
	    (unsigned long long)epoch);
	file_sha256(out, b.at, b.len);
	buf_fini(&b);
}

/* One run of the steps: what they share. */
struct run {
	const struct iso_job *job;
	const char *tool; /* the program that runs */
	char id[2 * ID_BYTES + 1];
	char sde[32]; /* SOURCE_DATE_EPOCH=... */
	char *bios_image, *efi_image, *fat_image, *tree;
	int code;
};

static bool run_tool(
    struct run *r, const char *const argv[], const char *cwd, bool fat)
{
	uint64_t epoch = r->job->epoch;
	const char *env[] = { "TZ=UTC", "MTOOLSRC=/dev/null",
		"HOME=/nonexistent", r->sde, NULL };
	struct proc_opts opts = {
		.cwd = cwd, .log_path = r->job->log_path, .env = env
	};
	int result;

	if (fat && epoch < FAT_EPOCH_MIN)
		epoch = FAT_EPOCH_MIN;
	snprintf(r->sde, sizeof(r->sde), "SOURCE_DATE_EPOCH=%llu",
	    (unsigned long long)epoch);
	r->tool = argv[0];
	result = proc_run(argv, &opts);
	if (result != 0)
		r->code = proc_exit_code(result);
	return result == 0;
}

/* A file in the work folder; a failure is the host's (disk full). */
static bool put(struct run *r, const char *path, const void *bytes, size_t len)
{
	struct timespec at[2];

	r->tool = path;
	r->code = EXIT_TOOL;
	at[0].tv_sec = (time_t)r->job->epoch;
	if (r->job->epoch < FAT_EPOCH_MIN)
		at[0].tv_sec = FAT_EPOCH_MIN;
	at[0].tv_nsec = 0;
	at[1] = at[0];
	return file_write(path, bytes, len, 0644) &&
	       utimensat(AT_FDCWD, path, at, 0) == 0;
}

static bool put_in(
    struct run *r, const char *name, const void *bytes, size_t len)
{
	char *path = xasprintf("%s/%s", r->tree, name);
	bool done = put(r, path, bytes, len);

	free(path);
	return done;
}

/* grub-mkimage with an embedded configuration. prefix, when not NULL, is a
 * file that comes before its output. */
static bool make_grub(struct run *r, const char *out, const char *format,
    const char *early, const char *const *modules)
{
	char *config = xasprintf("%s/early.cfg", r->job->work_dir);
	const char *argv[40] = { "grub-mkimage", "-O", format, "-p", "/azoth",
		"-c", config, "-o", out, NULL };
	size_t n = 9;
	bool done;

	/* Only the PC form is compressed: firmware maps the other. */
	if (strcmp(format, "i386-pc") == 0) {
		argv[n++] = "-C";
		argv[n++] = "xz";
	}
	for (size_t i = 0; modules[i] != NULL; i++)
		argv[n++] = modules[i];
	argv[n] = NULL;
	done = put(r, config, early, strlen(early)) &&
	       run_tool(r, argv, NULL, false);
	free(config);
	return done;
}

static bool make_bios(struct run *r, const char *out)
{
	char *core = xasprintf("%s/core.img", r->job->work_dir);
	struct buf image = { 0 };
	bool done = make_grub(r, core, "i386-pc", bios_early, bios_modules) &&
		    file_read(&image, CDBOOT_IMAGE, FILE_SIZE_MAX) &&
		    file_read(&image, core, FILE_SIZE_MAX) &&
		    put(r, out, image.at, image.len);

	buf_fini(&image);
	free(core);
	return done;
}

static bool make_efi(struct run *r, const char *out)
{
	return make_grub(r, out, "x86_64-efi", efi_early, efi_modules);
}

/* One of GRUB's images: out of the cache, or made and kept there. */
static bool step_grub_image(struct run *r, const char *kind, const char *path,
    bool (*make)(struct run *r, const char *out))
{
	struct buf state = { 0 };
	struct cached entry = { 0 };
	struct buf image = { 0 };
	uint8_t key[32];
	bool done;

	buf_printf(&state, "grub %s\n", kind);
	add_state(&state);
	file_sha256(key, state.at, state.len);
	buf_fini(&state);
	if (cache_get(&entry, r->job->cache, key) &&
	    entry.blob.codec == AZ_CODEC_STORED) {
		done =
		    put(r, path, entry.blob.stored.at, entry.blob.stored.len);
		cached_fini(&entry);
		return done;
	}
	cached_fini(&entry);
	done = make(r, path) && file_read(&image, path, FILE_SIZE_MAX) &&
	       put(r, path, image.at, image.len);
	if (done) {
		entry.blob.raw_size = image.len;
		entry.blob.codec = AZ_CODEC_STORED;
		entry.blob.stored = image;
		cache_put(r->job->cache, key, &entry);
	}
	buf_fini(&image);
	return done;
}

static bool step_bios(struct run *r)
{
	return step_grub_image(r, "bios", r->bios_image, make_bios);
}

static bool step_efi(struct run *r)
{
	return step_grub_image(r, "efi", r->efi_image, make_efi);
}

static bool step_tree(struct run *r)
{
	const struct iso_job *job = r->job;
	char *config = xasprintf(grub_config, job->cmdline);
	char *find = xasprintf(efi_config, r->id);
	char *title = xasprintf("%s\n", job->title);
	char *id = xasprintf("azoth/%s.id", r->id);
	struct buf kernel = { 0 };
	bool done;

	iso_pack_kernel(&kernel, job->kernel, job->trust_off);
	done = put_in(r, "azoth/grub.cfg", config, strlen(config)) &&
	       put_in(r, "EFI/BOOT/azoth.cfg", find, strlen(find)) &&
	       put_in(r, id, title, strlen(title)) &&
	       put_in(r, "azoth/kernel", kernel.at, kernel.len) &&
	       put_in(r, "azoth/bundle", job->bundle->at, job->bundle->len);
	buf_fini(&kernel);
	free(config);
	free(find);
	free(title);
	free(id);
	return done;
}

/* The FAT image that UEFI firmware reads: GRUB and where to look next. */
static bool step_fat(struct run *r)
{
	char sectors[24], serial[16];
	struct stat st;
	long count;

	if (stat(r->efi_image, &st) != 0)
		return false;
	count = (long)((st.st_size + FAT_SECTOR - 1) / FAT_SECTOR);
	count =
	    (count + FAT_EXTRA + FAT_CLUSTER - 1) / FAT_CLUSTER * FAT_CLUSTER;
	snprintf(sectors, sizeof(sectors), "%ld", count);
	snprintf(serial, sizeof(serial), "%.8s", r->id);

	const char *const format[] = { "mformat", "-i", r->fat_image, "-C",
		"-T", sectors, "-h", "1", "-s", sectors, "-c", "4", "-N",
		serial, "-v", "AZOTH", "::", NULL };
	const char *const folders[] = { "mmd", "-i", r->fat_image, "::/EFI",
		"::/EFI/BOOT", NULL };
	const char *const grub[] = { "mcopy", "-m", "-i", r->fat_image,
		r->efi_image, "::/EFI/BOOT/BOOTX64.EFI", NULL };
	const char *const config[] = { "mcopy", "-m", "-i", r->fat_image,
		"EFI/BOOT/azoth.cfg", "::/EFI/BOOT/azoth.cfg", NULL };

	return run_tool(r, format, r->tree, true) &&
	       run_tool(r, folders, r->tree, true) &&
	       run_tool(r, grub, r->tree, true) &&
	       run_tool(r, config, r->tree, true);
}

static bool step_iso(struct run *r)
{
	char *part = xasprintf("%s.tmp.%ld", r->job->out_path, (long)getpid());
	time_t epoch = (time_t)r->job->epoch;
	char date[64], dates[32];
	struct tm tm;
	bool done;

	gmtime_r(&epoch, &tm);
	strftime(date, sizeof(date), "--modification-date=%Y%m%d%H%M%S00", &tm);
	/* xorriso takes 0 for "not given", and then the current time. */
	snprintf(
	    dates, sizeof(dates), "=%lld", (long long)(epoch > 0 ? epoch : 1));

	const char *const argv[] = { "xorriso", "-no_rc", "-as", "mkisofs",
		"-quiet", "-o", part, "-V", "AZOTH", "-r", "-no-pad", date,
		"--set_all_file_dates", dates, "-b", "azoth/bios.img",
		"-no-emul-boot", "-boot-load-size", "4", "-boot-info-table",
		"--grub2-boot-info", "--grub2-mbr", HYBRID_IMAGE, "--efi-boot",
		"azoth/efi.img", "-efi-boot-part", "--efi-boot-image",
		"--protective-msdos-label", r->tree, NULL };

	done = run_tool(r, argv, NULL, false);
	if (done && rename(part, r->job->out_path) != 0) {
		r->code = EXIT_TOOL;
		done = false;
	}
	if (!done)
		unlink(part);
	free(part);
	return done;
}

static bool step_folders(struct run *r)
{
	char *azoth = xasprintf("%s/azoth", r->tree);
	char *efi = xasprintf("%s/EFI/BOOT", r->tree);
	bool done = file_make_dirs(azoth, 0755) && file_make_dirs(efi, 0755);

	r->tool = r->tree;
	free(azoth);
	free(efi);
	return done;
}

/* The ID depends on what is signed, not on who signed it. */
static void set_id(struct run *r)
{
	const struct buf *bundle = r->job->bundle;
	const struct az_bundle_head *head = (const void *)bundle->at;
	uint8_t hash[32];

	file_sha256(hash, bundle->at + AZ_BUNDLE_HEAD_SIZE, head->index_size);
	file_hex(r->id, hash, ID_BYTES);
}

int iso_write(const struct iso_job *job, const char **tool)
{
	static bool (*const steps[])(struct run * r) = { step_folders,
		step_bios, step_efi, step_tree, step_fat, step_iso };
	struct run r = { .job = job, .code = EXIT_TOOL };
	bool done = true;

	set_id(&r);
	r.tree = xasprintf("%s/tree", job->work_dir);
	r.bios_image = xasprintf("%s/azoth/bios.img", r.tree);
	r.fat_image = xasprintf("%s/azoth/efi.img", r.tree);
	r.efi_image = xasprintf("%s/BOOTX64.EFI", job->work_dir);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && done; i++)
		done = !proc_interrupted() && steps[i](&r);
	if (!done && proc_interrupted())
		r.code = EXIT_INTERRUPTED;
	*tool = r.tool;
	free(r.tree);
	free(r.bios_image);
	free(r.fat_image);
	free(r.efi_image);
	return done ? EXIT_DONE : r.code;
}
