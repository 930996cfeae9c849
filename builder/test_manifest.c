#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/index.h"
#include "abi/rights.h"
#include "diag.h"
#include "manifest.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "test_manifest.h"

#define MIB (1ull << 20)
#define MS 1000000ull

static void test_defaults(void **state)
{
	struct fixture f;
	const struct manifest_module *w;

	(void)state;
	load(&f, "azoth: 1\nname: a\nmodules:\n  web:\n    source: w.wasm\n",
	    NULL);
	assert_int_equal(diags_errors(f.list), 0);
	assert_string_equal(f.m->dir, "dir");
	assert_string_equal(f.m->version.text, "0");
	assert_null(f.m->description.text);
	assert_true(f.m->format_iso && f.m->format_pvh);
	assert_true(f.m->console_serial && f.m->console_screen);
	assert_true(f.m->memory == 128 * MIB);
	assert_null(f.m->signing_key.text);
	assert_int_equal(f.m->rollback, 0);
	assert_int_equal(f.m->module_count, 1);
	w = &f.m->modules[0];
	assert_string_equal(w->name.text, "web");
	assert_int_equal(w->name.at.line, 4);
	assert_true(w->memory == 16 * MIB && w->stack == MIB);
	assert_int_equal(w->memory_at.line, 0);
	assert_int_equal(w->expect, AZ_EXPECT_EXIT);
	assert_int_equal(w->expect_code, 0);
	assert_int_equal(w->stdin_kind, AZ_STDIN_EMPTY);
	assert_int_equal(w->grants.at.line, 0);
	assert_int_equal(w->grants.log, 0);
	assert_int_equal(w->grants.power, 0);
	assert_false(w->grants.random);
	assert_true(w->cpu_budget == 0 && w->deadline == 0);
	finish(&f);
}

static const char FULL[] =
    "azoth: 1\n"
    "name: full\n"
    "image: { formats: [ pvh ], memory: 64MiB, console: [ screen ] }\n"
    "files: { a: x, b: y }\n"
    "modules:\n"
    "  m:\n"
    "    source: m.wasm\n"
    "    args: [ one, 2 ]\n"
    "    env: { Z: z, A: a }\n"
    "    stdin: ./console\n"
    "    grants:\n"
    "      log: debug\n"
    "      clock: 5us\n"
    "      random: true\n"
    "      files: { b: /b, a: / }\n"
    "      power: [ halt ]\n"
    "    memory: 1MiB\n"
    "    cpu: 1ms/20ms\n"
    "    deadline: 2m\n"
    "    watchdog: 3s\n"
    "    expect: exit 7\n"
    "signing:\n"
    "  image: { key: k.pem }\n"
    "  trust: [ { name: r, key: r.pub } ]\n"
    "  rollback: 3\n"
    "profiles:\n"
    "  dev: { modules: { m: { memory: 2MiB, args: [], grants: { log: info "
    "} } } }\n";

static void test_full(void **state)
{
	struct fixture f;
	const struct manifest_module *m;

	(void)state;
	load(&f, FULL, NULL);
	assert_int_equal(diags_errors(f.list), 0);
	assert_false(f.m->format_iso || f.m->console_serial);
	assert_true(f.m->format_pvh && f.m->console_screen);
	m = &f.m->modules[0];
	assert_int_equal(m->arg_count, 2);
	assert_string_equal(m->args[1].text, "2");
	assert_string_equal(m->env[0].text, "A=a");
	assert_string_equal(m->env[1].text, "Z=z");
	assert_int_equal(m->stdin_kind, AZ_STDIN_FILE);
	assert_string_equal(m->stdin_path.text, "./console");
	assert_int_equal(m->grants.log, AZ_LEVEL_DEBUG);
	assert_true(m->grants.clock == 5000);
	assert_true(m->grants.random);
	assert_int_equal(m->grants.power, AZ_POWER_HALT);
	assert_int_equal(m->grants.mount_count, 2);
	assert_int_equal(m->grants.mounts[0].files_index, 1);
	assert_string_equal(m->grants.mounts[1].path.text, "/");
	assert_true(m->cpu_budget == MS && m->cpu_period == 20 * MS);
	assert_true(m->deadline == 120000 * MS && m->watchdog == 3000 * MS);
	assert_int_equal(m->expect_code, 7);
	assert_string_equal(f.m->signing_key.text, "k.pem");
	assert_string_equal(f.m->trust[0].key.text, "r.pub");
	assert_int_equal(f.m->rollback, 3);
	finish(&f);
}

