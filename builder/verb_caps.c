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

enum { NAME_WIDTH = 20 };

/* What is printed: as text at once, or JSON at the end. */
struct caps {
	const struct authority *a;
	bool json;
	json_t *list; /* of the modules */
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

static json_t *hold_json(const struct authority_hold *h)
{
	return h->value[0] != '\0'
		   ? json_pack("{s:s,s:s}", "right", h->right.text.text,
			 "value", h->value)
		   : json_pack("{s:s}", "right", h->right.text.text);
}

/* Is it said of an earlier module of the list already? */
static bool is_said(const struct authority *a, const struct authority_hold *h,
    const size_t *said, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct authority_hold *other =
		    authority_find(a, said[i], &h->right);

		if (other != NULL && (h->right.kind == RIGHT_CHANNEL ||
					 strcmp(other->value, h->value) == 0))
			return true;
	}
	return false;
}

/* What the last one of `said` adds to the others. */
static json_t *print_holds(
    const struct caps *c, const size_t *said, size_t count, int indent)
{
	const struct authority *a = c->a;
	size_t module = said[count - 1], shown = 0;
	json_t *out = json_array();

	for (size_t i = a->first_hold[module]; i < a->first_hold[module + 1];
	     i++) {
		const struct authority_hold *h = &a->holds[i];

		if (is_said(a, h, said, count - 1))
			continue;
		shown++;
		json_array_append_new(out, hold_json(h));
		if (c->json)
			continue;
		if (h->value[0] != '\0')
			printf("%*s%-*s %s\n", indent, "", NAME_WIDTH,
			    h->right.text.text, h->value);
		else
			printf("%*s%s\n", indent, "", h->right.text.text);
	}
	if (shown == 0 && !c->json)
		printf("%*snothing%s\n", indent, "", count > 1 ? " more" : "");
	return out;
}

static void print_module(struct caps *c, size_t module)
{
	size_t modules = c->a->m->module_count, count;
	size_t *order = xcalloc(modules + 1, sizeof(*order));
	const struct authority_link **last = xcalloc(modules, sizeof(*last));
	json_t *out = json_object(), *through = json_array();

	order[0] = module;
	count = authority_from(c->a, module, order + 1, last);
	if (!c->json)
		printf("%s\n", name_of(c, module));
	json_object_set_new(out, "module", json_string(name_of(c, module)));
	json_object_set_new(out, "holds", print_holds(c, order, 1, 2));
	for (size_t i = 1; i <= count; i++) {
		struct buf path = { 0 };
		json_t *one = json_object();

		authority_path(&path, c->a, last, order[i]);
		if (!c->json)
			printf("  through %s\n", path.at);
		json_object_set_new(
		    one, "module", json_string(name_of(c, order[i])));
		json_object_set_new(one, "chain", json_string(path.at));
		json_object_set_new(
		    one, "holds", print_holds(c, order, i + 1, 4));
		json_array_append_new(through, one);
		buf_fini(&path);
	}
	json_object_set_new(out, "through", through);
	keep(c, out);
	free(order);
	free(last);
}

static void print_modules(struct caps *c, size_t only)
{
	for (size_t i = 0; i < c->a->m->module_count; i++) {
		if (only != SIZE_MAX && i != only)
			continue;
		if (i > 0 && only == SIZE_MAX && !c->json)
			putchar('\n');
		print_module(c, i);
	}
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
		for (; right->index < m->file_count; right->index++)
			if (strcmp(m->files[right->index].name.text, name) == 0)
				return true;
		return false;
	case RIGHT_CHANNEL:
		for (; right->index < m->channel_count; right->index++)
			if (strcmp(m->channels[right->index].name.text, name) ==
			    0)
				return true;
		return false;
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
