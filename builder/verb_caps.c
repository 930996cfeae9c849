/* azoth caps: what each module may do, directly and through others. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "cli.h"
#include "diag.h"
#include "exit.h"
#include "json_text.h"
#include "manifest_right.h"
#include "system.h"

enum {
	NAME_WIDTH = 20,
	/* Links of a chain that are shown where all modules are. */
	LINKS_MAX = 6,
};

/* What is printed: as text at once, or JSON at the end. */
struct caps {
	const struct authority *a;
	bool json;
	json_t *list; /* of the modules */
	/* Of the module that is printed: by authority_hold.id, whether it has
	 * been said what it holds; how much of a chain is shown. */
	bool *said;
	size_t links;
};

static const char *name_of(const struct caps *c, size_t module)
{
	return c->a->m->modules[module].name.text;
}

/* Text has been printed, and needs no list. */
static void keep(const struct caps *c, json_t *one)
{
	if (c->json)
		json_array_append_new(c->list, one);
	else
		json_decref(one);
}

/* --- A module and all that it may do ----------------------------------- */

/* The next hold of a module, from number *at on, that adds to what was said
 * before of those that the printed one can make act; or NULL. */
static const struct authority_hold *next_hold(
    const struct caps *c, size_t module, size_t *at)
{
	while (*at < c->a->first_hold[module + 1]) {
		const struct authority_hold *h = &c->a->holds[(*at)++];

		if (c->said[h->id])
			continue;
		c->said[h->id] = true;
		return h;
	}
	return NULL;
}

static void print_holds(
    const struct caps *c, size_t module, const char *more, int indent)
{
	size_t at = c->a->first_hold[module];
	const struct authority_hold *h = next_hold(c, module, &at);

	if (h == NULL)
		printf("%*snothing%s\n", indent, "", more);
	for (; h != NULL; h = next_hold(c, module, &at))
		if (h->value[0] != '\0')
			printf("%*s%-*s %s\n", indent, "", NAME_WIDTH,
			    h->right.text.text, h->value);
		else
			printf("%*s%s\n", indent, "", h->right.text.text);
}

static json_t *list_holds(const struct caps *c, size_t module)
{
	size_t at = c->a->first_hold[module];
	const struct authority_hold *h;
	json_t *out = json_array();

	while ((h = next_hold(c, module, &at)) != NULL) {
		json_t *one = json_pack("{s:s}", "right", h->right.text.text);

		if (h->value[0] != '\0')
			json_object_set_new(
			    one, "value", json_string(h->value));
		json_array_append_new(out, one);
	}
	return out;
}

/* Whom a module can make act, nearest first, with a chain to each. */
struct reached {
	size_t *order, count;
	const struct authority_link **last;
};

static void print_module(
    const struct caps *c, size_t module, const struct reached *r)
{
	printf("%s\n", name_of(c, module));
	print_holds(c, module, "", 2);
	for (size_t i = 0; i < r->count; i++) {
		struct buf path = { 0 };

		authority_path(&path, c->a, r->last, r->order[i], c->links);
		printf("  through %s\n", path.at);
		print_holds(c, r->order[i], " more", 4);
		buf_fini(&path);
	}
}

static void list_module(
    const struct caps *c, size_t module, const struct reached *r)
{
	json_t *through = json_array();
	json_t *out = json_pack("{s:s,s:o,s:o}", "module", name_of(c, module),
	    "holds", list_holds(c, module), "through", through);

	for (size_t i = 0; i < r->count; i++) {
		struct buf path = { 0 };

		authority_path(&path, c->a, r->last, r->order[i], c->links);
		json_array_append_new(
		    through, json_pack("{s:s,s:s,s:o}", "module",
				 name_of(c, r->order[i]), "chain", path.at,
				 "holds", list_holds(c, r->order[i])));
		buf_fini(&path);
	}
	json_array_append_new(c->list, out);
}

static void print_modules(struct caps *c, size_t only)
{
	size_t modules = c->a->m->module_count;
	struct reached r = {
		.order = xcalloc(modules, sizeof(*r.order)),
		.last = xcalloc(modules, sizeof(*r.last)),
	};

	c->said = xcalloc(c->a->id_count, sizeof(*c->said));
	c->links = only != SIZE_MAX ? SIZE_MAX : LINKS_MAX;
	for (size_t i = 0; i < modules; i++) {
		if (only != SIZE_MAX && i != only)
			continue;
		if (i > 0 && only == SIZE_MAX && !c->json)
			putchar('\n');
		memset(c->said, 0, c->a->id_count * sizeof(*c->said));
		r.count = authority_from(c->a, i, r.order, r.last);
		(c->json ? list_module : print_module)(c, i, &r);
	}
	free(c->said);
	free(r.order);
	free(r.last);
}

/* --- A right and all who may use it ------------------------------------ */

