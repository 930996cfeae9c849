/* Turns of two modules over the real machine code of stubs, entry and gates:
 * interrupted and killed at each instruction, out of time, out of rights, and
 * beside others who want the CPU. The modules are C on stacks of their own. */
#include "ipc/turn.h"

#include <asm/prctl.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/status.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/power.h"
#include "ipc/gate.h"
#include "ipc/signal.h"
#include "ipc/test_channel.h"
#include "ipc/test_slot.h"
#include "ipc/test_step.h"
#include "ipc/x86_64/gate.h"
#include "mm/frame.h"
#include "task/sched.h"
#include "task/thread.h"
#include "test/gate_code.h"
#include "verify/image.h"
#include "wasm/stub.h"
#include "wasm/table.h"

#define SLOTS UINT64_C(0x110000000000)
#define FOR_EVER INT64_MAX
enum { MS = 1000000, STACK = 1 << 16, KILLED = 7, STEPS_MAX = 60 };

/* A and B are the ends of `pipe`, C is in their way. D is not there. */
static struct az_module modules[MODULES];
static struct image_view views[MODULES];
static struct az_image_head head = { .imports.count = 1, .sigs.count = 1 };
static const struct az_sig sig = { 2, 1, 0, { AZ_I32, AZ_I64, AZ_I32 } };
static const struct az_import import = { .kind = AZ_IMPORT_HOST,
	.call = AZ_CALL_RING_TURN };

static struct {
	void (*run[MODULES])(void);
	uint32_t lives[MODULES]; /* that it still has */
	uint64_t turns[MODULES];
	bool over;
} play;

/* --- The machine ------------------------------------------------------------------ */

/* An interrupt in module text, after some time. */
static void interrupt(uint64_t ns)
{
	struct trap_frame f = { .rip = 0 };

	gate_rewind(&f);
	fake_advance(ns);
	sched_way_out();
}

static uint64_t host_turn(struct domain *d, const uint64_t *arg)
{
	return (uint32_t)turn_take(d, (uint32_t)arg[0], arg[1]);
}

static void begin(void)
{
	struct domain *d = sched_domain();

	sched_way_out();
	play.run[d->id]();
	turn_settle();
	sched_exit(0);
}

static void live(struct domain *d)
{
	channel_begin(d);
	gate_bind(d);
	gate_open(d);
	sched_start(d->thread, CLOCK_NEVER);
}

static void reap(struct domain *d)
{
	gate_evict(d, AZ_PEER_DIED);
	cap_clear(d->id);
	sched_halt(d->thread);
	if (play.over)
		power_end(AZ_END_OK);
	if (play.lives[d->id] == 0)
		return;
	play.lives[d->id]--;
	thread_renew(d->thread, begin, false);
	d->end = DOMAIN_RUNNING;
	live(d);
}

static void chores(void)
{
}

static void run_all(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < MODULES; i++) {
		if (play.run[i] == NULL)
			continue;
		assert_int_equal(
		    thread_alloc(&domains[i].thread, &domains[i], begin),
		    AZ_OK);
		domains[i].end = DOMAIN_RUNNING;
		live(&domains[i]);
	}
	sched_run(reap, chores);
}

static void run(void (*a)(void), void (*b)(void), void (*c)(void))
{
	uint64_t before = frame_count_free();
	enum az_end end;

	play.run[A] = a;
	play.run[B] = b;
	play.run[C] = c;
	assert_true(fake_catch(run_all, NULL, &end));
	assert_int_equal(end, AZ_END_OK);
	for (uint32_t i = 0; i < MODULES; i++) {
		struct domain *d = &domains[i];

		if (d->thread == NULL)
			continue;
		gate_evict(d, AZ_PEER_GONE);
		cap_clear(d->id);
		sched_halt(d->thread);
		thread_free(&d->thread);
	}
	assert_int_equal(frame_count_free(), before);
}

/* The system ends with the module that says so. */
static void finish(void)
{
	play.over = true;
	turn_settle();
	sched_exit(0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&play, 0, sizeof(play));
	memset(modules, 0, sizeof(modules));
	make_world();
	clock_start();
	assert_int_equal(channel_init(&world), AZ_OK);
	gate_init(&world);
	for (uint32_t i = 0; i < MODULES; i++) {
		struct domain *d = &domains[i];

		modules[i].priority = AZ_PRIORITY_NORMAL;
		views[i] = (struct image_view){
			.head = &head,
			.sigs = &sig,
			.imports = &import,
		};
		d->slot = SLOTS + i * AZ_SLOT_SIZE;
		d->memory = (uint8_t *)(uintptr_t)(d->slot + AZ_MEMORY_BASE);
		d->module = &modules[i];
		d->image = &views[i];
		d->gates =
		    (struct gate *)(uintptr_t)(d->slot +
					       table_gates_base(d->image));
		assert_int_equal(channel_attach(d), AZ_OK);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MODULES; i++)
		channel_detach(&domains[i]);
	assert_int_equal(timer_next(), TIMER_NEVER);
	return 0;
}