/* Maps merge, lists and scalars are replaced. */
static void test_profile(void **state)
{
	struct fixture f;
	const struct manifest_module *m;

	(void)state;
	load(&f, FULL, "dev");
	assert_int_equal(diags_errors(f.list), 0);
	m = &f.m->modules[0];
	assert_true(m->memory == 2 * MIB);
	assert_int_equal(m->arg_count, 0);
	assert_int_equal(m->env_count, 2);
	assert_int_equal(m->grants.log, AZ_LEVEL_INFO);
	assert_true(m->grants.random);
	finish(&f);
	load(&f, FULL, "dve");
	assert_int_equal(diags_errors(f.list), 1);
	finish(&f);
}

static void test_hopeless(void **state)
{
	struct fixture f;

	(void)state;
	load(&f, "[ ]", NULL);
	assert_null(f.m);
	assert_int_equal(diags_errors(f.list), 1);
	finish(&f);
	f.list = diags_new();
	f.m = manifest_load("/nonexistent/azoth.yaml", NULL, f.list);
	assert_null(f.m);
	assert_int_equal(diags_errors(f.list), 1);
	finish(&f);
}

static void test_large(void **state)
{
	struct fixture f;
	char *text = xcalloc(SOURCE_MAX + 2, 1);

	(void)state;
	memset(text, '#', SOURCE_MAX + 1);
	load(&f, text, NULL);
	assert_null(f.m);
	assert_int_equal(diags_errors(f.list), 1);
	finish(&f);
	free(text);
}

static void test_sizes(void **state)
{
	uint64_t n = 5;

	(void)state;
	assert_true(value_size("4KiB", &n) && n == 4096);
	assert_true(value_size("0MiB", &n) && n == 0);
	assert_true(value_size("17179869183GiB", &n));
	assert_false(value_size("17179869184GiB", &n)); /* 2^64 */
	assert_false(value_size("4", &n));
	assert_false(value_size("KiB", &n));
	assert_false(value_size("04KiB", &n));
	assert_false(value_size("4KiBs", &n));
	assert_false(value_size("+4KiB", &n));
	assert_true(value_duration("1h", &n) && n == 3600000 * MS);
	assert_false(value_duration("1d", &n));
	assert_false(value_integer("18446744073709551616", &n));
	assert_true(value_integer("18446744073709551615", &n));
}

static void expect_guess(
    char *(*guess)(const char *text), const char *text, const char *want)
{
	char *got = guess(text);

	if (want == NULL) {
		assert_null(got);
	} else {
		assert_non_null(got);
		assert_string_equal(got, want);
	}
	free(got);
}

static void test_guesses(void **state)
{
	(void)state;
	expect_guess(value_size_guess, "8MB", "8MiB");
	expect_guess(value_size_guess, "8 m", "8MiB");
	expect_guess(value_size_guess, "1gib", "1GiB");
	expect_guess(value_size_guess, "4096", "4KiB");
	expect_guess(value_size_guess, "64", NULL);
	expect_guess(value_size_guess, "1.5MiB", NULL);
	expect_guess(value_size_guess, "8TB", NULL);
	expect_guess(value_size_guess, "", NULL);
	expect_guess(value_duration_guess, "5 sec", "5s");
	expect_guess(value_duration_guess, "5", NULL);
	expect_guess(value_duration_guess, "2Hours", "2h");
}

