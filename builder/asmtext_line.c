#include "asmtext_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BIT(num) ((uint16_t)(1u << (num)))

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11 };

/* The C calling convention, as far as upper halves go. */
enum {
	ARGUMENTS =
	    1 << RDI | 1 << RSI | 1 << RDX | 1 << RCX | 1 << R8 | 1 << R9,
	SPOILT = ARGUMENTS | 1 << RAX | 1 << R10 | 1 << R11,
	RETURNED = (REGS_ALL & ~SPOILT) | 1 << RAX | 1 << RDX,
};

/* What an instruction writes of the general registers. */
enum effect {
	NOTHING,
	OVER,   /* all of its last operand */
	CHANGE, /* the same, which it reads before */
	MAYBE,  /* the same, or not */
	HIDDEN, /* rax and rdx */
	ANYTHING,
};

/* By name, without the suffix that tells the size; sorted. */
static const struct op {
	const char *name;
	enum effect effect;
} ops[] = {
	{ "adc", CHANGE },
	{ "add", CHANGE },
	{ "and", CHANGE },
	{ "bsf", MAYBE },
	{ "bsr", MAYBE },
	{ "bswap", CHANGE },
	{ "bt", NOTHING },
	{ "btc", CHANGE },
	{ "btr", CHANGE },
	{ "bts", CHANGE },
	{ "cltd", HIDDEN },
	{ "cltq", HIDDEN },
	{ "cmp", NOTHING },
	{ "cqto", HIDDEN },
	{ "cvtsd2si", OVER },
	{ "cvtss2si", OVER },
	{ "cvttsd2si", OVER },
	{ "cvttss2si", OVER },
	{ "cwtl", HIDDEN },
	{ "dec", CHANGE },
	{ "div", HIDDEN },
	{ "idiv", HIDDEN },
	{ "imul", CHANGE },
	{ "inc", CHANGE },
	{ "lea", OVER },
	{ "mov", OVER },
	{ "movabs", OVER },
	{ "movd", OVER },
	{ "movmskpd", OVER },
	{ "movmskps", OVER },
	{ "movsb", OVER },
	{ "movsl", OVER },
	{ "movsw", OVER },
	{ "movzb", OVER },
	{ "movzw", OVER },
	{ "mul", HIDDEN },
	{ "neg", CHANGE },
	{ "nop", NOTHING },
	{ "not", CHANGE },
	{ "or", CHANGE },
	{ "pop", OVER },
	{ "push", NOTHING },
	{ "rol", CHANGE },
	{ "ror", CHANGE },
	{ "sal", CHANGE },
	{ "sar", CHANGE },
	{ "sbb", CHANGE },
	{ "shl", CHANGE },
	{ "shld", CHANGE },
	{ "shr", CHANGE },
	{ "shrd", CHANGE },
	{ "sub", CHANGE },
	{ "test", NOTHING },
	{ "xor", CHANGE },
};

bool piece_starts(struct piece p, const char *with)
{
	size_t len = strlen(with);

	return p.len >= len && memcmp(p.at, with, len) == 0;
}

bool piece_is(struct piece p, const char *text)
{
	return p.len == strlen(text) && piece_starts(p, text);
}

static struct piece without(struct piece p, size_t count)
{
	return (struct piece){ p.at + count, p.len - count };
}

static int compare_op(const void *key, const void *op)
{
	const struct piece *p = key;
	const char *name = ((const struct op *)op)->name;
	int order = strncmp(p->at, name, p->len);

	return order != 0 ? order : name[p->len] != '\0' ? -1 : 0;
}

static const struct op *find_op(struct piece name)
{
	return bsearch(&name, ops, sizeof(ops) / sizeof(ops[0]), sizeof(ops[0]),
	    compare_op);
}

/* r8 to r15, behind the r. */
static struct reg parse_numbered(struct piece p)
{
	unsigned num = 0;

	for (; p.len > 0 && isdigit((unsigned char)*p.at); p = without(p, 1))
		num = num * 10 + (unsigned)(*p.at - '0');
	if (num >= REG_COUNT)
		return (struct reg){ .num = REG_NONE };
	return (struct reg){ num, p.len == 0 ? 64 : piece_is(p, "d") ? 32 : 8 };
}

struct reg asmtext_reg(struct piece p)
{
	/* Parts of theirs: al, ah, ax, sil. */
	static const char *const names[] = { "ax", "cx", "dx", "bx", "sp", "bp",
		"si", "di" };

	if (p.len < 3 || p.len > 5 || p.at[0] != '%')
		return (struct reg){ .num = REG_NONE };
	p = without(p, 1);
	if (p.at[0] == 'r' && isdigit((unsigned char)p.at[1]))
		return parse_numbered(without(p, 1));
	for (unsigned i = 0; i < 8; i++) {
		if (p.len == 3 && memcmp(p.at + 1, names[i], 2) == 0 &&
		    (p.at[0] == 'r' || p.at[0] == 'e'))
			return (struct reg){ i, p.at[0] == 'r' ? 64 : 32 };
		if (piece_starts(p, names[i]) ||
		    (p.len == 2 && p.at[0] == names[i][0] &&
			(p.at[1] == 'l' || p.at[1] == 'h')))
			return (struct reg){ i, 8 };
	}
	return (struct reg){ .num = REG_NONE };
}

