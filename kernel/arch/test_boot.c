/* Multiboot2 and PVH information: what GRUB and QEMU send, and what nobody
 * should. */
#include "arch/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1 << 20, BUF_SIZE = 1 << 20 };
#define KERNEL_START UINT64_C(0x100000)
#define KERNEL_END UINT64_C(0x140000)

/* A Multiboot2 block being built; copied to an exact allocation to parse, so
 * that the sanitizer sees every byte read too far. */
static uint8_t buf[BUF_SIZE];
static size_t len;

static void put(const void *bytes, size_t size)
{
	assert_true(len + size <= BUF_SIZE);
	memcpy(buf + len, bytes, size);
	len += size;
}

static void put32(uint32_t value)
{
	put(&value, sizeof(value));
}

static void put64(uint64_t value)
{
	put(&value, sizeof(value));
}

static void align(void)
{
	while (len % 8 != 0)
		put("", 1);
}

static void begin(void)
{
	len = 0;
	put64(0);
}

static void tag(uint32_t type, const void *payload, size_t size)
{
	put32(type);
	put32((uint32_t)size + 8);
	put(payload, size);
	align();
}

static void tag_module(uint32_t start, uint32_t end)
{
	uint32_t payload[] = { start, end, 0 };

	tag(3, payload, sizeof(payload) - 3);
}

static void tag_map(const uint64_t (*entry)[3], uint32_t count)
{
	put32(6);
	put32(16 + 24 * count);
	put32(24);
	put32(0);
	for (uint32_t n = 0; n < count; n++) {
		put64(entry[n][0]);
		put64(entry[n][1]);
		put64(entry[n][2]);
	}
}

static const uint64_t plain_map[][3] = {
	{ 0, 0x9fc00, 1 },
	{ 0x9fc00, 0x400, 2 },
	{ 0xf0000, 0x10000, 2 },
	{ MIB, 127 * MIB, 1 },
	{ 0xfeffc000, 0x4000, 2 },
};

static az_err parse(struct boot_info *out)
{
	uint32_t size = (uint32_t)len;
	uint8_t *exact = malloc(len);
	az_err err;

	memcpy(buf, &size, sizeof(size));
	memcpy(exact, buf, len);
	*out = (struct boot_info){ .kernel = { KERNEL_START, KERNEL_END } };
	err = boot_parse_multiboot2(out, exact, len);
	free(exact);
	return err;
}

static az_err finish(struct boot_info *out)
{
	tag(0, "", 0);
	return parse(out);
}

static void plain(void)
{
	begin();
	tag(1, "log=info", 9);
	tag_map(plain_map, 5);
	tag_module(32 * MIB, 33 * MIB + 5);
}

static void test_plain(void **state)
{
	static const uint8_t screen[30] = { 0, 0, 0, 0xfd, 0, 0, 0, 0, 0, 0x10,
		0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 32, 1, 0, 0, 16, 8, 8, 8, 0, 8 };
	struct boot_info b;

	(void)state;
	plain();
	tag(8, screen, sizeof(screen));
	assert_int_equal(finish(&b), AZ_OK);
	assert_string_equal(b.cmdline, "log=info");
	assert_int_equal(b.cmdline_len, 8);
	assert_int_equal(b.ram_count, 2);
	assert_int_equal(b.ram[0].start, 0);
	assert_int_equal(b.ram[0].end, 0x9f000); /* whole pages only */
	assert_int_equal(b.ram[1].start, MIB);
	assert_int_equal(b.ram[1].end, 128 * MIB);
	assert_int_equal(b.module_count, 1);
	assert_int_equal(b.bundle.start, 32 * MIB);
	assert_int_equal(b.bundle.end, 33 * MIB + 5);
	assert_int_equal(b.screen.addr, 0xfd000000);
	assert_int_equal(b.screen.width, 1024);
	assert_int_equal(b.screen.height, 768);
	assert_int_equal(b.screen.pitch, 4096);
	assert_int_equal(b.screen.red_shift, 16);
	assert_int_equal(b.kernel.end, KERNEL_END);
}

