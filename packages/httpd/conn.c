#include "conn.h"

#include "answer.h"
#include "config.h"
#include "file.h"
#include "lines.h"
#include "metrics.h"
#include "output.h"
#include "pool.h"
#include "port.h"
#include "server.h"

#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

enum { STEPS_MAX = 64, PROBE_MS = 1000, LINGER_MS = 1000 };
enum { SLOWEST_BYTES_PER_MS = 4 };

enum step { STEP_ON, STEP_WAIT, STEP_OVER };

uint64_t conn_now;

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void conn_begin(struct conn *c, int32_t fd)
{
	bool queued = c->queued; /* by the connection that was here before */

	memset(c, 0, offsetof(struct conn, head));
	c->fd = fd;
	c->queued = queued;
	c->readable = c->writable = c->probed = true;
	c->since = conn_now;
	c->deadline = conn_now + config.header;
	metrics.accepted++;
	metrics.open++;
}

static void release(struct conn *c)
{
	pool_give(&c->body);
	pool_give(&c->answer);
	file_release(&c->file);
	c->file_left = 0;
}

void conn_close(struct conn *c)
{
	release(c);
	answer_end_stream(c);
	port_close(c->fd);
	server_forget(c->fd);
	c->fd = -1;
	metrics.open--;
}

void conn_send(struct conn *c)
{
	uint64_t bytes = c->file_left + c->out[1].left;

	c->state = CONN_SEND;
	output_begin(c);
	c->since = conn_now;
	c->limit = conn_now + config.request + bytes / SLOWEST_BYTES_PER_MS;
	c->deadline = earlier(conn_now + config.send, c->limit);
}

/* Answer with an error, and end. */
static enum step refuse(struct conn *c, uint32_t status)
{
	metrics.refused++;
	c->close = c->unread = true;
	c->head.request.method = AZ_HTTP_GET;
	answer_status(c, status);
	return STEP_ON;
}

/* Read what has come, behind what is there. */
static enum step fill(struct conn *c)
{
	uint32_t room = CONN_IN - c->have;
	int32_t got;

	if (c->ended)
		return STEP_OVER;
	if (!c->readable || room == 0)
		return STEP_WAIT;
	got = port_read(c->fd, c->in + c->have, room);
	c->readable = got == (int32_t)room;
	if (got == PORT_AGAIN)
		return STEP_WAIT;
	if (got <= 0) {
		metrics.broken += got < 0;
		c->ended = true;
		return STEP_OVER;
	}
	metrics.received += (uint32_t)got;
	c->have += (uint32_t)got;
	return STEP_ON;
}

/* --- A request -------------------------------------------------------------- */

static enum step begin_body(struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec v = { (char *)(uintptr_t)go_on, sizeof(go_on) - 1 };

	if (!answer_takes_body(&c->head)) {
		c->close = c->unread = true;
		answer_request(c);
		return STEP_ON;
	}
	if (c->head.content_length > POOL_SIZE)
		return refuse(c, 413);
	c->body = server_take_buffer(c);
	if (c->body == NULL)
		return refuse(c, 503);
	head_set_body(&c->head, c->body, POOL_SIZE);
	if (c->head.expects_continue && c->have == c->head_length &&
	    port_write(c->fd, &v, 1) != (int32_t)v.iov_len)
		return STEP_OVER;
	c->state = CONN_BODY;
	c->limit = c->since + config.request;
	c->deadline = earlier(conn_now + config.body, c->limit);
	return STEP_ON;
}

/* One empty line before a request is forgiven. */
static void skip_empty_line(struct conn *c)
{
	if (c->skipped || c->have < 2 || memcmp(c->in, "\r\n", 2) != 0)
		return;
	c->skipped = true;
	c->have -= 2;
	c->scanned = 0;
	memmove(c->in, c->in + 2, c->have);
}

/* Whether it asks again for what it has asked for last. */
static bool is_same(const struct conn *c)
{
	return c->same_length > 0 && c->have >= c->same_length &&
	       memcmp(c->in, c->same, c->same_length) == 0;
}

static void keep_same(struct conn *c)
{
	c->same_length = 0;
	if (c->head_length > CONN_SAME || !head_is_lasting(&c->head))
		return;
	memcpy(c->same, c->in, c->head_length);
	c->same_length = c->head_length;
}

/* Nothing of a request has come yet. */
static enum step begin_head(struct conn *c)
{
	enum step step = fill(c);

	if (step == STEP_ON) {
		c->since = conn_now;
		c->deadline = conn_now + config.header;
	}
	return step;
}

