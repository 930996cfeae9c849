/* azoth diff: what differs between two systems, authority first. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "diff.h"
#include "exit.h"
#include "json_text.h"
#include "system.h"

/* What diff(1) returns: 0 the same, 1 different, and 2 for trouble. */
enum { SAME = 0, DIFFERENT = 1, TROUBLE = EXIT_USAGE };

#define ARROW " -> "

enum { WIDTH_LEAST = 10, WIDTH_MOST = 24 }; /* of subjects */

static const char *const TITLES[] = {
	[DIFF_AUTHORITY] = "authority",
	[DIFF_PATH] = "authority",
	[DIFF_MODULES] = "modules",
	[DIFF_CHANNELS] = "channels",
	[DIFF_SUPERVISION] = "supervision",
	[DIFF_SYSTEM] = "system",
};

static const struct diff_fact *either(const struct diff_change *c)
{
	return c->after != NULL ? c->after : c->before;
}

/* Does its section, or for paths that of the modules, say of the subject
 * itself that it is new or gone? */
static bool is_covered(
    const struct diff_change *all, size_t count, const struct diff_change *c)
{
	const struct diff_fact *f = either(c);
	enum diff_section section =
	    f->section == DIFF_PATH ? DIFF_MODULES : f->section;

	if (f->section == DIFF_AUTHORITY || f->key[0] == '\0' ||
	    (f->section == DIFF_PATH && c->after != NULL))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct diff_fact *other = either(&all[i]);

		if (other->section == section && other->key[0] == '\0' &&
		    strcmp(other->subject, f->subject) == 0)
			return all[i].before == NULL || all[i].after == NULL;
	}
	return false;
}

/* A grant of the module's own: the section before this one says so, but what
 * leads out of the machine is said twice. */
static bool is_own(const struct diff_fact *f)
{
	const char *step = strstr(f->value, ARROW);

	return f->section == DIFF_PATH && step != NULL &&
	       strncmp(f->key, "listen ", 7) != 0 &&
	       strncmp(f->key, "connect ", 8) != 0 &&
	       strstr(step + strlen(ARROW), ARROW) == NULL;
}

static void print_path(const struct diff_change *c, int width)
{
	const struct diff_fact *f = either(c);

	if (c->before == NULL)
		printf("  + %-*s NEW OUTWARD PATH: %s\n", width, f->subject,
		    f->value);
	else
		printf("  - %-*s no longer: %s\n", width, f->subject, f->value);
}

/* Key and value, one of which may be empty. */
static void print_what(const struct diff_fact *f)
{
	printf("%s%s%s", f->key,
	    f->key[0] != '\0' && f->value[0] != '\0' ? " " : "", f->value);
}

static void print_change(const struct diff_change *c, int width)
{
	const struct diff_fact *f = either(c);
	char sign = c->before == NULL ? '+' : c->after == NULL ? '-' : '~';

	if (f->section == DIFF_PATH) {
		print_path(c, width);
		return;
	}
	if (f->key[0] == '\0' && f->value[0] == '\0') {
		printf("  %c %s\n", sign, f->subject);
		return;
	}
	printf("  %c %-*s ", sign, width, f->subject);
	print_what(c->before != NULL ? c->before : c->after);
	if (c->before != NULL && c->after != NULL)
		printf(" -> %s",
		    c->after->value[0] != '\0' ? c->after->value : "nothing");
	putchar('\n');
}

static int subject_width(const struct diff_change *all, size_t count)
{
	size_t width = WIDTH_LEAST;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(either(&all[i])->subject);

		if (len > width && len <= WIDTH_MOST)
			width = len;
	}
	return (int)width;
}

static void print_text(const struct diff_change *all, size_t count)
{
	int width = subject_width(all, count);
	const char *title = NULL;

	for (size_t i = 0; i < count; i++) {
		if (is_covered(all, count, &all[i]) || is_own(either(&all[i])))
			continue;
		if (title != TITLES[either(&all[i])->section]) {
			title = TITLES[either(&all[i])->section];
			puts(title);
		}
		print_change(&all[i], width);
	}
	if (count == 0)
		puts("no difference");
}

static json_t *change_json(const struct diff_change *c)
{
	const struct diff_fact *f = either(c);
	json_t *out = json_pack("{s:s,s:s,s:s}", "section",
	    f->section == DIFF_PATH ? "path" : TITLES[f->section], "subject",
	    f->subject, "key", f->key);

	if (c->before != NULL)
		json_object_set_new(
		    out, "before", json_string(c->before->value));
	if (c->after != NULL)
		json_object_set_new(out, "after", json_string(c->after->value));
	if (f->section == DIFF_PATH)
		json_object_set_new(
		    out, "new_outward_path", json_boolean(c->before == NULL));
	return out;
}

static void print_json(
    const struct cli *cli, const struct diff_change *all, size_t count)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(changes, change_json(&all[i]));
	json_text_print(
	    stdout, json_pack("{s:s,s:s,s:s,s:b,s:o}", "schema", "azoth.diff/1",
			"a", cli->args[0], "b", cli->args[1], "same",
			count == 0, "changes", changes));
}

static int compare(
    const struct cli *cli, const struct system *a, const struct system *b)
{
	struct diff_facts before, after;
	struct diff_change *changes;
	size_t count;

	diff_facts_init(&before, a);
	diff_facts_init(&after, b);
	changes = diff_compare(&count, &before, &after);
	if (cli->json)
		print_json(cli, changes, count);
	else
		print_text(changes, count);
	free(changes);
	diff_facts_fini(&before);
	diff_facts_fini(&after);
	return count == 0 ? SAME : DIFFERENT;
}

int verb_diff(const struct cli *cli)
{
	int code = TROUBLE;
	struct system a, b;

	if (system_open(&a, cli, cli->args[0]) && system_drivers(&a, cli)) {
		if (system_open(&b, cli, cli->args[1]) &&
		    system_drivers(&b, cli))
			code = compare(cli, &a, &b);
		system_close(&b);
	}
	system_close(&a);
	return code;
}
