/* ipc/test_step: machine code interrupted at one of its instructions, for
 * tests that try each in turn. The code runs with the trap flag (gate_code);
 * at instruction number `at` of a range the module's registers are what
 * gate_rewind makes of them, as in an interrupt, and `look` judges them.
 * Include it once a program. */
#ifndef AZ_IPC_TEST_STEP_H
#define AZ_IPC_TEST_STEP_H

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "arch/trap.h"
#include "ipc/gate.h"
#include "ipc/test_slot.h"
#include "test/gate_code.h"

static struct {
	uint64_t first, end; /* the range */
	void (*look)(const struct trap_frame *f);
	uint64_t at, seen; /* which instruction there; how many so far */
	bool done;
} stepper;

/* The next run is interrupted at its instruction number at; done says whether
 * it has so many. */
static void step_at(uint64_t at)
{
	stepper.at = at;
	stepper.seen = 0;
	stepper.done = false;
}

static void on_step(int signo, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct trap_frame f = { .rip = (uint64_t)g[REG_RIP],
		.rsp = (uint64_t)g[REG_RSP] };

	(void)signo;
	(void)info;
	if (f.rip < stepper.first || f.rip >= stepper.end ||
	    stepper.seen++ != stepper.at)
		return;
	for (int n = 0; n < 15; n++)
		f.reg[n] = (uint64_t)g[reg_index[n]];
	gate_rewind(&f);
	stepper.look(&f);
	for (int n = 0; n < 15; n++)
		g[reg_index[n]] = (greg_t)f.reg[n];
	g[REG_RIP] = (greg_t)f.rip;
	g[REG_RSP] = (greg_t)f.rsp;
	g[REG_EFL] &= ~(greg_t)GATE_CODE_TRAP_FLAG;
	stepper.done = true;
}

static void step_init(const char first[], const char end[],
    void (*look)(const struct trap_frame *f))
{
	static uint8_t handler_stack[64 << 10];
	const stack_t stack = { .ss_sp = handler_stack,
		.ss_size = sizeof(handler_stack) };
	const struct sigaction act = { .sa_sigaction = on_step,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	stepper.first = (uint64_t)(uintptr_t)first;
	stepper.end = (uint64_t)(uintptr_t)end;
	stepper.look = look;
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	assert_int_equal(sigaction(SIGTRAP, &act, NULL), 0);
}

#endif
