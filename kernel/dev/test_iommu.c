/* The second wall over a unit in memory: what its tables say, and one that does
 * not answer. */
#include "dev/iommu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arch/console.h"
#include "arch/page.h"
#include "base/log.h"
#include "dev/pci.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "test/fake.h"

enum { PAGE = 4096, UNIT_AT = 0x10000, FAULTS = 0x220, PLACE = 0x118 };

static uint8_t registers[PAGE];
static bool deaf; /* it takes no command */
static uint32_t commands[8], command_count;
static uint32_t forgotten; /* how: upper bytes, each */
static uint8_t *run;

static uint32_t word(uint32_t reg)
{
	uint32_t value;

	memcpy(&value, registers + reg, sizeof(value));
	return value;
}

static void set(uint32_t reg, uint32_t value)
{
	memcpy(registers + reg, &value, sizeof(value));
}

static uint32_t config_read(uint32_t place, uint32_t reg)
{
	(void)place, (void)reg;
	fake_advance(1000);
	return UINT32_MAX;
}

static void config_write(uint32_t place, uint32_t reg, uint32_t value)
{
	(void)place, (void)reg, (void)value;
}

static uint32_t read(uint64_t address, uint32_t width)
{
	assert_int_equal(width, 4);
	assert_true(address - UNIT_AT < PAGE - 3);
	return word((uint32_t)(address - UNIT_AT));
}

/* As 11.4.4, 11.4.6, 11.4.8 and 11.4.14 say. */
static void write(uint64_t address, uint32_t width, uint32_t value)
{
	uint32_t reg = (uint32_t)(address - UNIT_AT);

	assert_int_equal(width, 4);
	assert_true(reg < PAGE - 3);
	if (reg == 0x18 && !deaf) {
		if (value != (word(0x1c) & 0x96ffffff) && command_count < 8)
			commands[command_count++] = value;
		set(0x1c, value);
	}
	if (reg == 0x2c || reg == 0x10c) {
		forgotten = forgotten << 8 | value >> 24;
		value &= ~(1u << 31);
	}
	if (reg == FAULTS + 12 || reg == FAULTS + 28)
		value = word(reg) & ~value;
	set(reg, value);
}

static struct fake_io machine = { config_read, config_write, read, write,
	{ UNIT_AT }, 1 };

/* widths: of addresses, as 11.4.2 has them. */
static void start(uint32_t widths)
{
	fake_memory(16 << 20);
	fake_console_clear();
	log_set_sink(console_write);
	fake_io_set(&machine);
	memset(registers, 0, sizeof(registers));
	set(0x08, 6 | widths << 8 | (FAULTS / 16) << 24);
	set(0x0c, 1 << 8); /* two records */
	set(0x10, 0x10 << 8);
	deaf = false;
	command_count = forgotten = 0;
	assert_int_equal(map_array(&run, 3 * PAGE), AZ_OK);
}

/* The frame that a function sees at an address, or 0. */
static uint64_t seen(uint32_t place, uint64_t at, uint32_t levels)
{
	const uint64_t *t = page_direct(word(0x20));
	uint64_t entry = t[(place >> 8) * 2];

	if ((entry & 1) == 0)
		return 0;
	t = page_direct(entry & ~UINT64_C(0xfff));
	t += (place & 0xff) * 2;
	if ((t[0] & 1) == 0)
		return 0;
	assert_int_equal(t[0] & 0xffe, 0);
	assert_int_equal(t[1] & 7, levels - 2);
	assert_true(t[1] >> 8 > 0);
	for (entry = t[0]; levels-- > 0;) {
		t = page_direct(entry & ~UINT64_C(0xfff));
		entry = t[at >> (12 + 9 * levels) & 511];
		if ((entry & 0xfff) != 3)
			return 0;
	}
	return entry & ~UINT64_C(0xfff);
}

static void allowed_pages_and_no_others(void **state)
{
	(void)state;
	for (uint32_t levels = 3; levels <= 4; levels++) {
		uint32_t right = 0;

		start(levels == 3 ? 2 : 4);
		assert_int_equal(iommu_init(), AZ_OK);
		assert_int_equal(iommu_allow(PLACE, run, 2 * PAGE), AZ_OK);
		assert_int_equal(iommu_allow(PLACE + 1, run, PAGE), AZ_OK);
		assert_int_equal(iommu_allow(PCI_NONE, run, PAGE), AZ_OK);
		assert_int_equal(iommu_allow(PLACE + 2, run, 0), AZ_OK);
		iommu_start();
		for (uint64_t at = 0; at < 16 << 20; at += PAGE)
			right += seen(PLACE, at, levels) == at && at != 0;
		assert_int_equal(right, 2);
		for (uint64_t i = 0; i < 3; i++) {
			uint64_t phys = page_lookup(
			    (uint64_t)(uintptr_t)run + i * PAGE, NULL, NULL);

			assert_int_equal(
			    seen(PLACE, phys, levels), i < 2 ? phys : 0);
			assert_int_equal(
			    seen(PLACE + 1, phys, levels), i < 1 ? phys : 0);
			assert_int_equal(seen(PLACE + 2, phys, levels), 0);
			assert_int_equal(seen(PLACE ^ 0x100, phys, levels), 0);
		}
	}
}

