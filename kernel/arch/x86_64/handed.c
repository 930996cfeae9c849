#include "arch/handed.h"

#include "arch/x86_64/fwcfg.h"
#include "arch/x86_64/x86.h"
#include "base/mem.h"

enum {
	SELECT = 0x510,
	DATA = 0x511,
	ITEM_SIGNATURE = 0,
	ITEM_FILES = 0x19,
	FILES_MAX = 256,
	NAME_SIZE = 56,
};

/* An entry of the list of files; numbers are big endian. */
struct file {
	uint8_t size[4], item[2], reserved[2];
	char name[NAME_SIZE];
};

static void read(void *out, uint32_t len)
{
	uint8_t *at = out;

	while (len-- > 0)
		*at++ = x86_in8(DATA);
}

static uint32_t big32(const uint8_t at[4])
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

bool fwcfg_present(void)
{
	char signature[4];

	x86_out16(SELECT, ITEM_SIGNATURE);
	read(signature, sizeof(signature));
	return memcmp(signature, "QEMU", sizeof(signature)) == 0;
}

int64_t handed_read(const char *name, void *out, uint32_t max)
{
	uint32_t len = (uint32_t)strlen(name), size;
	uint8_t count[4];
	struct file file;

	if (len >= NAME_SIZE || !fwcfg_present())
		return -1;
	x86_out16(SELECT, ITEM_FILES);
	read(count, sizeof(count));
	for (uint32_t n = 0; n < big32(count) && n < FILES_MAX; n++) {
		read(&file, sizeof(file));
		if (memcmp(file.name, name, len + 1) != 0)
			continue;
		size = big32(file.size);
		x86_out16(SELECT, (uint16_t)(file.item[0] << 8 | file.item[1]));
		if (size <= max)
			read(out, size);
		return size;
	}
	return -1;
}
