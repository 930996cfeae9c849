#include "edit.h"

#include <stdbool.h>
#include <string.h>

#include "abi/layout.h"
#include "chance.h"
#include "slice.h"
#include "verify/x86_64/decode.h"

enum {
	INSNS_MAX = SLICE_TEXT_MAX,
	RUN_MAX = 4, /* instructions taken, spliced in, or deleted at once */
	FLIPS_MAX = 3,
	NOP_MAX = 9,
	REX_FIRST = 0x40,
	REX_MASK = 0xf0,
};

const char *const edit_names[EDIT_KIND_COUNT] = {
#define X(kind, text) [EDIT_##kind] = (text),
	EDIT_KINDS(X)
#undef X
};

/* The function under the knife. */
static struct {
	uint8_t *text;
	uint32_t len, count;
	uint32_t at[INSNS_MAX + 1]; /* where each instruction starts; the end */
	struct x86_insn insn[INSNS_MAX];
} F;

static void take_function(const struct slice *s, uint32_t func)
{
	const struct az_func *f = &s->view.funcs[func];

	F.text = slice_text(s) + f->off;
	F.len = f->len;
	F.count = 0;
	F.at[0] = 0;
	while (F.at[F.count] < F.len &&
	       x86_decode(&F.insn[F.count], F.text + F.at[F.count],
		   F.len - F.at[F.count])) {
		F.at[F.count + 1] = F.at[F.count] + F.insn[F.count].len;
		F.count++;
	}
}

/* Any instruction; a low one twice as often, because runs start there. */
static uint32_t any_insn(struct chance *c)
{
	uint32_t count = F.count;

	if (chance_below(c, 2) && count > 8)
		count = 8 + (count - 8) / 4;
	return chance_below(c, count);
}

/* An instruction with a property, or the count when there seems to be none. */
static uint32_t find_insn(
    struct chance *c, bool (*fits)(const struct x86_insn *in))
{
	uint32_t first = chance_below(c, F.count);

	for (uint32_t i = 0; i < F.count; i++) {
		uint32_t k = (first + i) % F.count;

		if (fits(&F.insn[k]))
			return k;
	}
	return F.count;
}

static void fill_nops(uint8_t *at, uint32_t len)
{
	static const uint8_t nops[NOP_MAX][NOP_MAX] = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40, 0x00 },
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	};

	for (uint32_t n = NOP_MAX; len > 0; at += n, len -= n) {
		if (len < n)
			n = len;
		memcpy(at, nops[n - 1], n);
	}
}

/* Write len bytes over whole instructions from `first` on. */
static uint32_t overwrite(uint32_t first, const uint8_t *bytes, uint32_t len)
{
	uint32_t last = first, at = F.at[first];

	while (last < F.count && F.at[last] - at < len)
		last++;
	if (F.at[last] - at < len)
		return at;
	memmove(F.text + at, bytes, len);
	fill_nops(F.text + at + len, F.at[last] - at - len);
	return at;
}

static uint32_t flip(struct slice *s, struct chance *c)
{
	uint32_t i = any_insn(c), n = 1 + chance_below(c, FLIPS_MAX);
	uint8_t *at = F.text + F.at[i];

	(void)s;
	while (n-- > 0)
		at[chance_below(c, F.insn[i].len)] ^=
		    (uint8_t)(1u << chance_below(c, 8));
	return F.at[i];
}

static uint32_t set_bytes(struct slice *s, struct chance *c)
{
	uint32_t i = any_insn(c), n = 1 + chance_below(c, 2);

	(void)s;
	while (n-- > 0)
		F.text[F.at[i] + chance_below(c, F.insn[i].len)] =
		    (uint8_t)chance_next(c);
	return F.at[i];
}

/* A run of instructions of any function, over some of this one. */
static uint32_t splice(struct slice *s, struct chance *c)
{
	uint32_t other = chance_below(c, s->view.head->funcs.count);
	const struct az_func *f = &s->view.funcs[other];
	const uint8_t *text = slice_text(s) + f->off;
	uint32_t from = 0, end, skip, n = 1 + chance_below(c, RUN_MAX);
	uint8_t run[RUN_MAX * X86_INSN_MAX];
	struct x86_insn in;

	for (skip = chance_below(c, f->len); from < skip; from += in.len) {
		if (!x86_decode(&in, text + from, f->len - from))
			return 0;
	}
	for (end = from; n > 0 && end < f->len; n--, end += in.len) {
		if (!x86_decode(&in, text + end, f->len - end))
			break;
	}
	memcpy(run, text + from, end - from);
	return overwrite(any_insn(c), run, end - from);
}

