/* Calls through gates: what each side finds in its registers, the fast path
 * taken back at each of its instructions, handles, and waiting. */
#include "ipc/gate.h"

#include "ipc/test_gate.h"
#include "ipc/test_step.h"
#include "ipc/x86_64/gate.h"

/* --- Interrupts ------------------------------------------------------------------------------ */

static struct {
	bool in_call, in_return;
	const struct gate *gate;
	uint64_t arg[INT_ARGS], result;
} step;

/* As if the call had not been made. */
static void check_caller(const struct trap_frame *f)
{
	static const uint8_t args[INT_ARGS] = { 5, 4, 3, 2, 7, 8 };
	static const uint8_t kept[GATE_CODE_KEPT] = { 1, 6, 11, 12, 13 };
	const struct thread *t = sched_thread();
	uint64_t i = (uint64_t)(step.gate - w.domains[CLIENT].gates);

	assert_int_equal(f->rip,
	    w.domains[CLIENT].slot + AZ_IMPORT_BASE + AZ_IMPORT_STRIDE * i);
	assert_int_equal(*(const uint64_t *)(uintptr_t)f->rsp,
	    (uint64_t)(uintptr_t)gate_code_returned);
	assert_int_equal(f->reg[14], w.domains[CLIENT].slot + AZ_MEMORY_BASE);
	for (uint64_t n = 0; n < GATE_CODE_KEPT; n++)
		assert_int_equal(f->reg[kept[n]], 0x1b + n);
	for (uint32_t n = 0; n < INT_ARGS; n++)
		assert_int_equal(f->reg[args[n]], step.arg[n]);
	assert_ptr_equal(cpu_local()->record, t->records + 1);
	assert_null(step.gate->callee->entered);
	step.in_call = true;
}

/* As if the callee had not returned. */
static void check_callee(const struct trap_frame *f)
{
	const struct domain *d = step.gate->callee;
	const struct thread *t = sched_thread();

	assert_int_equal(f->rip,
	    d->slot + AZ_HELPER_BASE + AZ_HELPER_STRIDE * STUB_GATE_RETURN);
	assert_int_equal(f->rsp, domain_stack(d));
	assert_int_equal(f->reg[14], d->slot + AZ_MEMORY_BASE);
	assert_int_equal(f->reg[0] & step.gate->mask, step.result);
	assert_ptr_equal(cpu_local()->record, t->records + 2);
	assert_ptr_equal(d->entered, t->records + 1);
	step.in_return = true;
}

static void look(const struct trap_frame *f)
{
	if (domain_owns(&w.domains[CLIENT], f->rip))
		check_caller(f);
	else
		check_callee(f);
}

static int set_up_steps(void **state)
{
	step_init(gate_first, gate_end, look);
	return set_up_all(state);
}

/* --- Tests -------------------------------------------------------------------------------- */

static void sums(void)
{
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 40), 42);
	assert_int_equal(ask(CHAN_MIDDLE, DO_ADD, 50), 52);
	(void)ask(CHAN_SERVER, DO_MIX, 7);
	assert_int_equal(after.xmm[0], 0x401f000000000000); /* 7.75 */
	assert_int_equal(after.rax, 0);
	assert_int_equal(ask(CHAN_RETRY, DO_ADD, 60), 62);
	(void)ask(CHAN_RETRY, DO_MIX, 7);
	assert_int_equal(after.xmm[0], 0x401f000000000000);
}

static void registers_of_each_side_stay_its_own(void **state)
{
	(void)state;
	run(sums, NULL);
}

static uint64_t adds(void)
{
	return looked(&w.domains[SERVER])[0];
}

/* Interrupt a call at each of its instructions in turn. */
static void step_through(uint32_t channel, uint32_t k, const uint64_t *args)
{
	struct domain *d = &w.domains[CLIENT];
	uint64_t first = channel == CHAN_HELD, sum, steps;

	memset(&step, 0, sizeof(step));
	step.gate = &d->gates[import_of(channel, k)];
	memcpy(step.arg, args, sizeof(step.arg));
	step.result = k == DO_ADD ? args[first] + args[first + 1] : 0;
	for (steps = 0;; steps++) {
		uint64_t before = adds();

		step_at(steps);
		sum = call_as(
		    d, channel, k, args[0], args[1], GATE_CODE_TRAP_FLAG);
		assert_int_equal(sum, step.result);
		assert_int_equal(adds() - before, k == DO_ADD);
		if (k == DO_MIX)
			assert_int_equal(after.xmm[0],
			    channel == CHAN_HELD ? 0x4006000000000000
						 : 0x401f000000000000);
		if (!stepper.done)
			break;
	}
	assert_true(step.in_call && step.in_return);
	assert_in_range(steps, 50, 120);
}

