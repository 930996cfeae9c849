/* Objects to images: what is placed where, and what is refused. The objects
 * are assembled from text. */
#include "flatten.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "fileio.h"
#include "mem.h"
#include "proc.h"
#include "sigs.h"
#include "translate.h"
#include "verify/image.h"
#include "wasm_plan.h"

#define FUNC(name)                                                             \
	".section .text." name ",\"ax\"\n.globl " name "\n" name ":\n"
#define F1 FUNC("w2c_f1") "ret\n"
#define F2 FUNC("w2c_f2") "ret\n"

/* One import and two functions, all ()->(); a memory, a table with both
 * functions and a hole, two that grow, globals, a start function, names. */

static struct wasm_import imports[] = {
	{ .module = { (const uint8_t *)"azoth", 5 },
	    .name = { (const uint8_t *)"log", 3 },
	    .kind = WASM_FUNC,
	    .type = 1 }
};
static uint32_t func_imports[] = { 0 };
static const uint8_t log_type[] = { AZ_I32, AZ_I32, AZ_I32, AZ_I32 };
static struct wasm_type all_types[] = { { log_type, log_type, 0, 0 },
	{ log_type, log_type + 3, 3, 1 } };
static uint32_t funcs[] = { 0, 0 };
static struct wasm_const entries[] = {
	{ WASM_REF_FUNC, AZ_FUNCREF, 2 },
	{ WASM_REF_NULL, AZ_FUNCREF, 0 },
	{ WASM_REF_FUNC, AZ_FUNCREF, 0 },
};
static struct wasm_table tables[] = { { AZ_FUNCREF, { 4, UINT32_MAX } },
	{ AZ_EXTERNREF, { 1, 9 } }, { AZ_FUNCREF, { 1, UINT32_MAX } } };
static struct wasm_limits memory[] = { { 1, UINT32_MAX } };
static struct wasm_global globals[] = {
	{ AZ_F32, true, { WASM_LITERAL, AZ_F32, 0x7fa00001 } },
	{ AZ_FUNCREF, true, { WASM_REF_FUNC, AZ_FUNCREF, 1 } },
	{ AZ_EXTERNREF, true, { WASM_REF_NULL, AZ_EXTERNREF, 0 } },
	{ AZ_I32, false, { WASM_LITERAL, AZ_I32, 0x20000 } },
	{ AZ_I32, true, { WASM_LITERAL, AZ_I32, 0x30000 } },
};
static struct wasm_export exports[] = {
	{ { (const uint8_t *)"_start", 6 }, WASM_FUNC, 1 },
	{ { (const uint8_t *)"bad\n", 4 }, WASM_FUNC, 1 },
	{ { (const uint8_t *)"memory", 6 }, WASM_MEMORY, 0 },
	{ { (const uint8_t *)"az_window_feed", 14 }, WASM_GLOBAL, 3 },
	/* No windows: another name, one that changes, one that is no i32. */
	{ { (const uint8_t *)"az_heap", 7 }, WASM_GLOBAL, 3 },
	{ { (const uint8_t *)"__stack_pointer", 15 }, WASM_GLOBAL, 3 },
	{ { (const uint8_t *)"az_window_b", 11 }, WASM_GLOBAL, 4 },
	{ { (const uint8_t *)"az_window_c", 11 }, WASM_GLOBAL, 0 },
	{ { (const uint8_t *)"table", 5 }, WASM_TABLE, 0 },
};
static struct wasm_elem elems[] = {
	{ AZ_ACTIVE, AZ_FUNCREF, 0, { WASM_LITERAL, AZ_I32, 1 }, entries, 3 },
	{ AZ_PASSIVE, AZ_FUNCREF, 0, { 0 }, entries + 1, 1 },
	{ AZ_DECLARED, AZ_FUNCREF, 0, { 0 }, entries + 2, 1 },
};
static struct wasm_data datas[] = { { false, { WASM_LITERAL, AZ_I32, 9 },
    { (const uint8_t *)"hi", 2 } } };
static struct wasm_bytes names[] = { { 0 }, { 0 },
	{ (const uint8_t *)"two\t\xc2\x85", 6 } };
