#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/image.h"
#include "diag.h"
#include "mem.h"
#include "test_driver.h"

struct fixture {
	struct arena *a;
	struct diags *list;
	struct source src;
	struct driver *d;
};

static void parse(struct fixture *f, const char *text)
{
	f->a = arena_new();
	f->list = diags_new();
	source_from_bytes(&f->src, "device.yaml", text, strlen(text));
	f->d = driver_parse(f->a, &f->src, f->list);
}

static void finish(struct fixture *f)
{
	diags_free(f->list);
	source_fini(&f->src);
	arena_free(f->a);
}

#define HEAD "azoth-device: 1\nname: card\n"

static void test_numbers(void **state)
{
	struct buf header = { 0 };
	struct fixture f;

	(void)state;
	parse(&f, HEAD "match: [ \"pci/1234:11e8\", \"pci/1234:11e9\" ]\n"
		       "regions:\n"
		       "  far: { bar: 2, size: 64 }\n"
		       "  near: { bar: 0, size: 64 }\n"
		       "registers:\n"
		       "  last: { region: near, offset: 8, width: 2, count: 4, "
		       "stride: 4, read: 0x3 }\n"
		       "  first-one: { region: far, offset: 0, width: 1, "
		       "write: 7 }\n"
		       "  middle: { region: near, offset: 0, width: 4, "
		       "access: forbidden }\n");
	assert_non_null(f.d);
	assert_null(door_refuses(f.d));
	assert_int_equal(f.d->device.ids[0], 0x11e81234);
	assert_int_equal(f.d->device.ids[1], 0x11e91234);
	assert_int_equal(f.d->device.ids[2], 0);
	assert_int_equal(f.d->regions[1].number, 0);
	assert_int_equal(f.d->register_count, 3);
	assert_string_equal(f.d->register_names[0].text, "first-one");
	assert_int_equal(f.d->registers[0].write_mask, 7);
	assert_int_equal(f.d->registers[1].access, AZ_ACCESS_FORBIDDEN);
	assert_int_equal(f.d->registers[2].count, 4);
	driver_header(&header, f.d);
	assert_non_null(strstr(header.at, "#define REG_FIRST_ONE 0\n"));
	assert_non_null(strstr(header.at, "#define REG_LAST 2\n"));
	buf_fini(&header);
	finish(&f);
}

static void test_class(void **state)
{
	struct fixture f;

	(void)state;
	parse(&f, HEAD "match: [ \"pci/class:010601\" ]\ninterrupt: pci\n"
		       "rate: 100\n");
	assert_non_null(f.d);
	assert_null(door_refuses(f.d));
	assert_int_equal(f.d->device.class_code, 0x010601);
	assert_int_equal(f.d->device.class_mask, 0xffffff);
	assert_int_equal(f.d->device.rate, 100);
	finish(&f);
}

/* The ones that ship, and those of the corpus. */
static const char *const GOOD[] = { "packages/virtio-net/device.yaml",
	"packages/e1000/device.yaml", "packages/virtio-rng/device.yaml",
	"builder/corpus-driver/edu", "builder/corpus-driver/uart" };

static void test_good(void **state)
{
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
		f.a = arena_new();
		f.list = diags_new();
		assert_int_equal(source_load(&f.src, GOOD[i], SOURCE_MAX), 0);
		f.d = driver_parse(f.a, &f.src, f.list);
		diags_print(f.list, stderr, DIAG_GCC, false);
		assert_non_null(f.d);
		if (door_refuses(f.d) != NULL)
			fail_msg("%s: %s", GOOD[i], door_refuses(f.d));
		finish(&f);
	}
}

static void test_rings(void **state)
{
	struct fixture f;
	const struct az_ring *r;

	(void)state;
	f.a = arena_new();
	f.list = diags_new();
	assert_int_equal(source_load(&f.src, GOOD[1], SOURCE_MAX), 0);
	f.d = driver_parse(f.a, &f.src, f.list);
	assert_non_null(f.d);
	r = &f.d->rings[0];
	assert_string_equal(f.d->ring_names[0].text, "receive");
	assert_int_equal(r->direction, AZ_DMA_WRITE);
	assert_int_equal(r->least, 2048);
	assert_int_equal(r->command_at, 11);
	assert_int_equal(f.d->registers[r->base_low].offset, 0x2800);
	assert_int_equal(f.d->registers[r->base_high].offset, 0x2804);
	assert_int_equal(f.d->registers[r->tail].offset, 0x2818);
	assert_int_equal(f.d->reset[2].op, AZ_STEP_DELAY);
	assert_int_equal(f.d->reset[2].limit, 10);
	finish(&f);
}

/* What is wrong with it, by the code; the fixtures have the words. */
static const struct {
	const char *text, *code;
} BAD[] = {
	{ "", "AZ0103" },
	{ "[]", "AZ0104" },
	{ HEAD "match: []\n", "AZ0103" },
	{ HEAD "match: [ \"pci/1234\" ]\n", "AZ0116" },
	{ HEAD "match: [ \"pci/1234:11e8 \" ]\n", "AZ0116" },
	{ HEAD "match: [ \"pci/class:01060\" ]\n", "AZ0116" },
	{ HEAD "match: [ {} ]\n", "AZ0104" },
	{ HEAD "match: [ isa, isa ]\n", "AZ0125" },
	{ HEAD "match: [ isa ]\nengine: virtio\n", "AZ0125" },
	{ HEAD "match: [ isa ]\nrate: 0\n", "AZ0115" },
	{ HEAD "match: [ isa ]\nreset: [ { delay: 11ms } ]\n", "AZ0115" },
	{ HEAD "match: [ isa ]\nreset: [ { write: none, value: 1 } ]\n",
	    "AZ0202" },
	{ "azoth-device: 2\nname: x\nmatch: [ isa ]\n", "AZ0115" },
};

static void test_bad(void **state)
{
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		char *said = NULL;
		size_t len;
		FILE *to = open_memstream(&said, &len);

		parse(&f, BAD[i].text);
		diags_print(f.list, to, DIAG_GCC, false);
		fclose(to);
		assert_null(f.d);
		if (strstr(said, BAD[i].code) == NULL)
			fail_msg("%zu: %s", i, said);
		free(said);
		finish(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_rings),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