/* --- A turn ------------------------------------------------------------------------ */

static uint64_t stub(const struct domain *d)
{
	return d->slot + AZ_IMPORT_BASE;
}

static uint64_t own(const struct domain *d, uint64_t n)
{
	return 0x1b + 0x100 * d->id + n;
}

static bool is_fast(uint32_t module)
{
	uint64_t enter = domains[module].gates->enter;

	return enter == (uint64_t)(uintptr_t)gate_turn ||
	       enter == (uint64_t)(uintptr_t)gate_turn_clean;
}

/* Turn, with all registers full, and look at them after. */
static int32_t turn_as(uint32_t handle, uint64_t ns, uint64_t flags)
{
	struct domain *d = sched_domain();
	uint64_t top = (uint64_t)(uintptr_t)sched_thread();
	struct gate_code_regs in = { .arg = { handle, ns, 3, 4, 5, 6 },
		.home = d->slot + AZ_MEMORY_BASE,
		.target = stub(d),
		.flags = flags };
	struct gate_code_after out;
	double f = d->id + 1;
	uint64_t xmm;

	for (uint64_t n = 0; n < GATE_CODE_KEPT; n++)
		in.kept[n] = own(d, n);
	for (uint32_t n = 0; n < GATE_CODE_FLOATS; n++)
		in.f[n] = f;
	memcpy(&xmm, &f, sizeof(xmm));
	play.turns[d->id]++;
	/* Kernel frames end without returning, which nobody tells ASan. */
	__asan_unpoison_memory_region(
	    (void *)(uintptr_t)(top + THREAD_ALIGN - THREAD_SIZE),
	    THREAD_SIZE - THREAD_ALIGN);
	gate_code_call(&in, &out);
	assert_ptr_equal(sched_domain(), d);
	assert_memory_equal(out.kept, in.kept, sizeof(in.kept));
	assert_int_equal(out.home, in.home);
	for (uint32_t i = 0; i < GATE_CODE_CLEARED; i++)
		assert_int_equal(out.cleared[i], 0);
	for (uint32_t i = 0; d->image->xmm && i < GATE_CODE_XMM; i++)
		assert_true(out.xmm[i] == 0 || out.xmm[i] == xmm);
	assert_int_equal(out.rax >> 32, 0);
	return (int32_t)out.rax;
}

static int32_t turn(uint64_t ns)
{
	return turn_as(handle_of(sched_domain()->id, PIPE), ns, 0);
}

static void turn_for_ever(void)
{
	for (;;)
		(void)turn(FOR_EVER);
}

/* --- Interrupts --------------------------------------------------------------------- */

static struct {
	bool before, behind;
	struct domain *victim; /* killed there; NULL: nobody */
} step;

/* The module that runs is about to turn, or back from it: nothing between. */
static void check_frame(const struct trap_frame *f)
{
	static const uint8_t kept[GATE_CODE_KEPT] = { 1, 6, 11, 12, 13 };
	static const uint8_t scratch[] = { 2, 3, 4, 5, 7, 8, 9, 10 };
	const struct domain *d = sched_domain();

	assert_ptr_equal(cpu_local()->record, d->thread->records + 1);
	assert_ptr_equal(sched_thread(), d->thread);
	assert_int_equal(d->thread->state, THREAD_RUNNING);
	for (uint64_t n = 0; n < GATE_CODE_KEPT; n++)
		assert_int_equal(f->reg[kept[n]], own(d, n));
	assert_int_equal(f->reg[14], d->slot + AZ_MEMORY_BASE);
	assert_false(is_fast(A) || is_fast(B));
	if (d->id == A) {
		assert_int_equal(f->rip, stub(d));
		assert_int_equal(*(const uint64_t *)(uintptr_t)f->rsp,
		    (uint64_t)(uintptr_t)gate_code_returned);
		assert_int_equal(f->reg[5], handle_of(A, PIPE));
		step.before = true;
		return;
	}
	assert_int_equal(f->rip, (uint64_t)(uintptr_t)gate_code_returned);
	assert_int_equal(f->reg[0], 1);
	for (uint32_t n = 0; n < sizeof(scratch); n++)
		assert_int_equal(f->reg[scratch[n]], 0);
	step.behind = true;
}

