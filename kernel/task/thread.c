#include "task/thread.h"

#include "arch/clock.h"
#include "arch/context.h"
#include "base/mem.h"
#include "mm/map.h"

uint64_t thread_stack_top(const struct thread *t)
{
	return (uint64_t)(uintptr_t)t->stack + THREAD_STACK_SIZE;
}

az_err thread_init(struct thread *t, struct domain *domain, void (*begin)(void))
{
	memset(t, 0, sizeof(*t));
	TRY(map_alloc(&t->stack, THREAD_STACK_SIZE));
	t->domain = domain;
	t->state = THREAD_NEW;
	t->deadline = CLOCK_NEVER;
	t->saved_sp =
	    context_prepare((void *)(uintptr_t)thread_stack_top(t), begin);
	return AZ_OK;
}

void thread_fini(struct thread *t)
{
	map_free(&t->stack, THREAD_STACK_SIZE);
	memset(&t->frame, 0, sizeof(t->frame));
	memset(t->fpu, 0, sizeof(t->fpu));
	context_fpu_reset();
	trap_forget();
}
