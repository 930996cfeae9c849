#include "asmtext.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW "(%r15,"

enum { NO_REG = 16, RAX = 0, RDX = 2 };

/* A piece of the text. */
struct span {
	const char *at;
	size_t len;
};

struct reg {
	unsigned num; /* NO_REG: no general register */
	bool is32;
};

struct thin {
	struct buf *out;
	uint16_t clean;   /* registers last written as 32 bits in this run */
	struct span copy; /* a line held back: `movl %from, %to` */
	struct reg from, to;
	size_t dropped;
};

/* What an instruction writes of the general registers. */
enum effect {
	NOTHING,
	LAST,      /* its last operand; clears the rest when of 32 bits */
	LAST_SOIL, /* the same, and the rest may be anything */
	IMPLIED,   /* rax and rdx */
	ANYTHING,
};

/* By name, without the suffix that tells the size; sorted. */
static const struct op {
	const char *name;
	enum effect effect;
} ops[] = {
	{ "adc", LAST },
	{ "add", LAST },
	{ "and", LAST },
	{ "bsf", LAST_SOIL },
	{ "bsr", LAST_SOIL },
	{ "bswap", LAST },
	{ "bt", NOTHING },
	{ "btc", LAST },
	{ "btr", LAST },
	{ "bts", LAST },
	{ "cltd", IMPLIED },
	{ "cltq", IMPLIED },
	{ "cmp", NOTHING },
	{ "cqto", IMPLIED },
	{ "cvtsd2si", LAST },
	{ "cvtss2si", LAST },
	{ "cvttsd2si", LAST },
	{ "cvttss2si", LAST },
	{ "cwtl", IMPLIED },
	{ "dec", LAST },
	{ "div", IMPLIED },
	{ "idiv", IMPLIED },
	{ "imul", LAST },
	{ "inc", LAST },
	{ "lea", LAST },
	{ "mov", LAST },
	{ "movabs", LAST },
	{ "movd", LAST },
	{ "movmskpd", LAST },
	{ "movmskps", LAST },
	{ "movsb", LAST },
	{ "movsl", LAST },
	{ "movsw", LAST },
	{ "movzb", LAST },
	{ "movzw", LAST },
	{ "mul", IMPLIED },
	{ "neg", LAST },
	{ "nop", NOTHING },
	{ "not", LAST },
	{ "or", LAST },
	{ "pop", LAST_SOIL },
	{ "push", NOTHING },
	{ "rol", LAST },
	{ "ror", LAST },
	{ "sal", LAST },
	{ "sar", LAST },
	{ "sbb", LAST },
	{ "shl", LAST },
	{ "shld", LAST },
	{ "shr", LAST },
	{ "shrd", LAST },
	{ "sub", LAST },
	{ "test", NOTHING },
	{ "xor", LAST },
};

static bool starts(struct span s, const char *with)
{
	size_t len = strlen(with);

	return s.len >= len && memcmp(s.at, with, len) == 0;
}

static bool is(struct span s, const char *text)
{
	return s.len == strlen(text) && starts(s, text);
}

static int compare_op(const void *key, const void *op)
{
	const struct span *s = key;
	const char *name = ((const struct op *)op)->name;
	int order = strncmp(s->at, name, s->len);

	return order != 0 ? order : name[s->len] != '\0' ? -1 : 0;
}

static const struct op *find_op(struct span name)
{
	return bsearch(&name, ops, sizeof(ops) / sizeof(ops[0]), sizeof(ops[0]),
	    compare_op);
}

/* The general register that an operand is. */
static struct reg parse_reg(struct span s)
{
	static const char *const wide[] = { "rax", "rcx", "rdx", "rbx", "rsp",
		"rbp", "rsi", "rdi" };
	/* Parts of those, by their letters: al, ah, ax; sil, si. */
	static const char *const part[] = { "a", "c", "d", "b", "sp", "bp",
		"si", "di" };
	unsigned num = 0;

	if (s.len < 3 || s.at[0] != '%')
		return (struct reg){ .num = NO_REG };
	s.at++;
	s.len--;
	for (unsigned i = 0; i < 8; i++) {
		if (is(s, wide[i]))
			return (struct reg){ .num = i };
		if (s.at[0] == 'e' && s.len == 3 &&
		    memcmp(s.at + 1, wide[i] + 1, 2) == 0)
			return (struct reg){ .num = i, .is32 = true };
	}
	if (s.at[0] == 'r' && s.at[1] >= '0' && s.at[1] <= '9') {
		for (s.at++, s.len--; s.len > 0 && *s.at >= '0' && *s.at <= '9';
		     s.at++, s.len--)
			num = num * 10 + (unsigned)(*s.at - '0');
		return (struct reg){ .num = num < NO_REG ? num : NO_REG,
			.is32 = is(s, "d") };
	}
	for (unsigned i = 0; i < 8 && s.at[0] != 'x'; i++) {
		if (starts(s, part[i]) && s.len <= 3)
			return (struct reg){ .num = i };
	}
	return (struct reg){ .num = NO_REG };
}

/* Divide operands at their last comma outside parentheses: *first is empty
 * when there is but one. */
static void split_last(struct span *first, struct span *last, struct span all)
{
	int depth = 0;
	size_t i = all.len;

	*first = (struct span){ .at = all.at };
	*last = all;
	while (i-- > 0) {
		depth += all.at[i] == ')';
		depth -= all.at[i] == '(';
		if (depth != 0 || all.at[i] != ',')
			continue;
		first->len = i;
		for (i++; i < all.len && all.at[i] == ' '; i++)
			;
		*last = (struct span){ all.at + i, all.len - i };
		return;
	}
}

