#include "test/raw_code.h"

#include <string.h>

enum { REX_B = 1, REX_R = 4, REX_W = 8, SLOT = 8, BY_REGISTER = 3 };

struct raw_code raw_code_read(const uint8_t *at, uint32_t len)
{
	struct raw_code in = { 0 };
	uint32_t i = 0;

	if (at[i] == 0x66 || at[i] == 0xf2 || at[i] == 0xf3)
		in.prefix = at[i++];
	if (i < len && at[i] >= 0x40 && at[i] <= 0x4f)
		in.rex = at[i++];
	if (i < len && at[i] == 0x0f) {
		in.escaped = true;
		i++;
	}
	if (i < len)
		in.opcode = at[i++];
	in.len = (uint8_t)i;
	if (i < len)
		in.modrm = at[i];
	in.reg = (uint8_t)((in.modrm >> 3 & 7) + (in.rex & REX_R ? 8 : 0));
	in.rm = (uint8_t)((in.modrm & 7) + (in.rex & REX_B ? 8 : 0));
	return in;
}

/* Which of its operands an instruction writes. */
enum written { NONE, RM, REG, BOTH, OPCODE, HIDDEN };

static enum written one_writes(uint8_t op, uint8_t digit)
{
	static const enum written arith[8] = { RM, RM, REG, REG, OPCODE,
		OPCODE };

	if (op < 0x40)
		return op >> 3 == 7 ? NONE : arith[op & 7];
	if ((op >= 0x58 && op <= 0x5f) || (op >= 0xb0 && op <= 0xbf))
		return OPCODE;
	if (op == 0x63 || op == 0x69 || op == 0x6b || op == 0x8a ||
	    op == 0x8b || op == 0x8d)
		return REG;
	if (op == 0x86 || op == 0x87)
		return BOTH;
	if (op >= 0x80 && op <= 0x83)
		return digit == 7 ? NONE : RM;
	if (op == 0x88 || op == 0x89 || op == 0xc0 || op == 0xc1 ||
	    op == 0xc6 || op == 0xc7 || (op >= 0xd0 && op <= 0xd3))
		return RM;
	if (op == 0x98 || op == 0x99)
		return HIDDEN;
	if (op == 0xf6 || op == 0xf7)
		return digit < 2 ? NONE : digit < 4 ? RM : HIDDEN;
	return op >= 0xfe && digit < 2 ? RM : NONE;
}

static enum written escaped_writes(const struct raw_code *in)
{
	uint8_t op = in->opcode, digit = in->modrm >> 3 & 7;

	if (op >= 0xc8 && op <= 0xcf)
		return OPCODE;
	if ((op >= 0x40 && op <= 0x50) || op == 0xaf || op == 0xb6 ||
	    op == 0xb7 || (op >= 0xbc && op <= 0xbf) ||
	    ((op == 0x2c || op == 0x2d) && in->prefix >= 0xf2))
		return REG;
	if ((op >= 0x90 && op <= 0x9f) || op == 0xab || op == 0xb3 ||
	    op == 0xbb || op == 0xa4 || op == 0xa5 || op == 0xac ||
	    op == 0xad || (op == 0x7e && in->prefix == 0x66))
		return RM;
	return op == 0xba && digit > 4 ? RM : NONE;
}

/* Bytes of the integer operands that the instruction writes. */
static unsigned write_width(const struct raw_code *in)
{
	uint8_t op = in->opcode;
	bool mandatory = in->escaped && (op == 0x7e || op == 0x50);
	bool bytes = in->escaped ? op >= 0x90 && op <= 0x9f
				 : (op < 0x40 || op == 0x80 || op == 0x86 ||
				       op == 0x88 || op == 0x8a || op == 0xc0 ||
				       op == 0xc6 || op == 0xd0 || op == 0xd2 ||
				       op == 0xf6 || op == 0xfe) &&
				       (op & 1) == 0;

	if (bytes || (!in->escaped && op >= 0xb0 && op <= 0xb7))
		return 1;
	if (in->rex & REX_W || (!in->escaped && op >= 0x58 && op <= 0x5f))
		return 8;
	return in->prefix == 0x66 && !mandatory ? 2 : 4;
}

/* Shifts that may shift by nothing, and scans that may find nothing, of
 * registers. */
static bool may_not_write(const struct raw_code *in, const uint8_t *at)
{
	uint8_t op = in->opcode;

	if (in->escaped ? op == 0xa4 || op == 0xac : op == 0xc1)
		return at[in->len + 1] % 32 == 0; /* behind ModRM */
	return in->escaped
		   ? op == 0xa5 || op == 0xad || op == 0xbc || op == 0xbd
		   : op == 0xd3;
}

