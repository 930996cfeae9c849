/* The channels of an index: who may reach whom, and how. */
#include "verify/records.h"

#include "abi/layout.h"
#include "abi/socket.h"
#include "base/mem.h"
#include "verify/refuse.h"
#include "verify/seen.h"
#include "verify/sockets.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_CHANNEL

#define MS ((uint64_t)1000000)
#define TIMEOUT_MAX (3600 * 1000 * MS)

enum { RECORD_ALIGN = 8 };

/* What a type of channel allows. */
static const struct type_row {
	uint32_t flags, queue, least, peers, owner, others;
	uint64_t timeout;
} type_rows[] = {
	[AZ_CHANNEL_CALL] = { AZ_CHANNEL_RETRY | AZ_CHANNEL_TRAP |
				  AZ_CHANNEL_EXCLUSIVE,
	    AZ_QUEUE_MAX, 2, AZ_MODULES_MAX, 0, AZ_RIGHT_CALL, TIMEOUT_MAX },
	[AZ_CHANNEL_RING] = { AZ_CHANNEL_KEEP, 0, 2, 2, AZ_RIGHT_WRITE,
	    AZ_RIGHT_READ, 0 },
	[AZ_CHANNEL_SIGNAL] = { 0, 0, 2, AZ_MODULES_MAX, AZ_RIGHT_WRITE,
	    AZ_RIGHT_READ, 0 },
	[AZ_CHANNEL_SOCKET] = { 0, AZ_SOCKETS_MAX, 2, 2,
	    AZ_RIGHT_WRITE | AZ_RIGHT_READ, AZ_RIGHT_READ, 0 },
	[AZ_CHANNEL_DEVICE] = { 0, 0, 1, AZ_MODULES_MAX,
	    AZ_RIGHT_WRITE | AZ_RIGHT_READ, AZ_RIGHT_READ, 0 },
};

static bool size_ok(const struct az_channel *c)
{
	bool pages = c->size % AZ_PAGE_SIZE == 0 && c->size <= AZ_SHARED_MAX;
	struct sockets_shape shape;

	if (c->type == AZ_CHANNEL_CALL)
		return pages &&
		       (c->size > 0 || (c->flags & AZ_CHANNEL_EXCLUSIVE) == 0);
	if (c->type == AZ_CHANNEL_SOCKET)
		return sockets_shape(&shape, c);
	if (c->type == AZ_CHANNEL_RING)
		return pages && c->size > 0 && (c->size & (c->size - 1)) == 0;
	return c->type == AZ_CHANNEL_SIGNAL ? c->size == 0 : pages;
}

static enum az_refusal fields_check(
    const struct az_channel *c, const struct type_row *row, const char **why)
{
	uint32_t both = AZ_CHANNEL_RETRY | AZ_CHANNEL_TRAP;

	MUST((c->flags & ~row->flags) == 0 && (c->flags & both) != both,
	    "channel: flag that its type has not");
	MUST(c->queue <= row->queue, "channel: bad length of the queue");
	MUST(
	    c->timeout == 0 || (c->timeout >= MS && c->timeout <= row->timeout),
	    "channel: bad timeout");
	MUST(size_ok(c), "channel: bad size");
	MUST(c->record == 0 || c->type == AZ_CHANNEL_SOCKET ||
		 (c->type == AZ_CHANNEL_RING && c->record <= AZ_RECORD_MAX &&
		     c->record % RECORD_ALIGN == 0),
	    "channel: bad size of a record");
	return AZ_REFUSE_NONE;
}