static void test_screens(void **state)
{
	/* 800x600x24, as GRUB gives it; its address is no multiple of 3. */
	uint8_t s[30] = { 0, 0, 0, 0xfd, 0, 0, 0, 0, 0x60, 9, 0, 0, 0x20, 3, 0,
		0, 0x58, 2, 0, 0, 24, 1, 0, 0, 16, 8, 8, 8, 0, 8 };
	struct boot_info b;

	(void)state;
	plain();
	tag(8, s, sizeof(s));
	assert_int_equal(finish(&b), AZ_OK);
	assert_int_equal(b.screen.bits, 24);
	assert_int_equal(b.screen.width, 800);

	/* Text mode and odd depths count as no screen. */
	s[21] = 2;
	plain();
	tag(8, s, 24);
	assert_int_equal(finish(&b), AZ_OK);
	assert_int_equal(b.screen.addr, 0);
	s[21] = 1;
	s[20] = 16;
	plain();
	tag(8, s, sizeof(s));
	assert_int_equal(finish(&b), AZ_OK);
	assert_int_equal(b.screen.addr, 0);

	/* Lines that overlap, colours beyond the pixel, short tags. */
	s[20] = 32;
	plain();
	tag(8, s, sizeof(s));
	assert_int_equal(finish(&b), AZ_EINVAL);
	s[20] = 24;
	s[24] = 17;
	plain();
	tag(8, s, sizeof(s));
	assert_int_equal(finish(&b), AZ_EINVAL);
	for (size_t n = 0; n < sizeof(s); n++) {
		plain();
		tag(8, s, n);
		assert_int_equal(finish(&b), AZ_EINVAL);
	}
}

/* A frame buffer over memory that holds something else. */
static void test_screen_places(void **state)
{
	uint8_t s[30] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 4, 0, 0, 16,
		0, 0, 0, 32, 1, 0, 0, 16, 8, 8, 8, 0, 8 };
	static const struct {
		uint32_t addr; /* of 64 KiB */
		az_err err;
	} rows[] = {
		{ KERNEL_START, AZ_EINVAL },
		{ KERNEL_START - 0xfffc, AZ_EINVAL },
		{ KERNEL_END - 4, AZ_EINVAL },
		{ KERNEL_END, AZ_OK },
		{ 32 * MIB - 0xfffc, AZ_EINVAL },
		{ 33 * MIB + 4, AZ_EINVAL },
		{ 34 * MIB, AZ_OK },
		{ 0xfd000000, AZ_OK },
	};
	struct boot_info b;

	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		memcpy(s, &rows[n].addr, sizeof(rows[n].addr));
		plain();
		tag(8, s, sizeof(s));
		assert_int_equal(finish(&b), rows[n].err);
		for (uint32_t i = 0; i < b.ram_count && !rows[n].err; i++)
			assert_true(b.ram[i].end <= rows[n].addr ||
				    b.ram[i].start >= rows[n].addr + 0x10000ul);
	}
	/* Its tag may come before the module's. */
	begin();
	tag_map(plain_map, 5);
	memcpy(s, (uint32_t[]){ 32 * MIB }, 4);
	tag(8, s, sizeof(s));
	tag_module(32 * MIB, 33 * MIB);
	assert_int_equal(finish(&b), AZ_EINVAL);
}

static void test_tag_sizes(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 7, 100000, 0x7fffffff,
		0xfffffff0, 0xffffffff };
	struct boot_info b;

	(void)state;
	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		plain();
		put32(99);
		put32(sizes[n]);
		assert_int_equal(finish(&b), AZ_EINVAL);
	}
	/* No end tag; an end tag of the wrong size; no memory map. */
	plain();
	assert_int_equal(parse(&b), AZ_EINVAL);
	plain();
	tag(0, "abcdefgh", 8);
	assert_int_equal(parse(&b), AZ_EINVAL);
	begin();
	assert_int_equal(finish(&b), AZ_EINVAL);
}

