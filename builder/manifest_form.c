/* Texts of a form of their own. */
#include "manifest_scalar.h"
#include "manifest_shape.h"

#include <stdlib.h>
#include <string.h>

#include "manifest_right.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "verify/sockets.h"
#include "yaml_tree.h"

/* A text of a form of its own: what is wrong with it, and how it is meant. */
static struct diag *report_form(struct shape *s, const struct yaml_node *node,
    const char *expected, const char *help)
{
	struct diag *d = diag_add(s->list, "AZ0116", node->at, "`%s` is not %s",
	    node->text, expected);

	diag_label(d, "expected %s", expected);
	diag_help(d, "%s", help);
	return d;
}

void form_mount(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	scalar_text(s, node, f);
	if (!mount_valid(node->text))
		report_form(s, node, "an absolute path",
		    "start with `/` and use neither `.` nor `..` nor an end "
		    "in `/`");
}

void form_expect(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	uint32_t kind, code;

	(void)f;
	if (!value_expect(node->text, &kind, &code))
		report_form(s, node, "an end that a module can have",
		    "write `trap`, or `exit` and a number, for example "
		    "`exit 0`");
}

void form_digest(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	(void)f;
	if (!value_digest(node->text))
		report_form(s, node, "a digest",
		    "write `sha256:` and the 64 lower case digits that "
		    "`sha256sum FILE` prints");
}

void form_package(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	uint64_t major;
	size_t len;

	if (!value_package(node->text, &len, &major))
		report_form(s, node, "a package",
		    "write its name, `@` and its major version, for example "
		    "`shell@1`");
	else
		scalar_text(s, node, f);
}

void form_state(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct diag *d;
	char *good;
	uint64_t n;

	if (!value_state(node->text, &n)) {
		d = report_form(s, node, "a version of state",
		    "write `v` and a number from 1, for example `v2`");
		if (value_integer(node->text, &n) && n != 0) {
			good = xasprintf("v%s", node->text);
			diag_fix(d, node->at, good);
			free(good);
		}
	} else if (n > f->max) {
		scalar_outside(s, node, "v1", "v4294967295");
	}
}

static void report_zero(struct shape *s, const struct yaml_node *node)
{
	struct diag *d = diag_add(s->list, "AZ0504", node->at,
	    "an intensity of zero gives up before the first restart");
	char *good = xasprintf("1%s", node->text + 1);

	diag_label(d, "no restart at all");
	diag_help(d,
	    "write `%s`, or `restart: temporary` for the modules that "
	    "nobody restarts",
	    good);
	diag_fix(d, node->at, good);
	free(good);
}

void form_rate(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	enum { MS = 1000000 };
	const uint64_t hour = 3600ull * 1000 * MS;
	uint64_t count, period;
	char *high;

	if (!value_rate(node->text, &count, &period)) {
		report_form(s, node, "a number and a duration",
		    "write how many restarts in which time, for example "
		    "`3 in 5s`");
	} else if (count == 0) {
		report_zero(s, node);
	} else if (count > f->max || period < MS || period > hour) {
		high = xasprintf("`%llu in 1h`", (unsigned long long)f->max);
		scalar_outside(s, node, "`1 in 1ms`", high);
		free(high);
	}
}

void form_range(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	char *low, *high, *good;
	uint64_t min, max;
	struct diag *d;

	if (!value_range(node->text, &min, &max)) {
		report_form(s, node, "two durations",
		    "write the shortest and the longest, for example "
		    "`10ms..1s`");
		return;
	}
	low = value_duration_text(f->min);
	high = value_duration_text(f->max);
	if (min < f->min || max > f->max || max < f->min || min > f->max) {
		scalar_outside(s, node, low, high);
	} else if (min > max) {
		d = diag_add(s->list, "AZ0115", node->at,
		    "`%s` ends before it begins", node->text);
		good = xasprintf("%s..%.*s", strstr(node->text, "..") + 2,
		    (int)(strstr(node->text, "..") - node->text), node->text);
		diag_label(d, "the shorter one comes first");
		diag_help(d, "write `%s`", good);
		diag_fix(d, node->at, good);
		free(good);
	}
	free(low);
	free(high);
}

void form_power(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	static const char *const words[] = { "reboot", "halt", "reset" };
	const char *module;
	uint32_t op;

	(void)f;
	if (value_power(node->text, &op, &module)) {
		if (module != NULL && !name_valid(module))
			report_form(s, node, "a reset of a module",
			    "write `reset:` and the module's name, for "
			    "example `reset:store`");
		return;
	}
	scalar_report_word(s, node, diag_nearest(node->text, words, 2),
	    "`reboot`, `halt` or `reset:MODULE`");
}

void form_place(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct sockets_place place;
	/* The table's example tells the two kinds apart. */
	bool connects = strchr(strchr(f->example, ':') + 1, ':') != NULL;
	struct bundle_text text = { node->text, (uint32_t)strlen(node->text) };

	scalar_text(s, node, f);
	if (text.len > AZ_PLACE_MAX)
		return;
	if (!sockets_place(&place, text) || (place.host.len > 0) != connects)
		report_form(s, node,
		    connects ? "a place to connect to" : "a place to listen",
		    connects ? "write protocol, network, host and port, for "
			       "example `tcp/lan:example.org:443`"
			     : "write protocol, network and port, for example "
			       "`tcp/lan:8080`");
}

void form_address(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	uint32_t ip, bits;

	(void)f;
	if (strcmp(node->text, "dhcp") != 0 &&
	    !value_network(node->text, &ip, &bits))
		report_form(s, node, "an address of this machine",
		    "write `dhcp`, or an address and the bits of its network, "
		    "for example `10.0.2.15/24`");
}

void form_ip(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	uint32_t ip;

	(void)f;
	if (!value_ip(node->text, &ip))
		report_form(s, node, "an address of IPv4",
		    "write four numbers, for example `10.0.2.2`");
}

void form_host(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	(void)f;
	if (!value_host(node->text))
		report_form(s, node, "an address",
		    "write one of IPv4 or IPv6, for example `10.0.2.3`");
}

void form_mac(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	(void)f;
	if (!value_mac(node->text))
		report_form(s, node, "the address of one card",
		    "write six bytes, the first of them even, for example "
		    "`52:54:00:12:34:56`");
}

void form_right(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	enum manifest_right_kind kind;
	char *guess, *known;
	const char *name;
	struct diag *d;

	scalar_text(s, node, f);
	if (right_parse(node->text, &kind, &name))
		return;
	if (right_is_later(node->text)) {
		d = diag_add(s->list, "AZ0114", node->at,
		    "`%s` is not supported by this version of azoth",
		    node->text);
		diag_label(d, "an authority of later versions");
		diag_help(d, "remove this assertion");
		return;
	}
	known = right_words();
	guess = right_guess(node->text);
	d = diag_add(s->list, "AZ0105", node->at, "`%s` is not an authority",
	    node->text);
	if (guess != NULL) {
		diag_label(d, "did you mean `%s`?", guess);
		diag_fix(d, node->at, guess);
	} else {
		diag_label(d, "not a word for an authority");
	}
	diag_help(d, "write %s", known);
	free(known);
	free(guess);
}
