/* From a bundle to instances: refusals name the check and the module, an
 * instance is laid out as abi/layout says and has what was signed, and memory
 * may run out at every single allocation. */
#include "sup/test_run.h"

/* --- Refusals ------------------------------------------------------------- */

static void damage_hash(void)
{
	sys.blob.sha256[5] ^= 1;
}

static void damage_magic(void)
{
	sys.file.image[0] ^= 1;
	seal();
}

static void no_start(void)
{
	struct az_export *e = image_at(image_head()->exports);

	e->name++;
	seal();
}

static void start_with_arguments(void)
{
	struct az_export *e = image_at(image_head()->exports);

	e->index = 1;
	seal();
}

static void little_memory(void)
{
	sys.modules[1].memory = 0;
}

static void more_than_the_machine(void)
{
	image_head()->mem_min = image_head()->mem_max = RAM / AZ_WASM_PAGE;
	sys.modules[0].memory = RAM;
	sys.modules[1].memory = RAM;
	seal();
}

static void blob_larger_than_the_machine(void)
{
	sys.blob.raw_size = AZ_BLOB_MAX;
}

static void refusals_name_the_check_and_the_module(void **state)
{
	static const struct {
		void (*damage)(void);
		enum az_refusal refusal;
		const char *why, *who;
	} rows[] = {
		{ damage_hash, AZ_REFUSE_BLOB_HASH,
		    "a blob is not the one that was signed", "first" },
		{ blob_larger_than_the_machine, AZ_REFUSE_MEMORY,
		    "no memory for the blobs", "first" },
		{ damage_magic, AZ_REFUSE_IMAGE, "wrong magic", "first" },
		{ no_start, AZ_REFUSE_IMAGE, "no function _start", "first" },
		{ start_with_arguments, AZ_REFUSE_IMAGE,
		    "the entry takes or gives values", "first" },
		{ little_memory, AZ_REFUSE_MEMORY,
		    "image needs more memory than it was granted", "second" },
		{ more_than_the_machine, AZ_REFUSE_MEMORY,
		    "no memory for the instance", "first" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		set_up(state);
		rows[i].damage();
		assert_int_equal(in_child(load), 0);
		assert_int_equal(told->refusal, rows[i].refusal);
		assert_string_equal(told->why, rows[i].why);
		assert_string_equal(told->who, rows[i].who);
	}
}

/* --- Layout --------------------------------------------------------------- */

/* The frame at virt, which has exactly that protection. */
static uint64_t frame_at(uint64_t virt, unsigned prot)
{
	unsigned have;
	uint64_t frame = page_lookup(virt, &have, NULL);

	CHECK(frame != 0);
	CHECK(have == prot);
	return frame;
}

static void check_slot(const struct domain *d)
{
	uint64_t slot = d->slot, stack = slot + AZ_STACK_TOP;
	uint64_t tables = slot + table_base(d->image);
	const struct table_entry *table = (const void *)(uintptr_t)tables;

	CHECK(absent(slot));
	(void)frame_at(slot + AZ_STUB_BASE, PAGE_EXEC);
	(void)frame_at(slot + AZ_THUNK_BASE, PAGE_EXEC);
	(void)frame_at(tables, PAGE_READ);
	CHECK(absent(tables + AZ_PAGE_SIZE));
	(void)frame_at(slot + AZ_TEXT_BASE, PAGE_EXEC);
	CHECK(tables == slot + AZ_TEXT_BASE + AZ_PAGE_SIZE);
	(void)frame_at(slot + AZ_RODATA_BASE, PAGE_READ);
	(void)frame_at(slot + AZ_DATA_BASE, PAGE_WRITE);
	CHECK(absent(slot + AZ_DATA_BASE + AZ_PAGE_SIZE));
	(void)frame_at(stack - 1 - (AZ_PAGE_SIZE - 1), PAGE_WRITE);
	(void)frame_at(stack - d->module->stack, PAGE_WRITE);
	CHECK(absent(stack - d->module->stack - AZ_PAGE_SIZE));
	CHECK(absent(stack));
	(void)frame_at(slot + AZ_MEMORY_BASE, PAGE_WRITE);
	CHECK(absent(slot + AZ_MEMORY_BASE + AZ_WASM_PAGE));
	CHECK(d->memory_size == AZ_WASM_PAGE);

	/* The image's bytes: data, its zeros, the active segment, tables. */
	CHECK(((uint8_t *)(uintptr_t)(slot + AZ_DATA_BASE))[39] == 0x90);
	CHECK(((uint8_t *)(uintptr_t)(slot + AZ_DATA_BASE))[40] == 0);
	CHECK(memcmp(d->memory + 1024, "hello,\0", 7) == 0);
	CHECK(table[0].tag == 0 && table[3].tag == 0);
	CHECK(table[1].tag == 1 && table[1].target == slot + AZ_TEXT_BASE);
	CHECK(table[2].tag == 4 && table[2].target == slot + AZ_TEXT_BASE + 32);
	CHECK(table[4].tag == 2 && table[4].target == slot + AZ_IMPORT_BASE);
	CHECK(d->table_size[0] == 4 && d->table_size[1] == 2);
	/* One alias, the kernel's, can be written. */
	CHECK(frame_at((uintptr_t)d->tables, PAGE_WRITE) ==
	      frame_at(tables, PAGE_READ));
	/* What is active has been used up: data 0, elements 0 and 2. */
	CHECK(memcmp(d->dropped, (uint8_t[]){ 1, 0, 1, 0, 1 }, 5) == 0);
}

static bool shared(uint64_t at)
{
	return page_lookup(run.domains[0].slot + at, NULL, NULL) ==
	       page_lookup(run.domains[1].slot + at, NULL, NULL);
}

static void check_layout(void)
{
	const uint8_t *image;
	uint64_t len;
	unsigned prot;

	load_whole();
	check_slot(&run.domains[0]);
	check_slot(&run.domains[1]);
	/* One text, one set of stubs; everything that is written is their
	 * own. */
	CHECK(run.programs[0] == run.programs[1]);
	CHECK(shared(AZ_TEXT_BASE) && shared(AZ_RODATA_BASE));
	CHECK(shared(AZ_STUB_BASE) && shared(AZ_THUNK_BASE));
	CHECK(
	    !shared(AZ_DATA_BASE) && !shared(table_base(run.domains[0].image)));
	CHECK(!shared(AZ_STACK_TOP - AZ_PAGE_SIZE) && !shared(AZ_MEMORY_BASE));
	/* What is executable can be written by nobody's alias. */
	image = blob_bytes(0, &len);
	for (uint64_t at = 0; at < len; at += AZ_PAGE_SIZE) {
		CHECK(page_lookup((uintptr_t)image + at, &prot, NULL) != 0);
		CHECK(prot == PAGE_READ);
	}
	CHECK(page_lookup((uintptr_t)run.programs[0]->stubs, &prot, NULL) != 0);
	CHECK(prot == PAGE_READ);
}

static void instances_lie_as_the_layout_says(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_layout), 0);
}

