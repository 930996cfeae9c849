/* Editing wasm2c's text: known forms, and refusal of all others. */
#include "ctext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sigs.h"
#include "wasm.h"
#include "wasm_plan.h"

#define HEAD "static u32 w2c_f1(Z_m_instance_t* instance, u32 w2c_p0) {\n"
#define TAIL "\n}\n"

/* One import and one function, both (i32)->i32; one memory, table, global. */
static const uint8_t i32_type[] = { AZ_I32 };
static struct wasm_type types[] = { { i32_type, i32_type, 1, 1 } };
static struct wasm_import imports[] = { { .kind = WASM_FUNC } };
static uint32_t funcs[] = { 0 }, func_imports[] = { 0 };
static struct wasm_limits limits[] = { { 1, 1 } };
static struct wasm_table tables[] = { { AZ_FUNCREF, { 1, 1 } },
	{ AZ_EXTERNREF, { 1, 1 } }, { AZ_FUNCREF, { 1, 1 } } };
static struct wasm_global globals[] = { { .type = AZ_I32 } };
static struct wasm_export exports[] = { { .kind = WASM_FUNC, .index = 1 } };
/* It uses table.size of table 1, too. */
static const uint8_t code[] = { 0, 0x20, 0, 0xfc, 0x10, 1, 0x1a, 0x0b };
static struct wasm_bytes bodies[] = { { code, sizeof(code) } };
static const struct wasm_module module = {
	.exports = exports,
	.export_count = 1,
	.bodies = bodies,
	.types = types,
	.imports = imports,
	.func_imports = func_imports,
	.funcs = funcs,
	.tables = tables,
	.memories = limits,
	.globals = globals,
	.type_count = 1,
	.import_count = 1,
	.imported_funcs = 1,
	.func_count = 1,
	.table_count = 3,
	.memory_count = 1,
	.global_count = 1,
};

static int edit(struct ctext *out, const char *text, char *error)
{
	struct sigs sigs;
	struct wasm_plan plan;
	const struct ctext_job job = { &module, &sigs, &plan };
	int result;

	assert_int_equal(sigs_init(&sigs, &module), 0);
	wasm_plan_init(&plan, &module);
	result = ctext_edit(out, text, strlen(text), &job, error);
	wasm_plan_fini(&plan);
	sigs_fini(&sigs);
	return result;
}

/* A statement becomes another one. */
static void becomes(const char *from, const char *to)
{
	char error[CTEXT_ERROR_SIZE], text[1024] = HEAD, want[1024];
	struct ctext c;

	strcat(strcat(text, from), TAIL);
	strcpy(want, "#include \"module.h\"\nu32 w2c_f1(u32 w2c_p0) {\n");
	strcat(strcat(want, to), TAIL);
	if (edit(&c, text, error) != 0)
		fail_msg("%s: %s", from, error);
	assert_int_equal(c.part_count, 1);
	assert_string_equal(c.parts[0].at, want);
	ctext_fini(&c);
}

static void refuses(const char *from)
{
	char error[CTEXT_ERROR_SIZE], text[1024] = HEAD;
	struct ctext c;

	strcat(strcat(text, from), TAIL);
	assert_int_equal(edit(&c, text, error), -1);
	assert_non_null(strstr(error, "line 2: "));
}

static void test_forms(void **state)
{
	(void)state;
	becomes("  w2c_i0 = 1u;", "  w2c_i0 = 1u;");
	becomes("  w2c_i0 = w2c_f1(instance, w2c_i0);",
	    "  w2c_i0 = w2c_f1(w2c_i0);");
	becomes("  w2c_f1(instance);", "  w2c_f1();");
	becomes("  f32 w2c_f1_0;", "  f32 w2c_f1_0;");
	becomes("  w2c_i0 = (*Z_iZ_0)(instance->Z_i_instance, w2c_i0);",
	    "  w2c_i0 = az_import_0(w2c_i0);");
	becomes("  w2c_i0 = i32_load(&instance->w2c_M0, (u64)(w2c_i1));",
	    "  w2c_i0 = i32_load(w2c_i1, 0u);");
	becomes("  i64_store32(&instance->w2c_M0, (u64)(w2c_i0) + 4294967288,"
		" w2c_j1);",
	    "  i64_store32(w2c_i0, 4294967288u, w2c_j1);");
	becomes("  w2c_i0 = instance->w2c_g0;", "  w2c_i0 = az_I.w2c_g0;");
	becomes(
	    "  w2c_i0 = instance->w2c_M0.pages;", "  w2c_i0 = az_mem_size();");
	becomes("  w2c_i0 = wasm_rt_grow_memory(&instance->w2c_M0, w2c_i0);",
	    "  w2c_i0 = az_mem_grow(w2c_i0);");
	becomes("  memory_fill(&instance->w2c_M0, a, b, c);",
	    "  az_mem_fill(a, b, c);");
	becomes("  memory_copy(&instance->w2c_M0, &instance->w2c_M0, a, b, c);",
	    "  az_mem_copy(a, b, c);");
	becomes("  memory_init(&instance->w2c_M0, data_segment_data_w2c_d3, "
		"(instance->data_segment_dropped_w2c_d3 ? 0 : 1), a, b, c);",
	    "  az_mem_init(3u, a, b, c);");
	becomes("  instance->data_segment_dropped_w2c_d3 = true;",
	    "  az_data_drop(3u);");
}

