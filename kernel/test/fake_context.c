/* Contexts are Linux's own (ucontext) behind the numbers that arch/context
 * calls stack pointers. Module code cannot run here. */
#include "arch/context.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { CONTEXTS_MAX = 256, STACK_SIZE = 256 << 10 };

static struct slot {
	ucontext_t context;
	char *stack; /* of a fresh one */
	void *top;   /* the kernel's stack for it; NULL: that of boot */
	bool waits;  /* to be continued */
} slots[CONTEXTS_MAX];

static void *running_top;

static uint64_t slot_take(void)
{
	for (uint64_t n = 1; n < CONTEXTS_MAX; n++) {
		if (!slots[n].waits) {
			slots[n].waits = true;
			return n;
		}
	}
	abort();
}

uint64_t context_prepare(void *stack_top, void (*entry)(void))
{
	uint64_t n;
	ucontext_t *c;

	/* What was on that stack is no more. */
	for (n = 1; n < CONTEXTS_MAX; n++)
		if (slots[n].top == stack_top)
			slots[n].waits = false;
	n = slot_take();
	c = &slots[n].context;
	slots[n].top = stack_top;
	if (getcontext(c) != 0)
		abort();
	/* Not freed: whether it still runs cannot be known. */
	slots[n].stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (slots[n].stack == MAP_FAILED)
		abort();
	c->uc_stack.ss_sp = slots[n].stack;
	c->uc_stack.ss_size = STACK_SIZE;
	makecontext(c, entry, 0);
	return n;
}

void context_switch(uint64_t *save_sp, uint64_t load_sp)
{
	uint64_t n = slot_take();

	*save_sp = n;
	slots[n].top = running_top;
	running_top = slots[load_sp].top;
	slots[load_sp].waits = false;
	if (swapcontext(&slots[n].context, &slots[load_sp].context) != 0)
		abort();
}

void context_load(uint64_t sp)
{
	running_top = slots[sp].top;
	slots[sp].waits = false;
	setcontext(&slots[sp].context);
	abort();
}

void context_resume(const struct trap_frame *frame)
{
	(void)frame;
	abort();
}

void context_fpu_save(void *area)
{
	__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void context_fpu_restore(const void *area)
{
	__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

void context_fpu_reset(void)
{
	static const struct {
		_Alignas(16) uint16_t control;
		uint8_t left[CONTEXT_FPU_SIZE - 2];
	} zero = { .control = 0x37f, .left[22] = 0x80, .left[23] = 0x1f };

	context_fpu_restore(&zero);
}

void context_enter_module(uint64_t entry, uint64_t sp, uint64_t r15)
{
	(void)entry;
	(void)sp;
	(void)r15;
	abort();
}
