/* The index and its blobs, behind the signature. The input is what follows
 * the head of a bundle; whatever is accepted is used in every way there is. */
#include "verify/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "test/forge.h"
#include "test/mutate.h"
#include "verify/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);

enum { DECODE_MAX = 1 << 20 };

static volatile char sink;

/* Read every byte of a text: ASan knows where the bundle ends. */
static void use_text(const struct bundle *b, struct az_text t)
{
	struct bundle_text text = bundle_text(b, t);

	for (uint32_t i = 0; i < text.len; i++)
		sink = text.at[i];
}

static void use_module(const struct bundle *b, const struct az_module *m)
{
	use_text(b, m->name);
	use_text(b, m->version);
	for (uint32_t i = 0; i < m->args.count; i++)
		use_text(b, b->strings[m->args.first + i]);
	for (uint32_t i = 0; i < m->env.count; i++)
		use_text(b, b->strings[m->env.first + i]);
	for (uint32_t i = 0; i < m->grants.count; i++) {
		const struct az_grant *g = &b->grants[m->grants.first + i];

		use_text(b, (struct az_text){ g->text_off, g->text_len });
		if (g->kind == AZ_GRANT_FILES)
			use_text(b, b->filesets[g->value].name);
	}
	sink = (char)b->blobs[m->blob].sha256[0];
	sink = (char)b->blobs[m->stdin_blob].sha256[0];
}

static void use_files(const struct bundle *b, const struct az_fileset *set)
{
	const struct az_file *files = b->files + set->files.first;

	for (uint32_t i = 0; i < set->files.count; i++) {
		uint32_t at = i, depth = 0;

		use_text(b, files[i].name);
		use_text(b, files[i].target);
		while (at != 0 && depth++ < set->files.count)
			at = files[at].parent;
		if (at != 0)
			abort(); /* a file that the root does not hold */
	}
}

static void use_blobs(const struct bundle *b)
{
	static uint8_t work[INFLATE_WORK_SIZE];

	for (uint32_t i = 0; i < b->blob_count; i++) {
		uint64_t raw = b->blobs[i].raw_size;
		uint8_t *out;

		if (raw > DECODE_MAX)
			continue;
		out = malloc(raw);
		(void)bundle_decode_blob(b, i, out, work);
		free(out);
	}
}

static void use(const struct bundle *b)
{
	use_text(b, b->system->name);
	use_text(b, b->system->version);
	(void)bundle_check_cmdline(b, "console=serial", 14);
	for (uint32_t i = 0; i < b->module_count; i++)
		use_module(b, &b->modules[i]);
	for (uint32_t i = 0; i < b->fileset_count; i++)
		use_files(b, &b->filesets[i]);
	use_blobs(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct az_bundle_head head = { .head_size = AZ_BUNDLE_HEAD_SIZE };
	size_t total = sizeof(head) + size;
	const char *why = "";
	struct bundle b;
	uint8_t *bytes;

	if (size < sizeof(struct az_index_head))
		return 0;
	/* The signed size of the index, as far as there are bytes for it. */
	memcpy(&head.index_size, data + offsetof(struct az_index_head, size),
	    sizeof(head.index_size));
	if (head.index_size < sizeof(struct az_index_head) ||
	    head.index_size > size)
		head.index_size = (uint32_t)size;
	head.total_size = total;
	memcpy(head.magic, AZ_BUNDLE_MAGIC, sizeof(head.magic));
	bytes = malloc(total);
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), data, size);
	if (bundle_check_index(&b, bytes, total, &why) == AZ_REFUSE_NONE)
		use(&b);
	else if (*why == 0)
		abort(); /* a refusal says why */
	free(bytes);
	return 0;
}

size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static uint8_t *sample;
	static size_t sample_size;

	if (!sample)
		sample = forge_sample(&sample_size);
	return mutate_record(data, size, max, seed,
	    sample + AZ_BUNDLE_HEAD_SIZE, sample_size - AZ_BUNDLE_HEAD_SIZE);
}
