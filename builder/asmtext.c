#include "asmtext.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "asmtext_line.h"
#include "asmtext_live.h"

#define WINDOW "(%r15,"

struct thin {
	struct buf *out;
	struct line *lines;
	size_t count;
	uint16_t clean; /* registers last written as 32 bits in this run */
	/* By register: a clean one with the same lower half, or REG_NONE. */
	uint8_t same[REG_COUNT];
	size_t dropped;
};

static void put_name64(struct buf *out, unsigned num)
{
	static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp",
		"rbp", "rsi", "rdi" };

	if (num < 8)
		buf_printf(out, "%%%s", names[num]);
	else
		buf_printf(out, "%%r%u", num);
}

static void put_name32(struct buf *out, unsigned num)
{
	static const char *const names[] = { "eax", "ecx", "edx", "ebx", "esp",
		"ebp", "esi", "edi" };

	if (num < 8)
		buf_printf(out, "%%%s", names[num]);
	else
		buf_printf(out, "%%r%ud", num);
}

static void put_line(struct buf *out, const struct line *l)
{
	buf_add(out, l->whole.at, l->whole.len);
}

/* The index of the line's operand behind r15; empty when there is none. */
static struct piece index_of(const struct line *l)
{
	struct piece line = l->whole, index = { .at = line.at };
	const char *at = memmem(line.at, line.len, WINDOW, strlen(WINDOW));
	const char *end;

	if (at == NULL)
		return index;
	at += strlen(WINDOW);
	end = memchr(at, ')', line.len - (size_t)(at - line.at));
	if (end != NULL)
		index = (struct piece){ at, (size_t)(end - at) };
	return index;
}

/* The access by another index. */
static void put_access(struct buf *out, const struct line *access, unsigned num)
{
	struct piece line = access->whole, index = index_of(access);
	size_t before = (size_t)(index.at - line.at);

	buf_add(out, line.at, before);
	put_name64(out, num);
	buf_add(out, index.at + index.len, line.len - before - index.len);
}

static bool is_copy(const struct line *l, struct reg *from, struct reg *to)
{
	*from = asmtext_reg(l->first);
	*to = asmtext_reg(l->last);
	return piece_is(l->name, "movl") && from->num != REG_NONE &&
	       to->num != REG_NONE;
}

/* A copy and, right behind it, the access by what was copied. */
static bool is_pair(
    const struct thin *t, size_t at, struct reg *from, struct reg *to)
{
	return at + 1 < t->count && is_copy(&t->lines[at], from, to) &&
	       asmtext_reg(index_of(&t->lines[at + 1])).num == to->num;
}

/* Whether a pair in the rest of the run copies the register as it is now. */
static bool wanted_again(const struct thin *t, size_t at, unsigned num)
{
	for (; at < t->count; at++) {
		const struct line *l = &t->lines[at];
		struct reg from, to;

		if (is_pair(t, at, &from, &to) && from.num == num)
			return true;
		if (l->writes >> num & 1 || l->kind == LINE_JUMP ||
		    l->kind == LINE_RETURN)
			return false;
	}
	return false;
}

static void forget(struct thin *t, uint16_t written)
{
	t->clean &= (uint16_t)~written;
	for (unsigned i = 0; i < REG_COUNT; i++) {
		if (written >> i & 1 ||
		    (t->same[i] != REG_NONE && written >> t->same[i] & 1))
			t->same[i] = REG_NONE;
	}
}

static void note(struct thin *t, const struct line *l)
{
	struct reg from, to;

	forget(t, l->writes);
	t->clean |= l->clears;
	if (is_copy(l, &from, &to) && from.num != to.num)
		t->same[from.num] = (uint8_t)to.num;
}

/* A pair with the register's own upper half cleared in place of a copy's, so
 * that the next pair finds it clean. */
static void put_in_place(
    struct thin *t, const struct line *access, unsigned num)
{
	buf_puts(t->out, "\tmovl ");
	put_name32(t->out, num);
	buf_puts(t->out, ", ");
	put_name32(t->out, num);
	buf_putc(t->out, '\n');
	put_access(t->out, access, num);
	t->clean |= (uint16_t)(1 << num);
}

/* The pair at `at`, in the shortest form that is known to do the same. */
static void put_pair(struct thin *t, size_t at, unsigned from, unsigned to)
{
	const struct line *copy = &t->lines[at], *access = copy + 1;
	uint16_t read =
	    (uint16_t)(asmtext_reg(access->first).num == from ? access->reads
							      : 0);
	uint16_t live = (uint16_t)((access->live & ~access->sets) | read);

	if (!(t->clean >> from & 1) && t->same[from] != REG_NONE)
		from = t->same[from];
	if (t->clean >> from & 1) {
		put_access(t->out, access, from);
		t->dropped++;
	} else if (!(live >> from & 1) && !(access->writes >> from & 1) &&
		   from != to && wanted_again(t, at + 2, from)) {
		put_in_place(t, access, from);
	} else {
		put_line(t->out, copy);
		put_line(t->out, access);
		note(t, copy);
	}
	note(t, access);
}

static void put_all(struct thin *t)
{
	struct reg from, to;

	for (size_t i = 0; i < t->count; i++) {
		if (is_pair(t, i, &from, &to)) {
			put_pair(t, i, from.num, to.num);
			i++;
			continue;
		}
		put_line(t->out, &t->lines[i]);
		note(t, &t->lines[i]);
	}
}

static struct line *read_lines(const char *text, size_t len, size_t *count)
{
	const char *end = text + len;
	size_t room = 1;
	struct line *lines;

	for (const char *at = text; at < end; at++)
		room += *at == '\n';
	lines = xcalloc(room, sizeof(*lines));
	for (*count = 0; text < end; ++*count) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl != NULL ? nl + 1 : end) - text);

		lines[*count] = asmtext_line((struct piece){ text, n });
		text += n;
	}
	return lines;
}

size_t asmtext_thin(struct buf *out, const char *text, size_t len)
{
	struct thin t = { .out = out };

	memset(t.same, REG_NONE, sizeof(t.same));
	t.lines = read_lines(text, len, &t.count);
	asmtext_live(t.lines, t.count);
	put_all(&t);
	free(t.lines);
	return t.dropped;
}
