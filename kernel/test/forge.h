/* test/forge: valid bundles and images for tests to damage, made by a writer
 * of its own, so that the checks are not tested against the builder's idea of
 * the formats.
 * Memory: results come from malloc and are the caller's.
 */
#ifndef AZ_TEST_FORGE_H
#define AZ_TEST_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/index.h"
#include "abi/trust.h"

enum { FORGE_KEYS = 3 };

/* Bytes of a record of each table. */
extern const uint32_t forge_record_size[AZ_TABLE_KINDS];

struct forge_blob {
	const void *stored;
	size_t size;
};

/* What a bundle is made of: records of every table, and the blobs' bytes. */
struct forge_parts {
	struct {
		const void *records;
		uint32_t count;
	} tables[AZ_TABLE_KINDS];
	const struct forge_blob *blobs;
	uint32_t blob_count;
};

/* The bytes of a bundle, unsigned. Where there are a system and no node, all
 * modules are in one group, which has the system's name. */
uint8_t *forge_bundle(const struct forge_parts *parts, size_t *size);

/* Sign (again) with test key `key` < FORGE_KEYS. */
void forge_sign(uint8_t *bundle, int key);

/* A page that trusts the first `count` test keys. */
void forge_trust(struct az_trust_page *page, uint32_t count);

/* A small signed bundle with a record of every kind: two modules, every
 * grant, a file, a folder and a link, a channel of each type, a device, a
 * group in a group. Its first blob is forge_image. */
uint8_t *forge_sample(size_t *size);

/* The same with one module, no channel and one record of each other kind:
 * for tests that sign off every bit. */
uint8_t *forge_small(size_t *size);

/* A small image with a record of every kind; its functions only return. That
 * of a channel's method is in the linked one only. */
uint8_t *forge_image(size_t *size);
uint8_t *forge_image_linked(size_t *size);

/* A zlib stream of len bytes. */
uint8_t *forge_deflate(const void *bytes, size_t len, size_t *size);

#endif
