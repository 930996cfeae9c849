#include "test/mutate_code.h"

#include <stdbool.h>
#include <string.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "test/code_input.h"
#include "test/raw_code.h"
#include "verify/x86_64/decode.h"

/* libFuzzer's; other programs that link this archive never reach it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
    __attribute__((weak));

enum {
	HEAD = sizeof(struct input_head),
	TRIES = 32,
	PAIR_MAX = 2 * X86_INSN_MAX,
	BY_REGISTER = 3,
	RM_SIB = 4,
	RM_RIP = 5,
};

/* An input while it changes. */
struct code {
	struct input_head *head;
	uint8_t *text;
	size_t len, max;
	uint32_t random;
};

/* Steps of a small generator, so that a run can be repeated. */
static uint32_t next(struct code *c)
{
	c->random = c->random * 1664525 + 1013904223;
	return c->random >> 8;
}

static uint32_t below(struct code *c, size_t count)
{
	return next(c) % (uint32_t)count;
}

/* --- Places ----------------------------------------------------------------- */
/* Step over the instruction at `at`, or over one byte that starts none. */
static size_t step(const struct code *c, size_t at, struct x86_insn *in)
{
	if (x86_decode(in, c->text + at, c->len - at))
		return in->len;
	*in = (struct x86_insn){ 0 };
	return 1;
}

/* Where some instruction starts; with end, perhaps behind the last. */
static size_t boundary(struct code *c, bool end)
{
	struct x86_insn in;
	size_t want = below(c, c->len + end), at = 0, size;

	while (at < c->len) {
		size = step(c, at, &in);
		if (at + size > want)
			return at;
		at += size;
	}
	return end ? c->len : 0;
}

static void store(uint8_t *at, unsigned bytes, int64_t value)
{
	memcpy(at, &value, bytes);
}

/* Where `place` is when, at `at`, more bytes come, or go. */
static int64_t moved(const struct code *c, int64_t place, size_t at, int by)
{
	bool behind = place > (int64_t)at && place <= (int64_t)c->len;

	return behind ? place + by : place;
}

static bool is_branch(const struct x86_insn *in)
{
	return in->kind == X86_CALL || in->kind == X86_JMP ||
	       in->kind == X86_JCC;
}

/* Let branches and RIP-relative operands mean the same, once `by` bytes have
 * come at `at`. A distance that no longer fits its byte becomes another one. */
static void keep_distances(struct code *c, size_t at, int by)
{
	struct x86_insn in;

	for (size_t i = 0, size; i < c->len; i += size) {
		int64_t end, self;

		size = step(c, i, &in);
		end = (int64_t)(i + size);
		self = i >= at ? end + by : end;
		if (is_branch(&in)) {
			unsigned bytes = size == 2 ? 1 : 4;

			store(c->text + end - bytes, bytes,
			    moved(c, end + in.imm, at, by) - self);
		} else if (in.mode == X86_RIP && in.len != 0) {
			struct raw_code raw =
			    raw_code_read(c->text + i, in.len);

			store(
			    c->text + i + raw.len + 1, 4, in.disp + end - self);
		}
	}
}

/* The function that holds `at` grows or shrinks. */
static void keep_lens(struct code *c, size_t at, int by)
{
	size_t end = 0;

	for (int i = 0; i < INPUT_FUNCS_MAX - 1; i++) {
		end += c->head->lens[i];
		if (at < end) {
			c->head->lens[i] = (uint8_t)(c->head->lens[i] + by);
			return;
		}
	}
}

static void insert(
    struct code *c, size_t at, const uint8_t *bytes, size_t count)
{
	if (count > c->max - c->len)
		return;
	keep_distances(c, at, (int)count);
	memmove(c->text + at + count, c->text + at, c->len - at);
	memcpy(c->text + at, bytes, count);
	c->len += count;
	keep_lens(c, at, (int)count);
}

static void delete (struct code *c, size_t at, size_t count)
{
	if (count > c->len - at || count == c->len)
		return;
	keep_lens(c, at, -(int)count);
	memmove(c->text + at, c->text + at + count, c->len - at - count);
	c->len -= count;
	keep_distances(c, at, -(int)count);
}

