#include "task/thread.h"

#include "arch/clock.h"
#include "arch/context.h"
#include "base/mem.h"
#include "mm/map.h"

/* Where the record lies in its run. */
enum { RECORD_AT = THREAD_SIZE - sizeof(struct thread) };

az_err thread_alloc(
    struct thread **out, struct domain *domain, void (*begin)(void))
{
	struct thread *t;
	void *run;

	TRY(map_alloc(&run, THREAD_SIZE));
	t = (struct thread *)(void *)((uint8_t *)run + RECORD_AT);
	t->domain = domain;
	t->top = t->records + 1;
	t->state = THREAD_NEW;
	t->saved_sp = context_prepare(t, begin);
	*out = t;
	return AZ_OK;
}

void thread_scrub(struct thread *t)
{
	uint8_t *stack = (uint8_t *)t - RECORD_AT;
	/* A call in the making, of one that does not run module code. */
	struct record *over = t->top + (t->preempted ? 0 : 1);

	memset(stack, 0, t->saved_sp - (uint64_t)stack);
	memset(over, 0, (size_t)((uint8_t *)&t->domain - (uint8_t *)over));
	if (t->preempted)
		return;
	memset(&t->frame, 0, sizeof(t->frame));
	memset(t->fpu, 0, sizeof(t->fpu));
}

void thread_renew(struct thread *t, void (*begin)(void), bool forget)
{
	t->state = THREAD_NEW;
	t->top = t->records + 1;
	t->woken = t->throttled = t->preempted = false;
	t->saved_sp = (uint64_t)t;
	if (forget) {
		memset(t->records, 0, sizeof(t->records));
		thread_scrub(t);
		context_fpu_reset();
		trap_forget();
	}
	t->saved_sp = context_prepare(t, begin);
}

void thread_free(struct thread **t)
{
	void *run;

	if (*t == NULL)
		return;
	/* Frames are cleared as they are given back. */
	run = (uint8_t *)*t - RECORD_AT;
	map_free(&run, THREAD_SIZE);
	*t = NULL;
	context_fpu_reset();
	trap_forget();
}
