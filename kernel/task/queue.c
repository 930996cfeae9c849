#include "task/queue.h"

#include <stddef.h>

#include "task/thread.h"

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

bool queue_remove(struct thread_queue *q, struct thread *t)
{
	struct thread **link = &q->head, *before = NULL;

	for (; *link != NULL && *link != t; link = &before->next)
		before = *link;
	if (*link == NULL)
		return false;
	*link = t->next;
	if (q->tail == t)
		q->tail = before;
	return true;
}
