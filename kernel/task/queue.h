/* task/queue: the scheduler's lists of threads, linked through their own
 * fields; a thread is in at most one of ready, sleeping, dead, and besides
 * perhaps in the list of deadlines. Context: interrupts off. */
#ifndef AZ_TASK_QUEUE_H
#define AZ_TASK_QUEUE_H

#include <stdbool.h>

struct thread;

/* First in, first out, through next. Zeroed is empty. */
struct thread_queue {
	struct thread *head, *tail;
};

bool queue_empty(const struct thread_queue *q);
void queue_push(struct thread_queue *q, struct thread *t);
void queue_push_front(struct thread_queue *q, struct thread *t);
/* NULL when it is empty. */
struct thread *queue_pop(struct thread_queue *q);

/* Sorted by wake_at, through next; equal times keep their order. */
void queue_sleep_insert(struct thread **list, struct thread *t);
/* t must be in the list. */
void queue_sleep_remove(struct thread **list, struct thread *t);

/* Sorted by deadline, through next_deadline. */
void queue_deadline_insert(struct thread **list, struct thread *t);
void queue_deadline_remove(struct thread **list, struct thread *t);

#endif
