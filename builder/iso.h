/* iso: kernel and bundle to one bootable file: CD, disk and USB stick, by
 * BIOS and UEFI.
 *
 * GRUB's own images (grub-mkimage, the same for every system, so cached), a
 * FAT image for UEFI (mtools) and the ISO around them (xorriso). Equal input
 * gives equal bytes: every date is the epoch, names come from the content.
 *	/azoth/kernel	gzip, the trust page as it is (abi/trust)
 *	/azoth/bundle	the signed bundle
 *	/azoth/ID.id	by which UEFI's GRUB finds this very ISO
 */
#ifndef BUILDER_ISO_H
#define BUILDER_ISO_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct cache;

struct iso_job {
	const struct buf *kernel; /* its trust page written */
	size_t trust_off;         /* where that lies */
	const struct buf *bundle;
	const char *cmdline; /* as in the index */
	const char *title;   /* name and version, for people */
	uint64_t epoch;
	const struct cache *cache;
	const char *work_dir; /* private; may be left filled */
	const char *log_path; /* gets the tools' output */
	const char *out_path;
};

/* The first missing program of those that iso_write runs, and its Debian
 * package; NULL when all are there. */
const char *iso_missing_tool(const char **package);

/* Hash of everything besides kernel and bundle that decides the file:
 * configuration, names and states of the tools. Runs nothing. */
void iso_fingerprint(uint8_t out[32], const char *cmdline, uint64_t epoch);

/* Returns an exit code. *tool names what failed. */
int iso_write(const struct iso_job *job, const char **tool);

/* The kernel as the ISO stores it: gzip of which the trust page can be read
 * and written without a decoder, at the same place for every key. */
void iso_pack_kernel(
    struct buf *out, const struct buf *kernel, size_t trust_off);

#endif
