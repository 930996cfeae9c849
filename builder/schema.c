#include "schema.h"

#include <jansson.h>
#include <string.h>

#include "json_text.h"
#include "manifest_table.h"
#include "mem.h"

static const char NAME_PATTERN[] = "^(?!azoth$)[a-z0-9][a-z0-9_-]{0,62}$";
static const char ENV_PATTERN[] = "^[A-Za-z_][A-Za-z0-9_]*$";
static const char IMPORT_PATTERN[] =
    "^(?!(azoth|wasi_snapshot_preview1)$)[^\\x00-\\x1f\\x7f]{1,63}$";
static const char CHANNEL_PATTERN[] =
    "^(?!(azoth|wasi_snapshot_preview1)$)[a-z0-9][a-z0-9_-]{0,62}$";
static const char *const NAME_PATTERNS[] = {
	[NAMES_OURS] = NAME_PATTERN,
	[NAMES_ENV] = ENV_PATTERN,
	[NAMES_IMPORT] = IMPORT_PATTERN,
	[NAMES_CHANNEL] = CHANNEL_PATTERN,
};
static const char FREE_PATTERN[] = "^x-";

/* The texts of each scalar type, as far as a pattern can say it. */
static const char *const PATTERNS[] = {
	[FIELD_NAME] = "^(?!azoth$)[a-z0-9][a-z0-9_-]{0,62}$",
	[FIELD_MOUNT] = "^/$|^(/(?!\\.{1,2}(/|$))[^/]+)+$",
	[FIELD_SIZE] = "^(0|[1-9][0-9]*)(KiB|MiB|GiB)$",
	[FIELD_DURATION] = "^(0|[1-9][0-9]*)(ns|us|ms|s|m|h)$",
	[FIELD_CPU] = "^(0|[1-9][0-9]*)(ns|us|ms|s|m|h)/"
		      "(0|[1-9][0-9]*)(ns|us|ms|s|m|h)$",
	[FIELD_EXPECT] = "^(trap|exit (0|[1-9][0-9]*))$",
	[FIELD_DIGEST] = "^sha256:[0-9a-f]{64}$",
	[FIELD_PACKAGE] = "^[a-z0-9][a-z0-9_-]{0,62}@(0|[1-9][0-9]*)$",
	[FIELD_STATE] = "^v[1-9][0-9]*$",
	[FIELD_RATE] = "^[1-9][0-9]* in (0|[1-9][0-9]*)(ns|us|ms|s|m|h)$",
	[FIELD_RANGE] = "^(0|[1-9][0-9]*)(ns|us|ms|s|m|h)[.][.]"
			"(0|[1-9][0-9]*)(ns|us|ms|s|m|h)$",
	[FIELD_POWER] = "^(reboot|halt|reset:[a-z0-9][a-z0-9_-]{0,62})$",
	[FIELD_RIGHT] = "^(log|clock|random|stdin|observe|power/(halt|reboot)|"
			"((files|channel|module|device|network|secret)/"
			"|power/reset:)"
			"[a-z0-9][a-z0-9_-]{0,62})$",
	[FIELD_BITS] = "^(0x[0-9a-f]{1,8}|0|[1-9][0-9]*)$",
	[FIELD_PLACE] = "^(tcp|udp)/[a-z0-9][a-z0-9_-]{0,62}:.+$",
	[FIELD_ADDRESS] = "^(dhcp|[0-9.]+/[0-9]+)$",
	[FIELD_IP] = "^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$",
	[FIELD_HOST] = "^[0-9a-f:.]+$",
	[FIELD_MAC] = "^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$",
	[FIELD_LATER] = NULL,
};

static json_t *field_json(const struct field *f);

/* What stands in maps of one type alone: {"if": its type, "then": it has the
 * keys of that type and no other}. */
static json_t *variant_json(const struct field *map, int type)
{
	const struct field *child;
	json_t *required = json_array(), *others = json_object();
	const char *word = field_child(map, "type")->words[type];

	for (child = map->children; child->name != NULL; child++) {
		if (child->types == 0)
			continue;
		if ((child->types & 1u << type) == 0)
			json_object_set_new(others, child->name, json_false());
		else if (child->required)
			json_array_append_new(
			    required, json_string(child->name));
	}
	return json_pack("{s:{s:{s:{s:s}}},s:{s:o,s:o}}", "if", "properties",
	    "type", "const", word, "then", "required", required, "properties",
	    others);
}

static bool has_variants(const struct field *map)
{
	const struct field *child;

	for (child = map->children; child->name != NULL; child++)
		if (child->types != 0)
			return true;
	return false;
}

static void add_variants(json_t *out, const struct field *map)
{
	const char *const *words = field_child(map, "type")->words;
	json_t *all = json_array();

	for (int i = 0; words[i] != NULL; i++)
		json_array_append_new(all, variant_json(map, i));
	json_object_set_new(out, "allOf", all);
}

static json_t *map_json(const struct field *f)
{
	json_t *out;
	json_t *properties = json_object(), *required = json_array();
	const struct field *child;

	for (child = f->children; child->name != NULL; child++) {
		if (child->type == FIELD_LATER)
			continue;
		json_object_set_new(properties, child->name, field_json(child));
		if (child->required && child->types == 0)
			json_array_append_new(
			    required, json_string(child->name));
	}
	out = json_pack("{s:s,s:o,s:o,s:{s:{}},s:b}", "type", "object",
	    "properties", properties, "required", required, "patternProperties",
	    FREE_PATTERN, "additionalProperties", 0);
	if (has_variants(f))
		add_variants(out, f);
	return out;
}

