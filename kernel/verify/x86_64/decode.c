#include "verify/x86_64/decode.h"

#include "base/mem.h"
#include "verify/x86_64/allow.h"

/* A form, as allow.h writes it. No form is 0, which means: not allowed. */
enum {
	HAS_MODRM = 1 << 0,
	IMM8 = 1 << 1,
	IMMZ = 1 << 2, /* 4 bytes, or 2 with 66 */
	IMMV = 1 << 3, /* as wide as the operand */
	W = 1 << 4,    /* REX.W may widen it */
	NOMEM = 1 << 5,
	NOREG = 1 << 6,  /* rm is memory */
	NOSIZE = 1 << 7, /* 66 may not come before it */
	WRM = 1 << 8,    /* rm, or the opcode's register, is written */
	WREG = 1 << 9,
	BYTE = 1 << 10,
	OPREG = 1 << 11,    /* a register in the opcode */
	IS_GROUP = 1 << 12, /* kind is the group's number */
	LISTED = 1 << 13,
	NARROW = 1 << 14, /* 66 makes it 16 bits; set by OS rows */
	ACC = 1 << 15,    /* rm is rax */
	MAYBE = 1 << 16,  /* bits 63 to 32 of what it writes may be anything:
			     it has 64 bits, or a count of 0, or finds nothing.
			     An immediate is taken for the count */
	HIDDEN = 1 << 17, /* writes rax, or rax and rdx */
	RM_SHIFT = 18,    /* enum x86_class, two bits each */
	REG_SHIFT = 20,
	WIDTH_SHIFT = 22, /* 0: the operand's size; else the log, plus 1 */
	KIND_SHIFT = 25,
};

#define RM8 (HAS_MODRM | BYTE | X86_GPR8 << RM_SHIFT)
#define RMV (HAS_MODRM | X86_GPR << RM_SHIFT)
#define RMX (HAS_MODRM | X86_XMM << RM_SHIFT)
#define REG8 (X86_GPR8 << REG_SHIFT)
#define REGV (X86_GPR << REG_SHIFT)
#define REGX (X86_XMM << REG_SHIFT)
#define SSE (RMX | REGX | WREG)
#define SSEST (RMX | REGX | WRM)
#define M1 (1 << WIDTH_SHIFT)
#define M2 (2 << WIDTH_SHIFT)
#define M4 (3 << WIDTH_SHIFT)
#define M8 (4 << WIDTH_SHIFT)
#define M16 (5 << WIDTH_SHIFT)
#define KIND(kind) (X86_##kind << KIND_SHIFT)
#define GROUP(name) (HAS_MODRM | IS_GROUP | GROUP_##name << KIND_SHIFT)

enum group {
	GROUP_ARITH8,
	GROUP_ARITH,
	GROUP_ARITHS,
	GROUP_SHIFT8I,
	GROUP_SHIFTI,
	GROUP_SHIFT8,
	GROUP_SHIFT,
	GROUP_SHIFTCL,
	GROUP_UNARY8,
	GROUP_UNARY,
	GROUP_MOV8,
	GROUP_MOV,
	GROUP_STEP8,
	GROUP_STEP,
	GROUP_BIT,
	GROUP_SHIFTX,
	GROUP_COUNT,
};

enum map { ONE, ESC, MAP_COUNT, MMX };
enum prefix { PREFIX_NONE, PREFIX_66, PREFIX_F2, PREFIX_F3, PREFIX_COUNT };

#define KEY(map, prefix, op) (((map)*PREFIX_COUNT + (prefix)) << 8 | (op))
#define ROWS(map, prefix, first, last, form)                                   \
	[KEY(map, prefix, first)... KEY(map, prefix, last)] = LISTED | (form),
#define ROWS_NP(map, ...) ROWS(map, PREFIX_NONE, __VA_ARGS__)
#define ROWS_P66(map, ...) ROWS(map, PREFIX_66, __VA_ARGS__)
#define ROWS_PF2(map, ...) ROWS(map, PREFIX_F2, __VA_ARGS__)
#define ROWS_PF3(map, ...) ROWS(map, PREFIX_F3, __VA_ARGS__)
#define ROWS_OS(map, first, last, form)                                        \
	ROWS_NP(map, first, last, form)                                        \
	ROWS_P66(map, first, last, NARROW | (form))

static const uint32_t forms[MAP_COUNT * PREFIX_COUNT << 8] = {
#define X(map, prefix, first, last, name, form)                                \
	ROWS_##prefix(map, first, last, form)
	X86_ALLOW(X)
#undef X
};

static const uint32_t group_forms[GROUP_COUNT][8] = {
#define G(group, digit, name, form) [GROUP_##group][digit] = LISTED | (form),
	X86_ALLOW_GROUPS(G)
#undef G
};

