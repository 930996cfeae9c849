/* Random programs of few kinds of instructions, mostly jumps and accesses: in
 * none that the verifier accepts does any path lead to an access by a register
 * that may be 2^32 or more. Paths are searched, so that nothing is shared with
 * the verifier's one pass, or with test/judge_code.
 */
#include "verify/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	PROGRAMS = 400000,
	WORDS_MAX = 14,
	BYTES_MAX = 6,
	CALLEE = 16, /* bytes of the function before */
	TEXT_MAX = CALLEE + WORDS_MAX * BYTES_MAX,
	USEFUL_MIN = 1000,
	RAX = 1,
	RCX = 2,
	DIRTY_SETS = 4,
};

enum flow { NEXT, JUMP, BRANCH, CALL, RETURN };

/* What an instruction does to registers: their upper halves are zero behind
 * it, may be anything, or had better be zero before. */
static const struct word {
	enum flow flow;
	uint8_t len, clears, soils, uses;
	uint8_t bytes[BYTES_MAX];
} words[] = {
	{ NEXT, 2, RAX, 0, 0, { 0x89, 0xc0 } },             /* mov eax, eax */
	{ NEXT, 2, RCX, 0, 0, { 0x89, 0xc9 } },             /* mov ecx, ecx */
	{ NEXT, 2, RAX, 0, 0, { 0x89, 0xc8 } },             /* mov ecx, eax */
	{ NEXT, 3, RAX, 0, 0, { 0xc1, 0xe0, 3 } },          /* shl 3, eax */
	{ NEXT, 2, RAX | RCX, 0, 0, { 0x87, 0xc8 } },       /* xchg */
	{ NEXT, 3, 0, RAX, 0, { 0x48, 0xf7, 0xd0 } },       /* not rax */
	{ NEXT, 3, 0, RCX, 0, { 0x48, 0xf7, 0xd1 } },       /* not rcx */
	{ NEXT, 3, 0, RAX | RCX, 0, { 0x48, 0x87, 0xc8 } }, /* xchg, 64 */
	{ NEXT, 1, 0, 0, 0, { 0x90 } },
	{ NEXT, 4, 0, 0, 0, { 0x0f, 0x1f, 0x40, 0 } },
	{ NEXT, 2, 0, 0, 0, { 0xd3, 0xe0 } },             /* shl cl, eax */
	{ NEXT, 3, 0, 0, 0, { 0xc1, 0xe0, 32 } },         /* shl 32, eax */
	{ NEXT, 3, 0, 0, 0, { 0x66, 0x89, 0xc8 } },       /* mov cx, ax */
	{ NEXT, 2, 0, 0, 0, { 0x88, 0xc8 } },             /* mov cl, al */
	{ NEXT, 4, 0, 0, RAX, { 0x41, 0x8b, 0x14, 7 } },  /* load to edx */
	{ NEXT, 4, 0, 0, RCX, { 0x41, 0x8b, 0x14, 15 } }, /* load to edx */
	{ NEXT, 4, 0, 0, RCX, { 0x41, 0x89, 4, 15 } },    /* store eax */
	{ NEXT, 4, RAX, 0, RAX, { 0x41, 0x8b, 4, 7 } },   /* load to eax */
	{ NEXT, 4, 0, RAX, RAX, { 0x49, 0x8b, 4, 7 } },   /* load to rax */
	{ NEXT, 4, 0, RCX, RAX, { 0x49, 0x8b, 12, 7 } },  /* load to rcx */
	{ BRANCH, 2, 0, 0, 0, { 0x74 } }, { BRANCH, 2, 0, 0, 0, { 0x75 } },
	{ BRANCH, 6, 0, 0, 0, { 0x0f, 0x84 } },
	{ CALL, 5, 0, RAX | RCX, 0, { 0xe8 } },
	{ RETURN, 1, 0, 0, 0, { 0xc3 } }, { JUMP, 5, 0, 0, 0, { 0xe9 } },
	{ JUMP, 2, 0, 0, 0, { 0xeb } }, /* one of these three is the last */
};
enum { WORDS = sizeof(words) / sizeof(words[0]), LAST = WORDS - 3 };

