/* The verifier against escapes.txt, assembled by GNU as in one run, and
 * against images whose tables lie. */
#include "verify/code.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gelf.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "test/code_input.h"

enum {
	CASES_MAX = 4096,
	LINE_MAX_ = 1024,
	LETS_MAX = 16,
	CODE_MAX = 256, /* bytes of a snippet */
	SELF = 32,      /* where its function starts in the text */
	TEXT_MAX = SELF + CODE_MAX,
	WORK_MAX = 2 * TEXT_MAX,
	ESCAPES_MIN = 500,
	ACCEPTED_MIN = 60,
};

struct test_case {
	enum code_rule rule;
	bool args;
	int line; /* of the table */
	char *asm_text;
	uint8_t code[CODE_MAX];
	size_t len;
};

static struct test_case cases[CASES_MAX];
static int case_count;
static struct {
	char name[16], list[LINE_MAX_];
} lets[LETS_MAX];
static int let_count;

/* --- An image around a snippet --------------------------------------------- */
static const struct az_import imports[] = { { .sig = 0 }, { .sig = 1 },
	{ .sig = 2 } };

struct sample {
	struct az_image_head head;
	struct az_func funcs[3];
	struct az_import imports[3];
	uint8_t text[TEXT_MAX];
	struct image_view view;
};

/* Two functions that return, of no and of 16 bytes of arguments, and the
 * snippet. */
static void sample_init(
    struct sample *s, const uint8_t *code, size_t len, bool args)
{
	const uint16_t own = args ? 2 : 0;

	*s = (struct sample){
		.head = { .text = { .count = SELF + (uint32_t)len },
		    .rodata = { .count = 64 },
		    .data_mem_size = 128,
		    .funcs = { .count = 3 },
		    .sigs = { .count = 3 },
		    .imports = { .count = 3 },
		    .tables = { .count = 2 } },
		.funcs = { { .off = 0, .len = 16 },
		    { .off = 16, .len = 16, .sig = 2, .stack_args = 16 },
		    { .off = SELF,
			.len = (uint32_t)len,
			.sig = own,
			.stack_args = code_input_types[own].stack_args } },
	};
	memset(s->text, 0x90, SELF);
	s->text[0] = s->text[16] = 0xc3;
	memcpy(s->text + SELF, code, len);
	memcpy(s->imports, imports, sizeof(imports));
	s->view = (struct image_view){ .head = &s->head,
		.text = s->text,
		.funcs = s->funcs,
		.sigs = code_input_types,
		.imports = s->imports };
}

static enum az_refusal check(const struct sample *s, struct code_fault *fault)
{
	size_t size = code_work_size(&s->view);
	void *work = malloc(size);
	enum az_refusal refusal = code_check(&s->view, work, size, fault);

	free(work);
	return refusal;
}

/* --- The table -------------------------------------------------------------- */
static const char *const rule_names[] = { "OK",
#define X(rule, text) #rule,
	CODE_RULES(X)
#undef X
};

static void add_case(
    enum code_rule rule, bool args, bool raw, const char *text, int line)
{
	struct test_case *c = &cases[case_count++];
	size_t len = strlen(text), n = 0;

	assert_true(case_count <= CASES_MAX);
	*c = (struct test_case){ .rule = rule, .args = args, .line = line };
	c->asm_text = malloc(len + sizeof("; ret"));
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\\')
			c->asm_text[n++] = text[i];
	}
	strcpy(c->asm_text + n, raw ? "" : "; ret");
}

static const char *let_list(const char *name)
{
	for (int i = 0; i < let_count; i++) {
		if (strcmp(lets[i].name, name) == 0)
			return lets[i].list;
	}
	return name;
}

/* The comma, not escaped, that ends the first item of list, or its end. */
static const char *item_end(const char *list)
{
	while (*list && !(*list == ',' && list[-1] != '\\'))
		list++;
	return list;
}

/* Add a case for each way to choose from the braces, innermost first. */
static void expand(
    enum code_rule rule, bool args, bool raw, const char *text, int line)
{
	const char *close = strchr(text, '}'), *open = close, *at;
	char inner[LINE_MAX_], next[LINE_MAX_ + 1];

