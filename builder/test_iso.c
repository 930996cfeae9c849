/* ISO reader, kernel packing and trust pages. */
#include "iso_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "abi/trust.h"
#include "iso.h"
#include "kernel_elf.h"
#include "keys.h"

enum {
	SECTOR = 2048,
	SECTORS = 24,
	PRIMARY = 16 * SECTOR,
	ROOT = 18,
	FOLDER = 19,
	DATA = 20
};

static uint8_t image[SECTORS * SECTOR];

static void put_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* A directory record; returns its length. */
static size_t put_record(
    uint8_t *at, const char *name, uint32_t sector, uint32_t size, bool folder)
{
	size_t len = strlen(name);

	memset(at, 0, 33 + len);
	at[0] = (uint8_t)((33 + len + 1) & ~(size_t)1);
	put_u32(at + 2, sector);
	put_u32(at + 10, size);
	at[25] = folder ? 2 : 0;
	at[32] = (uint8_t)len;
	memcpy(at + 33, name, len);
	return at[0];
}

static int make_image(void **state)
{
	uint8_t *root = image + ROOT * SECTOR;
	uint8_t *folder = image + FOLDER * SECTOR;

	(void)state;
	memset(image, 0, sizeof(image));
	memcpy(image + PRIMARY, "\001CD001\001", 7);
	put_record(image + PRIMARY + 156, "", ROOT, SECTOR, true);
	root += put_record(root, "OTHER.;1", DATA, 1, false);
	put_record(root, "AZOTH", FOLDER, SECTOR, true);
	folder += put_record(folder, "BUNDLE.;1", DATA + 1, 5, false);
	put_record(folder, "KERNEL.;1", DATA, SECTOR + 3, false);
	memcpy(image + (DATA + 1) * SECTOR, "hello", 5);
	return 0;
}

static bool find(const char *name, struct iso_file *out)
{
	return iso_find(out, image, sizeof(image), "azoth", name);
}

static void test_finds(void **state)
{
	struct iso_file file;

	(void)state;
	assert_true(find("bundle", &file));
	assert_int_equal(file.size, 5);
	assert_memory_equal(file.at, "hello", 5);
	assert_true(find("kernel", &file));
	assert_int_equal(file.size, SECTOR + 3);
	assert_false(find("bundl", &file));
	assert_false(find("bundle.", &file));
	assert_false(iso_find(&file, image, sizeof(image), "other", "bundle"));
}

/* Each changed field makes it not found, never a read outside. */
static void test_refuses(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} bad[] = {
		{ PRIMARY + 1, 0 },                 /* magic */
		{ PRIMARY + 156 + 2, SECTORS },     /* root outside */
		{ PRIMARY + 156 + 2, UINT32_MAX },  /* wraps */
		{ PRIMARY + 156 + 10, UINT32_MAX }, /* root too large */
		{ ROOT * SECTOR, 255 },             /* record too long */
		{ ROOT * SECTOR + 32, 200 },        /* name too long */
		{ FOLDER * SECTOR + 2, SECTORS },   /* file outside */
		{ FOLDER * SECTOR + 10, SECTORS * SECTOR }, /* too large */
	};
	struct iso_file file;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		make_image(state);
		if (bad[i].value <= UINT8_MAX && bad[i].at % SECTOR != 2 &&
		    bad[i].value != SECTORS)
			image[bad[i].at] = (uint8_t)bad[i].value;
		else
			put_u32(image + bad[i].at, bad[i].value);
		assert_false(find("bundle", &file));
	}
	make_image(state);
	for (size_t len = 0; len < sizeof(image); len += 97)
		if (iso_find(&file, image, len, "azoth", "bundle"))
			assert_true(file.at + file.size <= image + len);
}

static void fill(struct buf *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_putc(b, (char)(i * i >> 7));
}

/* Another trust page changes those bytes and the checksum, nothing else. */
static void test_pack_kernel(void **state)
{
	enum { BEFORE = 70000, AFTER = 30000 };
	struct buf kernel = { 0 }, one = { 0 }, two = { 0 }, back = { 0 };
	size_t differing = 0;
	const char *page;

	(void)state;
	fill(&kernel, BEFORE + AZ_TRUST_PAGE_SIZE + AFTER);
	memset(kernel.at + BEFORE, 'a', AZ_TRUST_PAGE_SIZE);
	iso_pack_kernel(&one, &kernel, BEFORE);
	assert_true(
	    iso_gunzip(&back, (const uint8_t *)one.at, one.len, kernel.len));
	assert_int_equal(back.len, kernel.len);
	assert_memory_equal(back.at, kernel.at, kernel.len);

	page = memmem(one.at, one.len, kernel.at + BEFORE, AZ_TRUST_PAGE_SIZE);
	assert_non_null(page);
	memset(kernel.at + BEFORE, 'b', AZ_TRUST_PAGE_SIZE);
	iso_pack_kernel(&two, &kernel, BEFORE);
	assert_int_equal(one.len, two.len);
	for (size_t i = 0; i < one.len; i++) {
		bool in_page = one.at + i >= page &&
			       one.at + i < page + AZ_TRUST_PAGE_SIZE;
		bool in_crc = i >= one.len - 8 && i < one.len - 4;

		differing += one.at[i] != two.at[i] && !in_page && !in_crc;
	}
	assert_int_equal(differing, 0);
	buf_fini(&kernel);
	buf_fini(&one);
	buf_fini(&two);
	buf_fini(&back);
}