/* Both are asked for what both can do; what firmware left is ended first, one
 * bit after the other. */
static void units_are_taken_over(void **state)
{
	static const uint32_t wanted[] = { 0x06000000, 0x04000000, 0,
		0x40000000, 0x80000000 };

	(void)state;
	start(6);
	set(0x1c, 0x86000000);
	assert_int_equal(iommu_init(), AZ_OK);
	iommu_start();
	assert_int_equal(command_count, 5);
	assert_memory_equal(commands, wanted, sizeof(wanted));
	assert_non_null(strstr(fake_console(), "dev iommu unit=0 domains=0"));
	assert_int_equal(forgotten, 0xa090);
	assert_int_equal(word(0x40), 0xfee00000);
	/* It stays as it is when it does not listen. */
	start(6);
	set(0x1c, 0x80000000);
	assert_int_equal(iommu_init(), AZ_OK);
	deaf = true;
	iommu_start();
	assert_non_null(strstr(fake_console(), "iommu-stuck unit=0"));
	assert_int_equal(word(0x20), 0);
}

static void useless_units_are_left_alone(void **state)
{
	(void)state;
	for (int why = 0; why < 5; why++) {
		start(why == 0 ? 8 : 2);
		if (why == 1) /* domains */
			registers[0x08] = 1;
		if (why == 2) /* what is forgotten where */
			set(0x10, 0x3ff << 8);
		if (why == 3) /* faults */
			registers[0x0f] = 0xff, registers[0x0d] = 0xff;
		if (why == 4) /* there is none */
			machine.remapper_count = 0;
		assert_int_equal(iommu_init(), AZ_OK);
		assert_int_equal(iommu_allow(PLACE, run, PAGE), AZ_OK);
		iommu_start();
		iommu_watch();
		iommu_report();
		assert_int_equal(command_count, 0);
		assert_int_equal(word(0x38), 0);
		assert_true(why == 4 ||
			    strstr(fake_console(), "iommu-unusable units=1"));
	}
	machine.remapper_count = 1;
}

static void without_frames_nothing_is_lost(void **state)
{
	az_err err = AZ_ENOMEM;

	(void)state;
	for (uint32_t n = 1; err == AZ_ENOMEM; n++) {
		start(4);
		frame_fail_at(n);
		err = iommu_init();
		if (err == AZ_OK)
			err = iommu_allow(PLACE, run, PAGE);
		assert_true(err == AZ_OK || n < 8);
	}
	frame_fail_at(0);
}

static void fault(uint32_t at, uint64_t address, bool is_read)
{
	set(at, (uint32_t)address);
	set(at + 4, (uint32_t)(address >> 32));
	set(at + 8, PLACE);
	set(at + 12, 1u << 31 | (is_read ? 1u << 30 : 0) | 5);
	set(0x34, 2);
}

static void a_fault_is_told_once(void **state)
{
	(void)state;
	start(2);
	assert_int_equal(iommu_init(), AZ_OK);
	iommu_start();
	fault(FAULTS, 0x1000, true);
	iommu_watch(); /* of before */
	assert_int_equal(word(FAULTS + 12) >> 31, 0);
	assert_int_equal(word(0x38), 0);
	fault(FAULTS + 16, UINT64_C(0x1234567000), false);
	fault(FAULTS, 0x2000, true);
	fake_console_clear();
	iommu_report();
	assert_non_null(strstr(fake_console(),
	    "dev blocked place=118 address=0x2000 write=0 reason=5\n"));
	assert_null(strstr(fake_console(), "write=1"));
	assert_int_equal(word(FAULTS + 12) >> 31, 0);
	assert_int_equal(word(FAULTS + 28) >> 31, 0);
	assert_int_equal(word(0x38), 1u << 31);
	fault(FAULTS, UINT64_C(0x1234567000), false);
	iommu_report();
	assert_non_null(strstr(fake_console(), "address=0x1234567000 write=1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allowed_pages_and_no_others),
		cmocka_unit_test(units_are_taken_over),
		cmocka_unit_test(useless_units_are_left_alone),
		cmocka_unit_test(without_frames_nothing_is_lost),
		cmocka_unit_test(a_fault_is_told_once),
	};

	return cmocka_run_group_tests_name("dev/iommu", tests, NULL, NULL);
}
