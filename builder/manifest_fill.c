#include "manifest_fill.h"

#include <stdlib.h>
#include <string.h>

#include "abi/index.h"
#include "abi/rights.h"
#include "manifest.h"
#include "manifest_part.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_tree.h"

static void fill_files(struct part top)
{
	struct part p = part_of(&top, "files");
	size_t i, count = part_count(&p, YAML_MAP);
	struct manifest_files *f;

	top.m->files = arena_alloc(top.m->arena, count * sizeof(*f));
	for (i = 0; i < count; i++) {
		if (p.node->pairs[i].value->kind != YAML_SCALAR)
			continue;
		f = &top.m->files[top.m->file_count++];
		f->name = node_string(p.node->pairs[i].key);
		f->path = node_string(p.node->pairs[i].value);
	}
}

static bool find_files(
    const struct manifest *m, const char *name, size_t *index)
{
	for (*index = 0; *index < m->file_count; (*index)++)
		if (strcmp(m->files[*index].name.text, name) == 0)
			return true;
	return false;
}

static void report_no_files(
    const struct part *p, const char *module, const struct yaml_node *key)
{
	const struct manifest *m = p->m;
	const char **names = xcalloc(m->file_count, sizeof(*names));
	const char *near;
	struct diag *d;
	size_t i;

	for (i = 0; i < m->file_count; i++)
		names[i] = m->files[i].name.text;
	near = diag_nearest(key->text, names, m->file_count);
	d = diag_add(p->list, "AZ0202", key->at,
	    "module `%s` is granted the folder `%s`, which does not exist",
	    module, key->text);
	diag_label(d, "no entry of `files` has this name");
	if (near != NULL) {
		diag_help(d, "an entry named `%s` exists", near);
		diag_fix(d, key->at, near);
	} else {
		diag_help(d, "add it at the top level: `files: { %s: FOLDER }`",
		    key->text);
	}
	free(names);
}

static void report_same_mount(const struct part *p, const char *module,
    const struct manifest_mount *first, const struct manifest_mount *again)
{
	struct diag *d = diag_add(p->list, "AZ0208", again->path.at,
	    "module `%s` has two folders at `%s`", module, again->path.text);

	diag_label(d, "the second one");
	diag_also(d, first->path.at, "the first one");
	diag_help(d, "give each folder a path of its own");
}

static void fill_mounts(
    const struct part *grants, const char *module, struct manifest_grants *g)
{
	struct part p = part_of(grants, "files");
	size_t i, j, count = part_count(&p, YAML_MAP);
	const struct yaml_pair *pair;
	struct manifest_mount *mount;

	g->mounts = arena_alloc(p.m->arena, count * sizeof(*mount));
	for (i = 0; i < count; i++) {
		pair = &p.node->pairs[i];
		mount = &g->mounts[g->mount_count];
		mount->files = node_string(pair->key);
		mount->path = node_string(pair->value);
		if (!find_files(p.m, pair->key->text, &mount->files_index)) {
			report_no_files(&p, module, pair->key);
			continue;
		}
		for (j = 0; j < g->mount_count; j++)
			if (strcmp(g->mounts[j].path.text, mount->path.text) ==
			    0)
				break;
		if (j < g->mount_count)
			report_same_mount(&p, module, &g->mounts[j], mount);
		else
			g->mount_count++;
	}
}

static uint32_t get_level(const struct part *grants, struct span *at)
{
	struct part p = part_of(grants, "log");
	const char *text = part_text(&p, at);
	uint32_t i;

	/* The table's words are in the order of enum az_level. */
	for (i = 0; text != NULL && p.field->words[i] != NULL; i++)
		if (strcmp(p.field->words[i], text) == 0)
			return AZ_LEVEL_ERROR + i;
	return 0;
}

/* Whom it may reset is filled in once all modules are known. */
static void fill_power(struct part p, struct manifest_grants *g)
{
	size_t i, count = part_count(&p, YAML_LIST);
	const char *module;
	uint32_t op;

	if (p.node != NULL)
		g->power_at = p.node->at;
	for (i = 0; i < count; i++)
		if (p.node->items[i]->kind == YAML_SCALAR &&
		    value_power(p.node->items[i]->text, &op, &module))
			g->power |= op;
}

static bool get_bool(const struct part *p, const char *key, struct span *at)
{
	struct part part = part_of(p, key);

	return strcmp(part_text(&part, at), "true") == 0;
}

