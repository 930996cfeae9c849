/* What the decoder says of the general registers that an instruction writes,
 * against the CPU: the forms of the list are executed with hostile registers.
 */
#include "verify/x86_64/decode.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

enum {
	REGS = 16,
	PAGE = 4096,
	SCRATCH = 2048, /* of the page: what memory operands name */
	TRIES = 8,
	RCX = 1,
	R9 = 9,
	FLAGS = 0x8d5, /* what arithmetic sets */
	NO_REX = 0x3f,
	REX_MAX = 0x4f,
	RET = 0xc3,
	/* Instructions executed, and registers that were to be clear behind
	 * them. Whoever adds a form sees that it is executed here. */
	EXECUTED = 2088106,
	CLEARED = 373569,
};

/* How the operand is encoded that is a register or in memory. */
enum place { REGISTER, BY_RIP, BY_RSP, BY_R15, PLACES };

/* What run_code loads and stores; r15 points here while it runs. */
struct state {
	uint64_t regs[REGS];
	const uint8_t *code; /* at 128 */
	uint64_t flags;
	uint64_t xmm[2]; /* at 144 */
};

void run_code(struct state *s);

__asm__(".text\n"
	"run_code:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14\n"
	"	push %r15; sub $8, %rsp\n"
	"	mov %rdi, %r15\n"
	"	mov (%r15), %rax; mov 8(%r15), %rcx; mov 16(%r15), %rdx\n"
	"	mov 24(%r15), %rbx; mov 40(%r15), %rbp; mov 48(%r15), %rsi\n"
	"	mov 56(%r15), %rdi; mov 64(%r15), %r8; mov 72(%r15), %r9\n"
	"	mov 80(%r15), %r10; mov 88(%r15), %r11; mov 96(%r15), %r12\n"
	"	mov 104(%r15), %r13; mov 112(%r15), %r14\n"
	"	movups 144(%r15), %xmm0; movaps %xmm0, %xmm1\n"
	"	movaps %xmm0, %xmm3; movaps %xmm0, %xmm7; movaps %xmm0, %xmm8\n"
	"	movaps %xmm0, %xmm9; movaps %xmm0, %xmm12\n"
	"	movups %xmm0, -48(%rsp)\n"
	"	push 136(%r15); popf\n"
	"	call *128(%r15)\n"
	"	mov %rax, (%r15); mov %rcx, 8(%r15); mov %rdx, 16(%r15)\n"
	"	mov %rbx, 24(%r15); mov %rbp, 40(%r15); mov %rsi, 48(%r15)\n"
	"	mov %rdi, 56(%r15); mov %r8, 64(%r15); mov %r9, 72(%r15)\n"
	"	mov %r10, 80(%r15); mov %r11, 88(%r15); mov %r12, 96(%r15)\n"
	"	mov %r13, 104(%r15); mov %r14, 112(%r15)\n"
	"	add $8, %rsp; pop %r15\n"
	"	pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static uint8_t *page;
static uint64_t seed = 1;
static sigjmp_buf fault;
static int executed, written, cleared, wrong;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Mostly with a lower half that finds, shifts or divides by nothing; always
 * with something in the upper one. */
static uint64_t hostile(void)
{
	static const uint32_t low[] = { 0, 1, 31, 32, 64, 0x7fffffff,
		0x80000000, 0xffffffff };
	uint64_t x = draw();

	if (x & 0x100)
		x = (x & ~0xffffffffull) | low[x % 8];
	return x | 1ull << 63 | 1ull << 32;
}

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

static void judge(
    const struct x86_insn *in, const uint64_t *before, const uint64_t *after)
{
	for (unsigned r = 0; r < X86_R15; r++) {
		bool clears = in->clears >> r & 1, soils = in->soils >> r & 1;

		if (r == X86_RSP)
			continue;
		written += after[r] != before[r];
		cleared += clears;
		if ((!clears && !soils && after[r] != before[r]) ||
		    (clears && after[r] >> 32 != 0)) {
			wrong++;
			print_error("register %u:", r);
			for (unsigned i = 0; i < in->len; i++)
				print_error(" %02x", page[i]);
			print_error("\n");
		}
	}
}

/* Execute the instruction at the page's start. */
static void execute(const struct x86_insn *in)
{
	struct state s = { .code = page,
		.flags = draw() & FLAGS,
		.xmm = { draw(), hostile() } };
	uint64_t before[REGS];

	page[in->len] = RET;
	for (int i = 0; i < REGS; i++)
		s.regs[i] = hostile();
	if (in->mode == X86_BASED)
		s.regs[RCX] = s.regs[R9] =
		    (uintptr_t)(page + SCRATCH) - (uintptr_t)&s;
	memcpy(before, s.regs, sizeof(before));
	for (unsigned i = 0; i < 16; i += 8)
		memcpy(page + SCRATCH + i, &before[i / 8], 8);
	if (sigsetjmp(fault, 1) != 0)
		return;
	run_code(&s);
	executed++;
	judge(in, before, s.regs);
}

static bool names(const struct x86_reg *reg, uint8_t num)
{
	return (reg->class == X86_GPR || reg->class == X86_GPR8) &&
	       !reg->high && reg->num == num;
}

static bool can_run(const struct x86_insn *in)
{
	if (in->kind == X86_CALL || in->kind == X86_JMP ||
	    in->kind == X86_JCC || in->kind == X86_RET ||
	    in->kind == X86_PUSH || in->kind == X86_POP)
		return false;
	for (int i = 0; i < 2; i++) {
		uint8_t num = i == 0 ? X86_RSP : X86_R15;

		if (names(&in->reg, num) || names(&in->rm, num))
			return false;
	}
	if (in->mode == X86_BASED && in->base == X86_R15)
		return in->index == RCX || in->index == R9;
	return in->mode == X86_NO_MEM || in->mode == X86_RIP ||
	       (in->mode == X86_BASED && in->base == X86_RSP &&
		   in->index == X86_NO_REG);
}

/* Write ModRM and what belongs to it: disp is that of rip. Below the return
 * address is place for 16 bytes, aligned as movaps needs it. */
static void put_modrm(uint8_t *at, enum place place, uint8_t digits, int disp)
{
	static const uint8_t modrm[PLACES] = { 0xc0, 0x05, 0x44, 0x04 };
	static const uint8_t sib[PLACES] = { [BY_RSP] = 0x24, [BY_R15] = 0x0f };

	*at++ = modrm[place] | digits;
	if (place == BY_RIP)
		memcpy(at, &disp, sizeof(disp));
	else if (place != REGISTER)
		*at++ = sib[place];
	if (place == BY_RSP)
		*at = (uint8_t)-40;
}

/* Try the head_len bytes at the page's start with a ModRM, and behind it what
 * may be an immediate. */
static void try_modrm(size_t head_len, enum place place, uint8_t digits)
{
	static const uint8_t imms[TRIES] = { 0, 1, 3, 31, 32, 64, 33, 0xff };
	struct x86_insn in;

	for (int n = 0; n < TRIES; n++) {
		memset(page + head_len, imms[n], X86_INSN_MAX + 1);
		put_modrm(page + head_len, place, digits, 0);
		if (!x86_decode(&in, page, X86_INSN_MAX) || !can_run(&in))
			return;
		if (in.mode == X86_RIP) {
			put_modrm(
			    page + head_len, place, digits, SCRATCH - in.len);
			if (!x86_decode(&in, page, X86_INSN_MAX))
				return;
		}
		execute(&in);
	}
}

static void try_head(uint8_t prefix, uint8_t rex, bool escaped, uint8_t op)
{
	uint8_t head[4];
	size_t len = 0;

	if (prefix != 0)
		head[len++] = prefix;
	if (rex != NO_REX)
		head[len++] = rex;
	if (escaped)
		head[len++] = 0x0f;
	head[len++] = op;
	memcpy(page, head, len);
	for (unsigned digits = 0; digits < 0x40; digits++)
		try_modrm(len, REGISTER, (uint8_t)digits);
	for (enum place place = BY_RIP; place < PLACES; place++)
		for (unsigned reg = 0; reg < 8; reg++)
			try_modrm(len, place, (uint8_t)(reg << 3));
}

static void test_writes(void **state)
{
	static const uint8_t prefixes[] = { 0, 0x66, 0xf2, 0xf3 };
	const struct sigaction act = { .sa_handler = on_fault };
	struct sigaction old;

	(void)state;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(page, MAP_FAILED);
	assert_int_equal(sigaction(SIGFPE, &act, &old), 0);
	for (unsigned p = 0; p < sizeof(prefixes); p++)
		for (uint8_t rex = NO_REX; rex <= REX_MAX; rex++)
			for (unsigned op = 0; op < 512; op++)
				try_head(
				    prefixes[p], rex, op >= 256, (uint8_t)op);
	sigaction(SIGFPE, &old, NULL);
	munmap(page, PAGE);
	printf("%d executed: %d registers changed, %d cleared\n", executed,
	    written, cleared);
	assert_int_equal(wrong, 0);
	assert_int_equal(executed, EXECUTED);
	assert_int_equal(cleared, CLEARED);
}

/* What cannot be executed there. */
static void test_others(void **state)
{
	struct x86_insn in;

	(void)state;
	assert_true(x86_decode(&in, (const uint8_t *)"\xe8\0\0\0\0", 5));
	assert_int_equal(in.clears, 0);
	assert_int_equal(in.soils, 0xffff);
	assert_true(
	    x86_decode(&in, (const uint8_t *)"\x41\x5c", 2)); /* pop r12 */
	assert_int_equal(in.clears, 0);
	assert_int_equal(in.soils, 1 << 12);
	assert_true(x86_decode(&in, (const uint8_t *)"\x50", 1)); /* push rax */
	assert_int_equal(in.clears | in.soils, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