uint16_t raw_code_clean(
    const struct raw_code *in, const uint8_t *at, uint16_t clean)
{
	uint8_t digit = in->modrm >> 3 & 7, low = in->opcode & 7;
	bool by_register = in->modrm >> 6 == BY_REGISTER;
	unsigned width = write_width(in), bits = 0;

	if (!in->escaped && in->opcode == 0xe8)
		return 0;
	switch (
	    in->escaped ? escaped_writes(in) : one_writes(in->opcode, digit)) {
	case NONE:
		return clean;
	case RM:
		bits = by_register ? 1u << in->rm : 0;
		break;
	case REG:
		bits = 1u << in->reg;
		break;
	case BOTH:
		bits = 1u << in->reg | 1u << in->rm;
		break;
	case OPCODE:
		bits = 1u << (low + (in->rex & REX_B ? 8 : 0));
		if (!in->escaped && in->opcode < 0x40)
			bits = 1; /* al, eax */
		break;
	case HIDDEN:
		return (uint16_t)(clean & ~5u);
	}
	/* A part of a register leaves its upper half as it was. */
	if (width < 4 || bits == 0)
		return clean;
	return (uint16_t)(width == 4 && !may_not_write(in, at) ? clean | bits
							       : clean & ~bits);
}

bool raw_code_moves_rsp(
    const struct raw_code *in, const uint8_t *at, int32_t *by)
{
	const uint8_t *imm = at + in->len + 1; /* behind ModRM */
	uint8_t op = in->opcode;
	bool wide = (in->rex & (REX_W | REX_B)) == REX_W;

	if (in->escaped || in->prefix || (op != 0x81 && op != 0x83) || !wide ||
	    (in->modrm != 0xc4 && in->modrm != 0xec))
		return false;
	*by = (int8_t)*imm;
	if (op == 0x81)
		memcpy(by, imm, sizeof(*by));
	if (in->modrm == 0xc4)
		*by = -*by;
	return true;
}

int32_t raw_code_pushes(const struct raw_code *in)
{
	uint8_t op = in->opcode;

	if (in->escaped)
		return 0;
	if ((op >= 0x50 && op <= 0x57) || op == 0x68 || op == 0x6a ||
	    (op == 0xff && (in->modrm >> 3 & 7) == 6))
		return SLOT;
	return op >= 0x58 && op <= 0x5f ? -SLOT : 0;
}

bool raw_code_forbidden(const struct raw_code *in)
{
	static const uint8_t one[][2] = { { 0x06, 0x07 }, { 0x0e, 0x0f },
		{ 0x16, 0x17 }, { 0x1e, 0x1f }, { 0x26, 0x27 }, { 0x2e, 0x2f },
		{ 0x36, 0x37 }, { 0x3e, 0x3f }, { 0x60, 0x62 }, { 0x64, 0x67 },
		{ 0x6c, 0x6f }, { 0x82, 0x82 }, { 0x8c, 0x8c }, { 0x8e, 0x8f },
		{ 0x9a, 0x9f }, { 0xa0, 0xa7 }, { 0xaa, 0xaf }, { 0xc2, 0xc2 },
		{ 0xc4, 0xc5 }, { 0xc8, 0xcf }, { 0xd4, 0xdf }, { 0xe0, 0xe7 },
		{ 0xea, 0xea }, { 0xec, 0xf5 }, { 0xf8, 0xfd } };
	static const uint8_t esc[][2] = { { 0x00, 0x0f }, { 0x18, 0x1e },
		{ 0x20, 0x27 }, { 0x30, 0x3f }, { 0x77, 0x79 }, { 0xa0, 0xa2 },
		{ 0xa6, 0xaa }, { 0xae, 0xae }, { 0xb0, 0xb2 }, { 0xb4, 0xb5 },
		{ 0xb9, 0xb9 }, { 0xc0, 0xc1 }, { 0xc3, 0xc3 }, { 0xc7, 0xc7 },
		{ 0xe7, 0xe7 }, { 0xf0, 0xf0 }, { 0xf7, 0xf7 },
		{ 0xff, 0xff } };
	const uint8_t(*rows)[2] = in->escaped ? esc : one;
	size_t count = in->escaped ? sizeof(esc) / 2 : sizeof(one) / 2;
	uint8_t digit = in->modrm >> 3 & 7;

	for (size_t i = 0; i < count; i++) {
		if (in->opcode >= rows[i][0] && in->opcode <= rows[i][1])
			return true;
	}
	/* Indirect calls and jumps; bits of memory that a register numbers. */
	if (!in->escaped)
		return in->opcode == 0xff && digit >= 2 && digit != 6;
	return (in->opcode & 0xe7) == 0xa3 && in->modrm >> 6 != BY_REGISTER;
}
