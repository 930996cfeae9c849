/* stack: azoth_stack.h. What the client's half says is bounded here; the rest
 * of a stack sees positions only through spans. */
#include "../azoth_stack.h"

#include <string.h>

static uint8_t *attention(const struct az_stack *s, uint32_t offset)
{
	return s->base + offset;
}

static bool find(struct az_stack *s, uint8_t *window, uint32_t size, uint32_t n)
{
	uint32_t at = 0;

	for (;; n--) {
		if (size - at < sizeof(s->head))
			return false;
		memcpy(&s->head, window + at, sizeof(s->head));
		if (s->head.version != AZ_SOCKET_VERSION ||
		    s->head.size > size - at)
			return false;
		if (n == 0)
			break;
		at += s->head.size;
	}
	s->base = window + at;
	s->at =
	    az_socket_layout(s->head.sockets, s->head.receive, s->head.send);
	s->cursor = 0;
	s->wake = false;
	return true;
}

bool az_stack_open(
    struct az_stack *s, uint8_t *window, uint32_t size, uint32_t n)
{
	if (!find(s, window, size, n))
		return false;
	az_stack_recover(s);
	return true;
}

static bool in_use(const struct az_socket *socket)
{
	uint32_t want = az_socket_want(socket);

	return want == AZ_WANT_CONNECT || want == AZ_WANT_OPEN ||
	       want == AZ_WANT_SHUT;
}

void az_stack_recover(struct az_stack *s)
{
	for (uint32_t i = 0; i < s->head.sockets; i++)
		if (in_use(az_socket_at(s, i)))
			az_socket_fail(s, i, AZ_SOCKET_RESET);
		else
			az_socket_free(s, i);
}

uint32_t az_stack_next(struct az_stack *s)
{
	uint8_t *bytes = attention(s, s->at.stack_attention);
	uint32_t count = s->head.sockets;

	while (s->cursor < count) {
		uint32_t i = s->cursor;
		uint64_t eight;

		if (i % 8 == 0) {
			memcpy(&eight, bytes + i, 8);
			if (eight == 0) {
				s->cursor += 8;
				continue;
			}
		}
		s->cursor++;
		if (__atomic_load_n(bytes + i, __ATOMIC_RELAXED) != 0) {
			__atomic_store_n(bytes + i, 0, __ATOMIC_SEQ_CST);
			return i;
		}
	}
	s->cursor = 0;
	return UINT32_MAX;
}

void az_stack_wake(struct az_stack *s)
{
	if (!s->wake)
		return;
	s->wake = false;
	(void)az_ring_wake((int32_t)s->head.channel);
}

void az_socket_notify(struct az_stack *s, uint32_t number)
{
	uint8_t *bytes = attention(s, s->at.client_attention);

	__atomic_store_n(bytes + number, 1, __ATOMIC_SEQ_CST);
	s->wake = true;
}

uint32_t az_socket_arrival(struct az_stack *s)
{
	for (uint32_t i = 0; i < s->head.arrivals; i++)
		if (az_socket_at(s, i)->stack.state == AZ_SOCKET_FREE)
			return i;
	return UINT32_MAX;
}

void az_socket_set(struct az_stack *s, uint32_t number, uint32_t state)
{
	struct az_socket_stack *half = &az_socket_at(s, number)->stack;

	__atomic_store_n(&half->state, state, __ATOMIC_RELEASE);
	az_socket_notify(s, number);
}

void az_socket_fail(struct az_stack *s, uint32_t number, uint32_t error)
{
	az_socket_at(s, number)->stack.error = (uint16_t)error;
	az_socket_set(s, number, AZ_SOCKET_FAILED);
}

void az_socket_free(struct az_stack *s, uint32_t number)
{
	struct az_socket_stack *half = &az_socket_at(s, number)->stack;
	uint32_t round = half->round + 1;

	__atomic_store_n(&half->state, AZ_SOCKET_FREE, __ATOMIC_RELEASE);
	memset((uint8_t *)half + 8, 0, sizeof(*half) - 8);
	__atomic_store_n(&half->round, round, __ATOMIC_RELEASE);
	az_socket_notify(s, number);
}

