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
	blobs.bundle = b;
	TRY(map_array(&blobs.runs, b->blob_count));
	return map_alloc(&blobs.work, INFLATE_WORK_SIZE);
}

enum az_refusal blob_load(uint32_t i)
{
	uint64_t size = blobs.bundle->blobs[i].raw_size;
	enum az_refusal refusal;
	void *run;

	if (blobs.runs[i] != NULL)
		return AZ_REFUSE_NONE;
	if (map_alloc(&run, size) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	refusal = bundle_decode_blob(blobs.bundle, i, run, blobs.work);
	if (refusal != AZ_REFUSE_NONE)
		map_free(&run, size);
	else
		blobs.runs[i] = run;
	return refusal;
}

const uint8_t *blob_bytes(uint32_t i, uint64_t *len)
{
	*len = blobs.bundle->blobs[i].raw_size;
	return blobs.runs[i];
}