static void fill_grants(
    const struct part *module, const char *name, struct manifest_grants *g)
{
	struct part p = part_of(module, "grants");
	const struct yaml_pair *pair = yaml_find(module->node, "grants");

	if (pair != NULL)
		g->at = pair->key->at;
	g->log = get_level(&p, &g->log_at);
	g->clock = part_number(&p, "clock", value_duration, &g->clock_at);
	g->random = get_bool(&p, "random", &g->random_at);
	g->observe = get_bool(&p, "observe", &g->observe_at);
	fill_power(part_of(&p, "power"), g);
	fill_mounts(&p, name, g);
}

/* More may be added to them (fill_networks). */
static void fill_args(const struct part *module, struct manifest_module *out)
{
	struct part p = part_of(module, "args");
	size_t count = part_count(&p, YAML_LIST);

	for (size_t i = 0; i < count; i++) {
		out->args = arena_push(
		    p.m->arena, out->args, &out->arg_count, sizeof(*out->args));
		out->args[i] = node_string(p.node->items[i]);
	}
}

static int compare_texts(const void *left, const void *right)
{
	const struct manifest_string *a = left, *b = right;

	return strcmp(a->text, b->text);
}

/* More may be added to them (fill_networks). */
static void fill_env(const struct part *module, struct manifest_module *out)
{
	struct part p = part_of(module, "env");
	size_t count = part_count(&p, YAML_MAP);

	for (size_t i = 0; i < count; i++) {
		const struct yaml_pair *pair = &p.node->pairs[i];

		out->env = arena_push(
		    p.m->arena, out->env, &out->env_count, sizeof(*out->env));
		out->env[i].text = arena_printf(
		    p.m->arena, "%s=%s", pair->key->text, pair->value->text);
		out->env[i].at = pair->key->at;
	}
	if (count > 0)
		qsort(
		    out->env, out->env_count, sizeof(*out->env), compare_texts);
}

static void fill_links(const struct part *whole, struct manifest_module *out)
{
	struct part p = part_of(whole, "link");
	size_t i, count = part_count(&p, YAML_MAP);

	out->links = arena_alloc(p.m->arena, count * sizeof(*out->links));
	for (i = 0; i < count; i++) {
		const struct yaml_pair *pair = &p.node->pairs[i];

		/* Reported already. */
		if (!name_valid_import(pair->key->text) ||
		    yaml_find(p.node, pair->key->text) != pair ||
		    pair->value->kind != YAML_SCALAR)
			continue;
		out->links[out->link_count].name = node_string(pair->key);
		out->links[out->link_count++].path = node_string(pair->value);
	}
}

static void fill_run(const struct part *p, struct manifest_module *out)
{
	struct part cpu = part_of(p, "cpu"), expect = part_of(p, "expect");
	const char *budget = part_text(&cpu, NULL);
	struct part sockets = part_of(p, "sockets");

	out->sockets =
	    (uint32_t)part_number(&sockets, "count", value_integer, NULL);
	out->socket_send =
	    (uint32_t)part_number(&sockets, "send", value_size, NULL);
	out->socket_receive =
	    (uint32_t)part_number(&sockets, "receive", value_size, NULL);
	out->memory = part_number(p, "memory", value_size, &out->memory_at);
	out->stack = part_number(p, "stack", value_size, &out->stack_at);
	out->deadline = part_number(p, "deadline", value_duration, NULL);
	out->watchdog = part_number(p, "watchdog", value_duration, NULL);
	out->ready = part_number(p, "ready", value_duration, NULL);
	out->state = (uint32_t)part_number(p, "state", value_state, NULL);
	out->priority = AZ_PRIORITY_BACKGROUND +
			part_word(p, "priority", &out->priority_at);
	/* The table has the most lasting one first. */
	out->restart = AZ_RESTART_PERMANENT - part_word(p, "restart", NULL);
	if (budget != NULL)
		(void)value_cpu(budget, &out->cpu_budget, &out->cpu_period);
	if (out->cpu_budget < cpu.field->min ||
	    out->cpu_period > cpu.field->max ||
	    out->cpu_budget > out->cpu_period)
		out->cpu_budget = out->cpu_period = 0;
	(void)value_expect(
	    part_text(&expect, NULL), &out->expect, &out->expect_code);
	out->stdin_path = part_string(p, "stdin");
	out->stdin_kind = out->stdin_path.text == NULL ? AZ_STDIN_EMPTY
			  : strcmp(out->stdin_path.text, "console") == 0
			      ? AZ_STDIN_CONSOLE
			      : AZ_STDIN_FILE;
}