static const struct {
	uint8_t len;
	char bytes[X86_INSN_MAX];
} nops[] = {
#define N(text) { sizeof(text) - 1, text },
	X86_NOPS(N)
#undef N
};

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8, ESCAPE = 0x0f };
enum { MOD_REG = 3, RM_SIB = 4, NO_BASE = 5, NO_INDEX = 4 };
enum { RAX = 0, RDX = 2, COUNT_MASK = 31, ALL_REGS = 0xffff };

/* The bytes of one instruction while they are read. */
struct cursor {
	const uint8_t *at;
	uint8_t len, used;
	uint8_t rex, prefix, opcode;
	uint32_t form;
};

/* The next byte; past the end 0, and used > len says so later. */
static uint8_t take(struct cursor *c)
{
	uint8_t i = c->used++;

	return i < c->len ? c->at[i] : 0;
}

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* A number of 0, 1, 2, 4 or 8 bytes, sign-extended; past the end 0. */
static int64_t take_signed(struct cursor *c, unsigned bytes)
{
	const uint8_t *at = c->at + c->used;

	if (c->used + bytes > c->len) {
		c->used = X86_INSN_MAX + 1;
		return 0;
	}
	c->used = (uint8_t)(c->used + bytes);
	switch (bytes) {
	case 1:
		return (int8_t)at[0];
	case 2:
		return (int16_t)(at[0] | at[1] << 8);
	case 4:
		return (int32_t)load32(at);
	case 8:
		return (int64_t)(load32(at) | (uint64_t)load32(at + 4) << 32);
	default:
		return 0;
	}
}

/* What no row lists may still be padding. */
static bool read_nop(struct x86_insn *out, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < sizeof(nops) / sizeof(nops[0]); i++) {
		if (nops[i].len <= len &&
		    memcmp(nops[i].bytes, at, nops[i].len) == 0) {
			*out = (struct x86_insn){ .len = nops[i].len,
				.kind = X86_NOP };
			return true;
		}
	}
	return false;
}

/* Prefixes, opcode, and the row that it selects. */
static void read_opcode(struct cursor *c)
{
	uint8_t byte = take(c);
	enum map map = ONE;

	if (byte == 0x66)
		c->prefix = PREFIX_66;
	else if (byte == 0xf2)
		c->prefix = PREFIX_F2;
	else if (byte == 0xf3)
		c->prefix = PREFIX_F3;
	if (c->prefix != PREFIX_NONE)
		byte = take(c);
	if (byte >> 4 == 4) {
		c->rex = byte;
		byte = take(c);
	}
	if (byte == ESCAPE) {
		map = ESC;
		byte = take(c);
	}
	c->opcode = byte;
	c->form = forms[KEY((uint32_t)map, c->prefix, byte)];
}

static uint8_t extend(const struct cursor *c, uint8_t bit, uint8_t low)
{
	return (uint8_t)((c->rex & bit ? 8 : 0) + (low & 7));
}

static struct x86_reg make_reg(
    const struct cursor *c, uint32_t class, uint8_t num, bool written)
{
	return (struct x86_reg){ .class = (uint8_t) class,
		.num = num,
		.written = written,
		.high = class == X86_GPR8 && c->rex == 0 && num >= 4 };
}

static void read_sib(struct x86_insn *out, struct cursor *c, unsigned mod)
{
	uint8_t sib = take(c);

	out->scale = sib >> 6;
	out->index = extend(c, REX_X, sib >> 3);
	if (out->index == NO_INDEX)
		out->index = X86_NO_REG;
	out->base = extend(c, REX_B, sib);
	if ((sib & 7) == NO_BASE && mod == 0) {
		out->base = X86_NO_REG;
		out->mode = X86_ABSOLUTE;
		out->disp = (int32_t)take_signed(c, 4);
	}
}

static void read_memory(struct x86_insn *out, struct cursor *c, uint8_t modrm)
{
	unsigned mod = modrm >> 6, rm = modrm & 7;

	out->mode = X86_BASED;
	out->base = X86_NO_REG;
	out->index = X86_NO_REG;
	if (rm == RM_SIB) {
		read_sib(out, c, mod);
	} else if (rm == NO_BASE && mod == 0) {
		out->mode = X86_RIP;
		out->disp = (int32_t)take_signed(c, 4);
	} else {
		out->base = extend(c, REX_B, modrm);
	}
	if (mod != 0)
		out->disp = (int32_t)take_signed(c, mod == 1 ? 1 : 4);
}