/* --- New instructions -------------------------------------------------------- */
/* A displacement or immediate that may be on the edge of something. */
static int32_t edge_value(struct code *c)
{
	static const int32_t values[] = { 0, 1, 7, 8, 9, 15, 16, 24, 31, 32, 48,
		63, 64, 112, 120, 127, 128, -1, -8, -128, 0x7ff8, 0x7fff,
		0x8000, 0x8008, INT32_MAX, INT32_MIN };

	return values[below(c, sizeof(values) / sizeof(values[0]))];
}

/* ModRM and what follows it, naming memory in a way that modules use, or not
 * quite. Returns the bytes; *rex gets the bits that it needs. */
static size_t put_memory(struct code *c, uint8_t *out, uint8_t *rex)
{
	uint8_t reg = (uint8_t)(below(c, 8) << 3);
	uint8_t index = (uint8_t)below(c, 16);
	bool small = below(c, 2);

	*rex |= 0x40;
	switch (below(c, 4)) {
	case 0: /* disp(%rip) */
		out[0] = reg | RM_RIP;
		store(out + 1, 4, 0);
		return 5;
	case 1: /* disp(%rsp) */
		*rex &= (uint8_t)~3;
		out[0] = (uint8_t)((small ? 0x40 : 0x80) | reg | RM_SIB);
		out[1] = 0x24;
		break;
	default: /* disp(%r15,index) */
		*rex = (uint8_t)((*rex & ~2) | 1 | (index & 8 ? 2 : 0));
		out[0] = (uint8_t)((small ? 0x40 : 0x80) | reg | RM_SIB);
		out[1] = (uint8_t)((index & 7) << 3 | 7);
	}
	store(out + 2, small ? 1 : 4, edge_value(c));
	return small ? 3 : 6;
}

/* Some instruction of the list; 0 bytes when none was found. */
static size_t any_insn(struct code *c, uint8_t out[X86_INSN_MAX])
{
	static const uint8_t prefixes[] = { 0x66, 0xf2, 0xf3 };
	struct x86_insn in;

	for (int i = 0; i < TRIES; i++) {
		uint8_t body[X86_INSN_MAX] = { 0 }, rex = 0;
		size_t n = 0, size = 1;

		if (below(c, 3) == 0)
			rex = (uint8_t)(0x40 | below(c, 16));
		body[0] = (uint8_t)(BY_REGISTER << 6 | below(c, 64));
		if (below(c, 2))
			size = put_memory(c, body, &rex);
		store(body + size, 4, edge_value(c));
		if (below(c, 6) == 0)
			out[n++] = prefixes[below(c, sizeof(prefixes))];
		if (rex)
			out[n++] = rex;
		if (below(c, 3) == 0)
			out[n++] = 0x0f;
		out[n++] = (uint8_t)next(c);
		memcpy(out + n, body, X86_INSN_MAX - n);
		if (x86_decode(&in, out, X86_INSN_MAX) && !is_branch(&in) &&
		    in.kind != X86_RET)
			return in.len;
	}
	return 0;
}

/* A RIP-relative operand of the instruction at `at` finds data. */
static void aim_at_data(struct code *c, size_t at)
{
	struct x86_insn in;
	struct raw_code raw;
	size_t size = step(c, at, &in);
	int64_t to = below(c, 2) ? AZ_DATA_BASE : AZ_RODATA_BASE;

	if (in.len == 0 || in.mode != X86_RIP)
		return;
	raw = raw_code_read(c->text + at, in.len);
	to +=
	    below(c, 4) ? (int64_t)below(c, c->head->data + 1u) : edge_value(c);
	store(c->text + at + raw.len + 1, 4,
	    to - AZ_TEXT_BASE - (int64_t)(at + size));
}

/* One instruction comes, before it what makes its index safe. */
static void add_insn(struct code *c)
{
	uint8_t bytes[PAIR_MAX];
	struct x86_insn in;
	size_t at = boundary(c, true), size = any_insn(c, bytes);

	if (size == 0)
		return;
	if (x86_decode(&in, bytes, size) && in.mode == X86_BASED &&
	    in.index != X86_NO_REG && below(c, 8)) {
		bool high = in.index >= 8;

		memmove(bytes + 2 + high, bytes, size);
		if (high)
			bytes[0] = 0x45;
		bytes[high] = 0x89;
		bytes[high + 1] = (uint8_t)(0xc0 | (in.index & 7) * 9);
		insert(c, at, bytes, size + 2 + high);
		return;
	}
	insert(c, at, bytes, size);
	aim_at_data(c, at);
}