struct program {
	int count;
	const struct word *word[WORDS_MAX];
	int target[WORDS_MAX], at[WORDS_MAX + 1]; /* word; offset of each */
	uint8_t text[TEXT_MAX];
};

static uint32_t below(uint32_t end)
{
	static uint64_t seed = 1;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % end;
}

static void put_word(struct program *p, int i)
{
	const struct word *w = p->word[i];
	uint8_t *at = p->text + CALLEE + p->at[i];
	int32_t by = p->at[p->target[i]] - p->at[i + 1];

	memcpy(at, w->bytes, w->len);
	if (w->flow == CALL)
		by = -CALLEE - p->at[i + 1];
	else if (w->flow != BRANCH && w->flow != JUMP)
		return;
	if (w->len == 2)
		at[1] = (uint8_t)by;
	else
		memcpy(at + w->len - sizeof(by), &by, sizeof(by));
}

static void program_make(struct program *p)
{
	p->count = 2 + (int)below(WORDS_MAX - 1);
	p->at[0] = 0;
	for (int i = 0; i < p->count; i++) {
		p->word[i] = i + 1 < p->count ? &words[below(WORDS)]
					      : &words[LAST + below(3)];
		p->target[i] = (int)below((uint32_t)p->count);
		p->at[i + 1] = p->at[i] + p->word[i]->len;
	}
	memset(p->text, 0x90, CALLEE);
	p->text[0] = 0xc3;
	for (int i = 0; i < p->count; i++)
		put_word(p, i);
}

static bool program_accepted(const struct program *p)
{
	static const struct az_sig sig;
	uint32_t len = (uint32_t)p->at[p->count];
	const struct az_image_head head = { .text = { .count = CALLEE + len },
		.funcs = { .count = 2 },
		.sigs = { .count = 1 } };
	const struct az_func funcs[] = { { .len = CALLEE },
		{ .off = CALLEE, .len = len } };
	const struct image_view view = {
		.head = &head, .text = p->text, .funcs = funcs, .sigs = &sig
	};
	uint16_t work[TEXT_MAX];
	struct code_fault fault;

	return code_check(&view, work, sizeof(work), &fault) == AZ_REFUSE_NONE;
}

struct search {
	const struct program *p;
	bool seen[WORDS_MAX][DIRTY_SETS], used, wrong;
};

/* Follow every path from word i on, entered with these registers dirty. */
static void follow(struct search *s, int i, uint8_t dirty)
{
	while (i < s->p->count && !s->seen[i][dirty]) {
		const struct word *w = s->p->word[i];

		s->seen[i][dirty] = true;
		s->used = s->used || w->uses != 0;
		s->wrong = s->wrong || (w->uses & dirty) != 0;
		dirty = (uint8_t)((dirty & ~w->clears) | w->soils);
		if (w->flow == RETURN)
			return;
		if (w->flow == BRANCH)
			follow(s, s->p->target[i], dirty);
		i = w->flow == JUMP ? s->p->target[i] : i + 1;
	}
}

static void test_runs(void **state)
{
	int accepted = 0, useful = 0;

	(void)state;
	for (int n = 0; n < PROGRAMS; n++) {
		struct program p;
		struct search s = { .p = &p };

		program_make(&p);
		if (!program_accepted(&p))
			continue;
		follow(&s, 0, RAX | RCX);
		accepted++;
		useful += s.used;
		if (!s.wrong)
			continue;
		for (int i = 0; i < p.at[p.count]; i++)
			print_error(" %02x", p.text[CALLEE + i]);
		fail_msg(" accepted");
	}
	printf("%d programs, %d accepted, %d of them with accesses\n", PROGRAMS,
	    accepted, useful);
	assert_true(useful >= USEFUL_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_runs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