static void test_cut_short(void **state)
{
	struct boot_info b;
	size_t whole;

	(void)state;
	plain();
	assert_int_equal(finish(&b), AZ_OK);
	whole = len;
	for (len = 8; len < whole; len++)
		assert_int_equal(parse(&b), AZ_EINVAL);
	for (size_t n = 0; n < 8; n++) {
		uint8_t *few = calloc(1, n + 1);

		few[0] = (uint8_t)n;
		assert_int_equal(boot_parse_multiboot2(&b, few, n), AZ_EINVAL);
		free(few);
	}
}

static void test_size_lies(void **state)
{
	struct boot_info b;
	uint8_t *exact;

	(void)state;
	plain();
	assert_int_equal(finish(&b), AZ_OK);
	exact = malloc(len);
	memcpy(exact, buf, len);
	for (uint32_t bit = 0; bit < 32; bit++) {
		exact[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
		    boot_parse_multiboot2(&b, exact, len), AZ_EINVAL);
		exact[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(exact);
}

static void test_cmdline(void **state)
{
	char big[5000];
	struct boot_info b;

	(void)state;
	memset(big, 'x', sizeof(big));
	begin();
	tag(1, big, sizeof(big)); /* no NUL */
	tag_map(plain_map, 5);
	assert_int_equal(finish(&b), AZ_EINVAL);
	begin();
	tag(1, "", 0);
	tag_map(plain_map, 5);
	assert_int_equal(finish(&b), AZ_EINVAL);
	big[sizeof(big) - 1] = '\0';
	begin();
	tag(1, big, sizeof(big));
	tag_map(plain_map, 5);
	assert_int_equal(finish(&b), AZ_OK);
	assert_true(b.cmdline_len > BOOT_CMDLINE_MAX);
	assert_int_equal(strlen(b.cmdline), BOOT_CMDLINE_MAX);
	big[BOOT_CMDLINE_MAX] = '\0';
	begin();
	tag(1, big, BOOT_CMDLINE_MAX + 1);
	tag_map(plain_map, 5);
	assert_int_equal(finish(&b), AZ_OK);
	assert_int_equal(b.cmdline_len, BOOT_CMDLINE_MAX);
	plain();
	tag(1, "log=warn", 9); /* a second one */
	assert_int_equal(finish(&b), AZ_EINVAL);
}

static void test_modules(void **state)
{
	static const struct {
		uint32_t start, end;
		az_err want;
	} cases[] = {
		{ 0x13ffff, 0x150000, AZ_EINVAL }, /* into the kernel */
		{ 0x0, 0x100001, AZ_EINVAL },
		{ 0x110000, 0x110001, AZ_EINVAL },
		{ 0x0, 0xffffffff, AZ_EINVAL },
		{ 0x150000, 0x14ffff, AZ_EINVAL }, /* wraps */
		{ 0x140000, 0x140000, AZ_OK },     /* empty */
		{ 0x140000, 0x150000, AZ_OK },
	};
	struct boot_info b;

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		begin();
		tag_map(plain_map, 5);
		tag_module(cases[n].start, cases[n].end);
		assert_int_equal(finish(&b), cases[n].want);
	}
	plain();
	tag_module(33 * MIB, 34 * MIB); /* over the first */
	assert_int_equal(finish(&b), AZ_EINVAL);
	plain();
	for (uint32_t n = 1; n < 10000; n++)
		tag_module(40 * MIB, 41 * MIB);
	assert_int_equal(finish(&b), AZ_OK);
	assert_int_equal(b.module_count, 10000);
	for (size_t n = 0; n < 8; n++) {
		begin();
		tag_map(plain_map, 5);
		tag(3, "abcdefgh", n);
		assert_int_equal(finish(&b), AZ_EINVAL);
	}
}

static void test_map_overlaps(void **state)
{
	static const uint64_t map[][3] = {
		{ 16 * MIB, 16 * MIB, 1 },
		{ 8 * MIB, 16 * MIB, 1 },
		{ 20 * MIB + 1, 1, 2 }, /* takes its whole page */
		{ 31 * MIB, 64 * MIB, 3 },
		{ 40 * MIB, 0, 1 },
		{ 50 * MIB + 1, 4096, 1 }, /* holds no whole page */
		{ 8 * MIB, 4096, 0 },
	};
	struct boot_info b;

	(void)state;
	begin();
	tag_map(map, 7);
	assert_int_equal(finish(&b), AZ_OK);
	assert_int_equal(b.ram_count, 2);
	assert_int_equal(b.ram[0].start, 8 * MIB + 4096);
	assert_int_equal(b.ram[0].end, 20 * MIB);
	assert_int_equal(b.ram[1].start, 20 * MIB + 4096);
	assert_int_equal(b.ram[1].end, 31 * MIB);
}

static void test_map_limits(void **state)
{
	static const uint64_t bad[][3] = {
		{ BOOT_PHYS_MAX, 4096, 1 },
		{ BOOT_PHYS_MAX - 4096, 8192, 1 },
		{ UINT64_MAX, 1, 1 },
		{ MIB, UINT64_MAX, 1 },
		{ UINT64_MAX - 4095, 8192, 2 },
	};
	static uint64_t many[BOOT_MAP_MAX + 1][3];
	struct boot_info b;

	(void)state;
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		begin();
		tag_map(bad + n, 1);
		assert_int_equal(finish(&b), AZ_EINVAL);
	}
	/* More pieces than fit: the largest stay, in order. */
	for (uint64_t n = 0; n < BOOT_MAP_MAX; n++) {
		many[n][0] = (BOOT_MAP_MAX - n) * MIB;
		many[n][1] = 4096 * (1 + n % 200);
		many[n][2] = 1;
	}
	begin();
	tag_map((const uint64_t(*)[3])many, BOOT_MAP_MAX);
	assert_int_equal(finish(&b), AZ_OK);
	assert_int_equal(b.ram_count, BOOT_RANGES_MAX);
	for (uint32_t n = 0; n < b.ram_count; n++) {
		assert_true(b.ram[n].end - b.ram[n].start > 180 * 4096);
		assert_true(n == 0 || b.ram[n].start > b.ram[n - 1].end);
	}
	begin();
	tag_map((const uint64_t(*)[3])many, BOOT_MAP_MAX + 1);
	assert_int_equal(finish(&b), AZ_EINVAL);
	/* Entries of odd sizes. */
	for (uint32_t step = 0; step < 64; step++) {
		begin();
		tag_map(plain_map, 5);
		memcpy(buf + 16, &step, sizeof(step));
		if (step != 24 && step != 40)
			assert_int_equal(finish(&b), AZ_EINVAL);
	}
}

