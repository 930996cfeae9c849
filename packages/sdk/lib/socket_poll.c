/* socket_poll: poll and select, by WASI's poll_oneoff, for sockets and all
 * else. A descriptor with no events asked for is passed over; what can never
 * be polled is ready at once, as POSIX has it for files. */
#include "socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <wasi/api.h>

enum { NS_PER_MS = 1000000, NS_PER_US = 1000, NS_PER_S = 1000000000 };

/* Memory of one call, kept for the next. */
static __wasi_subscription_t *subs;
static __wasi_event_t *events;
static size_t room;

static bool make_room(size_t count)
{
	__wasi_subscription_t *more_subs;
	__wasi_event_t *more_events;

	if (count <= room)
		return true;
	more_subs = realloc(subs, count * sizeof(*subs));
	if (more_subs != NULL)
		subs = more_subs;
	more_events = realloc(events, count * sizeof(*events));
	if (more_events != NULL)
		events = more_events;
	if (more_subs == NULL || more_events == NULL)
		return false;
	room = count;
	return true;
}

static void add_sub(size_t *count, uint8_t tag, int real, uint64_t who)
{
	__wasi_subscription_t *sub = &subs[(*count)++];

	*sub = (__wasi_subscription_t){ .userdata = who, .u.tag = tag };
	if (tag == __WASI_EVENTTYPE_FD_READ)
		sub->u.u.fd_read.file_descriptor = (__wasi_fd_t)real;
	else
		sub->u.u.fd_write.file_descriptor = (__wasi_fd_t)real;
}

static void add_clock(size_t *count, int64_t ns)
{
	__wasi_subscription_t *sub = &subs[(*count)++];

	*sub = (__wasi_subscription_t){ .u.tag = __WASI_EVENTTYPE_CLOCK };
	sub->u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
	sub->u.u.clock.timeout = (uint64_t)ns;
}

/* What a socket is like that is no descriptor of the system's yet. */
static short idle_events(const struct sock *s, short asked)
{
	if (s->datagrams)
		return asked & POLLOUT;
	return s->state == SOCK_BOUND ? 0 : (asked & POLLOUT) | POLLHUP;
}

/* Subscribe to one; whether it is ready without that. */
static bool begin_one(struct pollfd *p, size_t *count, uint64_t who)
{
	const struct sock *s = sock_find(p->fd);
	int real = s != NULL ? s->fd : p->fd;

	p->revents = 0;
	if (p->fd < 0)
		return false;
	if (real < 0) {
		p->revents = idle_events(s, p->events);
		return p->revents != 0;
	}
	if (p->events & POLLIN)
		add_sub(count, __WASI_EVENTTYPE_FD_READ, real, who);
	if (p->events & POLLOUT)
		add_sub(count, __WASI_EVENTTYPE_FD_WRITE, real, who);
	return false;
}

/* An end is no error: only who asks the socket knows. */
static short ended_events(const struct pollfd *p)
{
	const struct sock *s = sock_find(p->fd);
	int error = sock_error(s != NULL ? s->fd : p->fd);

	return error == 0 || error == ENOTSOCK ? 0 : POLLERR | POLLHUP;
}

static void end_one(struct pollfd *p, const __wasi_event_t *event)
{
	if (event->error == EBADF) {
		p->revents = POLLNVAL;
		return;
	}
	p->revents |=
	    event->type == __WASI_EVENTTYPE_FD_READ ? POLLIN : POLLOUT;
	if (event->error != 0 && event->error != ENOTCAPABLE)
		p->revents |= POLLERR;
	if (event->error == 0 &&
	    (event->fd_readwrite.nbytes == 0 ||
		(event->fd_readwrite.flags &
		    __WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP)))
		p->revents |= ended_events(p);
}

static int count_ready(const struct pollfd *list, size_t count)
{
	int ready = 0;

	for (size_t i = 0; i < count; i++)
		ready += list[i].revents != 0;
	return ready;
}