static void look(const struct trap_frame *f)
{
	check_frame(f);
	if (step.victim != NULL)
		sched_end(step.victim, DOMAIN_TRAPPED, KILLED);
}

static int set_up_all(void **state)
{
	static call_fn *table[AZ_CALL_COUNT] = { [AZ_CALL_RING_TURN] =
						     host_turn };
	const struct image_view like = {
		.head = &head, .sigs = &sig, .imports = &import
	};

	(void)state;
	for (uint32_t i = 0; i < MODULES; i++) {
		uint64_t slot = SLOTS + i * AZ_SLOT_SIZE;

		stub_write(map_at(slot + AZ_STUB_BASE, stub_size(&like)), &like,
		    trampoline());
		(void)map_at(slot + table_gates_base(&like), AZ_PAGE_SIZE);
	}
	call_init(table, NULL, NULL);
	step_init(gate_turn_clean, gate_turn_end, look);
	return (int)syscall(SYS_arch_prctl, ARCH_SET_GS, cpu_local());
}

/* --- Tests ---------------------------------------------------------------------------- */

/* B waits already: from the first turn on they are joined. */
static void turn_a_hundred_times(void)
{
	interrupt(0);
	(void)turn(FOR_EVER);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(turn(FOR_EVER), 1);
		assert_true(is_fast(A) && is_fast(B));
	}
	interrupt(0);
	assert_false(is_fast(A) || is_fast(B));
	assert_int_equal(turn(FOR_EVER), 1);
	assert_true(is_fast(A) && is_fast(B));
	finish();
}

static void two_take_turns(void **state)
{
	(void)state;
	run(turn_a_hundred_times, turn_for_ever, NULL);
	assert_in_range(play.turns[B], 101, 104);
}

static void registers_stay_each_sides_own(void **state)
{
	(void)state;
	views[A].xmm = true;
	run(turn_a_hundred_times, turn_for_ever, NULL);
	views[A].xmm = false;
	views[B].xmm = true;
	memset(&play, 0, sizeof(play));
	run(turn_a_hundred_times, turn_for_ever, NULL);
}

/* Interrupt A's turn at each of its instructions in turn. */
static void step_through(void)
{
	uint32_t handle = handle_of(A, PIPE);
	uint64_t at = 0;

	do {
		(void)turn(FOR_EVER);
		assert_int_equal(turn(FOR_EVER), 1);
		assert_true(is_fast(A));
		step_at(at++);
		assert_true(turn_as(handle, FOR_EVER, GATE_CODE_TRAP_FLAG) > 0);
	} while (stepper.done);
	assert_true(step.before && step.behind);
	assert_in_range(at, 28, STEPS_MAX);
	finish();
}

static void interrupts_find_one_or_the_other(void **state)
{
	(void)state;
	memset(&step, 0, sizeof(step));
	run(step_through, turn_for_ever, NULL);
	views[B].xmm = true;
	memset(&play, 0, sizeof(play));
	memset(&step, 0, sizeof(step));
	run(step_through, turn_for_ever, NULL);
}

/* Each life of A kills one of the two at the next instruction. */
static void die_at_each_step(void)
{
	static uint64_t at;

	for (; at < STEPS_MAX; at++) {
		for (int i = 0; i < 3; i++)
			(void)turn(20 * MS);
		step_at(at);
		if (step.victim == &domains[A])
			at++;
		(void)turn_as(handle_of(A, PIPE), 20 * MS, GATE_CODE_TRAP_FLAG);
	}
	at = 0;
	finish();
}

static void turn_in_time(void)
{
	for (;;)
		(void)turn(20 * MS);
}

static void either_dies_anywhere(void **state)
{
	(void)state;
	for (uint32_t i = A; i <= B; i++) {
		memset(&play, 0, sizeof(play));
		memset(&step, 0, sizeof(step));
		step.victim = &domains[i];
		play.lives[A] = play.lives[B] = 100;
		run(die_at_each_step, turn_in_time, NULL);
		assert_in_range(100 - play.lives[i], 25, STEPS_MAX);
		assert_int_equal(play.lives[1 - i], 100);
	}
}

/* B computes after its turn; A has waited long enough then. */
static void compute(void)
{
	(void)turn(FOR_EVER);
	(void)turn(FOR_EVER);
	for (;;)
		interrupt(MS);
}