static enum step read_head(struct conn *c)
{
	uint32_t status = 0, most;

	if (c->have == 0)
		return begin_head(c);
	if (is_same(c)) {
		c->head_length = c->same_length;
		head_repeat(&c->head);
		answer_again(c);
		return STEP_ON;
	}
	skip_empty_line(c);
	most = c->have < HEAD_SIZE_MAX ? c->have : HEAD_SIZE_MAX;
	c->head_length = lines_find_end(c->in, most, &c->scanned, &status);
	if (status != 0)
		return refuse(c, status);
	if (c->head_length == 0) {
		if (most == HEAD_SIZE_MAX)
			return refuse(c, lines_too_long(c->in, most));
		return fill(c);
	}
	status = head_parse(&c->head, c->in, c->head_length);
	if (status != 0)
		return refuse(c, status);
	c->close |= c->head.close;
	keep_same(c);
	if (head_has_body(&c->head))
		return begin_body(c);
	answer_request(c);
	return STEP_ON;
}

static enum step read_body(struct conn *c)
{
	char *behind = c->in + c->head_length;
	uint32_t length = c->have - c->head_length, status = 0;
	uint32_t used = head_read_body(&c->head, behind, length, &status);

	memmove(behind, behind + used, length - used);
	c->have -= used;
	if (status != 0)
		return refuse(c, status);
	if (head_is_whole(&c->head)) {
		answer_request(c);
		return STEP_ON;
	}
	if (used > 0)
		c->deadline = earlier(conn_now + config.body, c->limit);
	return fill(c);
}

/* --- Its response ----------------------------------------------------------- */

static enum step linger(struct conn *c)
{
	port_shut(c->fd);
	c->state = CONN_LINGER;
	c->since = conn_now;
	c->deadline = conn_now + LINGER_MS;
	c->readable = true;
	return c->ended ? STEP_OVER : STEP_ON;
}

/* All of it has been sent. */
static enum step finish(struct conn *c)
{
	release(c);
	if (c->again > 0) {
		c->state = CONN_WAIT;
		c->deadline = conn_now + c->again;
		return STEP_WAIT;
	}
	answer_end_stream(c);
	if (c->close)
		return c->unread || c->have > c->head_length ? linger(c)
							     : STEP_OVER;
	c->have -= c->head_length;
	memmove(c->in, c->in + c->head_length, c->have);
	c->head_length = c->scanned = 0;
	c->skipped = c->probed = false;
	c->state = CONN_HEAD;
	c->since = conn_now;
	c->deadline = conn_now + (c->have > 0 ? config.header : PROBE_MS);
	return STEP_ON;
}

static enum step send_response(struct conn *c)
{
	switch (output_write(c)) {
	case OUTPUT_MORE:
		return STEP_ON;
	case OUTPUT_DONE:
		return finish(c);
	case OUTPUT_BROKEN:
		return STEP_OVER;
	case OUTPUT_MOVED:
		c->since = conn_now;
		c->deadline = earlier(conn_now + config.send, c->limit);
		return STEP_WAIT;
	default:
		return STEP_WAIT;
	}
}

static enum step drop_input(struct conn *c)
{
	c->have = 0;
	return fill(c);
}

/* --- From outside ----------------------------------------------------------- */

static enum step go_on(struct conn *c)
{
	switch (c->state) {
	case CONN_HEAD:
		return read_head(c);
	case CONN_BODY:
		return read_body(c);
	case CONN_SEND:
		return send_response(c);
	case CONN_WAIT:
		return fill(c);
	default:
		return drop_input(c);
	}
}

bool conn_run(struct conn *c)
{
	for (uint32_t i = 0; i < STEPS_MAX; i++)
		switch (go_on(c)) {
		case STEP_ON:
			break;
		case STEP_WAIT:
			return false;
		case STEP_OVER:
			conn_close(c);
			return false;
		}
	return true;
}

bool conn_expire(struct conn *c)
{
	if (c->state == CONN_WAIT) {
		if (answer_more(c))
			return conn_run(c);
	} else if (c->state == CONN_HEAD && c->have == 0 && !c->probed) {
		/* Its end may have come together with its last request. */
		c->probed = c->readable = true;
		c->deadline = c->since + config.idle;
		return conn_run(c);
	} else {
		metrics.timed_out += c->state != CONN_LINGER;
		if (c->state == CONN_BODY ||
		    (c->state == CONN_HEAD && c->have > 0)) {
			(void)refuse(c, 408);
			return conn_run(c);
		}
	}
	conn_close(c);
	return false;
}