/* The first grows tables 1 and 2, by null. */
static const uint8_t code[] = { 0, 0xd0, AZ_EXTERNREF, 0x41, 0, 0xfc, 15, 1,
	0x1a, 0xd0, AZ_FUNCREF, 0x41, 0, 0xfc, 15, 2, 0x1a, 0x0b };
static const uint8_t no_code[] = { 0, 0x0b };
static struct wasm_bytes bodies[] = { { code, sizeof(code) },
	{ no_code, sizeof(no_code) } };
static const struct wasm_module module = {
	.bodies = bodies,
	.types = all_types,
	.imports = imports,
	.func_imports = func_imports,
	.funcs = funcs,
	.tables = tables,
	.memories = memory,
	.globals = globals,
	.exports = exports,
	.elems = elems,
	.datas = datas,
	.func_names = names,
	.type_count = 2,
	.import_count = 1,
	.imported_funcs = 1,
	.func_count = 2,
	.table_count = 3,
	.memory_count = 1,
	.global_count = 5,
	.export_count = 9,
	.elem_count = 3,
	.data_count = 1,
	.start = 2,
};

/* Assemble text and append the object to *out. */
static void assemble(struct buf *out, const char *text)
{
	char dir[] = "/tmp/azoth-flatten-XXXXXX";
	const char *const argv[] = { "as", "in.s", "-o", "out.o", NULL };
	const struct proc_opts opts = { .cwd = dir };
	char *in, *object;

	assert_non_null(mkdtemp(dir));
	in = xasprintf("%s/in.s", dir);
	object = xasprintf("%s/out.o", dir);
	assert_true(file_write(in, text, strlen(text), 0600));
	assert_int_equal(proc_run(argv, &opts), 0);
	assert_true(file_read(out, object, FILE_SIZE_MAX));
	file_remove_tree(dir);
	free(in);
	free(object);
}

static int make(struct image *out, const char *first, const char *second,
    char error[FLATTEN_ERROR_SIZE])
{
	struct buf files[2] = { 0 };
	struct wasm_bytes objects[2];
	struct sigs sigs;
	struct wasm_plan plan;
	struct flatten_job job = { &module, &sigs, &plan, objects, 1 };
	int result;

	assert_int_equal(sigs_init(&sigs, &module), 0);
	wasm_plan_init(&plan, &module);
	assemble(&files[0], first);
	if (second != NULL) {
		assemble(&files[1], second);
		job.object_count = 2;
	}
	for (int i = 0; i < 2; i++) {
		objects[i].at = (const uint8_t *)files[i].at;
		objects[i].len = files[i].len;
	}
	result = flatten(out, &job, error);
	buf_fini(&files[0]);
	buf_fini(&files[1]);
	sigs_fini(&sigs);
	wasm_plan_fini(&plan);
	return result;
}

/* The 32-bit displacement at off of the text. */
static int32_t word_at(const struct image_view *v, uint32_t off)
{
	int32_t word;

	memcpy(&word, v->text + off, sizeof(word));
	return word;
}