static void step_plain(void)
{
	step_through(CHAN_SERVER, DO_ADD,
	    (const uint64_t[INT_ARGS]){ 40, 2, 0, 0, 0, 0 });
	step_through(CHAN_SERVER, DO_MIX,
	    (const uint64_t[INT_ARGS]){ 7, 0, 0, 0, 0, 0 });
}

static void step_held(void)
{
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0x408), AZ_BAD_HANDLE);
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0), AZ_BAD_HANDLE);
	step_through(CHAN_HELD, DO_ADD,
	    (const uint64_t[INT_ARGS]){ 0x407, 2, 3, 0, 0, 0 });
	step_through(CHAN_HELD, DO_MIX,
	    (const uint64_t[INT_ARGS]){ 0x407, 2, 0, 0, 0, 0 });
	caps.on_end(&caps.held, CAP_REVOKED);
	caps.held.kind = 0;
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0x407), AZ_BAD_HANDLE);
}

static void interrupts_find_caller_or_callee(void **state)
{
	(void)state;
	run(step_plain, NULL);
}

static void handles_are_looked_at(void **state)
{
	(void)state;
	run(step_held, NULL);
}

static void nap_10_late(void)
{
	sched_sleep_until(clock_now() + 1 * MS);
	nap_10();
}

static void a_busy_callee_is_waited_for(void **state)
{
	(void)state;
	run(nap_10, nap_10_late);
	assert_int_equal(play.got[CLIENT], 10);
	assert_int_equal(play.got[OTHER], 10);
	assert_int_equal(play.at[CLIENT], 10 * MS);
	assert_int_equal(play.at[OTHER], 20 * MS);
}

static void held_later(void)
{
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0x407), 5);
	sched_sleep_until(clock_now() + 2 * MS);
	play.got[CLIENT] = ask(CHAN_HELD, DO_ADD, 0x407);
}

static void a_handle_waits_as_well(void **state)
{
	(void)state;
	caps.held.kind = AZ_CHANNEL_CALL;
	run(held_later, nap_10_late);
	assert_int_equal(play.got[OTHER], 10);
	assert_int_equal(play.got[CLIENT], 5);
}

static int32_t seen[2];

static void nap_and_overtake(void)
{
	nap_10();
	/* The other one was woken, and has not had its turn. */
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), 3);
	seen[0] = play.got[OTHER];
	nap_10();
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), 3);
	seen[1] = play.got[OTHER];
}

/* Else two that met once would wait for each other at every call. */
static void who_waits_is_overtaken_once(void **state)
{
	(void)state;
	run(nap_and_overtake, nap_10_late);
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[1], 10);
	assert_int_equal(play.at[OTHER], 30 * MS);
}

static void a_full_queue_is_an_answer(void **state)
{
	(void)state;
	w.channels[CHAN_SERVER].queue = 0;
	run(nap_10, nap_10_late);
	w.channels[CHAN_SERVER].queue = 2;
	assert_int_equal(play.got[CLIENT], 10);
	assert_int_equal(play.got[OTHER], AZ_PEER_BUSY);
	assert_int_equal(play.at[OTHER], 1 * MS);
}

static void calls_go_through_others(void **state)
{
	(void)state;
	run(down_10, nap_10_late);
	assert_int_equal(play.got[CLIENT], 1010);
	assert_int_equal(play.got[OTHER], 10);
	assert_int_equal(play.at[OTHER], 20 * MS);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_of_each_side_stay_its_own),
		TEST(interrupts_find_caller_or_callee),
		TEST(handles_are_looked_at),
		TEST(a_busy_callee_is_waited_for),
		TEST(who_waits_is_overtaken_once),
		TEST(a_full_queue_is_an_answer),
		TEST(calls_go_through_others),
		TEST(a_handle_waits_as_well),
	};

	return cmocka_run_group_tests_name(
	    "ipc/gate", tests, set_up_steps, NULL);
}