static enum effect effect_of(
    struct span name, struct span first, struct span last)
{
	const struct op *op = find_op(name);
	bool sized = name.len > 1 && strchr("bwlq", name.at[name.len - 1]);

	if (op == NULL && sized)
		op = find_op((struct span){ name.at, name.len - 1 });
	if (op != NULL && first.len == 0 && strcmp(op->name, "imul") == 0)
		return IMPLIED;
	/* A shift by nothing may write nothing. */
	if (op != NULL && strchr("rs", name.at[0]) && starts(first, "%cl"))
		return LAST_SOIL;
	if (op != NULL)
		return op->effect;
	if (starts(name, "cmov") || starts(name, "set"))
		return LAST;
	if (name.at[0] == 'j')
		return NOTHING;
	if (starts(last, "%xmm") ||
	    (starts(first, "%xmm") && last.at[last.len - 1] == ')'))
		return NOTHING;
	return ANYTHING;
}

static void note_write(struct thin *t, struct span operand, bool clears)
{
	struct reg r = parse_reg(operand);

	if (r.num == NO_REG)
		return;
	if (clears && r.is32)
		t->clean |= (uint16_t)(1 << r.num);
	else
		t->clean &= (uint16_t) ~(1 << r.num);
}

static void note_insn(
    struct thin *t, struct span name, struct span first, struct span last)
{
	switch (effect_of(name, first, last)) {
	case NOTHING:
		break;
	case LAST:
		note_write(t, last, true);
		break;
	case LAST_SOIL:
		note_write(t, last, false);
		break;
	case IMPLIED:
		t->clean &= (uint16_t) ~(1 << RAX | 1 << RDX);
		break;
	case ANYTHING:
		t->clean = 0;
		break;
	}
}

static void put_name64(struct buf *out, unsigned num)
{
	static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp",
		"rbp", "rsi", "rdi" };

	if (num < 8)
		buf_puts(out, names[num]);
	else
		buf_printf(out, "r%u", num);
}

/* Where in the line the index stands of an operand behind r15, or NULL. */
static const char *find_index(struct span line, struct span *index)
{
	const char *at = memmem(line.at, line.len, WINDOW, strlen(WINDOW));
	const char *end;

	if (at == NULL)
		return NULL;
	at += strlen(WINDOW);
	end = memchr(at, ')', line.len - (size_t)(at - line.at));
	if (end == NULL)
		return NULL;
	*index = (struct span){ at, (size_t)(end - at) };
	return at;
}

/* Write the line behind the copy that is held back without that, if it is an
 * access by what was copied. */
static bool put_access(struct thin *t, struct span line)
{
	struct span index;
	const char *at = find_index(line, &index);

	if (at == NULL || parse_reg(index).num != t->to.num)
		return false;
	buf_add(t->out, line.at, (size_t)(at - line.at));
	buf_putc(t->out, '%');
	put_name64(t->out, t->from.num);
	at += index.len;
	buf_add(t->out, at, (size_t)(line.at + line.len - at));
	t->copy.len = 0;
	t->dropped++;
	return true;
}

/* Write the copy that is held back, if there is one. */
static void put_copy(struct thin *t)
{
	if (t->copy.len == 0)
		return;
	buf_add(t->out, t->copy.at, t->copy.len);
	t->clean |= (uint16_t)(1 << t->to.num);
	t->copy.len = 0;
}

/* Hold the line back when it is a copy out of a clean register. */
static bool hold(struct thin *t, struct span line, struct span name,
    struct span first, struct span last)
{
	struct reg from = parse_reg(first), to = parse_reg(last);

	if (!is(name, "movl") || to.num == NO_REG || from.num == NO_REG ||
	    !(t->clean >> from.num & 1))
		return false;
	t->copy = line;
	t->from = from;
	t->to = to;
	return true;
}

static struct span trimmed(struct span s)
{
	while (s.len > 0 && (s.at[0] == '\t' || s.at[0] == ' ')) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && strchr(" \t\n", s.at[s.len - 1]))
		s.len--;
	return s;
}

static void read_line(struct thin *t, struct span line)
{
	struct span name = trimmed(line), rest = name, first, last;
	bool indented = name.at != line.at, written = false;

	if (t->copy.len > 0)
		written = put_access(t, line);
	if (!written)
		put_copy(t);
	for (name.len = 0; name.len < rest.len; name.len++) {
		if (strchr(" \t", rest.at[name.len]))
			break;
	}
	rest.at += name.len;
	rest.len -= name.len;
	split_last(&first, &last, trimmed(rest));
	if (!written && hold(t, line, name, first, last))
		return;
	if (!written)
		buf_add(t->out, line.at, line.len);
	if (name.len == 0 || name.at[0] == '#')
		return;
	if (!indented || memchr(line.at, ';', line.len) != NULL)
		t->clean = 0;
	else if (name.at[0] != '.')
		note_insn(t, name, first, last);
}

size_t asmtext_thin(struct buf *out, const char *text, size_t len)
{
	struct thin t = { .out = out };
	const char *end = text + len;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl != NULL ? nl + 1 : end) - text);

		read_line(&t, (struct span){ text, n });
		text += n;
	}
	put_copy(&t);
	return t.dropped;
}
