#include "manifest_shape.h"

#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_fix.h"
#include "yaml_tree.h"

char *shape_place(const struct shape *s)
{
	const char *const *k = s->keys;
	size_t base = 0, n, i;
	struct buf path = { 0 };

	/* A profile's content is called what it changes. */
	if (s->depth > 2 && strcmp(k[0], "profiles") == 0)
		base = 2;
	n = s->depth - base;
	k += base;
	if (n == 0)
		return xstrdup(s->whole != NULL ? s->whole : "the manifest");
	if (n == 2 && strcmp(k[0], "modules") == 0)
		return xasprintf("module `%s`", k[1]);
	if (n == 2 && strcmp(k[0], "profiles") == 0)
		return xasprintf("profile `%s`", k[1]);
	if (n == 2 && strcmp(k[0], "channels") == 0)
		return xasprintf("channel `%s`", k[1]);
	if (n > 2 && n % 2 == 1 && strcmp(k[0], "supervision") == 0)
		return xasprintf("group `%s`", k[n - 1]);
	if (n == 3 && strcmp(k[0], "modules") == 0 &&
	    strcmp(k[2], "grants") == 0)
		return xasprintf("the grants of `%s`", k[1]);
	for (i = 0; i < n; i++)
		buf_printf(&path, "%s%s", i ? "." : "`", k[i]);
	buf_putc(&path, '`');
	return buf_take(&path);
}

static void shape_enter(struct shape *s, const char *key)
{
	enum { MAX = sizeof(s->keys) / sizeof(s->keys[0]) };

	/* The tree's depth is bounded by YAML_DEPTH_MAX. */
	if (s->depth >= MAX)
		abort();
	s->keys[s->depth++] = key;
}

static void shape_leave(struct shape *s)
{
	s->depth--;
}

static bool is_users_key(const char *key)
{
	return key[0] == 'x' && key[1] == '-';
}

bool shape_equal(const struct yaml_node *a, const struct yaml_node *b)
{
	size_t i;

	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == YAML_SCALAR)
		return strcmp(a->text, b->text) == 0;
	for (i = 0; i < a->count; i++) {
		if (a->kind == YAML_LIST &&
		    !shape_equal(a->items[i], b->items[i]))
			return false;
		if (a->kind == YAML_MAP &&
		    (strcmp(a->pairs[i].key->text, b->pairs[i].key->text) !=
			    0 ||
			!shape_equal(a->pairs[i].value, b->pairs[i].value)))
			return false;
	}
	return true;
}

void shape_duplicate(struct diags *list, const char *place,
    const struct yaml_node *first, const struct yaml_node *again)
{
	struct diag *d = diag_add(list, "AZ0102", again->at,
	    "key `%s` appears twice in %s", again->text, place);

	diag_label(d, "defined again here");
	diag_also(d, first->at, "first defined here");
	diag_help(d, "keep one of the two; YAML would silently keep the last");
}

static void report_duplicate(
    const struct yaml_pair *first, const struct yaml_pair *again, void *arg)
{
	struct shape *s = arg;
	char *place = shape_place(s);

	shape_duplicate(s->list, place, first->key, again->key);
	free(place);
}

static void check_duplicates(struct shape *s, const struct yaml_node *map)
{
	yaml_duplicates(map, report_duplicate, s);
}

/* The user's own keys may hold anything but duplicates. */
static void check_free(struct shape *s, const struct yaml_node *node)
{
	size_t i;

	for (i = 0; node->kind == YAML_LIST && i < node->count; i++)
		check_free(s, node->items[i]);
	if (node->kind != YAML_MAP)
		return;
	check_duplicates(s, node);
	for (i = 0; i < node->count; i++) {
		shape_enter(s, node->pairs[i].key->text);
		check_free(s, node->pairs[i].value);
		shape_leave(s);
	}
}

static size_t count_children(const struct field *map)
{
	size_t n = 0;

	while (map->children[n].name != NULL)
		n++;
	return n;
}

/* The keys that can be written here, for a help line. */
static char *known_keys(const struct field *map)
{
	struct buf b = { 0 };
	const struct field *f;

	for (f = map->children; f->name != NULL; f++)
		if (f->type != FIELD_LATER)
			buf_printf(&b, "%s%s", b.len ? ", " : "", f->name);
	return buf_take(&b);
}

