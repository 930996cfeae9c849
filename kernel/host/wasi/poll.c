/* host/wasi/poll: wait for time to pass or for streams.
 *
 * Two passes over the subscriptions, without memory: wait until one is due,
 * then write an event for each that is. Each pass copies a subscription out
 * of module memory before it looks at it, so that events which the caller
 * placed over its subscriptions do no harm but its own. What a module sees
 * of time is rounded up to its granted resolution.
 */
#include <stddef.h>

#include "arch/clock.h"
#include "host/input.h"
#include "host/state.h"
#include "host/socket.h"
#include "host/wasi/fd.h"
#include "host/wasi/sock.h"
#include "ipc/signal.h"
#include "task/domain.h"
#include "task/sched.h"

enum { SUBSCRIPTIONS_MAX = 4096 };

/* One call's moments, so that both passes agree. */
struct poll {
	struct domain *d;
	uint64_t in, out, count;
	uint64_t start;      /* clock_now at the call */
	uint64_t start_wall; /* clock_wall at the call */
	uint64_t now;
	uint64_t wake; /* when the first clock is due */
	bool input;    /* console input is waited for */
	bool sockets;  /* sockets are */
	bool line;     /* then: there is some */
};

/* When a clock subscription is due, in clock_now's scale. */
static uint64_t due_time(
    const struct poll *p, const struct wasi_subscription *sub)
{
	uint64_t base = p->start, wait = sub->timeout, due;
	uint64_t res = p->d->clock_res;

	if (sub->flags & WASI_SUBCLOCK_ABSTIME) {
		uint64_t from =
		    sub->id == WASI_REALTIME ? p->start_wall : p->start;

		wait = wait > from ? wait - from : 0;
	}
	if (__builtin_add_overflow(base, wait, &due) ||
	    __builtin_add_overflow(due, res - 1, &due))
		return CLOCK_NEVER;
	return wait == 0 ? base : due - due % res;
}

static bool clock_event(struct wasi_event *event, struct poll *p,
    const struct wasi_subscription *sub)
{
	uint64_t due;

	if (p->d->clock_res == 0) {
		event->error = (uint16_t)state_denied(
		    p->d, AZ_CALL_POLL_ONEOFF, AZ_GRANT_CLOCK, "clock: 1ms");
		return true;
	}
	if (sub->id > WASI_MONOTONIC || (sub->flags & ~WASI_SUBCLOCK_ABSTIME)) {
		event->error = WASI_INVAL;
		return true;
	}
	due = due_time(p, sub);
	if (due < p->wake)
		p->wake = due;
	return due <= p->now;
}

static bool socket_event(struct wasi_event *event, struct poll *p,
    const struct wasi_subscription *sub)
{
	bool reads = sub->tag == WASI_EVENT_FD_READ;
	struct socket_state now;

	p->sockets = true;
	event->error = (uint16_t)sock_poll(&now, p->d, sub->id);
	event->nbytes = reads ? now.readable : now.writable;
	event->flags = now.ended ? WASI_EVENT_HANGUP : 0;
	return event->error != WASI_SUCCESS || event->nbytes > 0 ||
	       now.error != WASI_SUCCESS || (reads && now.ended);
}

static bool stream_event(struct wasi_event *event, struct poll *p,
    const struct wasi_subscription *sub)
{
	uint32_t right =
	    sub->tag == WASI_EVENT_FD_READ ? WASI_FD_READ : WASI_FD_WRITE;
	uint64_t size = 0;
	struct fd *fd;

	if (sock_is(p->d, sub->id))
		return socket_event(event, p, sub);
	event->error = (uint16_t)fd_get(
	    &fd, p->d, sub->id, right | WASI_POLL_FD_READWRITE);
	if (event->error != WASI_SUCCESS || sub->tag == WASI_EVENT_FD_WRITE)
		return true;
	if (fd->kind == FD_CONSOLE) {
		/* A question to the device; once a pass is enough. */
		if (!p->input)
			p->line = input_poll();
		p->input = true;
		if (!p->line)
			return false;
		event->nbytes = input_ready();
		return true;
	}
	(void)fd_bytes(fd, &size);
	event->nbytes = size > fd->offset ? size - fd->offset : 0;
	return true;
}

/* Whether subscription i is due; fills its event. */
static bool get_event(struct wasi_event *event, struct poll *p, uint64_t i)
{
	struct wasi_subscription sub;

	/* poll_check has seen that the range is the module's. */
	(void)memory_copy_in(&sub, p->d, p->in + i * sizeof sub, sizeof sub);
	*event =
	    (struct wasi_event){ .userdata = sub.userdata, .type = sub.tag };
	if (sub.tag == WASI_EVENT_CLOCK)
		return clock_event(event, p, &sub);
	return stream_event(event, p, &sub);
}

static bool any_due(struct poll *p)
{
	struct wasi_event event;
	bool due = false;

	p->now = clock_now();
	p->wake = CLOCK_NEVER;
	p->input = p->sockets = false;
	for (uint64_t i = 0; i < p->count; i++)
		due |= get_event(&event, p, i);
	return due;
}

static uint32_t put_events(struct poll *p)
{
	struct wasi_event event;
	uint32_t events = 0;

	for (uint64_t i = 0; i < p->count; i++) {
		if (!get_event(&event, p, i))
			continue;
		memory_put(
		    p->d, p->out + events * sizeof event, &event, sizeof event);
		events++;
	}
	return events;
}

static enum wasi_errno poll_check(const struct poll *p, uint64_t result)
{
	struct wasi_subscription sub;
	void *range;

	if (p->count == 0 || p->count > SUBSCRIPTIONS_MAX)
		return WASI_INVAL;
	WASI_TRY(memory_get(&range, p->d, p->in, p->count * sizeof sub));
	WASI_TRY(memory_get(
	    &range, p->d, p->out, p->count * sizeof(struct wasi_event)));
	WASI_TRY(memory_get(&range, p->d, result, sizeof(uint32_t)));
	for (uint64_t i = 0; i < p->count; i++) {
		WASI_TRY(memory_copy_in(
		    &sub, p->d, p->in + i * sizeof sub, sizeof sub));
		if (sub.tag > WASI_EVENT_FD_WRITE)
			return WASI_INVAL;
	}
	return WASI_SUCCESS;
}

/* Arguments: subscriptions, events, their number, result. */
HOST_CALL(POLL_ONEOFF, d, arg)
{
	struct poll p = {
		.d = d, .in = arg[0], .out = arg[1], .count = arg[2]
	};
	uint32_t events;

	WASI_TRY(poll_check(&p, arg[3]));
	p.start = clock_now();
	p.start_wall = clock_wall();
	while (!any_due(&p)) {
		if (p.sockets)
			(void)signal_sleep(d, p.wake);
		else if (p.input)
			state_wait_input(d, p.wake);
		else
			(void)sched_sleep_until(p.wake);
	}
	events = put_events(&p);
	memory_put(d, arg[3], &events, sizeof events);
	return WASI_SUCCESS;
}
