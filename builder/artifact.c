#include "artifact.h"

#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "abi/index.h"
#include "abi/trust.h"
#include "fileio.h"
#include "iso_read.h"
#include "kernel_elf.h"
#include "verify/bundle.h"
#include "verify/fit.h"
#include "verify/image.h"
#include "verify/inflate.h"
#include "verify/trust.h"

enum { KERNEL_MAX = 64 << 20 };

static bool has_magic(const struct buf *b, const char *magic, size_t len)
{
	return b->len >= len && memcmp(b->at, magic, len) == 0;
}

static bool has_end(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && strcmp(path + len - n, end) == 0;
}

static enum artifact_kind kind_of(const struct buf *b, const char *path)
{
	if (iso_probe((const uint8_t *)b->at, b->len))
		return ARTIFACT_ISO;
	if (has_magic(b, AZ_BUNDLE_MAGIC, 8))
		return ARTIFACT_BUNDLE;
	if (has_magic(b, "\177ELF", 4))
		return ARTIFACT_KERNEL;
	if (has_magic(b, "\0asm", 4))
		return ARTIFACT_WASM;
	/* Damaged ones still are what they are called. */
	if (has_end(path, ".iso"))
		return ARTIFACT_ISO;
	if (has_end(path, ".bundle"))
		return ARTIFACT_BUNDLE;
	return ARTIFACT_UNKNOWN;
}

/* What GRUB hands to the kernel: the rest of the line up to its `;`. */
static char *read_cmdline(const struct iso_file *config)
{
	static const char before[] = "multiboot2 /azoth/kernel ";
	const char *at =
	    memmem(config->at, config->size, before, strlen(before));
	const char *end;

	if (at == NULL)
		return NULL;
	at += strlen(before);
	end = memchr(
	    at, ';', config->size - (size_t)(at - (const char *)config->at));
	return end != NULL ? xstrndup(at, (size_t)(end - at)) : NULL;
}

static void find_trust(struct artifact *a)
{
	const char *why;
	size_t off;

	if (a->kernel.len > 0 &&
	    kernel_find_trust(&off, a->kernel.at, a->kernel.len, &why) &&
	    off % _Alignof(struct az_trust_page) == 0)
		a->trust = (const void *)(a->kernel.at + off);
}

static void open_iso(struct artifact *a)
{
	const uint8_t *bytes = (const uint8_t *)a->file.at;
	struct iso_file file;

	if (iso_find(&file, bytes, a->file.len, "azoth", "kernel")) {
		a->stored_kernel = file.size;
		if (!iso_gunzip(&a->kernel, file.at, file.size, KERNEL_MAX))
			buf_fini(&a->kernel);
	}
	/* A copy, for the alignment that views need. */
	if (iso_find(&file, bytes, a->file.len, "azoth", "bundle"))
		buf_add(&a->bundle, file.at, file.size);
	if (iso_find(&file, bytes, a->file.len, "azoth", "grub.cfg"))
		a->cmdline = read_cmdline(&file);
}

static void open_kernel(struct artifact *a, const char *path)
{
	char *beside = xasprintf("%.*s.bundle",
	    (int)(has_end(path, ".elf") ? strlen(path) - 4 : strlen(path)),
	    path);

	buf_add(&a->kernel, a->file.at, a->file.len);
	if (!file_read(&a->bundle, beside, FILE_SIZE_MAX))
		buf_fini(&a->bundle);
	free(beside);
}

bool artifact_open(struct artifact *out, const char *path)
{
	memset(out, 0, sizeof(*out));
	if (!file_read(&out->file, path, FILE_SIZE_MAX)) {
		buf_fini(&out->file);
		return false;
	}
	out->kind = kind_of(&out->file, path);
	if (out->kind == ARTIFACT_ISO)
		open_iso(out);
	else if (out->kind == ARTIFACT_KERNEL)
		open_kernel(out, path);
	else if (out->kind == ARTIFACT_BUNDLE && out->file.len > 0)
		buf_add(&out->bundle, out->file.at, out->file.len);
	find_trust(out);
	return true;
}

void artifact_close(struct artifact *a)
{
	buf_fini(&a->file);
	buf_fini(&a->kernel);
	buf_fini(&a->bundle);
	free(a->cmdline);
}