/* The stack moves down at one place and up again at another. */
static void add_frame(struct code *c)
{
	static const uint8_t ways[][2][7] = {
		{ { 1, 0x53 }, { 1, 0x5b } },
		{ { 2, 0x41, 0x54 }, { 2, 0x41, 0x5c } },
		{ { 4, 0x48, 0x83, 0xec, 0x18 },
		    { 4, 0x48, 0x83, 0xc4, 0x18 } },
		{ { 2, 0x6a, 0x01 }, { 4, 0x48, 0x83, 0xc4, 0x08 } },
		{ { 4, 0x48, 0x83, 0xec, 0x68 },
		    { 4, 0x48, 0x83, 0xc4, 0x68 } },
	};
	const uint8_t(*way)[7] = ways[below(c, sizeof(ways) / sizeof(ways[0]))];
	size_t down = boundary(c, false), up = boundary(c, false);

	if (up < down) {
		size_t other = up;

		up = down;
		down = other;
	}
	insert(c, up, way[1] + 1, way[1][0]);
	insert(c, down, way[0] + 1, way[0][0]);
}

/* Where a call may go, and next to it. */
static int64_t some_target(struct code *c)
{
	int64_t to = (int64_t)boundary(c, false);

	switch (below(c, 6)) {
	case 0:
		to = (int64_t)AZ_HELPER_STRIDE * below(c, AZ_HELP_COUNT + 1) +
		     AZ_HELPER_BASE - AZ_TEXT_BASE;
		break;
	case 1:
		to = (int64_t)AZ_IMPORT_STRIDE * below(c, INPUT_IMPORTS + 1) +
		     AZ_IMPORT_BASE - AZ_TEXT_BASE;
		break;
	case 2:
		to = (int64_t)AZ_THUNK_STRIDE *
			 below(c, INPUT_TABLES_MAX * INPUT_SIGS + 1) +
		     AZ_THUNK_BASE - AZ_TEXT_BASE;
		break;
	case 3:
		to = c->head->lens[0];
		break;
	case 4:
		to = 0;
		break;
	default:
		break;
	}
	return below(c, 16) ? to : to + edge_value(c);
}

static void add_branch(struct code *c)
{
	static const uint8_t ways[][3] = { { 1, 0xe8 }, { 1, 0xe8 },
		{ 1, 0xe9 }, { 2, 0x0f, 0x85 }, { 2, 0x0f, 0x82 } };
	const uint8_t *way = ways[below(c, sizeof(ways) / sizeof(ways[0]))];
	uint8_t bytes[X86_INSN_MAX] = { 0 };
	size_t at = boundary(c, true), size = way[0] + 4u, len = c->len;

	memcpy(bytes, way + 1, way[0]);
	insert(c, at, bytes, size);
	if (c->len != len)
		store(c->text + at + way[0], 4,
		    (way[1] == 0xe8 ? some_target(c)
				    : (int64_t)boundary(c, false)) -
			(int64_t)(at + size));
}

/* A branch goes elsewhere. */
static void turn_branch(struct code *c)
{
	struct x86_insn in;
	size_t from = boundary(c, false), size;

	for (size_t i = from; i < c->len; i += size) {
		size = step(c, i, &in);
		if (!is_branch(&in))
			continue;
		store(c->text + i + size - (size == 2 ? 1 : 4),
		    size == 2 ? 1 : 4,
		    (in.kind == X86_CALL ? some_target(c)
					 : (int64_t)boundary(c, false)) -
			(int64_t)(i + size));
		return;
	}
}

/* --- Changes ---------------------------------------------------------------- */
static void delete_insn(struct code *c)
{
	struct x86_insn in;
	size_t at = boundary(c, false);

	delete (c, at, step(c, at, &in));
}