/* ns below 0: for ever. */
static int poll_ns(struct pollfd *list, size_t count, int64_t ns)
{
	size_t sub_count = 0;
	__wasi_size_t event_count = 0;
	bool ready = false;

	if (!make_room(2 * count + 1)) {
		errno = ENOMEM;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		ready |= begin_one(&list[i], &sub_count, i);
	if (ready)
		ns = 0;
	if (ns >= 0 || sub_count == 0)
		add_clock(&sub_count, ns < 0 ? INT64_MAX : ns);
	errno = __wasi_poll_oneoff(subs, events, sub_count, &event_count);
	if (errno != 0)
		return -1;
	for (size_t i = 0; i < event_count; i++)
		if (events[i].type != __WASI_EVENTTYPE_CLOCK)
			end_one(&list[events[i].userdata], &events[i]);
	return count_ready(list, count);
}

int poll(struct pollfd *list, nfds_t count, int timeout)
{
	return poll_ns(
	    list, count, timeout < 0 ? -1 : (int64_t)timeout * NS_PER_MS);
}

int sock_readable(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	if (poll_ns(&one, 1, 0) < 0)
		return -1;
	if (one.revents & POLLNVAL) {
		errno = EBADF;
		return -1;
	}
	return one.revents & POLLIN ? (int)events[0].fd_readwrite.nbytes : 0;
}

/* --- select ------------------------------------------------------------------ */

/* The descriptors of a set, each with its event, after those of another. */
static size_t list_set(
    struct pollfd *list, size_t count, const fd_set *set, short event, int end)
{
	for (size_t i = 0; set != NULL && i < set->__nfds; i++) {
		size_t k = 0;

		if (set->__fds[i] >= end)
			continue;
		while (k < count && list[k].fd != set->__fds[i])
			k++;
		if (k == count)
			list[count++] = (struct pollfd){ .fd = set->__fds[i] };
		list[k].events |= event;
	}
	return count;
}

static int fill_set(
    fd_set *set, const struct pollfd *list, size_t count, short event)
{
	const short wanted = event | POLLERR | POLLHUP;

	if (set == NULL)
		return 0;
	FD_ZERO(set);
	for (size_t i = 0; i < count; i++)
		if ((list[i].events & event) && (list[i].revents & wanted))
			set->__fds[set->__nfds++] = list[i].fd;
	return (int)set->__nfds;
}

int pselect(int end, fd_set *restrict reads, fd_set *restrict writes,
    fd_set *restrict excepts, const struct timespec *restrict timeout,
    const sigset_t *restrict mask)
{
	static struct pollfd list[2 * FD_SETSIZE];
	int64_t ns = -1;
	size_t count;

	(void)mask; /* there are no signals */
	if (end < 0 || (timeout != NULL && (timeout->tv_nsec < 0 ||
					       timeout->tv_nsec >= NS_PER_S))) {
		errno = EINVAL;
		return -1;
	}
	if (timeout != NULL)
		ns = (int64_t)timeout->tv_sec * NS_PER_S + timeout->tv_nsec;
	count = list_set(list, 0, reads, POLLIN, end);
	count = list_set(list, count, writes, POLLOUT, end);
	if (poll_ns(list, count, ns) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (list[i].revents & POLLNVAL) {
			errno = EBADF;
			return -1;
		}
	if (excepts != NULL)
		FD_ZERO(excepts);
	return fill_set(reads, list, count, POLLIN) +
	       fill_set(writes, list, count, POLLOUT);
}

int select(int end, fd_set *restrict reads, fd_set *restrict writes,
    fd_set *restrict excepts, struct timeval *restrict timeout)
{
	struct timespec ns;

	if (timeout == NULL)
		return pselect(end, reads, writes, excepts, NULL, NULL);
	ns.tv_sec = timeout->tv_sec + timeout->tv_usec / (NS_PER_S / NS_PER_US);
	ns.tv_nsec =
	    (long)(timeout->tv_usec % (NS_PER_S / NS_PER_US)) * NS_PER_US;
	return pselect(end, reads, writes, excepts, &ns, NULL);
}