/* --- Authority ------------------------------------------------------------ */

static void check_grants(void)
{
	const struct domain *a, *b;

	load_whole();
	a = &run.domains[0];
	b = &run.domains[1];
	CHECK(strcmp(a->name, "first") == 0 && strcmp(b->name, "second") == 0);
	CHECK(a->log_level == 3 && a->clock_res == 7 && a->random);
	CHECK(a->power == 0);
	CHECK(b->log_level == 0 && b->clock_res == 0 && !b->random);
	CHECK(b->power == AZ_POWER_HALT);
	/* The smaller of the grant and the module's own maximum. */
	CHECK(a->memory_max == 4 * AZ_WASM_PAGE);
	CHECK(b->memory_max == 1 * AZ_WASM_PAGE);
}

static void grants_are_bound_exactly(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_grants), 0);
	set_up(state);
	sys.modules[0].memory = 64 * AZ_WASM_PAGE;
	image_head()->mem_max = 4;
	seal();
	assert_int_equal(in_child(check_grants), 0);
}

static void check_seen(void)
{
	struct az_seen seen;

	load_whole();
	run.domains[1].budget.used_total = 7 * NS_PER_MS + 1;
	run.domains[1].life = DOMAIN_READY;
	run.domains[1].generation = 2;
	CHECK(run_observe(0, &seen) == 0 && seen.state == AZ_SEEN_GROUP);
	CHECK(seen.parent == 0 && seen.memory_max == 0);
	CHECK(seen.policy == AZ_STRATEGY_ONE_FOR_ONE);
	CHECK(run_observe(2, &seen) == 0 && seen.state == AZ_SEEN_READY);
	CHECK(strcmp(seen.name, "second") == 0 && seen.generation == 2);
	CHECK(seen.parent == 0 && seen.cpu_ms == 7);
	CHECK(seen.policy == AZ_RESTART_TEMPORARY);
	CHECK(seen.memory > 0 && seen.memory_max == AZ_WASM_PAGE);
	run.domains[1].life = DOMAIN_GONE;
	CHECK(run_observe(2, &seen) == 0 && seen.state == AZ_SEEN_FAILED);
	CHECK(seen.memory == 0 && seen.age_ms == 0);
	run.domains[1].end = DOMAIN_TRAPPED;
	CHECK(run_observe(2, &seen) == 0 && seen.state == AZ_SEEN_ENDED);
	CHECK(run_observe(1, &seen) == 0 && seen.state == AZ_SEEN_DOWN);
	CHECK(run_observe(3, &seen) == AZ_BAD_ARGUMENT);
}

