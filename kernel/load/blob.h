/* load/blob: the decoded contents of the bundle's blobs.
 *
 * A blob is decoded at most once, after its hash was checked, and stays for
 * as long as the machine runs: several modules may share it, and a restart
 * needs it again. Memory: mm/map runs, page-aligned, so that sections can be
 * mapped into slots. Context: boot.
 */
#ifndef AZ_LOAD_BLOB_H
#define AZ_LOAD_BLOB_H

#include <stdint.h>

#include "abi/fault.h"
#include "base/err.h"

struct bundle;

/* Prepare for the blobs of b, which must stay. */
az_err blob_init(const struct bundle *b);

/* Hash and decode blob i, unless that was done before. */
enum az_refusal blob_load(uint32_t i);

/* The bytes of blob i and their number, or NULL while it is not loaded. */
const uint8_t *blob_bytes(uint32_t i, uint64_t *len);

#endif
