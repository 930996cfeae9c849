/* The filesets of an index: read-only trees over the bytes of a blob. */
#include "verify/records.h"

#include "verify/refuse.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_FILES

static bool text_empty(const struct bundle *b, struct az_text t)
{
	return t.len == 0 && t.off <= b->text_size;
}

static enum az_refusal root_check(
    const struct bundle *b, const struct az_file *root, const char **why)
{
	MUST(root->kind == AZ_FILE_DIR && root->parent == 0 &&
		 root->name.len == 0 && root->name.off <= b->text_size,
	    "fileset: first entry is no root directory");
	return AZ_REFUSE_NONE;
}

/* Name and place of entry i > 0; the ones before it are good. */
static enum az_refusal place_check(const struct bundle *b,
    const struct az_file *files, uint32_t i, const char **why)
{
	const struct az_file *f = &files[i], *before = f - 1;

	MUST(records_text_plain(b, f->name, AZ_PATH_MAX) &&
		 text_is_part(b->text + f->name.off, f->name.len),
	    "file: malformed name");
	MUST(f->parent < i && files[f->parent].kind == AZ_FILE_DIR,
	    "file: parent is no directory before it");
	MUST(i == 1 || f->parent >= before->parent,
	    "file: not sorted by parent");
	MUST(i == 1 || f->parent > before->parent ||
		 bundle_text_compare(
		     bundle_text(b, before->name), bundle_text(b, f->name)) < 0,
	    "file: not sorted by name, or twice");
	return AZ_REFUSE_NONE;
}

/* What an entry holds: bytes of the blob, or a target, or neither. */
static enum az_refusal contents_check(const struct bundle *b,
    const struct az_file *f, uint64_t blob_size, const char **why)
{
	MUST(f->kind >= AZ_FILE_DIR && f->kind <= AZ_FILE_SYMLINK,
	    "file: unknown kind");
	if (f->kind == AZ_FILE_REGULAR)
		MUST(f->off <= blob_size && f->size <= blob_size - f->off,
		    "file: outside its blob");
	else
		MUST(f->off == 0 && f->size == 0,
		    "file: contents of what has none");
	if (f->kind == AZ_FILE_SYMLINK)
		MUST(f->target.len > 0 &&
			 records_text_plain(b, f->target, AZ_PATH_MAX),
		    "file: malformed target");
	else
		MUST(text_empty(b, f->target),
		    "file: target of what is no link");
	return AZ_REFUSE_NONE;
}

static enum az_refusal fileset_check(
    const struct bundle *b, const struct az_fileset *set, const char **why)
{
	const struct az_file *files = b->files + set->files.first;

	MUST(set->name.len > 0 && records_text_plain(b, set->name, AZ_NAME_MAX),
	    "fileset: malformed name");
	MUST(set->blob < b->blob_count, "fileset: contents are no blob");
	MUST(set->reserved == 0, "fileset: reserved field is not zero");
	PASS(root_check(b, files, why));
	for (uint32_t i = 0; i < set->files.count; i++) {
		if (i > 0)
			PASS(place_check(b, files, i, why));
		PASS(contents_check(
		    b, &files[i], b->blobs[set->blob].raw_size, why));
	}
	return AZ_REFUSE_NONE;
}

enum az_refusal filesets_check(const struct bundle *b, const char **why)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < b->fileset_count; i++) {
		struct az_run r = b->filesets[i].files;

		MUST(r.first == next && r.count > 0 &&
			 r.count <= b->file_count - next,
		    "fileset: files out of order");
		PASS(fileset_check(b, &b->filesets[i], why));
		next += r.count;
	}
	MUST(next == b->file_count, "file without a fileset");
	return AZ_REFUSE_NONE;
}
