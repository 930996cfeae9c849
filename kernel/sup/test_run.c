/* From a bundle to instances and back, over the fake arch: refusals name the
 * check and the module, an instance is laid out as abi/layout says, memory may
 * run out at every single allocation, and what an instance held comes back.
 *
 * Each case runs in a process of its own, for what is loaded stays for good.
 * The unit itself is compiled here, with slots that Linux has to spare: its
 * own lie under the sanitizer's shadow. */
#include "abi/layout.h"
#undef AZ_SLOT_SIZE
#define AZ_SLOT_SIZE UINT64_C(0x110000000000)
#include "sup/run.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/image.h"
#include "arch/console.h"
#include "arch/page.h"
#include "crypto/hash.h"
#include "host/host.h"
#include "ipc/channel.h"
#include "load/window.h"
#include "mm/frame.h"
#include "test/fake.h"
#include "test/forge.h"
#include "wasm/table.h"

enum {
	RAM = 32 << 20,
	IMAGE_MAX = 8 * AZ_PAGE_SIZE,
	STACK = 4 * AZ_PAGE_SIZE,
	FAILED = 1, /* a child's exit status; cmocka's own are others */
	SLEPT = 2,
};

static const char text[] = "samplefirstsecond/data";
static const struct az_text name_system = { 0, 6 };
static const struct az_text name_first = { 6, 5 }, name_second = { 11, 6 };

/* Two modules of one image; what a test changes before it loads them. */
static struct {
	struct bundle bundle;
	struct {
		struct az_bundle_head head;
		uint8_t image[IMAGE_MAX];
	} file;
	struct az_system system;
	struct az_blob blob;
	struct az_module modules[2];
	struct az_grant grants[5];
	struct az_fileset fileset;
	struct az_file root;
	struct az_node nodes[3];
} sys;

/* What a child says of itself. */
static struct {
	enum az_refusal refusal;
	char why[64], who[64];
	char failed[256];
} * told;

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			snprintf(told->failed, sizeof(told->failed),           \
			    "%s:%d: %s", __FILE__, __LINE__, #cond);           \
			_exit(FAILED);                                         \
		}                                                              \
	} while (0)

static struct az_image_head *image_head(void)
{
	return (void *)sys.file.image;
}

static void *image_at(struct az_span span)
{
	return sys.file.image + span.off;
}

static void make_image(void)
{
	size_t size;
	uint8_t *image = forge_image(&size);

	assert_true(size <= IMAGE_MAX);
	memcpy(sys.file.image, image, size);
	free(image);
}

/* After every change of the image. */
static void seal(void)
{
	sys.blob.stored_size = sys.blob.raw_size = image_head()->size;
	hash_sha256(sys.blob.sha256, sys.file.image, sys.blob.stored_size);
}

static const uint8_t *blobs_of_run(uint32_t blob, uint64_t *len)
{
	return blob_bytes(blob, len);
}

static int set_up(void **state)
{
	(void)state;
	memset(&sys, 0, sizeof(sys));
	memset(told, 0, sizeof(*told));
	sys.system = (struct az_system){ .name = name_system };
	sys.modules[0] = (struct az_module){ .name = name_first,
		.memory = 4 * AZ_WASM_PAGE,
		.stack = STACK,
		.grants = { 0, 4 },
		.deadline = 1000000000 };
	sys.modules[1] = (struct az_module){ .name = name_second,
		.memory = 1 * AZ_WASM_PAGE,
		.stack = 2 * STACK,
		.grants = { 4, 1 },
		.expect = AZ_EXPECT_TRAP };
	sys.grants[0] = (struct az_grant){ .kind = AZ_GRANT_LOG, .value = 3 };
	sys.grants[1] = (struct az_grant){ .kind = AZ_GRANT_CLOCK, .value = 7 };
	sys.grants[2] = (struct az_grant){ .kind = AZ_GRANT_RANDOM };
	sys.grants[3] = (struct az_grant){
		.kind = AZ_GRANT_FILES, .text_off = 17, .text_len = 5
	};
	sys.grants[4] = (struct az_grant){ .kind = AZ_GRANT_POWER, .value = 1 };
	sys.fileset = (struct az_fileset){ .files = { 0, 1 } };
	sys.root.kind = AZ_FILE_DIR;
	sys.nodes[0] = (struct az_node){ .name = name_system };
	for (uint32_t i = 0; i < 2; i++)
		sys.nodes[i + 1] =
		    (struct az_node){ .kind = AZ_NODE_MODULE, .module = i };
	make_image();
	seal();
	sys.bundle = (struct bundle){
		.bytes = (const uint8_t *)&sys.file,
		.head = &sys.file.head,
		.system = &sys.system,
		.blobs = &sys.blob,
		.blob_count = 1,
		.modules = sys.modules,
		.module_count = 2,
		.grants = sys.grants,
		.grant_count = 5,
		.filesets = &sys.fileset,
		.fileset_count = 1,
		.files = &sys.root,
		.file_count = 1,
		.nodes = sys.nodes,
		.node_count = 3,
		.text = text,
		.text_size = sizeof(text) - 1,
	};
	fake_memory(RAM);
	clock_start();
	if (channel_init(&sys.bundle) != AZ_OK)
		abort();
	host_init(&sys.bundle, blobs_of_run);
	return 0;
}