static void repeat_insns(struct code *c)
{
	uint8_t copy[INPUT_TEXT_MAX];
	struct x86_insn in;
	size_t from = boundary(c, false), end = from;

	for (uint32_t i = below(c, 6) + 1; i > 0 && end < c->len; i--)
		end += step(c, end, &in);
	memcpy(copy, c->text + from, end - from);
	insert(c, boundary(c, true), copy, end - from);
}

/* The last field of an instruction: an immediate, or a displacement. */
static void poke_value(struct code *c)
{
	struct x86_insn in;
	size_t at = boundary(c, false), size = step(c, at, &in);
	unsigned bytes = below(c, 2) ? 1 : 4;

	if (size > bytes)
		store(c->text + at + size - bytes, bytes, edge_value(c));
}

static void poke_byte(struct code *c)
{
	size_t at = boundary(c, false) + below(c, 4);

	if (at < c->len)
		c->text[at] ^= (uint8_t)(1 << below(c, 8));
}

static void change_head(struct code *c)
{
	uint8_t *bytes = (uint8_t *)c->head;

	bytes[below(c, HEAD)] = (uint8_t)next(c);
	if (below(c, 4))
		c->head->lie = LIE_NONE;
}

static void add_function(struct code *c)
{
	static const uint8_t ret[] = { 0xc3 };
	struct input_head *head = c->head;
	size_t len = c->len;

	if (head->funcs == 0 || head->funcs >= INPUT_FUNCS_MAX)
		return;
	memmove(head->lens + 1, head->lens, sizeof(head->lens) - 1);
	memmove(head->sigs + 1, head->sigs, sizeof(head->sigs) - 1);
	head->lens[0] = 0;
	insert(c, 0, ret, sizeof(ret));
	head->lens[0] = (uint8_t)(c->len - len);
	head->funcs++;
}

static void mutate_any(struct code *c)
{
	c->len = LLVMFuzzerMutate(c->text, c->len, c->max);
}

static void change(struct code *c)
{
	static void (*const changes[])(struct code *) = { add_insn, add_insn,
		add_insn, add_insn, add_frame, add_branch, add_branch,
		turn_branch, delete_insn, delete_insn, repeat_insns, poke_value,
		poke_byte, change_head, add_function, mutate_any, mutate_any };

	changes[below(c, sizeof(changes) / sizeof(changes[0]))](c);
}

/* An input from nothing. */
static size_t start(uint8_t *data)
{
	static const struct input_head head = CODE_INPUT_HEAD;
	const size_t callee = head.lens[0], end = HEAD + 2 * callee;

	memcpy(data, &head, HEAD);
	memset(data + HEAD, 0x90, 2 * callee);
	data[HEAD] = data[HEAD + callee] = data[end] = 0xc3;
	return end + 1;
}

size_t mutate_code(uint8_t *data, size_t size, size_t max, unsigned random)
{
	struct code c = { .random = random };

	if (max > INPUT_MAX)
		max = INPUT_MAX;
	if (size <= HEAD || size > max) {
		if (max < 3 * HEAD + 1)
			return LLVMFuzzerMutate(data, size, max);
		size = start(data);
	}
	c.head = (struct input_head *)data;
	c.text = data + HEAD;
	c.len = size - HEAD;
	c.max = max - HEAD;
	for (uint32_t i = 1 + below(&c, 2); i > 0 && c.len > 0; i--)
		change(&c);
	return HEAD + c.len;
}

size_t mutate_code_cross(const uint8_t *one, size_t one_size,
    const uint8_t *other, size_t other_size, uint8_t *out, size_t max,
    unsigned random)
{
	struct code c = { .random = random }, from = { .random = random / 3 };
	size_t first, end;

	if (max > INPUT_MAX)
		max = INPUT_MAX;
	if (one_size <= HEAD || other_size <= HEAD || one_size > max)
		return 0;
	memcpy(out, one, one_size);
	c.head = (struct input_head *)out;
	c.text = out + HEAD;
	c.len = one_size - HEAD;
	c.max = max - HEAD;
	from.text = (uint8_t *)other + HEAD;
	from.len = other_size - HEAD;
	first = boundary(&from, false);
	end = boundary(&from, true);
	if (end > first)
		insert(&c, boundary(&c, true), from.text + first, end - first);
	return HEAD + c.len;
}
