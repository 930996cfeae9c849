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
#include "manifest_right.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "yaml_tree.h"
#include "test_manifest.h"

#define MS 1000000ull

static const char STATION[] =
    "azoth: 1\n"
    "name: station\n"
    "files: { docs: x }\n"
    "modules:\n"
    "  web:\n"
    "    source: w.wasm\n"
    "    grants: { power: [ reboot, \"reset:store\" ] }\n"
    "    restart: transient\n"
    "    priority: background\n"
    "  store: { source: s.wasm, state: v2, ready: 500ms }\n"
    "  sensor: { source: r.wasm, priority: urgent, cpu: 1ms/20ms }\n"
    "channels:\n"
    "  query:\n"
    "    { type: call, clients: [ sensor, web ], server: store,\n"
    "      timeout: 50ms, on_failure: retry, arena: 64KiB,\n"
    "      exclusive: true, leases: { store: 3s, web: 5s } }\n"
    "  readings:\n"
    "    { type: ring, writer: sensor, readers: [ store ], size: 16KiB,\n"
    "      record: 64, on_restart: drop }\n"
    "  alarm: { type: signal, writer: sensor, readers: [ store, web ] }\n"
    "supervision:\n"
    "  strategy: rest_for_one\n"
    "  escalate: reboot\n"
    "  children:\n"
    "    - io:\n"
    "        strategy: one_for_all\n"
    "        intensity: 5 in 10s\n"
    "        backoff: 10ms..1s\n"
    "        children: [ sensor ]\n"
    "    - store\n"
    "    - web\n"
    "assert:\n"
    "  - never: { from: web, to: files/docs }\n"
    "  - only: { may: \"power/reset:store\", modules: [ web, sensor ] }\n"
    "  - only: { may: channel/alarm, modules: [] }\n"
    "profiles:\n"
    "  calm: { supervision: { escalate: halt, children: [ web, store, sensor "
    "] } }\n";

static void test_modules(void **state)
{
	struct fixture f;
	const struct manifest_module *m;
	size_t i;

	(void)state;
	load(&f, STATION, NULL);
	assert_int_equal(diags_errors(f.list), 0);
	m = f.m->modules;
	assert_int_equal(m[0].grants.power, AZ_POWER_REBOOT);
	assert_int_equal(m[0].grants.reset_count, 1);
	assert_int_equal(m[0].grants.reset_modules[0], 1);
	assert_int_equal(m[0].restart, AZ_RESTART_TRANSIENT);
	assert_int_equal(m[1].restart, AZ_RESTART_PERMANENT);
	assert_int_equal(m[0].priority, AZ_PRIORITY_BACKGROUND);
	assert_int_equal(m[1].priority, AZ_PRIORITY_NORMAL);
	assert_int_equal(m[2].priority, AZ_PRIORITY_URGENT);
	assert_true(m[0].ready == 1000 * MS && m[1].ready == 500 * MS);
	assert_true(m[0].state == 0 && m[1].state == 2);
	assert_true(manifest_find_module(f.m, "store", &i) && i == 1);
	assert_false(manifest_find_module(f.m, "stor", &i));
	finish(&f);
}

static void test_channels(void **state)
{
	struct fixture f;
	const struct manifest_channel *c;

	(void)state;
	load(&f, STATION, NULL);
	c = f.m->channels;
	assert_int_equal(f.m->channel_count, 3);
	assert_true(f.m->channels_known);
	assert_int_equal(c[0].type, AZ_CHANNEL_CALL);
	assert_int_equal(c[0].owner.module_index, 1);
	assert_true(c[0].owner.lease == 3000 * MS);
	assert_int_equal(c[0].peer_count, 2);
	/* By module, not as written. */
	assert_int_equal(c[0].peers[0].module_index, 0);
	assert_true(c[0].peers[0].lease == 5000 * MS);
	assert_int_equal(c[0].peers[1].module_index, 2);
	assert_true(c[0].peers[1].lease == 0);
	assert_true(c[0].timeout == 50 * MS && c[0].queue == 8);
	assert_int_equal(c[0].on_failure, AZ_CHANNEL_RETRY);
	assert_true(c[0].size == 65536 && c[0].exclusive && !c[0].keep);
	assert_int_equal(c[1].type, AZ_CHANNEL_RING);
	assert_true(c[1].size == 16384 && c[1].record == 64 && !c[1].keep);
	assert_true(c[1].timeout == 0 && c[1].queue == 0);
	assert_int_equal(c[2].type, AZ_CHANNEL_SIGNAL);
	assert_int_equal(c[2].peer_count, 2);
	assert_int_equal(c[2].size, 0);
	finish(&f);
}