static void begin_and_exit(void)
{
	sched_exit(7);
}

static void begin_and_trap(void)
{
	if (sched_domain()->id == 1)
		sched_trap(AZ_TRAP_OOB);
	sched_exit(0);
}

static void finish_child(enum az_end end)
{
	_exit(end);
}

static void go_on(enum az_end end)
{
	(void)end;
}

static void renew_host(struct domain *d, bool all)
{
	host_renew(d, all);
}

static void evict_nobody(struct domain *d, enum az_status why)
{
	(void)d;
	(void)why;
}

static struct run_hooks hooks = {
	.entry = UINT64_C(0xffffffff80001000),
	.begin = begin_and_exit,
	.attach = host_attach,
	.detach = host_detach,
	.renew = renew_host,
	.evict = evict_nobody,
	.expects = host_expects,
	.finish = finish_child,
};

/* Run fn in a child; its exit status. */
static int in_child(void (*fn)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (told->failed[0] != 0)
		fail_msg("%s", told->failed);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void load(void)
{
	const char *why = "", *who = "";

	if (window_init(&sys.bundle) != AZ_OK)
		abort();
	told->refusal = run_load(&sys.bundle, &hooks, &why, &who);
	snprintf(told->why, sizeof(told->why), "%s", why);
	snprintf(told->who, sizeof(told->who), "%s", who);
}

static void load_whole(void)
{
	load();
	CHECK(told->refusal == AZ_REFUSE_NONE);
}

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
		    "_start takes or gives values", "first" },
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

static bool absent(uint64_t virt)
{
	return page_lookup(virt, NULL, NULL) == 0;
}

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

/* --- Ends ----------------------------------------------------------------- */

static void load_and_run(void)
{
	load_whole();
	run_system();
}

static void the_end_is_as_expected_or_not(void **state)
{
	hooks.begin = begin_and_trap;
	assert_int_equal(in_child(load_and_run), AZ_END_OK);
	set_up(state);
	hooks.begin = begin_and_exit;
	assert_int_equal(in_child(load_and_run), AZ_END_FAILED);
	set_up(state);
	sys.bundle.module_count = 0;
	sys.bundle.node_count = 1;
	assert_int_equal(in_child(load_and_run), AZ_END_OK);
}

/* What was not built is closed to calls: it must not look idle. */
static void load_unbuilt(void)
{
	load_whole();
	for (struct domain *d = run.domains; d < run.domains + 2; d++)
		CHECK(d->thread == NULL && d->entered == RECORD_CLOSED &&
		      d->closed == AZ_PEER_GONE);
}

/* A reactor that has been initialized and waits for calls. */
static void begin_and_serve(void)
{
	struct domain *d = sched_domain();

	run_ready(d);
	d->entered = NULL;
	sched_park();
}

static void begin_and_wait(void)
{
	if (sched_domain()->id == 1)
		begin_and_serve();
	sched_sleep_until(CLOCK_NEVER);
}

static bool something(void)
{
	return true;
}

/* It has slept for a while. */
static void on_alarm(int signal)
{
	(void)signal;
	_exit(SLEPT);
}

static void load_and_sleep(void)
{
	signal(SIGALRM, on_alarm);
	ualarm(50000, 0);
	load_and_run();
}

static void say_who_waits(void)
{
	load_whole();
	log_set_sink(console_write);
	run.domains[0].life = DOMAIN_READY;
	run.domains[1].life = DOMAIN_STARTING;
	stand_still();
	CHECK(strstr(fake_console(), "waits-for-ever modules=2 first=first") !=
	      NULL);
	CHECK(run.idle);
}

/* Reactors alone that nobody can call: over. Where anybody else waits for
 * what cannot come, the machine sleeps. */