static uint8_t *buffer(const struct az_stack *s, uint32_t number)
{
	return s->base + s->at.buffers +
	       number * (s->head.receive + s->head.send);
}

/* `length` bytes of a buffer of `size` (a power of two) from a position on. */
static struct az_pieces span(
    uint8_t *bytes, uint32_t size, uint32_t position, uint32_t length)
{
	uint32_t at = position & (size - 1);
	uint32_t first = length < size - at ? length : size - at;

	return (struct az_pieces){ { bytes + at, bytes },
		{ first, length - first } };
}

struct az_pieces az_socket_room(const struct az_stack *s, uint32_t number)
{
	const struct az_socket *socket = az_socket_at(s, number);
	uint32_t taken =
	    socket->client.round == socket->stack.round
		? __atomic_load_n(&socket->client.taken, __ATOMIC_ACQUIRE)
		: 0;
	uint32_t used = socket->stack.received - taken;
	uint32_t size = s->head.receive;

	return span(buffer(s, number), size, socket->stack.received,
	    used < size ? size - used : 0);
}

void az_socket_put(struct az_stack *s, uint32_t number, uint32_t length)
{
	struct az_socket_stack *half = &az_socket_at(s, number)->stack;

	__atomic_store_n(
	    &half->received, half->received + length, __ATOMIC_RELEASE);
	az_socket_notify(s, number);
}

struct az_pieces az_socket_bytes(
    const struct az_stack *s, uint32_t number, uint32_t skip)
{
	const struct az_socket *socket = az_socket_at(s, number);
	uint32_t from = socket->stack.taken + skip;
	uint32_t length = 0;

	if (socket->client.round == socket->stack.round)
		length =
		    __atomic_load_n(&socket->client.sent, __ATOMIC_ACQUIRE) -
		    from;
	if (length > s->head.send)
		length = 0;
	return span(
	    buffer(s, number) + s->head.receive, s->head.send, from, length);
}

void az_socket_take(struct az_stack *s, uint32_t number, uint32_t length)
{
	struct az_socket_stack *half = &az_socket_at(s, number)->stack;

	__atomic_store_n(&half->taken, half->taken + length, __ATOMIC_RELEASE);
	az_socket_notify(s, number);
}

uint32_t az_pieces_write(struct az_pieces to, const void *from, uint32_t length)
{
	const uint8_t *bytes = from;
	uint32_t first = length < to.length[0] ? length : to.length[0];
	uint32_t rest = length - first;

	if (rest > to.length[1])
		rest = to.length[1];
	memcpy(to.at[0], bytes, first);
	if (rest > 0)
		memcpy(to.at[1], bytes + first, rest);
	return first + rest;
}

uint32_t az_pieces_read(void *to, struct az_pieces from, uint32_t length)
{
	uint8_t *bytes = to;
	uint32_t first = length < from.length[0] ? length : from.length[0];
	uint32_t rest = length - first;

	if (rest > from.length[1])
		rest = from.length[1];
	memcpy(bytes, from.at[0], first);
	if (rest > 0)
		memcpy(bytes + first, from.at[1], rest);
	return first + rest;
}

struct az_pieces az_pieces_skip(struct az_pieces s, uint32_t skip)
{
	uint32_t first = skip < s.length[0] ? skip : s.length[0];
	uint32_t rest = skip - first;

	if (rest > s.length[1])
		rest = s.length[1];
	return (struct az_pieces){ { s.at[0] + first, s.at[1] + rest },
		{ s.length[0] - first, s.length[1] - rest } };
}

bool az_socket_target(
    const struct az_stack *s, uint32_t number, char *text, uint32_t size)
{
	uint32_t length = az_socket_at(s, number)->client.text;

	if (length >= size || length > AZ_SOCKET_TEXT_MAX)
		return false;
	memcpy(text, buffer(s, number) + s->head.receive, length);
	text[length] = 0;
	return memchr(text, 0, length) == NULL;
}

struct az_pieces az_pieces_cut(struct az_pieces s, uint32_t length)
{
	if (s.length[0] > length)
		s.length[0] = length;
	length -= s.length[0];
	if (s.length[1] > length)
		s.length[1] = length;
	return s;
}