static void report_unknown(
    struct shape *s, const struct yaml_node *key, const struct field *map)
{
	size_t i, count = count_children(map);
	const char **names = xcalloc(count, sizeof(*names));
	char *place = shape_place(s), *known;
	const char *near;
	struct diag *d;

	for (i = 0; i < count; i++)
		names[i] = map->children[i].name;
	near = diag_nearest(key->text, names, count);
	d = diag_add(s->list, "AZ0101", key->at, "unknown key `%s` in %s",
	    key->text, place);
	if (near != NULL) {
		diag_label(d, "did you mean `%s`?", near);
		diag_help(d, "rename it to `%s`", near);
		diag_fix(d, key->at, near);
	} else {
		known = known_keys(map);
		diag_label(d, "not a key of the manifest format here");
		diag_help(d,
		    "the keys here are %s; keys of your own start "
		    "with `x-`",
		    known);
		free(known);
	}
	free(place);
	free(names);
}

static void report_later(struct shape *s, const struct yaml_node *key)
{
	struct diag *d = diag_add(s->list, "AZ0114", key->at,
	    "`%s` is not supported by this version of azoth", key->text);

	diag_label(d, "a key for later versions");
	diag_help(d, "remove `%s`, or rename it to `x-%s` to keep it as a note",
	    key->text, key->text);
}

static const char *kind_name(const struct yaml_node *node)
{
	if (node->kind == YAML_LIST)
		return "a list";
	if (node->kind == YAML_MAP)
		return "a map";
	return yaml_is_null(node) ? "nothing" : "a text";
}

static void report_type(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	const char *key = s->depth != 0 ? s->keys[s->depth - 1] : NULL;
	const char *tick = key != NULL ? "`" : "";
	struct diag *d =
	    diag_add(s->list, "AZ0104", node->at, "%s%s%s must be %s, not %s",
		tick, key != NULL ? key : "the manifest", tick,
		field_type_name(f), kind_name(node));

	diag_label(d, "this is %s", kind_name(node));
	if (key == NULL)
		diag_help(d, "start with `azoth: 1`; `azoth new` writes an "
			     "example");
	else if (node->kind == YAML_SCALAR && yaml_is_null(node))
		diag_help(d,
		    "write a value, for example `%s: %s`, or remove "
		    "the key",
		    key, f->example);
	else
		diag_help(d, "write it like this: `%s: %s`", key, f->example);
}

static void report_count(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	const char *key = s->keys[s->depth - 1];
	struct diag *d;

	if (node->count < f->min) {
		d = diag_add(
		    s->list, "AZ0103", node->at, "`%s` must not be empty", key);
		diag_help(d, "write it like this: `%s: %s`", key, f->example);
	} else if (f->max != 0 && node->count > f->max) {
		d = diag_add(s->list, "AZ0117", node->at,
		    "`%s` has %zu entries", key, node->count);
		diag_label(
		    d, "at most %llu are allowed", (unsigned long long)f->max);
	}
}