static void every_node_can_be_seen(void **state)
{
	(void)state;
	assert_int_equal(in_child(check_seen), 0);
}

/* --- Memory that runs out ------------------------------------------------- */

static void spawn_with_failures(void)
{
	struct domain *d;
	uint64_t before;
	uint32_t n = 0;

	hooks.finish = go_on;
	load_whole();
	d = &run.domains[0];
	retire(d);
	before = frame_count_free();
	for (;;) {
		az_err err;

		frame_fail_at(++n);
		err = spawn_map(d, run.programs[0]);
		frame_fail_at(0);
		if (err == AZ_OK)
			break;
		CHECK(err == AZ_ENOMEM);
		CHECK(frame_count_free() == before);
		CHECK(d->memory_size == 0 && d->dropped == NULL &&
		      d->tables == NULL);
	}
	/* Data, table, stack, memory, dropped: all of them failed once. */
	CHECK(n > 1 + 1 + 4 + 16 + 1);
	spawn_unmap(d, run.programs[0]);
	CHECK(frame_count_free() == before);
}

static void an_instance_is_built_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_int_equal(in_child(spawn_with_failures), 0);
}

static uint32_t failing;

static void load_with_failure(void)
{
	frame_fail_at(failing);
	load();
	frame_fail_at(0);
}

static void loading_survives_any_failing_allocation(void **state)
{
	for (failing = 1; failing < 1000; failing++) {
		set_up(state);
		assert_int_equal(in_child(load_with_failure), 0);
		if (told->refusal == AZ_REFUSE_NONE)
			break;
		assert_int_equal(told->refusal, AZ_REFUSE_MEMORY);
		assert_int_not_equal(told->why[0], 0);
	}
	assert_in_range(failing, 80, 999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refusals_name_the_check_and_the_module),
		TEST(instances_lie_as_the_layout_says),
		TEST(grants_are_bound_exactly),
		TEST(every_node_can_be_seen),
		TEST(an_instance_is_built_whole_or_not_at_all),
		TEST(loading_survives_any_failing_allocation),
	};

	if (share_told() != 0)
		return FAILED;
	return cmocka_run_group_tests_name("sup/run", tests, NULL, NULL);
}