	if (!close) {
		add_case(rule, args, raw, text, line);
		return;
	}
	while (*open != '{')
		open--;
	inner[0] = ' ';
	snprintf(inner + 1, sizeof(inner) - 1, "%.*s", (int)(close - open - 1),
	    open + 1);
	snprintf(next, sizeof(next), " %s", let_list(inner + 1));
	memcpy(inner, next, sizeof(inner));
	for (at = inner + 1;; at = item_end(at) + 1) {
		snprintf(next, sizeof(next), "%.*s%.*s%s", (int)(open - text),
		    text, (int)(item_end(at) - at), at, close + 1);
		expand(rule, args, raw, next, line);
		if (!*item_end(at))
			return;
	}
}

static void read_line(char *text, int line)
{
	char name[16], args[16] = "", *bar = strchr(text, '|');
	enum code_rule rule = CODE_OK;
	bool raw;

	text[strcspn(text, "\n")] = 0;
	if (sscanf(text, "let %15s = %1000s", lets[let_count].name,
		lets[let_count].list) == 2) {
		let_count++;
		return;
	}
	if (*text == 0 || *text == '#')
		return;
	assert_non_null(bar);
	raw = bar[1] == '|';
	*bar = 0;
	assert_true(sscanf(text, "%15s %15s", name, args) >= 1);
	while (rule < CODE_RULE_COUNT && strcmp(rule_names[rule], name) != 0)
		rule++;
	assert_true(rule < CODE_RULE_COUNT);
	expand(rule, *args != 0, raw, bar + 1 + raw, line);
}

static void read_table(void)
{
	FILE *file = fopen("kernel/verify/escapes.txt", "r");
	char text[LINE_MAX_];

	assert_non_null(file);
	for (int line = 1; fgets(text, sizeof(text), file); line++)
		read_line(text, line);
	fclose(file);
}

/* --- Assembling ------------------------------------------------------------- */
static void write_source(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 0; i < case_count; i++)
		fprintf(file,
		    ".section .s%d,\"ax\"\n# %d \"escapes.txt\"\n%s\n", i,
		    cases[i].line, cases[i].asm_text);
	fclose(file);
}

/* A name of the table as a displacement from the slot's start. */
static int64_t place_of(const char *name)
{
	static const struct {
		const char *name;
		int64_t at, stride;
	} places[] = {
		{ "callee", AZ_TEXT_BASE, 16 }, /* callee2 is the second */
		{ "data", AZ_DATA_BASE, 0 },
		{ "helper", AZ_HELPER_BASE, AZ_HELPER_STRIDE },
		{ "import", AZ_IMPORT_BASE, AZ_IMPORT_STRIDE },
		{ "linear", AZ_MEMORY_BASE - 16, 0 },
		{ "rodata", AZ_RODATA_BASE, 0 },
		{ "self", AZ_TEXT_BASE + SELF, 0 },
		{ "slot", 0, 0 },
		{ "stack", AZ_STACK_TOP - 64, 0 },
		{ "table", AZ_TEXT_BASE + AZ_PAGE_SIZE, 0 },
		{ "text", AZ_TEXT_BASE, 0 },
		{ "thunk", AZ_THUNK_BASE, AZ_THUNK_STRIDE },
	};
	size_t len = strcspn(name, "0123456789");

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strlen(places[i].name) == len &&
		    strncmp(places[i].name, name, len) == 0)
			return places[i].at +
			       places[i].stride * (name[0] == 'c'
							  ? name[len] == '2'
							  : atoi(name + len));
	}
	fail_msg("no place is called %s", name);
	return 0;
}

struct object {
	Elf *elf;
	Elf_Data *symbols;
	size_t strings, names;
};

static int case_of(const struct object *o, const GElf_Shdr *head)
{
	const char *name = elf_strptr(o->elf, o->names, head->sh_name);

	return strncmp(name, ".s", 2) == 0 && name[2] >= '0' && name[2] <= '9'
		   ? atoi(name + 2)
		   : -1;
}