static void test_indirect(void **state)
{
	(void)state;
	becomes("  w2c_i0 = CALL_INDIRECT(instance->w2c_T0, "
		"u32 (*)(void*, u32), 0, w2c_i1, "
		"instance->w2c_T0.data[w2c_i1].module_instance, w2c_i0);",
	    "  w2c_i0 = az_thunk_0(w2c_i0, w2c_i1);");
	becomes("  CALL_INDIRECT(instance->w2c_T0, void (*)(void*), 0, w2c_i1, "
		"instance->w2c_T0.data[w2c_i1].module_instance);",
	    "  az_thunk_0(w2c_i1);");
	becomes("  CALL_INDIRECT(instance->w2c_T2, void (*)(void*), 0, w2c_i1, "
		"instance->w2c_T2.data[w2c_i1].module_instance);",
	    "  az_thunk_2(w2c_i1);");
}

#define CASE(n, to) "    case " n ": " to "\n"
#define SWITCH(cases, rest)                                                    \
	"  switch (w2c_i0) {\n" cases "    default: " rest "\n  }"

static void test_switch(void **state)
{
	(void)state;
	becomes(SWITCH("", "goto w2c_B0;"), "  goto w2c_B0;\n");
	becomes(SWITCH(CASE("0", "goto w2c_B1;"), "goto w2c_B0;"),
	    "  if (w2c_i0 < 1u) {\ngoto w2c_B1;\n} else {\ngoto w2c_B0;\n}\n");
	/* Ranges: 0; 1 and 2; 3, which takes a value along, and above. */
	becomes(SWITCH(CASE("0", "goto w2c_B1;") CASE("1", "goto w2c_B0;")
			   CASE("2", "goto w2c_B0;")
			       CASE("3", "w2c_i1 = w2c_i2; goto w2c_B2;"),
		    "w2c_i1 = w2c_i2; goto w2c_B2;"),
	    "  if (w2c_i0 < 1u) {\ngoto w2c_B1;\n} else {\n"
	    "if (w2c_i0 < 3u) {\ngoto w2c_B0;\n} else {\n"
	    "w2c_i1 = w2c_i2; goto w2c_B2;\n}\n}\n");
	refuses(SWITCH(CASE("1", "goto w2c_B1;"), "goto w2c_B0;"));
	refuses(SWITCH(CASE("0", "return;"), "goto w2c_B0;"));
	refuses("  switch (w2c_i0) {\n" CASE("0", "goto w2c_B1;") "  }");
	refuses("  switch {");
}

/* Functions behind the module's own are helpers. */
static void test_helpers(void **state)
{
	(void)state;
	becomes("  w2c_i0 = w2c_f2(instance, 1u);",
	    "  w2c_i0 = az_table_size(1u);");
	refuses("  w2c_i0 = w2c_f3(instance, 1u);");
}

static void test_refused(void **state)
{
	(void)state;
	refuses("  x = instance;");
	refuses("  x = instance->w2c_g1;");
	refuses("  x = instance->w2c_M0.data;");
	refuses("  x = instance->w2c_T0.size;");
	refuses("  x = (*Z_iZ_1)(instance->Z_i_instance);");
	refuses("  x = i32_load(&instance->w2c_M1, (u64)(w2c_i1));");
	refuses("  x = i32_load(&instance->w2c_M0, 5);");
	refuses("  x = i32_load(&instance->w2c_M0, (u64)(a) + 4294967296);");
	refuses("  x = CALL_INDIRECT(instance->w2c_T3, u32 (*)(void*), 0, a, "
		"instance->w2c_T3.data[a].module_instance);");
	refuses("  x = CALL_INDIRECT(instance->w2c_T1, u32 (*)(void*), 0, a, "
		"instance->w2c_T2.data[a].module_instance);");
	refuses("  x = CALL_INDIRECT(instance->w2c_T0, u32 (*)(void*), 1, a, "
		"instance->w2c_T0.data[a].module_instance);");
	refuses("  funcref_table_set(&instance->w2c_T0, a, b);");
}

static void test_shape(void **state)
{
	char error[CTEXT_ERROR_SIZE];
	struct ctext c;

	(void)state;
	assert_int_equal(edit(&c, "", error), -1);
	assert_int_equal(edit(&c, HEAD "  x = 1;\n", error), -1);
	assert_non_null(strstr(error, "no end"));
	/* Another function than the one that is due. */
	assert_int_equal(edit(&c,
			     "static u32 w2c_f2(Z_m_instance_t* instance, u32 "
			     "w2c_p0) {\n}\n",
			     error),
	    -1);
	assert_non_null(strstr(error, "function 1 is missing"));
	/* A long head is broken over lines. */
	assert_int_equal(
	    edit(&c,
		"static u32 w2c_f1(Z_m_instance_t*, u32);\n"
		"static u32 w2c_f1(Z_m_instance_t* instance, \n    u32 a) {\n"
		"  return a;\n}\n",
		error),
	    0);
	assert_string_equal(c.parts[0].at,
	    "#include \"module.h\"\nu32 w2c_f1(\n    u32 a) {\n  return a;\n}"
	    "\n");
	assert_non_null(strstr(c.head.at, "u32 az_thunk_0(u32, u32);\n"));
	assert_non_null(strstr(c.head.at, "u32 az_thunk_2(u32, u32);\n"));
	assert_non_null(strstr(c.head.at, "u32 az_table_size(u32);\n"));
	assert_non_null(strstr(c.head.at, "u32 az_import_0(u32);\n"));
	assert_non_null(strstr(c.head.at, "AZ_GLOBAL(u32, w2c_g0);\n"));
	assert_non_null(
	    strstr(c.head.at, "__attribute__((noipa)) u32 w2c_f1(u32);\n"));
	ctext_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_indirect),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_helpers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
