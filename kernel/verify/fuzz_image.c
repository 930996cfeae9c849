/* Images. The input is folded: the head, then what follows the pages of text
 * and rodata, which are filled in here: otherwise most mutations would hit
 * bytes that no check of the format looks at. */
#include "verify/image.h"

#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "test/forge.h"
#include "test/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);

enum { FOLD = 3 * AZ_PAGE_SIZE };

static volatile char sink;

static void use_bytes(const void *bytes, size_t len)
{
	const char *at = bytes;

	for (size_t i = 0; i < len; i++)
		sink = at[i];
}

static void use_funcs(const struct image_view *v)
{
	const struct az_image_head *h = v->head;

	for (uint32_t i = 0; i < h->funcs.count; i++) {
		const struct az_func *f = &v->funcs[i];

		use_bytes(v->names + f->name, f->name_len);
		sink = (char)v->sigs[f->sig].types[0];
		if (image_func_at(v, f->off) != f ||
		    image_func_at(v, f->off + f->len - 1) != f)
			abort();
	}
	for (uint32_t i = 0; i < h->entries.count; i++) {
		az_funcref ref = v->entries[i];

		if (ref == AZ_NONE)
			continue;
		if (ref & AZ_FUNCREF_IMPORT)
			sink = (char)v->imports[ref ^ AZ_FUNCREF_IMPORT].sig;
		else
			sink = (char)v->funcs[ref].sig;
	}
}

static void use(const struct image_view *v)
{
	const struct az_image_head *h = v->head;

	use_bytes(v->text, h->text.count);
	use_bytes(v->rodata, h->rodata.count);
	use_bytes(v->data, h->data.count);
	use_funcs(v);
	for (uint32_t i = 0; i < h->exports.count; i++)
		use_bytes(
		    v->names + v->exports[i].name, v->exports[i].name_len);
	for (uint32_t i = 0; i < h->elems.count; i++)
		use_bytes(v->entries + v->elems[i].first,
		    v->elems[i].count * sizeof(*v->entries));
	for (uint32_t i = 0; i < h->segments.count; i++)
		use_bytes(
		    v->seg_bytes + v->segments[i].first, v->segments[i].size);
	(void)image_export(v, AZ_EXPORT_FUNC, "_start");
}

/* The fold undone; where an input is too short for it, the input. */
static uint8_t *unfold(const uint8_t *data, size_t size, size_t *full)
{
	size_t head = AZ_IMAGE_HEAD_SIZE;
	uint8_t *bytes;

	if (size <= head) {
		bytes = malloc(size + 1);
		memcpy(bytes, data, size);
		*full = size;
		return bytes;
	}
	*full = FOLD + size - head;
	bytes = calloc(1, *full);
	memcpy(bytes, data, head);
	memcpy(bytes + FOLD, data + head, size - head);
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t full;
	uint8_t *bytes = unfold(data, size, &full);
	struct image_view v;
	const char *why = "";

	if (image_open(&v, bytes, full, &why) == AZ_REFUSE_NONE)
		use(&v);
	else if (*why == 0)
		abort(); /* a refusal says why */
	free(bytes);
	return 0;
}

/* The sample, folded. */
static uint8_t *sample_make(size_t *size)
{
	size_t full;
	uint8_t *image = forge_image_linked(&full);

	*size = full - FOLD + AZ_IMAGE_HEAD_SIZE;
	memmove(image + AZ_IMAGE_HEAD_SIZE, image + FOLD, full - FOLD);
	return image;
}

size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static uint8_t *sample;
	static size_t sample_size;
	uint32_t full;

	if (!sample)
		sample = sample_make(&sample_size);
	size = mutate_record(data, size, max, seed, sample, sample_size);
	/* A size that does not fit is found at once: three times in four it
	 * is made to fit. */
	full = (uint32_t)(FOLD + size - AZ_IMAGE_HEAD_SIZE);
	if (size > AZ_IMAGE_HEAD_SIZE && seed % 4 != 0)
		memcpy(data + offsetof(struct az_image_head, size), &full,
		    sizeof(full));
	return size;
}