static void test_tree(void **state)
{
	struct fixture f;
	const struct manifest_node *n;

	(void)state;
	load(&f, STATION, NULL);
	n = f.m->nodes;
	assert_true(f.m->supervised);
	assert_int_equal(f.m->node_count, 5);
	assert_true(n[0].group && n[1].group && !n[2].group);
	assert_string_equal(n[0].name.text, "root");
	assert_int_equal(n[0].strategy, AZ_STRATEGY_REST_FOR_ONE);
	assert_int_equal(n[0].escalate, AZ_ESCALATE_REBOOT);
	assert_true(n[0].intensity == 3 && n[0].period == 5000 * MS);
	assert_true(n[0].backoff_min == 0 && n[0].backoff_max == 0);
	assert_string_equal(n[1].name.text, "io");
	assert_int_equal(n[1].strategy, AZ_STRATEGY_ONE_FOR_ALL);
	assert_true(n[1].intensity == 5 && n[1].period == 10000 * MS);
	assert_true(
	    n[1].backoff_min == 10 * MS && n[1].backoff_max == 1000 * MS);
	assert_true(n[2].parent == 1 && n[2].module_index == 2);
	assert_true(n[3].parent == 0 && n[3].module_index == 1);
	assert_true(n[4].parent == 0 && n[4].module_index == 0);
	finish(&f);
	load(&f, STATION, "calm");
	assert_int_equal(diags_errors(f.list), 0);
	assert_int_equal(f.m->node_count, 4);
	assert_int_equal(f.m->nodes[0].escalate, AZ_ESCALATE_HALT);
	assert_int_equal(f.m->nodes[0].strategy, AZ_STRATEGY_REST_FOR_ONE);
	finish(&f);
}

/* Nobody is restarted, unless a module's own `restart` says so. */
static void test_default_tree(void **state)
{
	struct fixture f;

	(void)state;
	load(&f,
	    "azoth: 1\nname: a\nmodules: { b: { source: b }, a: { source: a } "
	    "}\n",
	    NULL);
	assert_false(f.m->supervised);
	assert_int_equal(f.m->node_count, 3);
	assert_int_equal(f.m->nodes[0].intensity, 0);
	assert_int_equal(f.m->nodes[2].module_index, 1);
	assert_int_equal(f.m->modules[0].restart, AZ_RESTART_TEMPORARY);
	finish(&f);
	load(&f,
	    "azoth: 1\nname: a\nmodules: { a: { source: a, restart: permanent "
	    "} }\n",
	    NULL);
	assert_int_equal(f.m->nodes[0].intensity, 3);
	assert_int_equal(f.m->modules[0].restart, AZ_RESTART_PERMANENT);
	finish(&f);
}

static void test_claims(void **state)
{
	struct fixture f;
	const struct manifest_claim *c;

	(void)state;
	load(&f, STATION, NULL);
	c = f.m->claims;
	assert_int_equal(f.m->claim_count, 3);
	assert_true(!c[0].only && c[0].module_count == 1);
	assert_int_equal(c[0].modules[0].module_index, 0);
	assert_int_equal(c[0].right.kind, RIGHT_FILES);
	assert_int_equal(c[0].right.index, 0);
	assert_true(c[1].only && c[1].module_count == 2);
	assert_int_equal(c[1].modules[1].module_index, 2);
	assert_int_equal(c[1].right.kind, RIGHT_RESET);
	assert_int_equal(c[1].right.index, 1);
	assert_int_equal(c[2].right.kind, RIGHT_CHANNEL);
	assert_int_equal(c[2].right.index, 2);
	assert_int_equal(c[2].module_count, 0);
	finish(&f);
}

static void test_forms(void **state)
{
	enum manifest_right_kind kind;
	const char *name;
	uint64_t n = 0, p = 0;
	uint32_t op;

	(void)state;
	assert_true(value_state("v2", &n) && n == 2);
	assert_false(value_state("v0", &n) || value_state("2", &n) ||
		     value_state("v", &n) || value_state("V2", &n) ||
		     value_state("v02", &n));
	assert_true(value_rate("3 in 5s", &n, &p) && n == 3 && p == 5000 * MS);
	assert_false(value_rate("3 in 5", &n, &p) ||
		     value_rate("3  in 5s", &n, &p) ||
		     value_rate("in 5s", &n, &p) || value_rate("3", &n, &p));
	assert_true(value_range("1ms..2s", &n, &p) && p == 2000 * MS);
	assert_false(value_range("1ms", &n, &p) ||
		     value_range("1ms...2s", &n, &p) ||
		     value_range("..", &n, &p));
	assert_true(value_power("halt", &op, &name) && op == AZ_POWER_HALT);
	assert_true(value_power("reset:a", &op, &name) && op == 0);
	assert_string_equal(name, "a");
	assert_false(value_power("reset", &op, &name));
	assert_true(right_parse("stdin", &kind, &name) && name == NULL);
	assert_true(right_parse("power/reset:a", &kind, &name));
	assert_int_equal(kind, RIGHT_RESET);
	assert_string_equal(name, "a");
	assert_false(right_parse("stdin/a", &kind, &name) ||
		     right_parse("files", &kind, &name) ||
		     right_parse("files/", &kind, &name) ||
		     right_parse("files/A", &kind, &name) ||
		     right_parse("", &kind, &name));
	assert_true(right_is_later("volume/data"));
	assert_null(right_guess("network"));
}

static void test_variants(void **state)
{
	const struct field *channel = field_find("channels.query");
	struct fixture f;

	(void)state;
	assert_int_equal(field_find("channels.x.server")->types, 1);
	assert_int_equal(field_find("channels.x.writer")->types, 6);
	load(&f, STATION, NULL);
	assert_int_equal(
	    field_variant(
		channel, yaml_get(yaml_get(f.m->tree, "channels"), "alarm")),
	    4);
	finish(&f);
	assert_ptr_equal(field_find("supervision.children.x.io.strategy"),
	    field_find("supervision.children.*.*.strategy"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_default_tree),
		cmocka_unit_test(test_claims),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_variants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