/* The owner's end, then the others by ascending module. */
static enum az_refusal peers_check(const struct bundle *b,
    const struct az_channel *c, const struct type_row *row, const char **why)
{
	const struct az_peer *peers = b->peers + c->peers.first;

	MUST(c->peers.count >= row->least && c->peers.count <= row->peers,
	    "channel: wrong number of ends");
	for (uint32_t i = 0; i < c->peers.count; i++) {
		uint32_t must = i == 0 ? row->owner : row->others;
		uint32_t may = must == 0 ? 0 : must | AZ_RIGHT_LEND;

		MUST(peers[i].module < b->module_count, "end: of no module");
		MUST((peers[i].module == c->owner) == (i == 0),
		    "end: the owner's is not the first");
		MUST(i < 2 || peers[i].module > peers[i - 1].module,
		    "end: not sorted by module, or twice");
		MUST((peers[i].rights & must) == must &&
			 (peers[i].rights & ~may) == 0,
		    "end: rights that it cannot have");
	}
	return AZ_REFUSE_NONE;
}

static bool is_int(char letter)
{
	return letter == 'i' || letter == 'I';
}

static bool is_float(char letter)
{
	return letter == 'f' || letter == 'F';
}

/* Whether type is "params:results" of what travels in registers; *params
 * counts these. */
static bool type_ok(struct bundle_text type, uint32_t *params)
{
	uint32_t ints = 0, floats = 0, i = 0;

	while (i < type.len && (is_int(type.at[i]) || is_float(type.at[i]))) {
		ints += is_int(type.at[i]);
		floats += is_float(type.at[i++]);
	}
	*params = i;
	if (ints > AZ_METHOD_INTS_MAX || floats > AZ_METHOD_FLOATS_MAX ||
	    i == type.len || type.at[i] != ':')
		return false;
	return i + 1 == type.len ||
	       (i + 2 == type.len &&
		   (is_int(type.at[i + 1]) || is_float(type.at[i + 1])));
}

/* The bytes that go with a call of type, which has so many parameters. */
static bool copy_ok(
    const struct az_copy *copy, struct bundle_text type, uint32_t params)
{
	if (copy->pointer >= params || type.at[copy->pointer] != 'i')
		return false;
	if (copy->length != AZ_COPY_FIXED &&
	    (copy->length >= params || type.at[copy->length] != 'i' ||
		copy->length == copy->pointer))
		return false;
	return copy->flags != 0 && copy->flags <= (AZ_COPY_IN | AZ_COPY_OUT) &&
	       copy->max > 0 && copy->max <= AZ_COPY_MAX;
}

static enum az_refusal method_check(
    const struct bundle *b, const struct az_method *m, const char **why)
{
	struct bundle_text type = bundle_text(b, m->type);
	uint32_t params = 0;

	MUST(m->name.len > 0 && records_text_plain(b, m->name, AZ_NAME_MAX),
	    "method: malformed name");
	MUST(records_text_plain(b, m->type, AZ_NAME_MAX) &&
		 type_ok(type, &params),
	    "method: malformed type");
	MUST(m->flags <= (AZ_METHOD_STATUS | AZ_METHOD_IDEMPOTENT),
	    "method: unknown flag");
	MUST((m->flags & AZ_METHOD_STATUS) == 0 || type.at[type.len - 1] == 'i',
	    "method: status that is no i32");
	MUST(m->copy_count <= AZ_COPIES_MAX, "method: too many copies");
	for (uint32_t i = 0; i < m->copy_count; i++)
		MUST(copy_ok(&m->copies[i], type, params), "method: bad copy");
	MUST(text_is_zero(&m->copies[m->copy_count],
		 (AZ_COPIES_MAX - m->copy_count) * sizeof(struct az_copy)),
	    "method: unused copy is not zero");
	return AZ_REFUSE_NONE;
}

static enum az_refusal methods_check(
    const struct bundle *b, const struct az_channel *c, const char **why)
{
	const struct az_method *methods = b->methods + c->methods.first;
	struct seen seen = { 0 };

	MUST(c->methods.count == 0 || c->type == AZ_CHANNEL_CALL,
	    "method: of what is not called");
	REQUIRE(c->methods.count <= AZ_METHODS_MAX, AZ_REFUSE_LIMIT,
	    "channel: too many methods");
	for (uint32_t i = 0; i < c->methods.count; i++) {
		PASS(method_check(b, &methods[i], why));
		MUST(records_is_new(b, methods, sizeof(*methods), i, &seen),
		    "method: name comes twice");
	}
	return AZ_REFUSE_NONE;
}