static void relocate(const struct object *o, Elf_Scn *scn, GElf_Shdr *head)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr of;
	struct test_case *c;

	gelf_getshdr(elf_getscn(o->elf, head->sh_info), &of);
	c = &cases[case_of(o, &of)];
	for (size_t n = 0; n < head->sh_size / head->sh_entsize; n++) {
		GElf_Rela r;
		GElf_Sym sym;
		int32_t value;

		gelf_getrela(data, (int)n, &r);
		gelf_getsym(o->symbols, (int)GELF_R_SYM(r.r_info), &sym);
		assert_true(GELF_R_TYPE(r.r_info) == R_X86_64_PC32 ||
			    GELF_R_TYPE(r.r_info) == R_X86_64_PLT32);
		value = (int32_t)(place_of(elf_strptr(
				      o->elf, o->strings, sym.st_name)) +
				  r.r_addend - AZ_TEXT_BASE - SELF -
				  (int64_t)r.r_offset);
		memcpy(c->code + r.r_offset, &value, sizeof(value));
	}
}

static void read_section(const struct object *o, Elf_Scn *scn, GElf_Shdr *head)
{
	int i = case_of(o, head);
	Elf_Data *data = elf_getdata(scn, NULL);

	if (i < 0)
		return;
	if (head->sh_size > CODE_MAX)
		fail_msg("too long: %s", cases[i].asm_text);
	cases[i].len = head->sh_size;
	if (head->sh_size > 0)
		memcpy(cases[i].code, data->d_buf, head->sh_size);
}

static void read_object(const char *path)
{
	FILE *file = fopen(path, "r");
	struct object o = { 0 };
	Elf_Scn *scn = NULL;
	GElf_Shdr head;

	assert_non_null(file);
	elf_version(EV_CURRENT);
	o.elf = elf_begin(fileno(file), ELF_C_READ, NULL);
	assert_int_equal(elf_getshdrstrndx(o.elf, &o.names), 0);
	while ((scn = elf_nextscn(o.elf, scn)) != NULL) {
		gelf_getshdr(scn, &head);
		if (head.sh_type == SHT_SYMTAB) {
			o.symbols = elf_getdata(scn, NULL);
			o.strings = head.sh_link;
		} else if (head.sh_type == SHT_PROGBITS) {
			read_section(&o, scn, &head);
		}
	}
	while ((scn = elf_nextscn(o.elf, scn)) != NULL) {
		gelf_getshdr(scn, &head);
		if (head.sh_type == SHT_RELA)
			relocate(&o, scn, &head);
	}
	elf_end(o.elf);
	fclose(file);
}

static void assemble(void)
{
	char dir[] = "/tmp/azoth-escapes-XXXXXX", source[64], object[64],
	     command[256];

	assert_non_null(mkdtemp(dir));
	snprintf(source, sizeof(source), "%s/e.s", dir);
	snprintf(object, sizeof(object), "%s/e.o", dir);
	snprintf(
	    command, sizeof(command), "as --64 -W -o %s %s", object, source);
	write_source(source);
	assert_int_equal(system(command), 0);
	read_object(object);
	unlink(source);
	unlink(object);
	rmdir(dir);
}

/* --- Tests ------------------------------------------------------------------ */
static void test_escapes(void **state)
{
	int wrong = 0, escapes = 0;

	(void)state;
	read_table();
	assemble();
	for (int i = 0; i < case_count; i++) {
		const struct test_case *c = &cases[i];
		struct code_fault fault;
		struct sample s;
		enum az_refusal got;

		sample_init(&s, c->code, c->len, c->args);
		got = check(&s, &fault);
		escapes += c->rule != CODE_OK;
		assert_true(got == AZ_REFUSE_NONE || got == AZ_REFUSE_CODE);
		assert_true((got == AZ_REFUSE_CODE) == (fault.rule != CODE_OK));
		if (fault.rule == c->rule)
			continue;
		wrong++;
		printf("escapes.txt:%d: want %s, got %s (%s at %u): %s\n",
		    c->line, rule_names[c->rule], rule_names[fault.rule],
		    fault.text ? fault.text : "", fault.offset, c->asm_text);
	}
	printf("%d escapes, %d accepted\n", escapes, case_count - escapes);
	assert_int_equal(wrong, 0);
	assert_true(escapes >= ESCAPES_MIN);
	assert_true(case_count - escapes >= ACCEPTED_MIN);
}