static void test_gunzip_refuses(void **state)
{
	struct buf kernel = { 0 }, packed = { 0 }, out = { 0 };

	(void)state;
	fill(&kernel, 3 * AZ_TRUST_PAGE_SIZE);
	iso_pack_kernel(&packed, &kernel, AZ_TRUST_PAGE_SIZE);
	const uint8_t *bytes = (const uint8_t *)packed.at;

	/* Too much, cut short, bytes behind it, a wrong checksum. */
	assert_false(iso_gunzip(&out, bytes, packed.len, kernel.len - 1));
	for (size_t len = 2; len < packed.len; len += 11)
		assert_false(iso_gunzip(&out, bytes, len, kernel.len));
	buf_putc(&packed, 'x');
	assert_false(iso_gunzip(
	    &out, (const uint8_t *)packed.at, packed.len, kernel.len));
	packed.len--;
	packed.at[packed.len - 6] ^= 1;
	assert_false(iso_gunzip(
	    &out, (const uint8_t *)packed.at, packed.len, kernel.len));
	buf_fini(&kernel);
	buf_fini(&packed);
	buf_fini(&out);
}

/* The least ELF file with a .trust section. */
struct tiny {
	Elf64_Ehdr head;
	Elf64_Shdr sections[3];
	char names[24];
	_Alignas(8) struct az_trust_page page;
};

static void make_tiny(struct tiny *t)
{
	memset(t, 0, sizeof(*t));
	memcpy(t->head.e_ident, ELFMAG, SELFMAG);
	t->head.e_ident[EI_CLASS] = ELFCLASS64;
	t->head.e_ident[EI_DATA] = ELFDATA2LSB;
	t->head.e_ident[EI_VERSION] = EV_CURRENT;
	t->head.e_type = ET_EXEC;
	t->head.e_machine = EM_X86_64;
	t->head.e_version = EV_CURRENT;
	t->head.e_ehsize = sizeof(t->head);
	t->head.e_shoff = offsetof(struct tiny, sections);
	t->head.e_shentsize = sizeof(Elf64_Shdr);
	t->head.e_shnum = 3;
	t->head.e_shstrndx = 1;
	memcpy(t->names, "\0.names\0.trust", 15);
	t->sections[1] = (Elf64_Shdr){ .sh_name = 1,
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct tiny, names),
		.sh_size = sizeof(t->names) };
	t->sections[2] = (Elf64_Shdr){ .sh_name = 8,
		.sh_type = SHT_PROGBITS,
		.sh_offset = offsetof(struct tiny, page),
		.sh_size = AZ_TRUST_PAGE_SIZE };
	trust_page_init(&t->page);
}

static void test_find_trust(void **state)
{
	struct tiny *t = malloc(sizeof(*t));
	const char *why;
	size_t off;

	(void)state;
	make_tiny(t);
	assert_true(kernel_find_trust(&off, t, sizeof(*t), &why));
	assert_int_equal(off, offsetof(struct tiny, page));
	t->page.magic[0] ^= 1;
	assert_false(kernel_find_trust(&off, t, sizeof(*t), &why));
	make_tiny(t);
	t->sections[2].sh_size--;
	assert_false(kernel_find_trust(&off, t, sizeof(*t), &why));
	make_tiny(t);
	t->sections[2].sh_offset = UINT64_MAX - 100;
	assert_false(kernel_find_trust(&off, t, sizeof(*t), &why));
	make_tiny(t);
	t->names[9] = 'x';
	assert_false(kernel_find_trust(&off, t, sizeof(*t), &why));
	make_tiny(t);
	for (size_t len = 0; len < sizeof(*t); len += 7)
		assert_false(kernel_find_trust(&off, t, len, &why));
	free(t);
}

static void test_trust_page_fills(void **state)
{
	struct az_trust_page page;
	struct key_public key = { { 0 } };

	(void)state;
	trust_page_init(&page);
	for (uint8_t i = 0; i < AZ_TRUST_KEYS_MAX; i++) {
		key.point[0] = i;
		assert_true(trust_page_add(
		    &page, &key, "a name that is longer than the field", 0));
		/* The same key twice is one key. */
		assert_true(trust_page_add(&page, &key, "again", 0));
	}
	assert_int_equal(page.key_count, AZ_TRUST_KEYS_MAX);
	key.point[0] = AZ_TRUST_KEYS_MAX;
	assert_false(trust_page_add(&page, &key, "one more", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_finds, make_image),
		cmocka_unit_test_setup(test_refuses, make_image),
		cmocka_unit_test(test_pack_kernel),
		cmocka_unit_test(test_gunzip_refuses),
		cmocka_unit_test(test_find_trust),
		cmocka_unit_test(test_trust_page_fills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