/* What follows moves down as far as the padding lets it. */
static uint32_t insert(struct slice *s, struct chance *c)
{
	uint32_t i = any_insn(c), k = any_insn(c), len = F.insn[k].len;
	uint32_t at = F.at[i];
	uint8_t insn[X86_INSN_MAX];

	(void)s;
	memcpy(insn, F.text + F.at[k], len);
	if (at + len > F.len)
		return at;
	memmove(F.text + at + len, F.text + at, F.len - at - len);
	memcpy(F.text + at, insn, len);
	return at;
}

static uint32_t delete (struct slice *s, struct chance *c)
{
	uint32_t i = any_insn(c), n = 1 + chance_below(c, RUN_MAX);
	uint32_t end = i + n < F.count ? i + n : F.count;

	(void)s;
	fill_nops(F.text + F.at[i], F.at[end] - F.at[i]);
	return F.at[i];
}

static bool has_operands(const struct x86_insn *in)
{
	return in->len > 1 &&
	       (in->mode != X86_NO_MEM ||
		   (in->reg.class != X86_NONE && in->rm.class != X86_NONE));
}

/* ModRM is the byte behind the opcode; REX before it. */
static uint32_t operands(struct slice *s, struct chance *c)
{
	uint32_t i = find_insn(c, has_operands), at = 0;
	uint8_t *insn = F.text + F.at[i], *modrm;

	(void)s;
	if (i == F.count)
		return 0;
	while (insn[at] == 0x66 || insn[at] == 0xf2 || insn[at] == 0xf3)
		at++;
	if ((insn[at] & REX_MASK) == REX_FIRST)
		at++;
	modrm = insn + at + (insn[at] == 0x0f ? 2 : 1);
	switch (chance_below(c, 3)) {
	case 0:
		*modrm = (uint8_t)((*modrm & 0xc0) | (*modrm & 7) << 3 |
				   (*modrm >> 3 & 7));
		break;
	case 1:
		*modrm ^= (uint8_t)(1 + chance_below(c, 63));
		break;
	default:
		if (at > 0)
			insn[at - 1] ^= (uint8_t)(1 + chance_below(c, 15));
	}
	return F.at[i];
}

static bool has_displacement(const struct x86_insn *in)
{
	return in->mode != X86_NO_MEM && in->disp != 0 && in->len > 2;
}

/* From where an operand behind rip would end: to either edge of a section. */
static int32_t section_edge(
    const struct slice *s, uint32_t end, struct chance *c)
{
	const struct az_image_head *h = s->view.head;
	const uint32_t edges[] = { AZ_STUB_BASE, AZ_TEXT_BASE,
		AZ_TEXT_BASE + h->text.count, AZ_RODATA_BASE,
		AZ_RODATA_BASE + h->rodata.count, AZ_DATA_BASE,
		AZ_DATA_BASE + h->data_mem_size, AZ_STACK_TOP };
	uint32_t to = edges[chance_below(c, sizeof(edges) / sizeof(*edges))];

	end += AZ_TEXT_BASE + (uint32_t)(F.text - slice_text(s));
	return (int32_t)(to - end + 4 * chance_below(c, 8) - 16);
}

/* Find the displacement's bytes by their value, and bend it. */
static uint32_t displace(struct slice *s, struct chance *c)
{
	static const int32_t bends[] = { 1, -1, 4, -4, 8, -8, 16, -16, 64, 4096,
		-4096, 1 << 20, INT32_MAX, INT32_MIN };
	uint32_t i = find_insn(c, has_displacement), at;
	uint8_t *insn = F.text + F.at[i];
	int32_t disp;

	if (i == F.count)
		return 0;
	disp = (int32_t)((uint32_t)F.insn[i].disp +
			 (uint32_t)bends[chance_below(
			     c, sizeof(bends) / sizeof(*bends))]);
	if (F.insn[i].mode == X86_RIP)
		disp = section_edge(s, F.at[i + 1], c);
	for (at = 2; at + sizeof(disp) <= F.insn[i].len; at++) {
		if (memcmp(insn + at, &F.insn[i].disp, sizeof(disp)) == 0) {
			memcpy(insn + at, &disp, sizeof(disp));
			return F.at[i];
		}
	}
	for (at = 2; at < F.insn[i].len; at++) {
		if ((int8_t)insn[at] == F.insn[i].disp) {
			insn[at] = (uint8_t)disp;
			break;
		}
	}
	return F.at[i];
}

static bool is_transfer(const struct x86_insn *in)
{
	return in->kind == X86_CALL || in->kind == X86_JMP ||
	       in->kind == X86_JCC;
}

