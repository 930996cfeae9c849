#include "manifest.h"

#include <string.h>

#include "manifest_shape.h"
#include "manifest_table.h"
#include "yaml_tree.h"

/* One printing of a tree beside the table. */
struct printer {
	FILE *to;
	int indent;
	bool supervised;
};

/* Whether YAML reads the text back as itself when it is written plainly. */
static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	return len != 0 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_./@+ -:") == len &&
	       strchr(" -:.@", text[0]) == NULL && text[len - 1] != ' ' &&
	       text[len - 1] != ':' && strstr(text, ": ") == NULL &&
	       strcmp(text, "null") != 0;
}

static void put_text(FILE *to, const char *text)
{
	if (is_plain(text)) {
		fputs(text, to);
		return;
	}
	fputc('"', to);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(to, "\\%c", *text);
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			fprintf(to, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, to);
	}
	fputc('"', to);
}

static void put_indent(const struct printer *p)
{
	fprintf(p->to, "%*s", 2 * p->indent, "");
}

static void put_value(
    struct printer *p, const struct yaml_node *node, const struct field *f);

/* A map that must hold something is absent as a whole. */
static bool has_defaults(const struct field *f)
{
	const struct field *child;
	bool found = f->fallback != NULL;

	for (child = f->children; f->type == FIELD_MAP && child->name != NULL;
	     child++) {
		if (child->required)
			return false;
		found |= has_defaults(child);
	}
	return found;
}

/* A key that is absent: its default, if it has one. */
static void put_default(struct printer *p, const struct field *f)
{
	struct yaml_node empty = { .kind = YAML_MAP };

	if (!has_defaults(f))
		return;
	put_indent(p);
	fprintf(p->to, "%s:", f->name);
	if (f->type == FIELD_MAP)
		put_value(p, &empty, f);
	else
		fprintf(p->to, " %s\n", field_fallback(f, p->supervised));
}

static void put_pair(
    struct printer *p, const struct yaml_pair *pair, const struct field *f)
{
	put_indent(p);
	put_text(p->to, pair->key->text);
	fputc(':', p->to);
	put_value(p, pair->value, f);
}

static void put_map(
    struct printer *p, const struct yaml_node *node, const struct field *f)
{
	uint32_t variant = field_variant(f, node);
	const struct field *child;
	const struct yaml_pair *pair;
	size_t i;

	for (child = f->children; child->name != NULL; child++) {
		pair = yaml_find(node, child->name);
		if (child->types != 0 && (child->types & variant) == 0)
			continue;
		/* Already merged. */
		if (child->type == FIELD_LATER ||
		    strcmp(child->name, "include") == 0 ||
		    strcmp(child->name, "profiles") == 0)
			continue;
		if (pair != NULL)
			put_pair(p, pair, child);
		else
			put_default(p, child);
	}
	for (i = 0; i < node->count; i++)
		if (strncmp(node->pairs[i].key->text, "x-", 2) == 0)
			put_pair(p, &node->pairs[i], NULL);
}

static bool is_simple_list(const struct yaml_node *node)
{
	size_t i;

	for (i = 0; node->kind == YAML_LIST && i < node->count; i++)
		if (node->items[i]->kind != YAML_SCALAR)
			return false;
	return node->kind == YAML_LIST;
}

static void put_simple_list(FILE *to, const struct yaml_node *list)
{
	size_t i;

	fputs(" [", to);
	for (i = 0; i < list->count; i++) {
		fputs(i != 0 ? ", " : " ", to);
		put_text(to, list->items[i]->text);
	}
	fputs(" ]\n", to);
}

static void put_items(
    struct printer *p, const struct yaml_node *node, const struct field *item)
{
	size_t i;

	if (is_simple_list(node)) {
		put_simple_list(p->to, node);
		return;
	}
	fputc('\n', p->to);
	p->indent++;
	for (i = 0; i < node->count; i++) {
		if (node->kind == YAML_MAP) {
			put_pair(p, &node->pairs[i], item);
		} else {
			put_indent(p);
			fputc('-', p->to);
			put_value(p, node->items[i], item);
		}
	}
	p->indent--;
}

/* f is NULL below the user's own keys. */
static void put_value(
    struct printer *p, const struct yaml_node *node, const struct field *f)
{
	const struct field *item = f == NULL                ? NULL
				   : f->type == FIELD_CHILD ? field_group()
							    : f->children;

	if (node->kind == YAML_SCALAR) {
		fputc(' ', p->to);
		put_text(p->to, node->text);
		fputc('\n', p->to);
	} else if (f != NULL && f->type == FIELD_MAP &&
		   (node->count > 0 || has_defaults(f))) {
		fputc('\n', p->to);
		p->indent++;
		put_map(p, node, f);
		p->indent--;
	} else if (node->count == 0) {
		fputs(node->kind == YAML_MAP ? " {}\n" : " []\n", p->to);
	} else {
		put_items(p, node, item);
	}
}

void manifest_expand(const struct manifest *m, FILE *to)
{
	struct printer p = { to, 0, m->supervised };

	put_map(&p, m->tree, field_root());
}
