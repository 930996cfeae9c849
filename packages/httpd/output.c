#include "output.h"

#include "conn.h"
#include "file.h"
#include "metrics.h"
#include "port.h"

#include <sys/uio.h>

enum { SCRATCH = 32768, SCRATCH_MIN = 4096 };

void output_begin(struct conn *c)
{
	c->file_step = SCRATCH;
}

/* The pieces, and behind them a part of the file. */
static uint32_t gather(
    struct iovec v[CONN_PIECES + 1], uint32_t *total, struct conn *c)
{
	static char scratch[SCRATCH];
	uint32_t count = 0, size = c->file_step;
	int32_t got;

	*total = 0;
	for (uint32_t i = 0; i < CONN_PIECES; i++) {
		if (c->out[i].left == 0)
			continue;
		v[count].iov_base = (char *)(uintptr_t)c->out[i].at;
		v[count++].iov_len = c->out[i].left;
		*total += c->out[i].left;
	}
	if (c->file_left == 0)
		return count;
	if (size > c->file_left)
		size = (uint32_t)c->file_left;
	got = file_read(c->file, c->file_at, scratch, size);
	if (got <= 0)
		return 0;
	v[count].iov_base = scratch;
	v[count++].iov_len = (uint32_t)got;
	*total += (uint32_t)got;
	return count;
}

static void take_off(struct conn *c, uint32_t sent)
{
	for (uint32_t i = 0; i < CONN_PIECES; i++) {
		uint32_t n = sent < c->out[i].left ? sent : c->out[i].left;

		c->out[i].at += n;
		c->out[i].left -= n;
		sent -= n;
	}
	if (c->file_left == 0)
		return;
	c->file_at += sent;
	c->file_left -= sent;
	c->file_step = sent < SCRATCH_MIN / 2 ? SCRATCH_MIN
		       : sent > SCRATCH / 2   ? SCRATCH
					      : 2 * sent;
}

enum output output_write(struct conn *c)
{
	struct iovec v[CONN_PIECES + 1];
	uint32_t total, count;
	int32_t sent;

	if (!c->writable)
		return OUTPUT_FULL;
	count = gather(v, &total, c);
	if (count == 0 && c->file_left > 0)
		return OUTPUT_BROKEN;
	sent = count == 0 ? 0 : port_write(c->fd, v, count);
	c->writable = sent == (int32_t)total;
	if (sent == PORT_AGAIN)
		return OUTPUT_FULL;
	if (sent < 0) {
		metrics.broken++;
		return OUTPUT_BROKEN;
	}
	metrics.sent += (uint32_t)sent;
	take_off(c, (uint32_t)sent);
	if (!c->writable)
		return OUTPUT_MOVED;
	return c->file_left > 0 ? OUTPUT_MORE : OUTPUT_DONE;
}
