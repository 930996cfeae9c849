#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "authority.h"
#include "diag.h"
#include "manifest.h"
#include "mem.h"

enum { MODULES = 12, SYSTEMS = 200, FAR = 1000 };

struct fixture {
	struct diags *list;
	struct manifest *m;
	struct authority a;
};

static void load(struct fixture *f, const char *text)
{
	f->list = diags_new();
	f->m = manifest_load_bytes(
	    "azoth.yaml", text, strlen(text), NULL, f->list);
	assert_int_equal(diags_errors(f->list), 0);
	authority_init(&f->a, f->m);
}

static void finish(struct fixture *f)
{
	authority_fini(&f->a);
	manifest_free(f->m);
	diags_free(f->list);
}

static const char STATION[] =
    "azoth: 1\n"
    "name: station\n"
    "files: { docs: x }\n"
    "modules:\n"
    "  web: { source: w, grants: { power: [ halt, \"reset:store\" ] } }\n"
    "  store: { source: s, grants: { files: { docs: /d }, log: warn } }\n"
    "  sensor: { source: r, stdin: console, grants: { clock: 1ms } }\n"
    "channels:\n"
    "  query: { type: call, clients: [ web ], server: store,\n"
    "    leases: { web: 5s } }\n"
    "  alarm: { type: signal, writer: sensor, readers: [ store, web ] }\n";

static const struct authority_hold *find(struct fixture *f, size_t module,
    enum manifest_right_kind kind, size_t index)
{
	struct manifest_right right = { .kind = kind, .index = index };

	return authority_find(&f->a, module, &right);
}

static void check_hold(const struct authority_hold *h, const char *word,
    const char *value, uint32_t line)
{
	assert_non_null(h);
	assert_string_equal(h->right.text.text, word);
	assert_string_equal(h->value, value);
	assert_int_equal(h->right.text.at.line, line);
}

static void test_holds(void **state)
{
	struct fixture f;

	(void)state;
	load(&f, STATION);
	check_hold(find(&f, 0, RIGHT_HALT, 0), "power/halt", "", 5);
	check_hold(find(&f, 0, RIGHT_RESET, 1), "power/reset:store", "", 5);
	assert_null(find(&f, 0, RIGHT_REBOOT, 0));
	assert_null(find(&f, 0, RIGHT_RESET, 0));
	check_hold(find(&f, 1, RIGHT_FILES, 0), "files/docs", "at /d", 6);
	check_hold(find(&f, 1, RIGHT_LOG, 0), "log", "warn", 6);
	check_hold(find(&f, 2, RIGHT_STDIN, 0), "stdin", "console", 7);
	check_hold(find(&f, 2, RIGHT_CLOCK, 0), "clock", "1ms", 7);
	check_hold(find(&f, 0, RIGHT_CHANNEL, 0), "channel/query",
	    "client, lease 5s", 9);
	check_hold(find(&f, 1, RIGHT_CHANNEL, 0), "channel/query", "server", 9);
	check_hold(
	    find(&f, 2, RIGHT_CHANNEL, 1), "channel/alarm", "writer", 11);
	assert_null(find(&f, 2, RIGHT_CHANNEL, 0));
	finish(&f);
}

static void check_chain(struct fixture *f, size_t module,
    struct manifest_right right, const char *want)
{
	struct authority_reach reach[3];
	struct buf chain = { 0 };

	authority_who(&f->a, &right, reach);
	if (reach[module].way != WAY_NONE)
		authority_chain(&chain, &f->a, reach, module, &right);
	assert_string_equal(chain.at != NULL ? chain.at : "", want);
	buf_fini(&chain);
}

static struct manifest_right named(
    enum manifest_right_kind kind, size_t index, const char *text)
{
	return (struct manifest_right){ kind, { .text = text }, index };
}

static void test_chains(void **state)
{
	struct manifest_right log = named(RIGHT_LOG, 0, "log");
	struct manifest_right input = named(RIGHT_STDIN, 0, "stdin");
	struct manifest_right halt = named(RIGHT_HALT, 0, "power/halt");
	struct manifest_right web = named(RIGHT_MODULE, 0, "module/web");
	struct fixture f;

	(void)state;
	load(&f, STATION);
	check_chain(&f, 0, log, "web -> query -> store -> log");
	check_chain(&f, 1, log, "store -> log");
	check_chain(&f, 2, log, "sensor -> alarm -> store -> log");
	/* A reply and a reader give nothing back. */
	check_chain(&f, 0, input, "");
	check_chain(&f, 1, input, "");
	check_chain(&f, 1, halt, "");
	check_chain(&f, 2, halt, "sensor -> alarm -> web -> power/halt");
	check_chain(&f, 2, web, "sensor -> alarm -> web");
	check_chain(&f, 1, web, "");
	assert_true(authority_is_outward(&log));
	assert_false(authority_is_outward(&web));
	finish(&f);
}