static const uint8_t one_ret[] = { 0xc3 };

static void expect(struct sample *s, enum code_rule rule, uint32_t func)
{
	struct code_fault fault;

	assert_int_equal(check(s, &fault),
	    rule == CODE_OK ? AZ_REFUSE_NONE : AZ_REFUSE_CODE);
	assert_int_equal(fault.rule, rule);
	assert_int_equal(fault.func, func);
}

/* Set a field of a fresh sample to a lie. */
#define LIE(field, value, rule, func)                                          \
	do {                                                                   \
		struct sample s;                                               \
                                                                               \
		sample_init(&s, one_ret, 1, false);                            \
		s.field = (value);                                             \
		expect(&s, rule, func);                                        \
	} while (0)

static void test_sections(void **state)
{
	(void)state;
	LIE(head.flags, 0, CODE_OK, AZ_NONE);
	LIE(head.text.count, AZ_TEXT_MAX + 1, CODE_V11, AZ_NONE);
	LIE(head.text.count, 0xffffffff, CODE_V11, AZ_NONE);
	LIE(head.rodata.count, AZ_RODATA_MAX + 1, CODE_V11, AZ_NONE);
	LIE(head.rodata.count, 0xffffffff, CODE_V11, AZ_NONE);
	LIE(head.data_mem_size, AZ_DATA_MAX + 1, CODE_V11, AZ_NONE);
	LIE(head.data_mem_size, 0xffffffff, CODE_V11, AZ_NONE);
	LIE(head.imports.count, AZ_IMPORT_MAX + 1, CODE_V11, AZ_NONE);
	LIE(head.sigs.count, AZ_SIG_MAX + 1, CODE_V11, AZ_NONE);
	LIE(head.tables.count, AZ_SIG_MAX / 3, CODE_OK, AZ_NONE);
	LIE(head.tables.count, AZ_SIG_MAX / 3 + 1, CODE_V11, AZ_NONE);
	LIE(head.tables.count, 0xffffffff, CODE_V11, AZ_NONE);
	LIE(imports[0].sig, 3, CODE_V10, AZ_NONE);
	LIE(imports[2].sig, 0xffff, CODE_V10, AZ_NONE);
	LIE(head.sigs.count, 2, CODE_V10, AZ_NONE);
}

static void test_function_table(void **state)
{
	(void)state;
	LIE(funcs[0].off, 1, CODE_V12, 0);
	LIE(funcs[1].off, 0, CODE_V12, 1);
	LIE(funcs[1].off, 17, CODE_V12, 1);
	LIE(funcs[1].off, 0xffffffff, CODE_V12, 1);
	LIE(funcs[2].off, 16, CODE_V12, 2);
	LIE(funcs[0].len, 0, CODE_V12, 0);
	LIE(funcs[0].len, 15, CODE_V12, 1);
	LIE(funcs[0].len, 17, CODE_V12, 1);
	LIE(funcs[2].len, 0, CODE_V12, 2);
	LIE(funcs[2].len, 2, CODE_V12, 2);
	LIE(funcs[2].len, 0x7fffffff, CODE_V12, 2);
	LIE(head.text.count, SELF, CODE_V12, 2);
	LIE(head.text.count, SELF + 2, CODE_V12, AZ_NONE);
	LIE(head.text.count, 0, CODE_V12, 0);
	LIE(head.funcs.count, 2, CODE_V12, AZ_NONE);
	LIE(head.funcs.count, 0, CODE_V12, AZ_NONE);
	LIE(funcs[0].sig, 3, CODE_V12, 0);
	LIE(funcs[2].sig, 0xffff, CODE_V12, 2);
	LIE(funcs[0].stack_args, 8, CODE_V12, 0);
	LIE(funcs[1].stack_args, 0, CODE_V12, 1);
	LIE(funcs[1].stack_args, 24, CODE_V12, 1);
	LIE(funcs[2].stack_args, 0xfff8, CODE_V12, 2);
	LIE(funcs[1].sig, 1, CODE_V12, 1);
	/* Functions that end within an instruction, or without an end. */
	LIE(text[0], 0x90, CODE_V9, 0);
	LIE(text[15], 0x0f, CODE_V1, 0);
	LIE(text[16], 0x40, CODE_V1, 1);
}

