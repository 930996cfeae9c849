/* verify/bundle: bounds-checked views of a bundle and its signed index.
 *
 * The only door for bundle bytes. bundle_open checks everything but the
 * blobs' contents: head, key, signature, then the format of every record, in
 * that order, so that no unsigned byte is interpreted beyond the head. The
 * bytes are 8-aligned and must not change afterwards; nothing is copied or
 * allocated. 4 KiB of stack. Builder and kernel use the same source.
 * Every check and its refusal: FORMAT.md.
 */
#ifndef AZ_VERIFY_BUNDLE_H
#define AZ_VERIFY_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/device.h"
#include "abi/fault.h"
#include "abi/rights.h"
#include "abi/trust.h"

struct bundle {
	const uint8_t *bytes; /* borrowed */
	size_t size;
	const struct az_bundle_head *head;
	const struct az_index_head *index;
	const struct az_system *system;
	const struct az_blob *blobs;
	const struct az_module *modules;
	const struct az_text *strings;
	const struct az_grant *grants;
	const struct az_fileset *filesets;
	const struct az_file *files;
	const struct az_channel *channels;
	const struct az_peer *peers;
	const struct az_method *methods;
	const struct az_node *nodes;
	const struct az_device *devices;
	const struct az_region *regions;
	const struct az_register *registers;
	const struct az_ring *rings;
	const struct az_step *steps;
	const char *text;
	uint32_t blob_count, module_count, string_count, grant_count;
	uint32_t fileset_count, file_count, text_size;
	uint32_t channel_count, peer_count, method_count, node_count;
	uint32_t device_count, region_count, register_count, ring_count;
	uint32_t step_count;
	const struct az_trust_key *key; /* the one that signed */
};

/* A piece of text in the bundle; not NUL-terminated. */
struct bundle_text {
	const char *at;
	uint32_t len;
};

/* Check head, key, signature and index. AZ_REFUSE_NONE: *out is filled.
 * Otherwise *why (when not NULL) names the check in a few words, static. */
enum az_refusal bundle_open(struct bundle *out, const uint8_t *bytes,
    size_t size, const struct az_trust_page *trust, const char **why);

/* The part of bundle_open behind the signature: head sizes already checked.
 * Fuzz targets start here. */
enum az_refusal bundle_check_index(
    struct bundle *out, const uint8_t *bytes, size_t size, const char **why);

/* The command line that the loader gave must be the signed one. */
enum az_refusal bundle_check_cmdline(
    const struct bundle *b, const char *cmdline, size_t len);

struct bundle_text bundle_text(const struct bundle *b, struct az_text t);
/* < 0, 0 or > 0: bytewise, a prefix first. */
int bundle_text_compare(struct bundle_text x, struct bundle_text y);

/* The module of that name, the channel, the end that module i has of it, and
 * the method of a name. NULL: there is none. */
const struct az_module *bundle_module(
    const struct bundle *b, const char *name, size_t len);
const struct az_channel *bundle_channel(
    const struct bundle *b, const char *name, size_t len);
const struct az_peer *bundle_end(
    const struct bundle *b, const struct az_channel *c, uint32_t i);
const struct az_method *bundle_method(const struct bundle *b,
    const struct az_channel *c, const char *name, size_t len);

/* The stored bytes of blob i (i < blob_count). */
const uint8_t *bundle_blob(const struct bundle *b, uint32_t i);

/* Hash blob i and compare. */
enum az_refusal bundle_check_blob(const struct bundle *b, uint32_t i);

/* Hash blob i, then decode it into out, which has blob.raw_size bytes: any
 * other decoded length is refused. work: INFLATE_WORK_SIZE bytes of scratch
 * memory (verify/inflate.h). */
enum az_refusal bundle_decode_blob(
    const struct bundle *b, uint32_t i, uint8_t *out, void *work);

#endif