/* The operands that ModRM names. False: a form that is not allowed. */
static bool read_modrm(struct x86_insn *out, struct cursor *c)
{
	uint8_t modrm = take(c);
	uint32_t form = c->form;
	bool is_reg = modrm >> 6 == MOD_REG;

	if (form & IS_GROUP)
		form = group_forms[form >> KIND_SHIFT][modrm >> 3 & 7];
	if (form == 0 || form & (is_reg ? NOREG : NOMEM))
		return false;
	c->form = form |= c->form & NARROW;
	out->reg = make_reg(c, form >> REG_SHIFT & 3,
	    extend(c, REX_R, modrm >> 3), form & WREG);
	if (is_reg) {
		out->rm = make_reg(c, form >> RM_SHIFT & 3,
		    extend(c, REX_B, modrm), form & WRM);
	} else {
		out->stores = form & WRM;
		read_memory(out, c, modrm);
	}
	return true;
}

static unsigned imm_bytes(const struct cursor *c, unsigned size)
{
	if (c->form & IMM8)
		return 1;
	if (c->form & IMMV)
		return size;
	if (c->form & IMMZ)
		return size == 2 ? 2 : 4;
	return 0;
}

/* How wide the integer operands are. False: a prefix that may not be. */
static bool read_size(struct x86_insn *out, const struct cursor *c)
{
	bool wide = c->rex & REX_W, narrow = c->form & NARROW;

	if (wide && (narrow || !(c->form & W)))
		return false;
	if (narrow && c->form & NOSIZE)
		return false;
	out->size = wide ? 8 : narrow ? 2 : 4;
	if (c->form & BYTE)
		out->size = 1;
	return true;
}

static uint8_t memory_width(const struct x86_insn *in, uint32_t form)
{
	unsigned log = form >> WIDTH_SHIFT & 7;

	return (uint8_t)(log != 0 ? 1 << (log - 1) : in->size);
}

static void note_write(
    struct x86_insn *out, const struct x86_reg *reg, bool clears)
{
	uint16_t bit;

	if (!reg->written || (reg->class != X86_GPR && reg->class != X86_GPR8))
		return;
	bit = (uint16_t)(1 << (reg->high ? reg->num - 4 : reg->num));
	if (clears && reg->class == X86_GPR)
		out->clears |= bit;
	else
		out->soils |= bit;
}

static void read_writes(struct x86_insn *out, const struct cursor *c)
{
	bool clears = !(c->rex & REX_W) && !(c->form & NARROW);

	if (c->form & MAYBE)
		clears = clears && out->imm & COUNT_MASK;
	note_write(out, &out->reg, clears);
	note_write(out, &out->rm, clears);
	if (c->form & HIDDEN)
		out->soils |= 1 << RAX | 1 << RDX;
	if (out->kind == X86_CALL)
		out->soils = ALL_REGS;
}

bool x86_decode(struct x86_insn *out, const uint8_t *at, size_t len)
{
	struct cursor c = { .at = at,
		.len = (uint8_t)(len < X86_INSN_MAX ? len : X86_INSN_MAX) };

	*out = (struct x86_insn){ .mode = X86_NO_MEM };
	read_opcode(&c);
	if (c.form == 0)
		return read_nop(out, at, len);
	if (c.form & HAS_MODRM && !read_modrm(out, &c))
		return false;
	if (!read_size(out, &c))
		return false;
	if (c.form & OPREG)
		out->rm = make_reg(&c, c.form & BYTE ? X86_GPR8 : X86_GPR,
		    extend(&c, REX_B, c.opcode), c.form & WRM);
	if (c.form & ACC)
		out->rm = make_reg(
		    &c, c.form & BYTE ? X86_GPR8 : X86_GPR, RAX, c.form & WRM);
	out->kind = (uint8_t)(c.form >> KIND_SHIFT);
	out->width = memory_width(out, c.form);
	out->imm = take_signed(&c, imm_bytes(&c, out->size));
	read_writes(out, &c);
	out->len = c.used;
	return c.used <= c.len;
}

const char *x86_forbidden(const uint8_t *at, size_t len)
{
	static const struct {
		uint8_t map, first, last;
		const char *why;
	} rows[] = {
#define F(map, first, last, why) { map, first, last, "V4: " why },
		X86_FORBIDDEN(F)
#undef F
	};
	size_t i = 0;
	enum map map = ONE, other = ONE;

	/* Behind the prefixes that may come before an opcode; f0 may not. */
	while (i < len && (at[i] == 0x66 || at[i] == 0xf2 || at[i] == 0xf3 ||
			      at[i] == 0xf0 || at[i] >> 4 == 4))
		i++;
	if (i < len && at[i] == ESCAPE) {
		map = ESC;
		other = at[0] == ESCAPE || at[0] >> 4 == 4 ? MMX : ESC;
		i++;
	}
	for (size_t n = 0; i < len && n < sizeof(rows) / sizeof(rows[0]); n++) {
		if ((rows[n].map == map || rows[n].map == other) &&
		    at[i] >= rows[n].first && at[i] <= rows[n].last)
			return rows[n].why;
	}
	return NULL;
}