/* A blob that some module runs: its format, and what they all need of it. */
static enum az_refusal check_image(const struct bundle *b, uint32_t blob,
    const uint8_t *raw, struct artifact_verdict *verdict)
{
	struct image_view view;
	bool opened = false;
	enum az_refusal refusal = AZ_REFUSE_NONE;

	for (uint32_t i = 0; i < b->module_count && refusal == AZ_REFUSE_NONE;
	     i++) {
		if (b->modules[i].blob != blob)
			continue;
		verdict->why = verdict->text;
		if (!opened)
			refusal = judge_image(&view, raw,
			    (size_t)b->blobs[blob].raw_size, verdict->text);
		opened = true;
		if (refusal == AZ_REFUSE_NONE)
			refusal = fit_check(&view, b, i, &verdict->why);
	}
	return refusal;
}

/* Each blob's hash and stream, and what modules make of it. */
static enum az_refusal check_blobs(
    const struct bundle *b, struct artifact_verdict *verdict)
{
	void *work = xmalloc(INFLATE_WORK_SIZE);
	enum az_refusal refusal = AZ_REFUSE_NONE;

	for (uint32_t i = 0; i < b->blob_count && refusal == AZ_REFUSE_NONE;
	     i++) {
		uint8_t *raw = xmalloc((size_t)b->blobs[i].raw_size);

		refusal = bundle_decode_blob(b, i, raw, work);
		verdict->why = refusal == AZ_REFUSE_BLOB_HASH
				   ? "a blob is not the one that was signed"
				   : "a blob does not decode";
		if (refusal == AZ_REFUSE_NONE)
			refusal = check_image(b, i, raw, verdict);
		free(raw);
	}
	free(work);
	return refusal;
}

/* The kernel of an ISO must accept the bundle by its own page. */
static enum az_refusal check_kernel(
    const struct artifact *a, const struct bundle *b, const char **why)
{
	struct bundle own;
	enum az_refusal refusal;

	*why = "no kernel with a trust page";
	if (a->kind == ARTIFACT_BUNDLE)
		return AZ_REFUSE_NONE;
	if (a->trust == NULL)
		return AZ_REFUSE_TRUST_PAGE;
	refusal = bundle_open(
	    &own, (const uint8_t *)a->bundle.at, a->bundle.len, a->trust, why);
	if (refusal != AZ_REFUSE_NONE || a->kind != ARTIFACT_ISO)
		return refusal;
	*why = "the boot loader gives another command line";
	if (a->cmdline == NULL)
		return AZ_REFUSE_CMDLINE;
	return bundle_check_cmdline(b, a->cmdline, strlen(a->cmdline));
}

enum az_refusal artifact_verify(const struct artifact *a,
    const struct az_trust_page *trust, struct bundle *out,
    struct artifact_verdict *verdict)
{
	const char **why = &verdict->why;
	enum az_refusal refusal;

	*why = "there is no bundle in it";
	if (a->bundle.len == 0)
		return AZ_REFUSE_NO_BUNDLE;
	refusal = bundle_open(
	    out, (const uint8_t *)a->bundle.at, a->bundle.len, trust, why);
	if (refusal == AZ_REFUSE_NONE)
		refusal = check_kernel(a, out, why);
	if (refusal == AZ_REFUSE_NONE)
		refusal = check_blobs(out, verdict);
	return refusal;
}

enum az_refusal artifact_index(
    const struct artifact *a, struct bundle *out, const char **why)
{
	const struct az_bundle_head *head = (const void *)a->bundle.at;

	*why = "there is no bundle in it";
	if (a->bundle.len == 0)
		return AZ_REFUSE_NO_BUNDLE;
	*why = "its head is malformed";
	if (a->bundle.len < AZ_BUNDLE_HEAD_SIZE ||
	    memcmp(head->magic, AZ_BUNDLE_MAGIC, sizeof(head->magic)) != 0 ||
	    head->total_size != a->bundle.len ||
	    head->index_size < sizeof(struct az_index_head) ||
	    head->index_size > a->bundle.len - AZ_BUNDLE_HEAD_SIZE)
		return AZ_REFUSE_HEAD;
	return bundle_check_index(
	    out, (const uint8_t *)a->bundle.at, a->bundle.len, why);
}

const char *artifact_refusal_name(enum az_refusal refusal)
{
#define AZ_X(sym, text) text,
	static const char *const names[] = { AZ_REFUSALS(AZ_X) };
#undef AZ_X

	return refusal < AZ_REFUSE_COUNT ? names[refusal] : "unknown";
}