/* Without a table there are no thunks. */
static void test_no_thunks(void **state)
{
	int32_t far = (int32_t)(AZ_THUNK_BASE - (AZ_TEXT_BASE + SELF + 5));
	uint8_t code[6] = { 0xe8, 0, 0, 0, 0, 0xc3 };
	struct sample s;

	(void)state;
	memcpy(code + 1, &far, sizeof(far));
	sample_init(&s, code, sizeof(code), false);
	expect(&s, CODE_OK, AZ_NONE);
	s.head.tables.count = 0;
	expect(&s, CODE_V10, 2);
}

static void test_empty(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s, one_ret, 1, false);
	s.head.funcs.count = 0;
	s.head.text.count = 0;
	expect(&s, CODE_OK, AZ_NONE);
	assert_int_equal(code_work_size(&s.view), sizeof(uint16_t));
}

static void test_fault(void **state)
{
	static const uint8_t code[] = { 0x90, 0x0f, 0x31, 0xc3 };
	static const uint8_t store[] = { 0x90, 0x89, 0x08, 0xc3 };
	struct code_fault fault;
	struct sample s;

	(void)state;
	sample_init(&s, code, sizeof(code), false);
	assert_int_equal(check(&s, &fault), AZ_REFUSE_CODE);
	assert_int_equal(fault.func, 2);
	assert_int_equal(fault.offset, 1);
	assert_int_equal(fault.byte_count, 3);
	assert_memory_equal(fault.bytes, code + 1, 3);
	assert_memory_equal(fault.text, "V4: ", 4);
	sample_init(&s, store, sizeof(store), false);
	assert_int_equal(check(&s, &fault), AZ_REFUSE_CODE);
	assert_int_equal(fault.byte_count, 2);
	assert_memory_equal(fault.bytes, store + 1, 2);
	assert_memory_equal(fault.text, "V2: ", 4);
}

/* What one function has written says nothing at the start of the next. */
static void test_next_function(void **state)
{
	/* mov (%r15,%rax), %ecx; ret */
	static const uint8_t low[] = { 0x41, 0x8b, 0x0c, 0x07, 0xc3 };
	/* mov (%r15,%r12), %ecx; ret */
	static const uint8_t high[] = { 0x43, 0x8b, 0x0c, 0x27, 0xc3 };
	struct sample s;

	(void)state;
	sample_init(&s, low, sizeof(low), false);
	memcpy(s.text + 16, "\x89\xc0\xc3", 3); /* mov %eax, %eax */
	expect(&s, CODE_V2, 2);
	sample_init(&s, high, sizeof(high), false);
	memcpy(s.text + 16, "\x45\x89\xe4\xc3", 4); /* mov %r12d, %r12d */
	expect(&s, CODE_V2, 2);
}

static void test_work(void **state)
{
	uint16_t work[TEXT_MAX];
	struct code_fault fault;
	struct sample s;
	size_t size;

	(void)state;
	sample_init(&s, one_ret, 1, false);
	size = code_work_size(&s.view);
	assert_int_equal(size, 16 * sizeof(uint16_t));
	assert_int_equal(
	    code_check(&s.view, work, size - 1, &fault), AZ_REFUSE_MEMORY);
	/* What the work held before does not matter. */
	memset(work, 0xff, sizeof(work));
	assert_int_equal(
	    code_check(&s.view, work, size, &fault), AZ_REFUSE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_function_table),
		cmocka_unit_test(test_no_thunks),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_next_function),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