static void test_rsdp(void **state)
{
	uint8_t r[36] = "RSD PTR ";
	uint8_t sum = 0;

	(void)state;
	r[17] = 0x12; /* the RSDT is at 0x1200 */
	for (int n = 0; n < 20; n++)
		sum = (uint8_t)(sum + r[n]);
	r[8] = (uint8_t)-sum;
	assert_int_equal(boot_parse_rsdp(r, 20), 0x1200);
	assert_int_equal(boot_parse_rsdp(r, 19), 0);
	r[15] = 2;
	r[8] -= 2;
	r[25] = 0x34;
	r[32] = (uint8_t)-0x34;
	assert_int_equal(boot_parse_rsdp(r, 36), 0x3400);
	assert_int_equal(boot_parse_rsdp(r, 35), 0x1200);
	r[29] = 1; /* out of reach, and a wrong sum */
	assert_int_equal(boot_parse_rsdp(r, 36), 0x1200);
	r[0] = 'X';
	r[8] -= 'X' - 'R';
	assert_int_equal(boot_parse_rsdp(r, 36), 0);
}

/* Guest memory of a PVH start: MIB bytes from address MIB on. */
static uint8_t *guest;

static const uint8_t *view(uint64_t addr, size_t size)
{
	if (addr < MIB || size > MIB || addr > 2 * MIB - size)
		return NULL;
	return guest + (addr - MIB);
}

struct start {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, cmdline, rsdp, map;
	uint32_t map_count, reserved;
};

static struct start pvh(void)
{
	static const uint64_t map[][3] = { { 0, 0x9fc00, 1 },
		{ 0x9fc00, 0x400, 2 }, { MIB, 127 * MIB, 1 } };
	static const uint64_t module[4] = { 32 * MIB, MIB };