enum { SET_BITS = 64, SET_WORDS = AZ_MODULES_MAX / SET_BITS };

/* Modules that call one of the set `open`: into `callers`. */
static void callers_find(const struct bundle *b, uint64_t callers[SET_WORDS],
    const uint64_t open[SET_WORDS])
{
	for (uint32_t i = 0; i < b->channel_count; i++) {
		const struct az_channel *c = &b->channels[i];
		const struct az_peer *peers = b->peers + c->peers.first;

		if (c->type != AZ_CHANNEL_CALL ||
		    (open[c->owner / SET_BITS] >> c->owner % SET_BITS & 1) == 0)
			continue;
		for (uint32_t k = 1; k < c->peers.count; k++)
			callers[peers[k].module / SET_BITS] |=
			    (uint64_t)1 << peers[k].module % SET_BITS;
	}
}

/* A cycle of calls would wait for itself. What is on none goes away, a step
 * further from those that call nobody in each round. */
static enum az_refusal cycles_check(const struct bundle *b, const char **why)
{
	uint64_t open[SET_WORDS];

	memset(open, 0xff, sizeof(open));
	for (;;) {
		uint64_t callers[SET_WORDS] = { 0 };

		callers_find(b, callers, open);
		if (memcmp(callers, open, sizeof(open)) == 0)
			break;
		memcpy(open, callers, sizeof(open));
	}
	MUST(text_is_zero(open, sizeof(open)),
	    "channel: calls go round in a circle");
	return AZ_REFUSE_NONE;
}

static enum az_refusal channel_check(
    const struct bundle *b, const struct az_channel *c, const char **why)
{
	const struct type_row *row = &type_rows[c->type];

	PASS(fields_check(c, row, why));
	PASS(peers_check(b, c, row, why));
	return methods_check(b, c, why);
}

/* A socket channel is called NETWORK.MODULE. */
static bool name_ok(const struct bundle *b, const struct az_channel *c)
{
	struct az_text first = c->name, last = c->name;

	if (c->type != AZ_CHANNEL_SOCKET)
		return records_is_name(b, c->name);
	if (!records_text_plain(b, c->name, 2 * AZ_NAME_MAX + 1))
		return false;
	first.len = 0;
	while (first.len < last.len && b->text[first.off + first.len] != '.')
		first.len++;
	last.off += first.len + 1;
	last.len -= first.len + 1;
	return first.len < c->name.len && records_is_name(b, first) &&
	       records_is_name(b, last);
}

static enum az_refusal names_check(const struct bundle *b, const char **why)
{
	struct seen seen = { 0 };

	for (uint32_t i = 0; i < b->channel_count; i++) {
		const struct az_channel *c = &b->channels[i];

		MUST(name_ok(b, c), "channel: malformed name");
		MUST(records_is_new(b, b->channels, sizeof(*c), i, &seen),
		    "channel: name comes twice");
	}
	return AZ_REFUSE_NONE;
}

enum az_refusal channels_check(const struct bundle *b, const char **why)
{
	uint32_t peers = 0, methods = 0;

	/* By itself: two filters at once would be much of a boot's stack. */
	PASS(names_check(b, why));
	for (uint32_t i = 0; i < b->channel_count; i++) {
		const struct az_channel *c = &b->channels[i];

		MUST(c->type >= AZ_CHANNEL_CALL && c->type <= AZ_CHANNEL_DEVICE,
		    "channel: unknown type");
		MUST(records_follow(c->peers, &peers, b->peer_count),
		    "channel: ends out of order");
		MUST(records_follow(c->methods, &methods, b->method_count),
		    "channel: methods out of order");
		PASS(channel_check(b, c, why));
	}
	MUST(peers == b->peer_count, "end without a channel");
	MUST(methods == b->method_count, "method without a channel");
	return cycles_check(b, why);
}