static void print_way(struct caps *c, const struct authority_reach *reach,
    size_t module, const struct manifest_right *right)
{
	const struct authority_hold *h = authority_find(c->a, module, right);
	struct buf chain = { 0 };
	json_t *one;

	authority_chain(&chain, c->a, reach, module, right);
	if (!c->json)
		printf("%-*s %s%s%s%s\n", NAME_WIDTH, name_of(c, module),
		    chain.at, h != NULL && h->value[0] != '\0' ? "  (" : "",
		    h != NULL ? h->value : "",
		    h != NULL && h->value[0] != '\0' ? ")" : "");
	one = json_pack("{s:s,s:b,s:s}", "module", name_of(c, module),
	    "directly", h != NULL, "chain", chain.at);
	if (h != NULL && h->value[0] != '\0')
		json_object_set_new(one, "value", json_string(h->value));
	keep(c, one);
	buf_fini(&chain);
}

static void print_who(
    struct caps *c, const struct manifest_right *right, size_t only)
{
	size_t modules = c->a->m->module_count, count = 0;
	struct authority_reach *reach = xcalloc(modules, sizeof(*reach));

	authority_who(c->a, right, reach);
	for (size_t i = 0; i < modules; i++) {
		if ((only != SIZE_MAX && i != only) ||
		    reach[i].way == WAY_NONE || reach[i].way == WAY_SELF)
			continue;
		print_way(c, reach, i, right);
		count++;
	}
	if (count == 0 && !c->json)
		puts("nobody");
	free(reach);
}

/* --- The command line -------------------------------------------------- */

static int say_unknown(const char *what, const char *name, const char *near)
{
	char *help =
	    near != NULL ? xasprintf("did you mean `%s`?", near) : NULL;

	cli_error(NULL, help, "%s `%s` does not exist", what, name);
	free(help);
	return EXIT_USAGE;
}

/* The module to show, SIZE_MAX for all. */
static int choose_module(
    const struct cli *cli, const struct manifest *m, size_t *out)
{
	const char **names, *near;
	int code;

	*out = SIZE_MAX;
	if (cli->arg_count == 0 || manifest_find_module(m, cli->args[0], out))
		return EXIT_DONE;
	names = xcalloc(m->module_count, sizeof(*names));
	for (size_t i = 0; i < m->module_count; i++)
		names[i] = m->modules[i].name.text;
	near = diag_nearest(cli->args[0], names, m->module_count);
	code = say_unknown("module", cli->args[0], near);
	free(names);
	return code;
}

/* The number of what a right names. */
static bool find_named(
    const struct manifest *m, struct manifest_right *right, const char *name)
{
	right->index = 0;
	switch (right->kind) {
	case RIGHT_FILES:
	case RIGHT_CHANNEL:
	case RIGHT_DEVICE:
	case RIGHT_NETWORK:
	case RIGHT_SECRET:
		return right_find(m, right->kind, name, &right->index);
	case RIGHT_RESET:
	case RIGHT_MODULE:
		return manifest_find_module(m, name, &right->index);
	default:
		return true;
	}
}

static int choose_right(
    const struct manifest *m, const char *text, struct manifest_right *out)
{
	const char *name;
	char *help, *near, *words;

	out->text.text = text;
	if (right_parse(text, &out->kind, &name))
		return find_named(m, out, name)
			   ? EXIT_DONE
			   : say_unknown("authority", text, NULL);
	near = right_guess(text);
	if (near != NULL)
		say_unknown("authority", text, near);
	if (near == NULL) {
		words = right_words();
		help = xasprintf("write %s", words);
		cli_error(NULL, help, "`%s` is not an authority", text);
		free(help);
		free(words);
	}
	free(near);
	return EXIT_USAGE;
}

static int show(const struct cli *cli, const struct manifest *m)
{
	const char *who = cli_value(cli, "who");
	struct manifest_right right = { 0 };
	struct caps c = { .json = cli->json };
	struct authority a;
	size_t module;
	json_t *out;
	int code = choose_module(cli, m, &module);

	if (code == EXIT_DONE && who != NULL)
		code = choose_right(m, who, &right);
	if (code != EXIT_DONE)
		return code;
	authority_init(&a, m);
	c.a = &a;
	c.list = json_array();
	if (who != NULL)
		print_who(&c, &right, module);
	else
		print_modules(&c, module);
	out = json_pack(
	    "{s:s,s:s}", "schema", "azoth.caps/1", "name", m->name.text);
	if (who != NULL)
		json_object_set_new(out, "right", json_string(who));
	json_object_set_new(out, who != NULL ? "who" : "modules", c.list);
	if (c.json)
		json_text_print(stdout, out);
	else
		json_decref(out);
	authority_fini(&a);
	return EXIT_DONE;
}

int verb_caps(const struct cli *cli)
{
	char *path = cli_manifest_path(cli);
	int code = EXIT_INPUT;
	struct system s;

	if (path == NULL)
		return EXIT_INPUT;
	if (system_open(&s, cli, path))
		code = show(cli, s.m);
	system_close(&s);
	free(path);
	return code;
}