/* --- Any system, against the distances of all pairs --------------------- */

static uint32_t seed = 1;

static uint32_t roll(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void make(struct buf *out)
{
	uint32_t channels = 1 + roll(2 * MODULES);

	buf_puts(out, "azoth: 1\nname: any\nmodules:\n");
	for (int i = 0; i < MODULES; i++)
		buf_printf(out, "  m%d: { source: x%s }\n", i,
		    roll(6) == 0 ? ", grants: { random: true }" : "");
	buf_puts(out, "channels:\n");
	for (uint32_t i = 0; i < channels; i++) {
		uint32_t one = roll(MODULES);
		uint32_t two = (one + 1 + roll(MODULES - 1)) % MODULES;

		if (roll(2) == 0)
			buf_printf(out,
			    "  c%u: { type: call, server: m%u, clients: [ m%u "
			    "] }\n",
			    i, one, two);
		else
			buf_printf(out,
			    "  c%u: { type: signal, writer: m%u, readers: [ "
			    "m%u ] }\n",
			    i, one, two);
	}
}

static void measure(int far[MODULES][MODULES], const struct manifest *m)
{
	for (int i = 0; i < MODULES; i++)
		for (int k = 0; k < MODULES; k++)
			far[i][k] = i == k ? 0 : FAR;
	for (size_t i = 0; i < m->channel_count; i++) {
		size_t own = m->channels[i].owner.module_index;
		size_t peer = m->channels[i].peers[0].module_index;

		if (m->channels[i].type == AZ_CHANNEL_CALL)
			far[peer][own] = 1;
		else
			far[own][peer] = 1;
	}
	for (int via = 0; via < MODULES; via++)
		for (int i = 0; i < MODULES; i++)
			for (int k = 0; k < MODULES; k++)
				if (far[i][via] + far[via][k] < far[i][k])
					far[i][k] = far[i][via] + far[via][k];
}

static int chain_length(const struct authority_reach *reach, size_t module)
{
	int length = 0;

	if (reach[module].way == WAY_NONE)
		return FAR;
	for (; reach[module].way == WAY_THROUGH; length++) {
		assert_int_equal(reach[module].link->from, module);
		module = reach[module].link->to;
	}
	return length;
}

static int path_length(
    const struct authority_link *const *last, size_t from, size_t to)
{
	int length = 0;

	if (to != from && last[to] == NULL)
		return FAR;
	for (; to != from; to = last[to]->from, length++)
		assert_int_equal(last[to]->to, to);
	return length;
}

static void check_any(struct fixture *f)
{
	struct manifest_right random = named(RIGHT_RANDOM, 0, "random");
	const struct authority_link *last[MODULES];
	struct authority_reach reach[MODULES];
	int far[MODULES][MODULES];
	size_t order[MODULES];

	measure(far, f->m);
	for (size_t i = 0; i < MODULES; i++) {
		struct manifest_right to = named(RIGHT_MODULE, i, "");
		size_t count = authority_from(&f->a, i, order, last);

		authority_who(&f->a, &to, reach);
		for (size_t k = 0; k < MODULES; k++) {
			assert_int_equal(chain_length(reach, k), far[k][i]);
			assert_int_equal(path_length(last, i, k), far[i][k]);
		}
		for (size_t k = 0; k < count; k++)
			assert_true(
			    k == 0 || far[i][order[k - 1]] <= far[i][order[k]]);
	}
	authority_who(&f->a, &random, reach);
	for (size_t i = 0; i < MODULES; i++) {
		int near = FAR;

		for (size_t k = 0; k < MODULES; k++)
			if (f->m->modules[k].grants.random && far[i][k] < near)
				near = far[i][k];
		assert_int_equal(chain_length(reach, i), near);
	}
}

static void test_any(void **state)
{
	(void)state;
	for (int i = 0; i < SYSTEMS; i++) {
		struct buf text = { 0 };
		struct fixture f;

		make(&text);
		load(&f, text.at);
		check_any(&f);
		finish(&f);
		buf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