/* What a key of one type of channel is called in another. */
static const char *counterpart(const char *key)
{
	static const char *const pairs[][2] = { { "server", "writer" },
		{ "clients", "readers" }, { "arena", "size" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (int side = 0; side < 2; side++)
			if (strcmp(pairs[i][side], key) == 0)
				return pairs[i][!side];
	return NULL;
}

/* A key that maps of this type do not have. */
static void report_variant(struct shape *s, const struct yaml_node *map,
    const struct yaml_pair *p, const struct field *f)
{
	const struct yaml_node *type = yaml_get(map, "type");
	const char *other = counterpart(p->key->text);
	const struct field *child =
	    other != NULL ? field_child(f, other) : NULL;
	struct diag *d = diag_add(s->list, "AZ0108", p->key->at,
	    "a %s has no `%s`", type->text, p->key->text);

	diag_label(d, "not a key of this type of channel");
	diag_also(d, type->at, "the type");
	if (child != NULL && (child->types & field_variant(f, map)) != 0 &&
	    yaml_get(map, other) == NULL) {
		diag_help(d, "rename it to `%s`", other);
		diag_fix(d, p->key->at, other);
	} else {
		diag_help(d, "delete `%s`", p->key->text);
		fix_delete(d, map, p);
	}
}

static void check_map(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	uint32_t variant = field_variant(f, node);
	const struct field *child;
	const struct yaml_pair *p;
	size_t i;

	check_duplicates(s, node);
	for (i = 0; i < node->count; i++) {
		p = &node->pairs[i];
		child = field_child(f, p->key->text);
		if (child == NULL && !is_users_key(p->key->text)) {
			report_unknown(s, p->key, f);
			continue;
		}
		if (child != NULL && child->type == FIELD_LATER) {
			report_later(s, p->key);
			continue;
		}
		if (child != NULL && child->types != 0 && variant != 0 &&
		    (child->types & variant) == 0) {
			report_variant(s, node, p, f);
			continue;
		}
		shape_enter(s, p->key->text);
		if (child != NULL)
			shape_check(s, p->value, child);
		else
			check_free(s, p->value);
		shape_leave(s);
	}
}

static void report_name(
    struct shape *s, const struct yaml_node *key, const struct field *f)
{
	bool import = f->names == NAMES_IMPORT;
	bool channel = f->names == NAMES_CHANNEL;
	bool reserved =
	    strcmp(key->text, AZ_NATIVE_MODULE) == 0 ||
	    ((import || channel) && strcmp(key->text, AZ_WASI_MODULE) == 0);
	struct diag *d = diag_add(s->list, "AZ0112", key->at,
	    reserved ? "the name `%s` is reserved" : "`%s` is not a good name",
	    key->text);

	if (f->names == NAMES_ENV)
		diag_help(d, "use letters, digits and `_`, first no digit");
	else if ((import || channel) && reserved)
		diag_help(d, "it is the system that gives what is imported "
			     "from there");
	else if (import)
		diag_help(d, "use the module's name in imports, at most 63 "
			     "bytes without control characters");
	else
		diag_help(d, "use lower case letters, digits, `-` and `_`, "
			     "at most 63, first a letter or digit");
}

static bool users_name_valid(const char *name, const struct field *f)
{
	switch (f->names) {
	case NAMES_ENV:
		return name_valid_env(name);
	case NAMES_IMPORT:
		return name_valid_import(name);
	case NAMES_CHANNEL:
		return name_valid(name) && name_valid_import(name);
	default:
		return name_valid(name) && strcmp(name, "azoth") != 0;
	}
}

static void check_named(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	const struct yaml_pair *p;
	size_t i;

	check_duplicates(s, node);
	report_count(s, node, f);
	for (i = 0; i < node->count; i++) {
		p = &node->pairs[i];
		shape_enter(s, p->key->text);
		if (!users_name_valid(p->key->text, f))
			report_name(s, p->key, f);
		shape_check(s, p->value, f->children);
		shape_leave(s);
	}
}

/* Items that stand for themselves: again is again. */
static bool is_set(const struct field *list)
{
	enum field_type type = list->children->type;

	return type == FIELD_WORD || type == FIELD_NAME ||
	       type == FIELD_POWER || type == FIELD_PLACE;
}

static void report_again(
    struct shape *s, const struct yaml_node *list, size_t i, size_t j)
{
	const struct yaml_node *first = list->items[j];
	const struct yaml_node *again = list->items[i];
	struct diag *d = diag_add(s->list, "AZ0102", again->at,
	    "`%s` appears twice in `%s`", again->text, s->keys[s->depth - 1]);

	diag_label(d, "again here");
	diag_also(d, first->at, "first here");
	diag_help(d, "remove one of the two");
	fix_remove(d, list, i);
}

static void check_list(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct yaml_node *const *items = node->items;

	report_count(s, node, f);
	for (size_t i = 0; i < node->count && i <= f->max + 1; i++) {
		shape_check(s, items[i], f->children);
		for (size_t j = 0; is_set(f) && j < i; j++) {
			if (!shape_equal(items[i], items[j]))
				continue;
			report_again(s, node, i, j);
			break;
		}
	}
}

/* A group is a map of its name to its keys. Keys that stand beside the name
 * are indented too little. */
static void check_child(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	const struct yaml_pair *p = node->pairs;
	struct diag *d;

	if (node->kind == YAML_SCALAR) {
		scalar_check(s, node, f);
		return;
	}
	if (node->count != 1) {
		d = diag_add(s->list, "AZ0104",
		    node->count > 1 ? p[1].key->at : node->at,
		    "a group has one name, with its keys below it");
		if (node->count > 1)
			diag_label(d, "indent this below `%s`", p->key->text);
		diag_help(d, "write it like this: `%s: %s`",
		    node->count > 1 ? p->key->text : "io",
		    field_group()->example);
		return;
	}
	check_named(s, node, &(struct field){ .children = field_group() });
}

/* A profile changes the top level, but not what decides how it is read. */
static void check_profile(struct shape *s, const struct yaml_node *node)
{
	static const char *const fixed[] = { "azoth", "include", "profiles" };
	const struct yaml_pair *p;
	struct diag *d;
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		p = yaml_find(node, fixed[i]);
		if (p == NULL)
			continue;
		d = diag_add(s->list, "AZ0101", p->key->at,
		    "`%s` cannot stand in a profile", fixed[i]);
		diag_label(d, "not here");
		diag_help(d, "move it to the top level");
	}
	check_map(s, node, field_root());
}

void shape_check(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	bool list = f->type == FIELD_LIST;
	bool map = f->type == FIELD_MAP || f->type == FIELD_NAMED ||
		   f->type == FIELD_PROFILE ||
		   (f->type == FIELD_CHILD && node->kind == YAML_MAP);

	if (node->kind == YAML_BAD)
		return;
	if (node->kind != (list     ? YAML_LIST
			      : map ? YAML_MAP
				    : YAML_SCALAR) ||
	    (!list && !map && yaml_is_null(node)))
		report_type(s, node, f);
	else if (f->type == FIELD_MAP)
		check_map(s, node, f);
	else if (f->type == FIELD_NAMED)
		check_named(s, node, f);
	else if (f->type == FIELD_PROFILE)
		check_profile(s, node);
	else if (f->type == FIELD_CHILD)
		check_child(s, node, f);
	else if (list)
		check_list(s, node, f);
	else
		scalar_check(s, node, f);
}

static void report_missing(
    struct shape *s, struct span at, const struct field *f)
{
	char *place = shape_place(s);
	struct diag *d = diag_add(
	    s->list, "AZ0103", at, "key `%s` is missing in %s", f->name, place);

	if (at.line != 0)
		diag_label(d, "`%s` belongs in here", f->name);
	diag_help(d, "add `%s: %s`", f->name, f->example);
	free(place);
}

/* A key of another type of channel that is meant as this one: reported. */
static bool has_counterpart(const struct yaml_node *map, const struct field *f,
    const struct field *child)
{
	const char *other = child->types != 0 ? counterpart(child->name) : NULL;

	return other != NULL && yaml_find(map, other) != NULL &&
	       (field_child(f, other)->types & field_variant(f, map)) == 0;
}

/* A key that does not exist and is nearest to this one: reported. */
static bool is_misspelt(const struct yaml_node *map, const struct field *f,
    const struct field *child)
{
	for (size_t i = 0; i < map->count; i++) {
		const char *key = map->pairs[i].key->text;

		if (field_child(f, key) == NULL &&
		    diag_nearest(key, &child->name, 1) != NULL)
			return true;
	}
	return false;
}

static void required_in_map(struct shape *s, const struct yaml_node *node,
    struct span at, const struct field *f)
{
	uint32_t variant = field_variant(f, node);
	const struct field *child;
	const struct yaml_pair *p;

	for (child = f->children; child->name != NULL; child++) {
		if (child->types != 0 && (child->types & variant) == 0)
			continue;
		p = yaml_find(node, child->name);
		if (p == NULL && child->required &&
		    !has_counterpart(node, f, child) &&
		    !is_misspelt(node, f, child))
			report_missing(s, at, child);
		if (p == NULL || child->children == NULL)
			continue;
		shape_enter(s, child->name);
		shape_required(s, p->value, p->key->at, child);
		shape_leave(s);
	}
}

void shape_required(struct shape *s, const struct yaml_node *node,
    struct span at, const struct field *f)
{
	bool named = f->type == FIELD_NAMED || f->type == FIELD_CHILD;
	const struct field *item =
	    f->type == FIELD_CHILD ? field_group() : f->children;
	size_t i;

	if (f->type == FIELD_MAP && node->kind == YAML_MAP)
		required_in_map(s, node, at, f);
	for (i = 0; named && node->kind == YAML_MAP && i < node->count; i++) {
		shape_enter(s, node->pairs[i].key->text);
		shape_required(
		    s, node->pairs[i].value, node->pairs[i].key->at, item);
		shape_leave(s);
	}
	for (i = 0; f->type == FIELD_LIST && node->kind == YAML_LIST &&
		    i < node->count;
	     i++)
		shape_required(
		    s, node->items[i], node->items[i]->at, f->children);
}