/* The upper halves of all registers that are named with them. */
static uint16_t uppers_in(struct piece p)
{
	uint16_t found = 0;

	while (p.len > 0) {
		struct reg r;
		size_t len = 1;

		while (len < p.len && isalnum((unsigned char)p.at[len]))
			len++;
		r = asmtext_reg((struct piece){ p.at, len });
		if (r.num != REG_NONE && r.bits == 64)
			found |= BIT(r.num);
		p = without(p, len);
	}
	return found;
}

static struct piece trimmed(struct piece p)
{
	while (p.len > 0 && (p.at[0] == '\t' || p.at[0] == ' '))
		p = without(p, 1);
	while (p.len > 0 && strchr(" \t\n", p.at[p.len - 1]))
		p.len--;
	return p;
}

/* Divide operands at their last comma outside parentheses; there is nothing
 * before the last when there is but one. */
static void split_last(struct line *l, struct piece all)
{
	int depth = 0;
	size_t i = all.len;

	l->first = (struct piece){ .at = all.at };
	l->last = all;
	while (i-- > 0) {
		depth += all.at[i] == ')';
		depth -= all.at[i] == '(';
		if (depth != 0 || all.at[i] != ',')
			continue;
		l->first.len = i;
		l->last = trimmed(without(all, i + 1));
		return;
	}
}

static enum effect effect_of(const struct line *l)
{
	struct piece name = l->name;
	const struct op *op = find_op(name);

	if (op == NULL && name.len > 1 && strchr("bwlq", name.at[name.len - 1]))
		op = find_op((struct piece){ name.at, name.len - 1 });
	if (op != NULL && l->first.len == 0 && strcmp(op->name, "imul") == 0)
		return HIDDEN;
	/* A shift by nothing may write nothing. */
	if (op != NULL && strchr("rs", name.at[0]) &&
	    piece_starts(l->first, "%cl"))
		return MAYBE;
	if (op != NULL)
		return op->effect;
	if (piece_starts(name, "cmov") || piece_starts(name, "set"))
		return CHANGE;
	if (piece_starts(l->last, "%xmm") ||
	    (piece_starts(l->first, "%xmm") &&
		l->last.at[l->last.len - 1] == ')'))
		return NOTHING;
	return ANYTHING;
}

static void note_write(struct line *l, enum effect effect)
{
	struct reg r = asmtext_reg(l->last);
	bool whole = effect != MAYBE && r.bits >= 32;

	if (r.num == REG_NONE)
		return;
	l->writes = BIT(r.num);
	if (whole && r.bits == 32)
		l->clears = BIT(r.num);
	if (whole && (r.bits == 32 || effect == OVER))
		l->sets = BIT(r.num);
}

static void note_plain(struct line *l)
{
	enum effect effect = effect_of(l);

	l->kind = LINE_PLAIN;
	l->reads = uppers_in(l->first) | uppers_in(l->last);
	switch (effect) {
	case NOTHING:
		break;
	case OVER:
	case CHANGE:
	case MAYBE:
		note_write(l, effect);
		if (effect == OVER && asmtext_reg(l->last).num != REG_NONE)
			l->reads = uppers_in(l->first);
		/* Of 32 bits it needs no more of what it adds. */
		if (piece_is(l->name, "leal"))
			l->reads = 0;
		break;
	case HIDDEN:
		l->writes = BIT(RAX) | BIT(RDX);
		l->reads |= l->writes;
		break;
	case ANYTHING:
		l->writes = l->reads = REGS_ALL;
		break;
	}
}

static uint32_t label_in(struct piece p)
{
	if (!piece_starts(p, ".L") || p.len < 3 || p.len > 10 ||
	    !isdigit((unsigned char)p.at[2]))
		return LINE_NOWHERE;
	return (uint32_t)strtoul(p.at + 2, NULL, 10);
}

static void note_jump(struct line *l)
{
	l->kind = piece_is(l->name, "jmp") ? LINE_JUMP : LINE_BRANCH;
	l->label = label_in(l->last);
	/* Elsewhere anything may be read. */
	l->reads = l->label == LINE_NOWHERE ? REGS_ALL : 0;
}

static void note_insn(struct line *l)
{
	if (l->name.at[0] == 'j') {
		note_jump(l);
	} else if (piece_is(l->name, "call")) {
		l->kind = LINE_CALL;
		l->writes = REGS_ALL;
		l->sets = SPOILT;
		l->reads = ARGUMENTS;
	} else if (piece_is(l->name, "ret")) {
		l->kind = LINE_RETURN;
		l->reads = RETURNED;
	} else {
		note_plain(l);
	}
}

struct line asmtext_line(struct piece whole)
{
	struct line l = { .whole = whole, .label = LINE_NOWHERE };
	struct piece text = trimmed(whole);
	bool indented = text.at != whole.at;

	l.name = text;
	for (l.name.len = 0; l.name.len < text.len; l.name.len++) {
		if (strchr(" \t", text.at[l.name.len]))
			break;
	}
	split_last(&l, trimmed(without(text, l.name.len)));
	if (l.name.len == 0 || l.name.at[0] == '#')
		return l;
	if (!indented || memchr(whole.at, ';', whole.len) != NULL) {
		l.kind = LINE_LABEL;
		l.label = label_in(l.name);
		l.writes = REGS_ALL;
		l.reads = indented ? REGS_ALL : 0;
	} else if (l.name.at[0] != '.') {
		note_insn(&l);
	}
	return l;
}