static void test_forms(void **state)
{
	uint64_t major;
	size_t len;
	uint32_t kind, code;

	(void)state;
	assert_true(name_valid("a-b_9") && name_valid("0"));
	assert_false(name_valid("") || name_valid("-a") || name_valid("A"));
	assert_true(name_valid_env("_A9") && !name_valid_env("9A"));
	assert_true(mount_valid("/") && mount_valid("/a/b.c"));
	assert_false(mount_valid("") || mount_valid("a") ||
		     mount_valid("/a/") || mount_valid("//a") ||
		     mount_valid("/./a") || mount_valid("/a/.."));
	assert_true(value_package("shell@12", &len, &major));
	assert_true(len == 5 && major == 12);
	assert_false(value_package("shell", &len, &major) ||
		     value_package("@1", &len, &major) ||
		     value_package("shell@", &len, &major) ||
		     value_package("../x@1", &len, &major));
	assert_true(value_expect("exit 4294967295", &kind, &code));
	assert_false(value_expect("exit 4294967296", &kind, &code) ||
		     value_expect("exit  1", &kind, &code) ||
		     value_expect("exit", &kind, &code));
}

static void test_addresses(void **state)
{
	uint32_t ip, bits;
	uint64_t n;

	(void)state;
	assert_true(value_bits("0xffffffff", &n) && n == UINT32_MAX);
	assert_true(value_bits("12", &n) && n == 12);
	assert_false(value_bits("0x", &n) || value_bits("0X1", &n) ||
		     value_bits("0x123456789", &n) || value_bits("012", &n));
	assert_true(value_ip("10.0.2.15", &ip) && ip == 0x0a00020f);
	assert_false(value_ip("10.0.2", &ip) || value_ip("10.0.2.256", &ip) ||
		     value_ip("", &ip));
	assert_true(value_network("10.0.2.15/24", &ip, &bits) && bits == 24);
	assert_false(value_network("10.0.2.15", &ip, &bits) ||
		     value_network("10.0.2.15/0", &ip, &bits) ||
		     value_network("10.0.2.15/33", &ip, &bits) ||
		     value_network("/24", &ip, &bits));
	assert_true(value_host("fec0::3") && value_host("10.0.2.3"));
	assert_false(value_host("fec0::g") || value_host("router"));
	assert_true(value_mac("52:54:00:12:34:56"));
	assert_false(value_mac("53:54:00:12:34:56") ||
		     value_mac("52:54:00:12:34:5") ||
		     value_mac("52:54:00:12:34:5F") ||
		     value_mac("52-54-00-12-34-56") || value_mac(""));
}

/* The table's own defaults and examples have the forms that it demands. */
static void check_row(const struct field *f, const char *path, void *arg)
{
	uint64_t n;

	(void)arg;
	assert_non_null(f->help);
	assert_ptr_equal(field_find(path), f);
	if (f->type == FIELD_LATER)
		return;
	assert_non_null(f->example);
	if (f->type == FIELD_SIZE) {
		assert_true(value_size(f->example, &n));
		assert_true(n >= f->min && n <= f->max);
		assert_true(f->granule == 0 || n % f->granule == 0);
		assert_true(!f->power_of_two || (n & (n - 1)) == 0);
	}
	if (f->type == FIELD_SIZE && f->fallback != NULL) {
		assert_true(value_size(f->fallback, &n));
		assert_true(n >= f->min && n <= f->max);
		assert_true(f->granule == 0 || n % f->granule == 0);
	}
	assert_true(f->type != FIELD_MAC || value_mac(f->example));
	assert_true(f->type != FIELD_HOST || value_host(f->example));
	if (f->type == FIELD_DURATION)
		assert_true(value_duration(f->example, &n) && n >= f->min &&
			    n <= f->max);
}

static void test_table(void **state)
{
	(void)state;
	field_walk(field_root(), "", check_row, NULL);
	assert_ptr_equal(field_find("modules.web.grants.log"),
	    field_find("modules.*.grants.log"));
	assert_ptr_equal(field_find("profiles.dev.image.memory"),
	    field_find("image.memory"));
	assert_null(field_find("modules.*.nothing"));
	assert_null(field_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_hopeless),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