static void test_places(void **state)
{
	static const char first[] = FUNC(
	    "w2c_f2") "call w2c_f1\ncall az_import_0\ncall az_thunk_1\n"
		      "call az_mem_grow\nmovl az_I+8(%rip),%eax\n"
		      "movsd .LC1(%rip),%xmm0\nret\n"
		      ".section .rodata.cst8,\"aM\",@progbits,8\n.align 8\n"
		      ".LC0: .quad 1\n.LC1: .quad 2\n";
	char error[FLATTEN_ERROR_SIZE];
	struct image_view v;
	struct image image;
	const char *why;

	(void)state;
	if (make(&image, first, F1, error) != 0)
		fail_msg("%s", error);
	if (image_open(&v, image.bytes, image.size, &why) != AZ_REFUSE_NONE)
		fail_msg("%s", why);
	/* f1, padded to 16, then f2. */
	assert_int_equal(v.funcs[0].len, 16);
	assert_int_equal(v.funcs[1].off, 16);
	assert_int_equal(v.text[0], 0xc3);
	assert_memory_equal(v.text + 1, "\x66\x0f\x1f\x84\0\0\0\0\0", 9);
	assert_memory_equal(v.text + 10, "\x66\x0f\x1f\x44\0\0", 6);
	assert_int_equal(word_at(&v, 17), -21);
	assert_int_equal(word_at(&v, 22) + 26,
	    (int32_t)AZ_IMPORT_BASE - (int32_t)AZ_TEXT_BASE);
	assert_int_equal(word_at(&v, 27) + 31,
	    (int32_t)(AZ_THUNK_BASE + AZ_THUNK_STRIDE) - (int32_t)AZ_TEXT_BASE);
	assert_int_equal(word_at(&v, 32) + 36,
	    (int32_t)(AZ_HELPER_BASE + AZ_HELP_MEM_GROW * AZ_HELPER_STRIDE) -
		(int32_t)AZ_TEXT_BASE);
	assert_int_equal(word_at(&v, 38) + 42,
	    (int32_t)AZ_DATA_BASE - (int32_t)AZ_TEXT_BASE + 8);
	assert_int_equal(word_at(&v, 46) + 50,
	    (int32_t)AZ_RODATA_BASE - (int32_t)AZ_TEXT_BASE + 8);
	assert_int_equal(v.rodata[8], 2);
	free(image.bytes);
}

static void test_records(void **state)
{
	char error[FLATTEN_ERROR_SIZE];
	const struct az_export *window;
	uint32_t bits;
	struct image_view v;
	struct image image;

	(void)state;
	assert_int_equal(make(&image, F1 F2, NULL, error), 0);
	assert_int_equal(
	    image_open(&v, image.bytes, image.size, NULL), AZ_REFUSE_NONE);
	assert_int_equal(v.head->start_func, 1);
	assert_int_equal(v.head->mem_max, AZ_WASM_PAGES_MAX);
	assert_int_equal(v.head->data.count, 48);
	memcpy(&bits, v.data + 8, sizeof(bits));
	assert_int_equal(bits, 0x7fa00001);
	/* Made printable. */
	assert_int_equal(v.funcs[0].name_len, 0);
	assert_memory_equal(v.names + v.funcs[1].name, "two?\xc2\xa0", 6);
	assert_int_equal(v.funcs[1].wasm_index, 2);
	assert_int_equal(v.head->exports.count, 3);
	assert_non_null(image_export(&v, AZ_EXPORT_MEMORY, "memory"));
	window = image_export(&v, AZ_EXPORT_GLOBAL, "az_window_feed");
	assert_non_null(window);
	assert_int_equal(window->index, 0x20000);
	assert_int_equal(v.imports[0].call, AZ_CALL_LOG);
	assert_int_equal(v.entries[0], 1);
	assert_int_equal(v.entries[1], AZ_NONE);
	assert_int_equal(v.entries[2], AZ_FUNCREF_IMPORT);
	assert_int_equal(v.elems[0].dest, 1);
	free(image.bytes);
}

/* Modules that are none of the host's are channels. */
static void test_imports(void **state)
{
	const struct wasm_import kept = imports[0];
	char error[FLATTEN_ERROR_SIZE];
	struct image_view v;
	struct image image;

	(void)state;
	imports[0].module =
	    (struct wasm_bytes){ (uint8_t *)"handle:store", 12 };
	assert_int_equal(make(&image, F1 F2, NULL, error), 0);
	assert_int_equal(
	    image_open(&v, image.bytes, image.size, NULL), AZ_REFUSE_NONE);
	assert_int_equal(v.imports[0].kind, AZ_IMPORT_CHANNEL);
	assert_int_equal(v.imports[0].module_len, 12);
	assert_memory_equal(v.names + v.imports[0].module, "handle:store", 12);
	assert_int_equal(v.imports[0].name_len, 3);
	assert_memory_equal(v.names + v.imports[0].name, "log", 3);
	free(image.bytes);
	imports[0] = kept;
	imports[0].name.len = 2;
	assert_int_equal(make(&image, F1 F2, NULL, error), -1);
	assert_string_equal(error, "no such import: azoth.lo");
	imports[0] = kept;
}

