/* task/queue: lists of threads, linked through their own field: a thread is
 * in at most one. Context: interrupts off. */
#ifndef AZ_TASK_QUEUE_H
#define AZ_TASK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct thread;

/* First in, first out, through next. Zeroed is empty. */
struct thread_queue {
	struct thread *head, *tail;
};

static inline bool queue_empty(const struct thread_queue *q)
{
	return q->head == NULL;
}

void queue_push(struct thread_queue *q, struct thread *t);
void queue_push_front(struct thread_queue *q, struct thread *t);
/* NULL when it is empty. */
struct thread *queue_pop(struct thread_queue *q);
/* Whether t was in it. */
bool queue_remove(struct thread_queue *q, struct thread *t);

#endif
