/* What asmtext leaves of gcc's text. */
#include "asmtext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOAD(index, to) "\tmovl 8(%r15,%" index "), %" to "\n"
#define COPY(from, to) "\tmovl %" from ", %" to "\n"
/* An access by eax through a copy of its own, and what may become of it. */
#define ACCESS COPY("eax", "ecx") LOAD("rcx", "ecx")
#define THIN LOAD("rax", "ecx")

static void check(const char *in, const char *want, size_t dropped)
{
	struct buf out = { 0 };

	assert_int_equal(asmtext_thin(&out, in, strlen(in)), dropped);
	assert_string_equal(out.at, want);
	buf_fini(&out);
}

/* Behind `before`, eax is clean, or is not. */
static void check_clean(const char *before)
{
	char *in = xasprintf("%s%s", before, ACCESS);
	char *want = xasprintf("%s%s", before, THIN);

	check(in, want, 1);
	free(in);
	free(want);
}

static void check_dirty(const char *before)
{
	char *in = xasprintf("%s%s", before, ACCESS);

	check(in, in, 0);
	free(in);
}

static void test_forms(void **state)
{
	(void)state;
	/* The same register; a store; floats; the last line without an end. */
	check("\taddl $1, %eax\n" COPY("eax", "eax") LOAD("rax", "eax"),
	    "\taddl $1, %eax\n" LOAD("rax", "eax"), 1);
	check("\taddl\t$1, %r9d\n" COPY("r9d", "ebx") "\tmovb $1, "
						      "3(%r15,%rbx)",
	    "\taddl\t$1, %r9d\n\tmovb $1, 3(%r15,%r9)", 1);
	check("\txorl %ebp, %ebp\n" COPY(
		  "ebp", "r12d") "\tmovsd (%r15,%r12), %xmm0\n",
	    "\txorl %ebp, %ebp\n\tmovsd (%r15,%rbp), %xmm0\n", 1);
	/* What is loaded is clean, or is not. */
	check(ACCESS COPY("ecx", "edx") LOAD("rdx", "edx"),
	    ACCESS LOAD("rcx", "edx"), 1);
	check(COPY("eax", "ecx") "\tmovq (%r15,%rcx), %rcx\n" COPY("ecx", "edx")
		  LOAD("rdx", "edx"),
	    COPY("eax", "ecx") "\tmovq (%r15,%rcx), %rcx\n" COPY("ecx", "edx")
		LOAD("rdx", "edx"),
	    0);
}

static void test_copies(void **state)
{
	(void)state;
	/* No access behind it, one by another register, one further on. */
	check_clean("\txorl %eax, %eax\n" COPY("eax", "ecx"));
	check("\txorl %eax, %eax\n" COPY("eax", "ecx") LOAD("rdx", "ecx"),
	    "\txorl %eax, %eax\n" COPY("eax", "ecx") LOAD("rdx", "ecx"), 0);
	check("\txorl %eax, %eax\n" COPY("eax", "ecx") "#NO_APP\n" LOAD(
		  "rcx", "ecx"),
	    "\txorl %eax, %eax\n" COPY("eax", "ecx") "#NO_APP\n" LOAD(
		"rcx", "ecx"),
	    0);
	check("\txorl %eax, %eax\n" COPY("eax", "ecx"),
	    "\txorl %eax, %eax\n" COPY("eax", "ecx"), 0);
	/* A copy that stays makes its target clean. */
	check(COPY("ebx", "ecx") COPY("ecx", "edx") LOAD("rdx", "edx"),
	    COPY("ebx", "ecx") LOAD("rcx", "edx"), 1);
}

/* One eax after the other, none of them clean. */
#define AGAIN ACCESS ACCESS
#define CLEAR COPY("eax", "eax")

/* Between `before` and `after`, where nobody knows what eax's upper half is,
 * the first of two copies is made in place. */
static void check_placed(const char *before, const char *after)
{
	char *in = xasprintf("%s%s%s", before, AGAIN, after);
	char *want = xasprintf("%s%s%s", before, CLEAR THIN THIN, after);

	check(in, want, 1);
	free(in);
	free(want);
}