static void wait_20(void)
{
	uint64_t start;

	interrupt(0);
	(void)turn(20 * MS);
	start = clock_now();
	assert_int_equal(turn(20 * MS), 0);
	assert_in_range(clock_now() - start, 20 * MS, 26 * MS + SCHED_SLICE_NS);
	start = clock_now();
	assert_int_equal(turn(0), 0);
	assert_in_range(clock_now() - start, 0, SCHED_SLICE_NS + MS);
	finish();
}

static void a_wait_has_its_time(void **state)
{
	(void)state;
	run(wait_20, compute, NULL);
}

/* A's right ends while B has its turn. */
static void wait_with_a_lease(void)
{
	struct channel_part part = { handle_of(A, PIPE), AZ_RIGHT_WRITE,
		15 * MS };
	int32_t handle;

	interrupt(0);
	(void)turn(FOR_EVER);
	handle = channel_derive(&domains[A], &part);
	assert_true(handle > 0);
	assert_int_equal(
	    turn_as((uint32_t)handle, FOR_EVER, 0), AZ_PEER_REVOKED);
	assert_in_range(clock_now(), 15 * MS, 17 * MS + SCHED_SLICE_NS);
	assert_int_equal(turn_as((uint32_t)handle, FOR_EVER, 0), AZ_BAD_HANDLE);
	finish();
}

static void a_right_ends_in_the_wait(void **state)
{
	(void)state;
	run(wait_with_a_lease, compute, NULL);
}

/* Every turn is as long as everybody's. */
static void turn_and_compute(void)
{
	for (int i = 0;; i++) {
		(void)turn(FOR_EVER);
		if (i % 8 == 0)
			interrupt(MS / 4);
	}
}

static void turn_for_half_a_second(void)
{
	while (clock_now() < 500 * (uint64_t)MS) {
		(void)turn(FOR_EVER);
		if (play.turns[A] % 7 == 0)
			interrupt(MS / 8);
	}
	finish();
}

static void compute_only(void)
{
	for (;;)
		interrupt(MS);
}

static void a_pair_has_one_share(void **state)
{
	uint64_t used[3], all = 0;

	(void)state;
	run(turn_for_half_a_second, turn_and_compute, compute_only);
	for (uint32_t i = A; i <= C; i++)
		all += used[i] = domains[i].budget.used_total;
	assert_int_equal(all, clock_now());
	assert_in_range(used[C], all * 45 / 100, all * 70 / 100);
	assert_in_range(used[A] + used[B], all * 30 / 100, all * 55 / 100);
}

static void never_fast(void)
{
	for (int i = 0; i < 50; i++) {
		(void)turn(FOR_EVER);
		assert_false(is_fast(A) || is_fast(B));
	}
	finish();
}

static void budgets_are_kept_to(void **state)
{
	(void)state;
	modules[B].cpu_budget = 5 * MS;
	modules[B].cpu_period = 10 * MS;
	run(never_fast, turn_for_ever, NULL);
}

/* A is of a lower rank than C, which is ready: B's turn is not A's to have. */
static void who_ranks_between_comes_first(void **state)
{
	(void)state;
	modules[A].priority = AZ_PRIORITY_BACKGROUND;
	modules[C].priority = AZ_PRIORITY_NORMAL;
	modules[B].priority = AZ_PRIORITY_URGENT;
	run(never_fast, turn_for_ever, compute_only);
	memset(&play, 0, sizeof(play));
	run(turn_a_hundred_times, turn_for_ever, NULL);
}

/* A wake from elsewhere is not lost, and ends the wait once. */
static void wake_the_other(void)
{
	interrupt(0);
	(void)turn(FOR_EVER);
	assert_int_equal(turn(FOR_EVER), 1);
	interrupt(0);
	assert_int_equal(signal_nudge(&domains[A], handle_of(A, PIPE)), 0);
	assert_int_equal(turn(FOR_EVER), 1);
	interrupt(0);
	signal_post(channel_end(&domains[A], PIPE), 5);
	assert_int_equal(turn(FOR_EVER), 5);
	assert_int_equal(turn(FOR_EVER), 1);
	finish();
}

static void wakes_are_counted(void **state)
{
	(void)state;
	run(wake_the_other, turn_for_ever, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_take_turns),
		TEST(registers_stay_each_sides_own),
		TEST(interrupts_find_one_or_the_other),
		TEST(either_dies_anywhere),
		TEST(a_wait_has_its_time),
		TEST(a_right_ends_in_the_wait),
		TEST(a_pair_has_one_share),
		TEST(budgets_are_kept_to),
		TEST(who_ranks_between_comes_first),
		TEST(wakes_are_counted),
	};

	return cmocka_run_group_tests_name("ipc/turn", tests, set_up_all, NULL);
}