/* From the slot's start: functions, what is in them, stubs, and between. */
static int64_t call_target(const struct slice *s, struct chance *c)
{
	const struct az_image_head *h = s->view.head;

	switch (chance_below(c, 6)) {
	case 0:
		return AZ_TEXT_BASE + chance_below(c, h->text.count);
	case 1:
		return AZ_HELPER_BASE + 4 * chance_below(c, 100);
	case 2:
		return AZ_IMPORT_BASE +
		       8 * chance_below(c, 4 * (h->imports.count + 2));
	case 3:
		return AZ_THUNK_BASE +
		       AZ_THUNK_STRIDE * chance_below(c, h->sigs.count + 2);
	default:
		return AZ_TEXT_BASE +
		       s->view.funcs[chance_below(c, h->funcs.count)].off;
	}
}

static uint32_t retarget(struct slice *s, struct chance *c)
{
	uint32_t i = find_insn(c, is_transfer);
	uint32_t base = AZ_TEXT_BASE + (uint32_t)(F.text - slice_text(s));
	uint32_t end;
	int32_t rel;

	if (i == F.count)
		return 0;
	end = F.at[i + 1];
	rel = (int32_t)(F.at[chance_below(c, F.count)] - end);
	if (F.insn[i].kind == X86_CALL || chance_below(c, 8) == 0)
		rel = (int32_t)(call_target(s, c) - base - end);
	else if (chance_below(c, 4) == 0)
		rel += (int32_t)chance_below(c, 8);
	if (F.insn[i].len == 2 && rel == (int8_t)rel)
		F.text[end - 1] = (uint8_t)rel;
	else if (F.insn[i].len >= 5)
		memcpy(F.text + end - sizeof(rel), &rel, sizeof(rel));
	return F.at[i];
}

/* Instructions that only an attacker would write. */
static const struct {
	uint8_t len;
	char bytes[X86_INSN_MAX];
} hostile[] = {
#define H(text)                                                                \
	{                                                                      \
		sizeof(text) - 1, text                                         \
	}
	H("\x0f\x05"),                                 /* syscall */
	H("\xcd\x80"),                                 /* int 0x80 */
	H("\x0f\x34"),                                 /* sysenter */
	H("\xcc"),                                     /* int3 */
	H("\x0f\x0b"),                                 /* ud2 */
	H("\x9d"),                                     /* popf */
	H("\xfd"),                                     /* std */
	H("\xf3\xaa"),                                 /* rep stosb */
	H("\xf3\x48\x0f\xae\xd0"),                     /* wrfsbase rax */
	H("\x49\x89\xc7"),                             /* mov rax, r15 */
	H("\x41\x5f"),                                 /* pop r15 */
	H("\x49\xff\xc7"),                             /* inc r15 */
	H("\x49\x83\xc7\x40"),                         /* add 0x40, r15 */
	H("\x4d\x8d\x7f\x08"),                         /* lea 8(r15), r15 */
	H("\x48\x89\xc4"),                             /* mov rax, rsp */
	H("\x48\x94"),                                 /* xchg rax, rsp */
	H("\x5c"),                                     /* pop rsp */
	H("\x48\x83\xec\x04"),                         /* sub 4, rsp */
	H("\x48\x81\xec\x00\x00\x01\x00"),             /* sub 0x10000, rsp */
	H("\x48\x83\xc4\x08"),                         /* add 8, rsp */
	H("\x48\x83\xec\x08"),                         /* sub 8, rsp */
	H("\x50"),                                     /* push rax */
	H("\x58"),                                     /* pop rax */
	H("\xc3"),                                     /* ret */
	H("\xc2\x08\x00"),                             /* ret 8 */
	H("\xff\xe0"),                                 /* jmp *rax */
	H("\xff\xd0"),                                 /* call *rax */
	H("\xff\x24\x24"),                             /* jmp *(rsp) */
	H("\x48\x89\x00"),                             /* mov rax, (rax) */
	H("\x88\x07"),                                 /* mov al, (rdi) */
	H("\x48\x89\x04\x25\x00\x10\x00\x08"),         /* mov rax, absolute */
	H("\x48\xa3\x00\x10\x00\x00\x00\x02\x00\x00"), /* movabs */
	H("\x48\x89\x44\x24\xf8"),                     /* mov rax, -8(rsp) */
	H("\x48\x89\x04\x24"),                         /* mov rax, (rsp) */
	H("\x48\x89\x44\x24\x40"),                     /* mov rax, 0x40(rsp) */
	H("\x48\x89\x84\x24\x00\x04\x00\x00"),         /* mov rax, 0x400(rsp) */
	H("\x48\x89\x84\x24\x00\x00\x00\xa0"),         /* far below rsp */
	H("\x48\x89\x04\x0c"),                         /* mov rax, (rsp,rcx) */
	H("\x48\x8d\x44\x24\x08"),                     /* lea 8(rsp), rax */
	H("\x49\x89\x07"),                             /* mov rax, (r15) */
	H("\x49\x89\x04\x07"),                         /* mov rax, (r15,rax) */
	H("\x89\xc0\x49\x89\x04\x07"),                 /* a pair */
	H("\x89\xc0\x49\x89\x44\x07\x80"),             /* with -0x80 */
	H("\x89\xc0\x49\x89\x04\xc7"),                 /* scaled */
	H("\x89\xc0\x66\x49\x89\x04\x07"),             /* 16 bits, and REX.W */
	H("\x66\x89\xc0\x49\x89\x04\x07"),         /* half a zero-extension */
	H("\x48\x89\xc0\x49\x89\x04\x07"),         /* none */
	H("\x48\xf7\xd0"),                         /* not rax */
	H("\x48\xf7\xd1"),                         /* not rcx */
	H("\x48\xf7\xd2"),                         /* not rdx */
	H("\x48\xf7\xd3"),                         /* not rbx */
	H("\x48\xf7\xd6"),                         /* not rsi */
	H("\x48\xf7\xd7"),                         /* not rdi */
	H("\x49\xf7\xd0"),                         /* not r8 */
	H("\x48\x63\xc9"),                         /* movslq ecx, rcx */
	H("\x48\x97"),                             /* xchg rax, rdi */
	H("\x48\x87\xd1"),                         /* xchg rdx, rcx */
	H("\x64\x48\x89\x04\x25\x00\x00\x00\x00"), /* through fs */
	H("\x0f\xae\x10"),                         /* ldmxcsr (rax) */
	H("\x0f\x31"),                             /* rdtsc */
	H("\xf4"),                                 /* hlt */
	H("\x48\x0f\xab\x00"),                     /* bts rax, (rax) */
	H("\xc9"),                                 /* leave */
	H("\xeb\xfe"),                             /* jmp self */
	H("\xeb\x01"),                             /* jmp over a byte */
#undef H
};

