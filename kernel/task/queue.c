#include "task/queue.h"

#include <stddef.h>

#include "base/panic.h"
#include "task/thread.h"

bool queue_empty(const struct thread_queue *q)
{
	return q->head == NULL;
}

void queue_push(struct thread_queue *q, struct thread *t)
{
	t->next = NULL;
	if (q->head == NULL)
		q->head = t;
	else
		q->tail->next = t;
	q->tail = t;
}

void queue_push_front(struct thread_queue *q, struct thread *t)
{
	t->next = q->head;
	if (q->head == NULL)
		q->tail = t;
	q->head = t;
}

struct thread *queue_pop(struct thread_queue *q)
{
	struct thread *t = q->head;

	if (t != NULL)
		q->head = t->next;
	return t;
}

void queue_sleep_insert(struct thread **list, struct thread *t)
{
	while (*list != NULL && (*list)->wake_at <= t->wake_at)
		list = &(*list)->next;
	t->next = *list;
	*list = t;
}

void queue_sleep_remove(struct thread **list, struct thread *t)
{
	while (*list != t) {
		invariant(*list != NULL);
		list = &(*list)->next;
	}
	*list = t->next;
}

void queue_deadline_insert(struct thread **list, struct thread *t)
{
	while (*list != NULL && (*list)->deadline <= t->deadline)
		list = &(*list)->next_deadline;
	t->next_deadline = *list;
	*list = t;
}

void queue_deadline_remove(struct thread **list, struct thread *t)
{
	while (*list != t) {
		invariant(*list != NULL);
		list = &(*list)->next_deadline;
	}
	*list = t->next_deadline;
}
