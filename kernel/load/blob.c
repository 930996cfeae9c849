#include "load/blob.h"

#include <stddef.h>

#include "base/mem.h"
#include "mm/map.h"
#include "verify/bundle.h"
#include "verify/inflate.h"

static struct {
	const struct bundle *bundle;
	void **runs; /* by blob; NULL: not loaded */
	void *work;  /* inflate's scratch */
} blobs;

az_err blob_init(const struct bundle *b)
{
	void *runs;

	TRY(map_alloc(&runs, (size_t)(b->blob_count + 1) * sizeof(void *)));
	blobs.runs = runs;
	blobs.bundle = b;
	return map_alloc(&blobs.work, INFLATE_WORK_SIZE);
}

enum az_refusal blob_load(uint32_t i)
{
	uint64_t size = blobs.bundle->blobs[i].raw_size;
	enum az_refusal refusal;
	void *run;

	if (blobs.runs[i] != NULL)
		return AZ_REFUSE_NONE;
	if (map_alloc(&run, size > 0 ? size : 1) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	refusal = bundle_decode_blob(blobs.bundle, i, run, blobs.work);
	if (refusal != AZ_REFUSE_NONE)
		map_free(&run, size > 0 ? size : 1);
	else
		blobs.runs[i] = run;
	return refusal;
}

const uint8_t *blob_bytes(uint32_t i, uint64_t *len)
{
	*len = blobs.bundle->blobs[i].raw_size;
	return blobs.runs[i];
}
