/* From instances to their end: how a system ends, what an instance held comes
 * back, and what the log says of it. */
#include "sup/test_run.h"

/* --- Ends ----------------------------------------------------------------- */

static void begin_and_trap(void)
{
	if (sched_domain()->id == 1)
		sched_trap(AZ_TRAP_OOB);
	sched_exit(0);
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_end_is_as_expected_or_not),
		TEST(a_system_at_rest_ends),
		TEST(a_failed_instantiation_is_a_trap),
		TEST(a_dead_instance_leaves_no_frame),
		TEST(a_restart_beside_a_reset_is_logged),
	};

	if (share_told() != 0)
		return FAILED;
	return cmocka_run_group_tests_name("sup/run, ends", tests, NULL, NULL);
}
