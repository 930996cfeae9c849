/* asmtext_line: what one line of gcc's assembly text does to the sixteen
 * general registers.
 *
 * A register has a lower and an upper half, 32 bits each. What a line is not
 * known to leave alone, it spoils; what it is not known not to read, it
 * reads. Pieces point into the text.
 */
#ifndef BUILDER_ASMTEXT_LINE_H
#define BUILDER_ASMTEXT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets of registers are masks; numbers are the CPU's. */
enum { REG_COUNT = 16, REG_NONE = 16, REGS_ALL = 0xffff };

struct piece {
	const char *at;
	size_t len;
};

struct reg {
	unsigned num; /* REG_NONE: no general register */
	unsigned bits;
};

enum line_kind {
	LINE_SILENT, /* nothing that the CPU sees */
	LINE_LABEL,
	LINE_JUMP,   /* always */
	LINE_BRANCH, /* if */
	LINE_CALL,
	LINE_RETURN,
	LINE_PLAIN,
};

#define LINE_NOWHERE UINT32_MAX

struct line {
	struct piece whole;             /* with its end */
	struct piece name, first, last; /* operands: all before the last */
	enum line_kind kind;
	uint32_t label;  /* N of .LN: its own, or where it goes */
	uint16_t clears; /* upper halves that are zero behind it */
	uint16_t writes; /* registers that it may change, those too */
	uint16_t sets;   /* upper halves that it does not keep */
	uint16_t reads;  /* upper halves that it reads */
	uint16_t live;   /* behind it; asmtext_live's */
};

struct line asmtext_line(struct piece whole);
struct reg asmtext_reg(struct piece operand);
bool piece_is(struct piece p, const char *text);
bool piece_starts(struct piece p, const char *with);

#endif