/* One of two keys: a module's origin, the kind of an assertion. */
static void require_one(json_t *map, const char *first, const char *second)
{
	json_object_set_new(map, "oneOf",
	    json_pack(
		"[{s:[s]},{s:[s]}]", "required", first, "required", second));
}

static json_t *named_json(const struct field *f)
{
	json_t *value = field_json(f->children), *out;

	if (strcmp(f->name, "modules") == 0)
		require_one(value, "source", "package");
	out = json_pack("{s:s,s:o,s:{s:s}}", "type", "object",
	    "additionalProperties", value, "propertyNames", "pattern",
	    NAME_PATTERNS[f->names]);
	if (f->min != 0)
		json_object_set_new(
		    out, "minProperties", json_integer((json_int_t)f->min));
	if (f->max != 0)
		json_object_set_new(
		    out, "maxProperties", json_integer((json_int_t)f->max));
	return out;
}

/* A name, or a group, which may hold further ones. */
static json_t *child_json(void)
{
	return json_pack("{s:[{s:s,s:s},{s:s}]}", "anyOf", "type", "string",
	    "pattern", NAME_PATTERN, "$ref", "#/definitions/group");
}

static json_t *group_json(void)
{
	return json_pack("{s:s,s:o,s:{s:s},s:i,s:i}", "type", "object",
	    "additionalProperties", field_json(field_group()), "propertyNames",
	    "pattern", NAME_PATTERN, "minProperties", 1, "maxProperties", 1);
}

static json_t *list_json(const struct field *f)
{
	json_t *item = field_json(f->children);
	json_t *out = json_pack("{s:s,s:o}", "type", "array", "items", item);

	if (strcmp(f->name, "assert") == 0)
		require_one(item, "never", "only");
	if (f->min != 0)
		json_object_set_new(
		    out, "minItems", json_integer((json_int_t)f->min));
	if (f->max != 0)
		json_object_set_new(
		    out, "maxItems", json_integer((json_int_t)f->max));
	if (f->children->type == FIELD_WORD)
		json_object_set_new(out, "uniqueItems", json_true());
	return out;
}

static json_t *words_json(const char *const *words)
{
	json_t *list = json_array();

	for (; *words != NULL; words++)
		json_array_append_new(list, json_string(*words));
	return json_pack("{s:o}", "enum", list);
}

/* A text of YAML may look like a number or a boolean to an editor. */
static json_t *text_json(const struct field *f)
{
	return json_pack("{s:[s,s,s],s:I}", "type", "string", "number",
	    "boolean", "maxLength", (json_int_t)f->max);
}

static json_t *scalar_json(const struct field *f)
{
	switch (f->type) {
	case FIELD_TEXT:
		return text_json(f);
	case FIELD_PATH:
	case FIELD_STDIN:
		return json_pack("{s:s,s:i,s:I}", "type", "string", "minLength",
		    1, "maxLength", (json_int_t)f->max);
	case FIELD_INTEGER:
		return json_pack("{s:s,s:I,s:I}", "type", "integer", "minimum",
		    (json_int_t)f->min, "maximum", (json_int_t)f->max);
	case FIELD_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case FIELD_WORD:
		return words_json(f->words);
	case FIELD_FORMAT:
		return json_pack("{s:i}", "const", 1);
	case FIELD_CHILD:
		return child_json();
	default:
		return json_pack("{s:s,s:s}", "type", "string", "pattern",
		    PATTERNS[f->type]);
	}
}

/* A profile is the top level with nothing required, at any depth: the keys
 * are checked by azoth, the editor only completes the first level. */
static json_t *profile_json(void)
{
	const struct field *f;
	json_t *properties = json_object();

	for (f = field_root()->children; f->name != NULL; f++)
		if (f->type != FIELD_LATER && f->type != FIELD_FORMAT &&
		    strcmp(f->name, "include") != 0 &&
		    strcmp(f->name, "profiles") != 0)
			json_object_set_new(properties, f->name,
			    json_pack("{s:s}", "description", f->help));
	return json_pack("{s:s,s:o,s:{s:{}},s:b}", "type", "object",
	    "properties", properties, "patternProperties", FREE_PATTERN,
	    "additionalProperties", 0);
}

static json_t *field_json(const struct field *f)
{
	json_t *out;

	if (f->type == FIELD_MAP)
		out = map_json(f);
	else if (f->type == FIELD_NAMED)
		out = named_json(f);
	else if (f->type == FIELD_LIST)
		out = list_json(f);
	else if (f->type == FIELD_PROFILE)
		out = profile_json();
	else
		out = scalar_json(f);
	json_object_set_new(out, "description", json_string(f->help));
	if (f->fallback != NULL && f->supervised == NULL &&
	    f->type != FIELD_LIST && f->type != FIELD_BOOL &&
	    f->type != FIELD_INTEGER)
		json_object_set_new(out, "default", json_string(f->fallback));
	return out;
}

void schema_print(FILE *to)
{
	json_t *root = field_json(field_root()), *out;

	out = json_pack("{s:s,s:s}", "$schema",
	    "http://json-schema.org/draft-07/schema#", "title",
	    "azoth manifest, version 1");
	json_object_update(out, root);
	json_object_set_new(
	    out, "definitions", json_pack("{s:o}", "group", group_json()));
	json_decref(root);
	json_text_print(to, out);
}