static uint32_t write_hostile(struct slice *s, struct chance *c)
{
	uint32_t i = chance_below(c, sizeof(hostile) / sizeof(hostile[0]));

	(void)s;
	return overwrite(
	    any_insn(c), (const uint8_t *)hostile[i].bytes, hostile[i].len);
}

static uint32_t lie(struct slice *s, struct chance *c)
{
	const struct az_image_head *h = s->view.head;
	struct az_func *funcs = slice_funcs(s);
	uint32_t i = (uint32_t)(F.text - slice_text(s)), n;
	struct az_sig *sig;

	for (n = 0; funcs[n].off != i; n++)
		;
	sig = &slice_sigs(s)[funcs[n].sig];
	switch (chance_below(c, 6)) {
	case 0:
		funcs[n].sig = (uint16_t)chance_below(c, h->sigs.count + 1);
		funcs[n].stack_args =
		    slice_sigs(s)[funcs[n].sig % h->sigs.count].stack_args;
		break;
	case 1:
		funcs[n].stack_args =
		    (uint16_t)(funcs[n].stack_args + 8 * chance_below(c, 8));
		break;
	case 2: /* the next one starts elsewhere */
		i = chance_below(c, F.count);
		if (n + 1 == h->funcs.count)
			break;
		funcs[n + 1].len += funcs[n].len - F.at[i];
		funcs[n + 1].off = funcs[n].off + F.at[i];
		funcs[n].len = F.at[i];
		break;
	case 3:
		funcs[n].len ^= 1u << chance_below(c, 12);
		break;
	case 4:
		sig->stack_args = (uint16_t)(8 * chance_below(c, 4));
		break;
	default:
		if (sig->param_count < AZ_PARAMS_MAX && sig->result_count == 0)
			sig->types[sig->param_count++] = AZ_I64;
	}
	return 0;
}

struct edit edit_apply(struct slice *s, struct chance *chance)
{
	static uint32_t (*const edits[EDIT_KIND_COUNT])(
	    struct slice * s, struct chance * chance) = {
		[EDIT_FLIP] = flip,
		[EDIT_BYTES] = set_bytes,
		[EDIT_SPLICE] = splice,
		[EDIT_INSERT] = insert,
		[EDIT_DELETE] = delete,
		[EDIT_OPERANDS] = operands,
		[EDIT_DISPLACE] = displace,
		[EDIT_RETARGET] = retarget,
		[EDIT_HOSTILE] = write_hostile,
		[EDIT_TABLE] = lie,
	};
	struct edit edit = {
		.kind = (enum edit_kind)chance_below(chance, EDIT_KIND_COUNT),
		.func = chance_below(chance, s->view.head->funcs.count),
	};

	take_function(s, edit.func);
	if (F.count > 0)
		edit.at = edits[edit.kind](s, chance);
	return edit;
}