static void check_origin(
    const struct part *p, const struct manifest_module *module)
{
	const struct yaml_pair *source = yaml_find(p->node, "source");
	const struct yaml_pair *package = yaml_find(p->node, "package");
	struct diag *d;

	if (source == NULL && package == NULL) {
		d = diag_add(p->list, "AZ0103", module->name.at,
		    "module `%s` has neither `source` nor `package`",
		    module->name.text);
		diag_label(d, "one of them belongs in here");
		diag_help(d, "add `source: build/%s.wasm`", module->name.text);
	} else if (source != NULL && package != NULL) {
		d = diag_add(p->list, "AZ0109", package->key->at,
		    "module `%s` has both `source` and `package`",
		    module->name.text);
		diag_label(d, "one of them too many");
		diag_also(d, source->key->at, "the other one");
		diag_help(d, "keep one of the two");
	}
}

static void fill_module(
    struct part p, const struct yaml_node *key, struct manifest_module *out)
{
	out->name = node_string(key);
	if (p.node->kind == YAML_MAP)
		check_origin(&p, out);
	out->source = part_string(&p, "source");
	out->package = part_string(&p, "package");
	out->version = part_string(&p, "version");
	out->build = part_string(&p, "build");
	out->digest = part_string(&p, "digest");
	fill_links(&p, out);
	fill_args(&p, out);
	fill_env(&p, out);
	fill_grants(&p, key->text, &out->grants);
	fill_run(&p, out);
}

static int compare_modules(const void *left, const void *right)
{
	const struct manifest_module *const *a = left, *const *b = right;
	int order = strcmp((*a)->name.text, (*b)->name.text);

	return order != 0 ? order : *a < *b ? -1 : *a > *b;
}

static void sort_modules(struct manifest *m)
{
	m->by_name =
	    arena_alloc(m->arena, m->module_count * sizeof(*m->by_name));
	for (size_t i = 0; i < m->module_count; i++)
		m->by_name[i] = &m->modules[i];
	qsort(
	    m->by_name, m->module_count, sizeof(*m->by_name), compare_modules);
}

static void fill_modules(struct part top)
{
	struct part p = part_of(&top, "modules"), item = p;
	size_t i, count = part_count(&p, YAML_MAP);

	top.m->module_count = count;
	top.m->modules =
	    arena_alloc(top.m->arena, count * sizeof(*top.m->modules));
	item.field = p.field->children;
	for (i = 0; i < count; i++) {
		item.node = p.node->pairs[i].value;
		fill_module(item, p.node->pairs[i].key, &top.m->modules[i]);
	}
	sort_modules(top.m);
}

static void fill_signing(struct part top)
{
	struct part signing = part_of(&top, "signing");
	struct part image = part_of(&signing, "image");
	struct part trust = part_of(&signing, "trust"), item = trust;
	size_t i, count = part_count(&trust, YAML_LIST);

	top.m->signing_key = part_string(&image, "key");
	top.m->rollback =
	    part_number(&signing, "rollback", value_integer, NULL);
	top.m->trust = arena_alloc(top.m->arena, count * sizeof(*top.m->trust));
	top.m->trust_count = count;
	item.field = trust.field->children;
	for (i = 0; i < count; i++) {
		item.node = trust.node->items[i];
		top.m->trust[i].name = part_string(&item, "name");
		top.m->trust[i].key = part_string(&item, "key");
	}
}

void manifest_fill(
    struct manifest *m, const struct yaml_node *root, struct diags *list)
{
	struct part top = { m, list, root, field_root() };
	struct part image = part_of(&top, "image");
	uint32_t formats = part_words(&image, "formats", NULL);
	uint32_t consoles = part_words(&image, "console", NULL);

	m->supervised = yaml_find(root, "supervision") != NULL;
	m->name = part_string(&top, "name");
	m->version = part_string(&top, "version");
	m->description = part_string(&top, "description");
	m->format_iso = formats & 1;
	m->format_pvh = (formats & 2) != 0;
	m->console_serial = consoles & 1;
	m->console_screen = (consoles & 2) != 0;
	m->memory = part_number(&image, "memory", value_size, NULL);
	fill_files(top);
	fill_modules(top);
	fill_signing(top);
	fill_resets(top);
	fill_channels(top);
	fill_devices(top);
	fill_networks(top);
	fill_secrets(top);
	fill_supervision(top);
	fill_claims(top);
}
