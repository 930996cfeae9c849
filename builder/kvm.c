#include "kvm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fileio.h"
#include "mem.h"
#include "proc.h"
#include "qemu.h"

enum { BOOT_ID_MAX = 64, NOTE_MAX = 128, DIR_MODE = 0700, FILE_MODE = 0600 };

static bool device_is_open_to_us(void)
{
	return access("/dev/kvm", R_OK | W_OK) == 0;
}

/* What the cache holds when the answer is `usable`; NULL when this boot has
 * no id. */
static char *note_text(bool usable)
{
	struct buf id = { 0 };
	char *note = NULL;

	if (file_read(&id, "/proc/sys/kernel/random/boot_id", BOOT_ID_MAX) &&
	    id.len > 0)
		note = xasprintf("%.*s %s\n", (int)strcspn(id.at, "\n"), id.at,
		    usable ? "usable" : "unusable");
	buf_fini(&id);
	return note;
}

/* Path of the note, in a folder that exists; NULL: nothing is remembered. */
static char *note_path(void)
{
	char *dir = file_xdg_dir("XDG_CACHE_HOME", ".cache");
	char *path = NULL;

	if (dir && file_make_dirs(dir, DIR_MODE))
		path = xasprintf("%s/kvm", dir);
	free(dir);
	return path;
}

static bool note_says(const struct buf *note, bool usable)
{
	char *text = note_text(usable);
	bool same = text && note->at && strcmp(note->at, text) == 0;

	free(text);
	return same;
}

bool kvm_try(void)
{
	bool usable = device_is_open_to_us() && qemu_kvm_works();
	char *text = note_text(usable);
	char *path = text ? note_path() : NULL;

	/* An interrupted try has no answer; a note that cannot be written is
	 * only a try more next time. */
	if (path && !proc_interrupted())
		(void)file_write(path, text, strlen(text), FILE_MODE);
	free(path);
	free(text);
	return usable;
}

bool kvm_is_usable(void)
{
	struct buf note = { 0 };
	char *path;
	bool known = false, usable = false;

	if (!device_is_open_to_us())
		return false;
	path = note_path();
	if (path && file_read(&note, path, NOTE_MAX)) {
		usable = note_says(&note, true);
		known = usable || note_says(&note, false);
	}
	buf_fini(&note);
	free(path);
	return known ? usable : kvm_try();
}
