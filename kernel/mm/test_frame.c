#include "mm/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/boot.h"
#include "arch/page.h"
#include "test/fake.h"

enum { MIB = 1 << 20, RAM = 8 * MIB };

static void test_all_of_memory(void **state)
{
	const struct boot_info *info = fake_memory(RAM);
	uint64_t total = frame_count_free(), count = 0, frame;
	uint8_t *seen = calloc(RAM / PAGE_SIZE, 1);

	(void)state;
	/* 6 MiB are left above the kernel, less the notes. */
	assert_in_range(total, 6 * MIB / PAGE_SIZE - 4, 6 * MIB / PAGE_SIZE);
	while ((frame = frame_alloc()) != 0) {
		assert_true(frame % PAGE_SIZE == 0 && frame < RAM);
		assert_true(frame >= info->kernel.end);
		assert_false(seen[frame / PAGE_SIZE]);
		seen[frame / PAGE_SIZE] = true;
		memset(page_direct(frame), 0xee, PAGE_SIZE);
		count++;
	}
	assert_int_equal(count, total);
	assert_int_equal(frame_count_free(), 0);
	for (uint64_t n = 0; n < RAM / PAGE_SIZE; n++) {
		if (seen[n])
			frame_free(n * PAGE_SIZE);
	}
	assert_int_equal(frame_count_free(), total);
	free(seen);
}

static void assert_zero(uint64_t frame)
{
	for (int n = 0; n < PAGE_SIZE; n++)
		assert_int_equal(((uint8_t *)page_direct(frame))[n], 0);
}

/* The loader's leavings are cleared before use, a holder's at once. */
static void test_zeroed(void **state)
{
	const struct boot_info *info = fake_memory(RAM);
	uint64_t frame;

	(void)state;
	memset(page_direct(info->kernel.end), 0xee, RAM - info->kernel.end);
	frame = frame_alloc();
	assert_zero(frame);
	memset(page_direct(frame), 0xee, PAGE_SIZE);
	frame_free(frame);
	assert_zero(frame);
	assert_int_equal(frame_alloc(), frame);
	assert_zero(frame);
}

static void test_bundle_is_kept(void **state)
{
	struct boot_info info = *fake_memory(RAM);
	uint64_t frame;

	(void)state;
	info.bundle = (struct boot_range){ 4 * MIB + 5, 5 * MIB + 5 };
	frame_init(&info);
	while ((frame = frame_alloc()) != 0)
		assert_true(
		    frame < 4 * MIB || frame >= 5 * MIB + (uint64_t)PAGE_SIZE);
}

static void test_pieces(void **state)
{
	struct boot_info info = *fake_memory(RAM);
	uint64_t frame, total, sum = 0;

	(void)state;
	info.ram[0] = (struct boot_range){ 0, 640 << 10 };
	info.ram[1] = (struct boot_range){ 2 * MIB, 3 * MIB };
	info.ram[2] = (struct boot_range){ 4 * MIB, 4 * MIB + PAGE_SIZE };
	info.ram[3] = (struct boot_range){ 6 * MIB, RAM };
	info.ram_count = 4;
	frame_init(&info);
	total = frame_count_free();
	while ((frame = frame_alloc()) != 0) {
		bool inside = false;

		for (int n = 1; n < 4; n++)
			inside = inside || (frame >= info.ram[n].start &&
					       frame < info.ram[n].end);
		assert_true(inside);
		sum++;
	}
	assert_int_equal(sum, total);
	frame_free(4 * MIB);
	assert_int_equal(frame_alloc(), 4 * MIB);
}

static void free_it(void *arg)
{
	frame_free(*(uint64_t *)arg);
}

static void test_wrong_frees_panic(void **state)
{
	enum az_end end;
	uint64_t frame, wrong;

	(void)state;
	(void)fake_memory(RAM);
	frame = frame_alloc();
	frame_free(frame);
	assert_true(fake_catch(free_it, &frame, &end)); /* twice */
	wrong = frame + 8 * PAGE_SIZE;
	assert_true(fake_catch(free_it, &wrong, &end)); /* never given */
	wrong = MIB;
	assert_true(fake_catch(free_it, &wrong, &end)); /* the kernel */
	wrong = frame_alloc() + 1;
	assert_true(fake_catch(free_it, &wrong, &end)); /* not a frame */
	assert_int_equal(end, AZ_END_PANIC);
}

static void test_fail_at(void **state)
{
	(void)state;
	(void)fake_memory(RAM);
	frame_fail_at(2);
	assert_int_not_equal(frame_alloc(), 0);
	assert_int_equal(frame_alloc(), 0);
	assert_int_not_equal(frame_alloc(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_memory),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_bundle_is_kept),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_wrong_frees_panic),
		cmocka_unit_test(test_fail_at),
	};

	return cmocka_run_group_tests_name("mm/frame", tests, NULL, NULL);
}
