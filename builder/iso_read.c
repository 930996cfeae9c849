#include "iso_read.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

enum {
	SECTOR = 2048,
	PRIMARY_SECTOR = 16,
	ROOT_RECORD = 156, /* in the primary volume descriptor */
	RECORD_MIN = 34,
	RECORD_EXTENT = 2,
	RECORD_SIZE = 10,
	RECORD_FLAGS = 25,
	RECORD_NAME_LEN = 32,
	RECORD_NAME = 33,
	FLAG_FOLDER = 2,
	FLAG_MULTI_EXTENT = 0x80,
	GZIP_WINDOW = 15 + 16,
	STEP = 1 << 16,
};

static uint32_t read_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

bool iso_probe(const uint8_t *bytes, size_t len)
{
	const size_t at = (size_t)PRIMARY_SECTOR * SECTOR;

	return len >= at + SECTOR && bytes[at] == 1 &&
	       memcmp(bytes + at + 1, "CD001", 5) == 0;
}

/* The extent that a directory record names, if it lies in the image. */
static bool extent_of(struct iso_file *out, const uint8_t *record,
    const uint8_t *bytes, size_t len)
{
	uint64_t at = (uint64_t)read_u32(record + RECORD_EXTENT) * SECTOR;
	uint32_t size = read_u32(record + RECORD_SIZE);

	if (at > len || size > len - at)
		return false;
	out->at = bytes + at;
	out->size = size;
	return true;
}

/* "KERNEL.;1" is kernel: upper case, perhaps a bare dot, a version. */
static bool name_is(const uint8_t *record, const char *name)
{
	size_t len = record[RECORD_NAME_LEN], want = strlen(name);
	const char *own = (const char *)record + RECORD_NAME;

	for (size_t i = 0; i < len; i++)
		if (own[i] == ';')
			len = i;
	if (len > 0 && own[len - 1] == '.')
		len--;
	return len == want && strncasecmp(own, name, want) == 0;
}

/* The record of that name in a folder, or NULL. */
static const uint8_t *find_record(
    const struct iso_file *folder, const char *name, bool want_folder)
{
	size_t at = 0;

	while (at < folder->size && folder->size - at >= RECORD_MIN) {
		const uint8_t *record = folder->at + at;
		size_t len = record[0];

		if (len == 0) { /* the rest of a sector is empty */
			at = (at / SECTOR + 1) * SECTOR;
			continue;
		}
		if (len < RECORD_MIN || len > folder->size - at ||
		    RECORD_NAME + (size_t)record[RECORD_NAME_LEN] > len)
			return NULL;
		if (!(record[RECORD_FLAGS] & FLAG_FOLDER) == !want_folder &&
		    !(record[RECORD_FLAGS] & FLAG_MULTI_EXTENT) &&
		    name_is(record, name))
			return record;
		at += len;
	}
	return NULL;
}

bool iso_find(struct iso_file *out, const uint8_t *bytes, size_t len,
    const char *folder, const char *name)
{
	const uint8_t *record =
	    bytes + (size_t)PRIMARY_SECTOR * SECTOR + ROOT_RECORD;
	struct iso_file in;

	if (!iso_probe(bytes, len) || !extent_of(&in, record, bytes, len))
		return false;
	record = find_record(&in, folder, true);
	if (record == NULL || !extent_of(&in, record, bytes, len))
		return false;
	record = find_record(&in, name, false);
	return record != NULL && extent_of(out, record, bytes, len);
}

bool iso_gunzip(struct buf *out, const uint8_t *bytes, size_t len, size_t max)
{
	unsigned char step[STEP];
	z_stream z = { 0 };
	size_t got = 0;
	int end = Z_OK;

	if (len < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b) {
		if (len > max)
			return false;
		buf_add(out, bytes, len);
		return true;
	}
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return false;
	z.next_in = (Bytef *)(uintptr_t)bytes;
	z.avail_in = (uInt)len;
	while (end == Z_OK && got <= max) {
		z.next_out = step;
		z.avail_out = sizeof(step);
		end = inflate(&z, Z_NO_FLUSH);
		got += sizeof(step) - z.avail_out;
		buf_add(out, step, sizeof(step) - z.avail_out);
	}
	inflateEnd(&z);
	return end == Z_STREAM_END && z.avail_in == 0 && got <= max;
}