static void check_kept(const char *before, const char *after)
{
	char *in = xasprintf("%s%s%s", before, AGAIN, after);

	check(in, in, 0);
	free(in);
}

static void test_in_place(void **state)
{
	(void)state;
	/* Where the upper half is dead: overwritten in every way on. */
	check_placed(".L1:\n", "\tmovl $1, %eax\n");
	check_placed(".L1:\n", "\tleal 1(%rax), %eax\n");
	check_placed(".L1:\n", "\taddl $1, %eax\n\tpushq %rax\n");
	check_placed(".L1:\n", "\tmovq %rbx, %rax\n\tret\n");
	check_placed(".L1:\n", "\tcmovel %ebx, %eax\n\tret\n");
	check_placed(".L1:\n", "\tcmpl $1, %eax\n\tcall f\n\tret\n");
	check_placed(".L1:\n", "\tjne .L1\n\txorl %eax, %eax\n\tret\n");
	check_placed("\tjmp .L2\n.L1:\n",
	    "\tjmp .L1\n.L2:\n\txorl %eax, %eax\n\tjmp .L1\n");
	/* Where something may read it. */
	check_kept(".L1:\n", "");
	check_kept(".L1:\n", "\tret\n");
	check_kept(".L1:\n", "\tmovq %rax, %rbx\n\tmovl $1, %eax\n");
	check_kept(".L1:\n", "\taddq $1, %rax\n\tmovl $1, %eax\n");
	check_kept(".L1:\n", "\tmovb $1, %al\n\tret\n");
	check_kept(".L1:\n", "\tcmoveq %rbx, %rax\n\tmovl $1, %eax\n");
	check_kept(".L1:\n", "\tsall %cl, %eax\n\tret\n");
	check_kept(".L1:\n", "\tfrob %edx\n\tmovl $1, %eax\n");
	check_kept(".L1:\n", "\tje .L2\n\tmovl $1, %eax\n.L2:\n\tret\n");
	check_kept(".L1:\n", "\tje f\n\tmovl $1, %eax\n");
	check(COPY("edi", "ecx") LOAD("rcx", "ecx") COPY("edi", "ecx")
		  LOAD("rcx", "ecx") "\tcall f\n",
	    COPY("edi", "ecx") LOAD("rcx", "ecx") COPY("edi", "ecx")
		LOAD("rcx", "ecx") "\tcall f\n",
	    0);
	/* The stored value is the register itself. */
	check(COPY("eax", "ecx") "\tmovq %rax, (%r15,%rcx)\n" ACCESS
				 "\tmovl $1, %eax\n",
	    COPY("eax", "ecx") "\tmovq %rax, (%r15,%rcx)\n"
			       "\tmovl 8(%r15,%rcx), %ecx\n"
			       "\tmovl $1, %eax\n",
	    1);
}

static void test_same(void **state)
{
	(void)state;
	/* The copy of a register stands for it, until one is written. */
	check(COPY("eax", "ebx") ACCESS, COPY("eax", "ebx") LOAD("rbx", "ecx"),
	    1);
	check(COPY("eax", "ebx") "\tincl %ebx\n" ACCESS,
	    COPY("eax", "ebx") "\tincl %ebx\n" ACCESS, 0);
	check(COPY("eax", "ebx") "\tmovb $1, %bl\n" ACCESS,
	    COPY("eax", "ebx") "\tmovb $1, %bl\n" ACCESS, 0);
	check(COPY("eax", "ebx") "\tmovb $1, %al\n" ACCESS,
	    COPY("eax", "ebx") "\tmovb $1, %al\n" ACCESS, 0);
	check(COPY("eax", "ebx") ".L1:\n" ACCESS,
	    COPY("eax", "ebx") ".L1:\n" ACCESS, 0);
	check(COPY("eax", "ebx") "\tcall f\n" ACCESS,
	    COPY("eax", "ebx") "\tcall f\n" ACCESS, 0);
}