static void test_references(void **state)
{
	char error[FLATTEN_ERROR_SIZE];
	uint32_t ref;
	struct image_view v;
	struct image image;

	(void)state;
	assert_int_equal(make(&image, F1 F2, NULL, error), 0);
	assert_int_equal(
	    image_open(&v, image.bytes, image.size, NULL), AZ_REFUSE_NONE);
	assert_int_equal(v.tables[0].capacity, 4);
	assert_int_equal(v.tables[1].capacity, 9);
	assert_int_equal(v.tables[1].type, AZ_EXTERNREF);
	assert_int_equal(v.tables[2].capacity, 65536);
	assert_int_equal(v.elems[1].mode, AZ_PASSIVE);
	assert_int_equal(v.elems[1].first, 3);
	assert_int_equal(v.entries[3], AZ_NONE);
	assert_int_equal(v.elems[2].mode, AZ_DECLARED);
	/* Function 1 is in no segment: it has the entry behind them. */
	assert_int_equal(v.head->entries.count, 6);
	assert_int_equal(v.entries[5], 0);
	memcpy(&ref, v.data + 16, sizeof(ref));
	assert_int_equal(ref, 6);
	memcpy(&ref, v.data + 24, sizeof(ref));
	assert_int_equal(ref, 0);
	free(image.bytes);
}

static void test_refused(void **state)
{
	static const char *const bads[][2] = {
		{ "function 2 was not compiled", F1 },
		{ "`.text.w2c_f1` is there twice",
		    F1 F2 ".section .text.w2c_f1,\"ax\",unique,1\nret\n" },
		{ "unexpected code section `.text.w2c_f0`",
		    F1 F2 FUNC("w2c_f0") "ret\n" },
		{ "unexpected code section `.text.w2c_f1.cold`",
		    F1 F2 FUNC("w2c_f1.cold") "ret\n" },
		{ "unexpected section `.data`", F1 F2 ".data\n.quad 1\n" },
		{ "unexpected section `.bss`", F1 F2 ".bss\n.quad 0\n" },
		{ "unknown symbol `memcpy`",
		    F1 FUNC("w2c_f2") "call memcpy\nret\n" },
		{ "unknown symbol `w2c_f3`",
		    F1 FUNC("w2c_f2") "call w2c_f3\nret\n" },
		{ "unknown symbol `az_thunk_6`",
		    F1 FUNC("w2c_f2") "call az_thunk_6\nret\n" },
		{ "relocation of type 11",
		    F1 FUNC("w2c_f2") "movl az_I(,%rax,8),%eax\nret\n" },
		{ "relocation of type 10",
		    F1 FUNC("w2c_f2") "movl $az_I,%eax\nret\n" },
		{ "relocation of type 1",
		    F1 FUNC("w2c_f2") "movabs $w2c_f1,%rax\nret\n" },
		{ "uses code as data",
		    F1 FUNC("w2c_f2") "leaq w2c_f1(%rip),%rax\nret\n" },
		{ "uses code as data", F1 FUNC("w2c_f2") "call az_I\nret\n" },
		{ "relocations in `.rela.rodata`",
		    F1 F2 ".section .rodata\n.quad w2c_f1\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		char error[FLATTEN_ERROR_SIZE];
		struct image image = { 0 };

		if (make(&image, bads[i][1], NULL, error) == 0)
			fail_msg("%s: accepted", bads[i][0]);
		if (strstr(error, bads[i][0]) == NULL)
			fail_msg("%s: %s", bads[i][0], error);
	}
}

static void test_not_an_object(void **state)
{
	char error[FLATTEN_ERROR_SIZE];
	const struct wasm_bytes object = { (const uint8_t *)"\x7f"
							    "ELF",
		4 };
	struct sigs sigs;
	const struct flatten_job job = { &module, &sigs, NULL, &object, 1 };
	struct image image;

	(void)state;
	assert_int_equal(sigs_init(&sigs, &module), 0);
	assert_int_equal(flatten(&image, &job, error), -1);
	assert_non_null(strstr(error, "not a relocatable"));
	sigs_fini(&sigs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