static void a_system_at_rest_ends(void **state)
{
	hooks.begin = begin_and_serve;
	sys.modules[0].deadline = 0;
	assert_int_equal(in_child(load_and_run), AZ_END_FAILED);
	sys.modules[1].expect = AZ_EXPECT_EXIT;
	assert_int_equal(in_child(load_and_run), AZ_END_OK);
	hooks.expects = something;
	assert_int_equal(in_child(load_and_sleep), SLEPT);
	hooks.expects = host_expects;
	hooks.begin = begin_and_wait;
	assert_int_equal(in_child(load_and_sleep), SLEPT);
	assert_int_equal(in_child(say_who_waits), 0);
	(void)state;
}

/* A segment that does not fit is that module's trap; the others go on. */
static void a_failed_instantiation_is_a_trap(void **state)
{
	struct az_segment *s = image_at(image_head()->segments);

	(void)state;
	s->dest = AZ_WASM_PAGE - 5;
	seal();
	assert_int_equal(in_child(load_unbuilt), 0);
	sys.modules[0].expect = AZ_EXPECT_TRAP;
	assert_int_equal(in_child(load_and_run), AZ_END_OK);
}

static void build_twice(void)
{
	uint64_t loaded, empty;

	hooks.finish = go_on;
	load_whole();
	loaded = frame_count_free();
	retire(&run.domains[0]);
	retire(&run.domains[1]);
	empty = frame_count_free();
	/* At least data, table, stacks, memory and the host's page. */
	CHECK(empty >= loaded + 2 * (2 + 4 + 4 + 16 + 1));
	for (uint32_t i = 0; i < 2; i++)
		CHECK(absent(run.domains[i].slot + AZ_TEXT_BASE) &&
		      absent(run.domains[i].slot + AZ_STUB_BASE) &&
		      absent(run.domains[i].slot + AZ_MEMORY_BASE));
	CHECK(
	    build(&run.domains[0]) == AZ_OK && build(&run.domains[1]) == AZ_OK);
	CHECK(frame_count_free() == loaded);
	/* What it takes as it runs comes back as well. */
	CHECK(
	    map_fresh((uint64_t)(uintptr_t)run.domains[0].memory + AZ_WASM_PAGE,
		3 * AZ_WASM_PAGE, PAGE_WRITE) == AZ_OK);
	run.domains[0].memory_size += 3 * AZ_WASM_PAGE;
	retire(&run.domains[1]);
	retire(&run.domains[0]);
	CHECK(frame_count_free() == empty);
}

static void a_dead_instance_leaves_no_frame(void **state)
{
	(void)state;
	assert_int_equal(in_child(build_twice), 0);
}

/* --- What the log says ---------------------------------------------------- */

static char log_text[4096];

static void take_log(const char *line, size_t len)
{
	size_t at = strlen(log_text);

	CHECK(at + len < sizeof(log_text));
	memcpy(log_text + at, line, len);
	log_text[at + len] = 0;
}

static bool logged(const char *what)
{
	return strstr(log_text, what) != NULL;
}

/* One module dies of itself while a reset of the other is pending. */
static void die_beside_a_reset(void)
{
	load_whole();
	log_set_sink(take_log);
	step(POLICY_BEGIN, 0);
	run.reset = &run.domains[0];
	run.resetter = &run.domains[0];
	sched_end(&run.domains[1], DOMAIN_TRAPPED, AZ_TRAP_OOB);
	reap(&run.domains[1]);
	evidence_print();
	CHECK(logged("restart module=second"));
}

static void a_restart_beside_a_reset_is_logged(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		sys.modules[i].restart = AZ_RESTART_PERMANENT;
	sys.nodes[0].intensity = 3;
	sys.nodes[0].period = 1000000000;
	assert_int_equal(in_child(die_beside_a_reset), 0);
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

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refusals_name_the_check_and_the_module),
		TEST(instances_lie_as_the_layout_says),
		TEST(grants_are_bound_exactly),
		TEST(every_node_can_be_seen),
		TEST(the_end_is_as_expected_or_not),
		TEST(a_system_at_rest_ends),
		TEST(a_failed_instantiation_is_a_trap),
		TEST(a_dead_instance_leaves_no_frame),
		TEST(a_restart_beside_a_reset_is_logged),
		TEST(an_instance_is_built_whole_or_not_at_all),
		TEST(loading_survives_any_failing_allocation),
	};

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		return FAILED;
	return cmocka_run_group_tests_name("sup/run", tests, NULL, NULL);
}