static void test_clean(void **state)
{
	static const char *const before[] = { "\tmovl $1, %eax\n",
		"\tmovl 8(%rsp), %eax\n", "\tmovl az_I+8(%rip), %eax\n",
		"\tmovzbl %dl, %eax\n", "\tmovzbl %cl, %eax\n",
		"\tmovswl 4(%rsp), %eax\n", "\tleal 8(%rax,%rdx,4), %eax\n",
		"\tsall $2, %eax\n", "\tsall %eax\n", "\tshrl $5, %eax\n",
		"\tnegl %eax\n", "\tincl %eax\n", "\timull %edx, %eax\n",
		"\timull $10, %edx, %eax\n", "\tcmovnel %edx, %eax\n",
		"\tcvttsd2sil %xmm0, %eax\n", "\tmovd %xmm0, %eax\n",
		"\tbswap %eax\n", "\tshldl $3, %edx, %eax\n" };
	static const char *const between[] = { "", "#APP\n", "\n",
		"\t.loc 1 2\n", "\tcmpl $1, %eax\n", "\ttestq %rax, %rax\n",
		"\tpushq %rax\n", "\tmovq %rax, 8(%rsp)\n", "\tjne .L1\n",
		"\tmovq %rdx, %rbx\n", "\taddsd %xmm1, %xmm0\n",
		"\tmovss %xmm0, 8(%rsp)\n", "\tmovd %eax, %xmm0\n",
		"\tsete %dl\n", "\tbtl $3, %eax\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		for (size_t k = 0; k < sizeof(between) / sizeof(*between);
		     k++) {
			char *text = xasprintf("%s%s", before[i], between[k]);

			check_clean(text);
			free(text);
		}
	}
}

static void test_dirty(void **state)
{
	static const char *const after[] = { ".L1:\n", "f:\n", "1:\n",
		"\tcall f\n", "\tmovq %rdx, %rax\n", "\taddq $1, %rax\n",
		"\tmovslq %edx, %rax\n", "\tmovslq %eax, %rax\n",
		"\tleaq (%rdx), %rax\n", "\tmovb $1, %al\n", "\tsete %al\n",
		"\tmovw %dx, %ax\n", "\tpopq %rax\n", "\tmull %edx\n",
		"\timulq %rdx\n", "\tdivl %ecx\n", "\tidivq 8(%rsp)\n",
		"\tcltq\n", "\tcqto\n", "\tcltd\n", "\tsall %cl, %eax\n",
		"\tshldl %cl, %edx, %eax\n", "\tbsrl %edx, %eax\n",
		"\trep bsfl %edx, %eax\n", "\txchgl %eax, %edx\n",
		"\tcmovneq %rdx, %rax\n", "\tmovabsq $1, %rax\n",
		"\tmovq %xmm0, %rax\n", "\tcvttsd2siq %xmm0, %rax\n",
		"\tfrob %edx\n", "\tnop; addq $1, %rax\n" };

	(void)state;
	check_dirty("");
	for (size_t i = 0; i < sizeof(after) / sizeof(*after); i++) {
		char *text = xasprintf("\txorl %%eax, %%eax\n%s", after[i]);

		check_dirty(text);
		free(text);
	}
}

/* Each register by its own name. */
static void test_names(void **state)
{
	static const char *const names[][2] = { { "eax", "rax" },
		{ "ecx", "rcx" }, { "edx", "rdx" }, { "ebx", "rbx" },
		{ "esi", "rsi" }, { "edi", "rdi" }, { "ebp", "rbp" },
		{ "r8d", "r8" }, { "r9d", "r9" }, { "r10d", "r10" },
		{ "r11d", "r11" }, { "r12d", "r12" }, { "r13d", "r13" },
		{ "r14d", "r14" } };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *e = names[i][0], *r = names[i][1];
		char *in = xasprintf("\tincl %%%s\n\tmovl %%%s, %%%s\n"
				     "\tmovl (%%r15,%%%s), %%%s\n",
		    e, e, e, r, e);
		char *want = xasprintf("\tincl %%%s\n"
				       "\tmovl (%%r15,%%%s), %%%s\n",
		    e, r, e);

		check(in, want, 1);
		free(in);
		free(want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_dirty),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