	memset(guest, 0, MIB);
	memcpy(guest + 0x1000, module, sizeof(module));
	memcpy(guest + 0x2000, map, sizeof(map));
	memcpy(guest + 0x3000, "log=warn", 9);
	return (struct start){ 0x336ec578, 1, 0, 1, MIB + 0x1000, MIB + 0x3000,
		0, MIB + 0x2000, 3, 0 };
}

static az_err parse_pvh(struct boot_info *out, struct start s)
{
	memcpy(guest, &s, sizeof(s));
	*out = (struct boot_info){ .kernel = { KERNEL_START, KERNEL_END } };
	return boot_parse_pvh(out, MIB, view);
}

static void test_pvh(void **state)
{
	struct boot_info b;

	(void)state;
	assert_int_equal(parse_pvh(&b, pvh()), AZ_OK);
	assert_string_equal(b.cmdline, "log=warn");
	assert_int_equal(b.cmdline_len, 8);
	assert_int_equal(b.module_count, 1);
	assert_int_equal(b.bundle.start, 32 * MIB);
	assert_int_equal(b.bundle.end, 33 * MIB);
	assert_int_equal(b.ram_count, 2);
	assert_int_equal(b.ram[1].end, 128 * MIB);
}

static void test_pvh_malformed(void **state)
{
	struct boot_info b;
	struct start s;

	(void)state;
#define REFUSED(change)                                                        \
	do {                                                                   \
		s = pvh();                                                     \
		change;                                                        \
		assert_int_equal(parse_pvh(&b, s), AZ_EINVAL);                 \
	} while (0)
	REFUSED(s.magic++);
	REFUSED(s.version = 0);
	REFUSED(s.modules = 0);
	REFUSED(s.modules = UINT64_MAX - 3);
	REFUSED(s.module_count = UINT32_MAX);
	REFUSED(s.cmdline = UINT64_MAX);
	REFUSED(s.cmdline = 2 * MIB - 3; memset(guest + MIB - 3, 'x', 3));
	REFUSED(s.map = 2 * MIB - 24);
	REFUSED(s.map = UINT64_MAX);
	REFUSED(s.map_count = 0);
	REFUSED(s.map_count = UINT32_MAX);
	REFUSED(guest[0x1007] = 0xff); /* module beyond memory */
	REFUSED(guest[0x100f] = 0xff); /* its size */
	REFUSED(guest[0x1005] = 0x80); /* module out of the kernel's reach */
	REFUSED(memset(guest + 0x1000, 0, 4); guest[0x100a] = 0x11);
	REFUSED(guest[0x2007] = 0xff); /* a range beyond memory */
#undef REFUSED
	assert_int_equal(boot_parse_pvh(&b, UINT64_MAX, view), AZ_EINVAL);
	assert_int_equal(boot_parse_pvh(&b, 2 * MIB - 8, view), AZ_EINVAL);

	s = pvh();
	memset(guest + 0x3000, 'x', 3000);
	assert_int_equal(parse_pvh(&b, s), AZ_OK);
	assert_true(b.cmdline_len > BOOT_CMDLINE_MAX);
	assert_int_equal(strlen(b.cmdline), BOOT_CMDLINE_MAX);
	s = pvh();
	s.cmdline = 0;
	s.module_count = 0;
	s.rsdp = 5;
	assert_int_equal(parse_pvh(&b, s), AZ_OK);
	assert_int_equal(b.cmdline_len, 0);
	assert_int_equal(b.bundle.end, 0);
}

static int setup(void **state)
{
	(void)state;
	guest = malloc(MIB);
	return guest == NULL;
}

static int teardown(void **state)
{
	(void)state;
	free(guest);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_screens),
		cmocka_unit_test(test_screen_places),
		cmocka_unit_test(test_tag_sizes),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_size_lies),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_map_overlaps),
		cmocka_unit_test(test_map_limits),
		cmocka_unit_test(test_rsdp),
		cmocka_unit_test(test_pvh),
		cmocka_unit_test(test_pvh_malformed),
	};

	return cmocka_run_group_tests_name("arch/boot", tests, setup, teardown);
}
