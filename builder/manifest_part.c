#include "manifest_part.h"

#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_tree.h"

struct part part_of(const struct part *whole, const char *key)
{
	struct part p = *whole;

	p.node = yaml_get(whole->node, key);
	p.field = field_child(whole->field, key);
	return p;
}

/* The scalar of a key as written, else its default; NULL when it has none.
 * *at keeps its line 0 when the key is absent. */
const char *part_text(const struct part *p, struct span *at)
{
	if (p->node == NULL || p->node->kind != YAML_SCALAR ||
	    yaml_is_null(p->node))
		return field_fallback(p->field, p->m->supervised);
	if (at != NULL)
		*at = p->node->at;
	return p->node->text;
}

struct manifest_string part_string(const struct part *whole, const char *key)
{
	struct part p = part_of(whole, key);
	struct manifest_string s = { 0 };

	s.text = part_text(&p, &s.at);
	return s;
}

uint64_t part_number(const struct part *whole, const char *key,
    bool (*read)(const char *text, uint64_t *out), struct span *at)
{
	struct part p = part_of(whole, key);
	const char *text = part_text(&p, at);
	uint64_t n = 0;

	if (text == NULL)
		return 0;
	if ((!read(text, &n) || n < p.field->min || n > p.field->max)) {
		n = 0;
		if (p.field->fallback != NULL)
			(void)read(p.field->fallback, &n);
	}
	return n;
}

/* Items of a list or pairs of a map; 0 when it is absent or wrong. */
size_t part_count(const struct part *p, enum yaml_kind kind)
{
	if (p->node == NULL || p->node->kind != kind)
		return 0;
	return p->node->count < p->field->max ? p->node->count
					      : (size_t)p->field->max;
}

/* Which of the words a list holds, as bits in the order of the table. */
uint32_t part_words(const struct part *whole, const char *key, struct span *at)
{
	struct part p = part_of(whole, key);
	const char *const *words = p.field->children->words;
	size_t count = part_count(&p, YAML_LIST), i, w;
	uint32_t set = 0;

	if (p.node != NULL && at != NULL)
		*at = p.node->at;
	for (w = 0; words[w] != NULL; w++) {
		if (p.node == NULL && p.field->fallback != NULL &&
		    strstr(p.field->fallback, words[w]) != NULL)
			set |= 1u << w;
		for (i = 0; i < count; i++)
			if (strcmp(p.node->items[i]->text, words[w]) == 0)
				set |= 1u << w;
	}
	return set;
}

struct manifest_string node_string(const struct yaml_node *node)
{
	return (struct manifest_string){ node->text, node->at };
}

uint32_t part_word(const struct part *whole, const char *key, struct span *at)
{
	struct part p = part_of(whole, key);
	const char *text = part_text(&p, at);
	const char *fallback = field_fallback(p.field, p.m->supervised);

	for (uint32_t i = 0; text != NULL && p.field->words[i] != NULL; i++)
		if (strcmp(p.field->words[i], text) == 0)
			return i;
	for (uint32_t i = 0; p.field->words[i] != NULL; i++)
		if (fallback != NULL &&
		    strcmp(p.field->words[i], fallback) == 0)
			return i;
	return 0;
}

bool part_true(const struct part *whole, const char *key)
{
	struct part p = part_of(whole, key);
	const char *text = part_text(&p, NULL);

	return text != NULL && strcmp(text, "true") == 0;
}

const char *part_near_module(const struct manifest *m, const char *name)
{
	const char **names = xcalloc(m->module_count, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < m->module_count; i++)
		names[i] = m->modules[i].name.text;
	near = diag_nearest(name, names, m->module_count);
	free(names);
	return near;
}

static void report_no_module(const struct part *p, const char *who,
    struct manifest_string name, size_t prefix)
{
	const char *near = part_near_module(p->m, name.text + prefix);
	struct diag *d = diag_add(p->list, "AZ0201", name.at,
	    "%s names `%s`, which does not exist", who, name.text + prefix);
	char *good;

	diag_label(d, "no module has this name");
	if (near == NULL) {
		diag_help(d, "add it to `modules`: `%s: { source: FILE.wasm }`",
		    name.text + prefix);
		return;
	}
	diag_help(d, "a module named `%s` exists", near);
	good = xasprintf("%.*s%s", (int)prefix, name.text, near);
	diag_fix(d, name.at, good);
	free(good);
}

bool part_module(const struct part *p, const char *who,
    const struct yaml_node *node, size_t prefix, struct manifest_end *out)
{
	struct manifest_end end = { 0 };

	/* A bad name has been reported as such. */
	if (node == NULL || node->kind != YAML_SCALAR ||
	    strlen(node->text) < prefix || !name_valid(node->text + prefix))
		return false;
	end.module = node_string(node);
	if (!manifest_find_module(
		p->m, node->text + prefix, &end.module_index)) {
		report_no_module(p, who, end.module, prefix);
		return false;
	}
	end.module.text += prefix;
	*out = end;
	return true;
}

void part_report_unknown(const struct part *p, const char *module,
    const char *what, struct manifest_string name, const char *near,
    const char *good)
{
	struct diag *d = diag_add(p->list, "AZ0202", name.at,
	    "module `%s` is granted the %s `%s`, which does not exist", module,
	    what, name.text);

	diag_label(d, "no entry of `%ss` has this name", what);
	if (near != NULL) {
		diag_help(d, "an entry named `%s` exists", near);
		diag_fix(d, name.at, good);
	} else {
		diag_help(
		    d, "remove it here, or add `%s` to `%ss`", name.text, what);
	}
}

struct part part_grants(const struct part *top, size_t i)
{
	struct part modules = part_of(top, "modules"), item = modules;

	item.field = modules.field->children;
	item.node = modules.node->pairs[i].value;
	return part_of(&item, "grants");
}

struct manifest_channel *part_channel(struct manifest *m, uint32_t type,
    struct manifest_string name, size_t subject)
{
	struct manifest_channel *c;

	m->channels = arena_push(
	    m->arena, m->channels, &m->channel_count, sizeof(*m->channels));
	c = &m->channels[m->channel_count - 1];
	*c = (struct manifest_channel){ .type = type,
		.name = name,
		.type_at = name.at,
		.subject = subject };
	return c;
}
