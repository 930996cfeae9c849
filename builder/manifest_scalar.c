#include "manifest_scalar.h"
#include "manifest_shape.h"

#include <stdlib.h>
#include <string.h>

#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_tree.h"

static size_t count_words(const char *const *words)
{
	size_t n = 0;

	while (words != NULL && words[n] != NULL)
		n++;
	return n;
}

static bool in_words(const char *const *words, const char *word)
{
	for (; words != NULL && *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* "a, b or c", in backticks: the caller frees it. */
char *scalar_words(const char *const *words)
{
	size_t n = count_words(words), i;
	struct buf b = { 0 };

	for (i = 0; i < n; i++)
		buf_printf(&b, "%s`%s`",
		    i == 0       ? ""
		    : i == n - 1 ? " or "
				 : ", ",
		    words[i]);
	return buf_take(&b);
}

const char *scalar_key(const struct shape *s)
{
	return s->keys[s->depth - 1];
}

void scalar_report_word(struct shape *s, const struct yaml_node *node,
    const char *near, const char *known)
{
	struct diag *d = diag_add(s->list, "AZ0105", node->at,
	    "`%s` is not a word that `%s` takes", node->text, scalar_key(s));

	if (near != NULL) {
		diag_label(d, "did you mean `%s`?", near);
		diag_fix(d, node->at, near);
	} else {
		diag_label(d, "expected %s", known);
	}
	diag_help(d, "write %s", known);
}

static void check_word(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	char *known;
	const char *near;
	struct diag *d;

	if (in_words(f->words, node->text))
		return;
	if (in_words(f->later, node->text)) {
		d = diag_add(s->list, "AZ0114", node->at,
		    "`%s: %s` is not supported by this version of azoth",
		    scalar_key(s), node->text);
		diag_label(d, "a word for later versions");
		known = scalar_words(f->words);
		diag_help(d, "write %s", known);
		free(known);
		return;
	}
	known = scalar_words(f->words);
	near = diag_nearest(node->text, f->words, count_words(f->words));
	scalar_report_word(s, node, near, known);
	free(known);
}

static void check_bool(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	static const char *const yes[] = { "yes", "on", "True", "TRUE", "Yes",
		"YES", "On", "ON", "1", "y", "true", NULL };
	static const char *const no[] = { "no", "off", "False", "FALSE", "No",
		"NO", "Off", "OFF", "0", "n", "false", NULL };
	const char *meant;
	struct diag *d;

	(void)f;
	if (!node->quoted && (strcmp(node->text, "true") == 0 ||
				 strcmp(node->text, "false") == 0))
		return;
	meant = in_words(yes, node->text)  ? "true"
		: in_words(no, node->text) ? "false"
					   : NULL;
	d = diag_add(s->list, "AZ0104", node->at,
	    "`%s` must be `true` or `false`, not the text `%s`", scalar_key(s),
	    node->text);
	diag_label(d, "a text, not a boolean");
	if (meant != NULL) {
		diag_help(d, "write `%s`", meant);
		diag_fix(d, node->at, meant);
	} else {
		diag_help(d, "write `true` or `false`");
	}
}

void scalar_outside(struct shape *s, const struct yaml_node *node,
    const char *low, const char *high)
{
	struct diag *d = diag_add(s->list, "AZ0115", node->at,
	    "`%s` is outside the range of `%s`", node->text, scalar_key(s));

	diag_label(d, "expected %s to %s", low, high);
	diag_help(d, "write a value from %s to %s", low, high);
}

static void report_power(struct shape *s, const struct yaml_node *node,
    uint64_t n, char *(*text)(uint64_t n))
{
	struct diag *d = diag_add(s->list, "AZ0115", node->at,
	    "`%s` is not a power of two", node->text);
	uint64_t next = 1;
	char *good;

	while (next < n)
		next *= 2;
	good = text(next);
	diag_label(d, "the next one is `%s`", good);
	diag_help(d, "write `%s`", good);
	diag_fix(d, node->at, good);
	free(good);
}

static void check_range(struct shape *s, const struct yaml_node *node,
    const struct field *f, uint64_t n, char *(*text)(uint64_t n))
{
	char *low = text(f->min), *high = text(f->max), *granule;
	struct diag *d;

	if (n < f->min || n > f->max) {
		scalar_outside(s, node, low, high);
	} else if (f->granule != 0 && n % f->granule != 0) {
		granule = text(f->granule);
		d = diag_add(s->list, "AZ0115", node->at,
		    "`%s` is not a whole number of %s", node->text, granule);
		diag_label(d, "expected a multiple of %s", granule);
		free(granule);
		granule = text(n / f->granule * f->granule + f->granule);
		diag_help(d, "write `%s`", granule);
		diag_fix(d, node->at, granule);
		free(granule);
	} else if (f->power_of_two && (n & (n - 1)) != 0) {
		report_power(s, node, n, text);
	}
	free(low);
	free(high);
}

static void check_size(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	char *guess;
	struct diag *d;
	uint64_t n;

	if (value_size(node->text, &n)) {
		check_range(s, node, f, n, value_size_text);
		return;
	}
	d = diag_add(
	    s->list, "AZ0110", node->at, "`%s` is not a size", node->text);
	diag_label(d, "expected a size");
	diag_help(d,
	    "write a whole number and KiB, MiB or GiB, for example `%s`",
	    f->example);
	guess = value_size_guess(node->text);
	if (guess != NULL)
		diag_fix(d, node->at, guess);
	free(guess);
}

static void check_duration(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	char *guess;
	struct diag *d;
	uint64_t n;

	if (value_duration(node->text, &n)) {
		check_range(s, node, f, n, value_duration_text);
		return;
	}
	d = diag_add(
	    s->list, "AZ0111", node->at, "`%s` is not a duration", node->text);
	diag_label(d, "expected a duration");
	diag_help(d,
	    "write a whole number and ns, us, ms, s, m or h, for example `%s`",
	    f->example);
	guess = value_duration_guess(node->text);
	if (guess != NULL)
		diag_fix(d, node->at, guess);
	free(guess);
}

static void check_cpu(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	uint64_t budget, period;
	char *low, *high;
	struct diag *d;

	if (!value_cpu(node->text, &budget, &period)) {
		d = diag_add(s->list, "AZ0111", node->at,
		    "`%s` is not a budget and a period", node->text);
		diag_label(d, "expected BUDGET/PERIOD");
		diag_help(
		    d, "write two durations, for example `%s`", f->example);
		return;
	}
	low = value_duration_text(f->min);
	high = value_duration_text(f->max);
	if (budget < f->min || budget > f->max || period < f->min ||
	    period > f->max) {
		scalar_outside(s, node, low, high);
	} else if (budget > period) {
		d = diag_add(s->list, "AZ0115", node->at,
		    "the budget of `%s` exceeds its period", node->text);
		diag_label(d, "more than a whole processor");
		diag_help(
		    d, "write BUDGET/PERIOD, for example `%s`", f->example);
	}
	free(low);
	free(high);
}

static char *integer_text(uint64_t n)
{
	return xasprintf("%llu", (unsigned long long)n);
}

static void check_integer(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct diag *d;
	uint64_t n;

	if (!node->quoted && value_integer(node->text, &n)) {
		check_range(s, node, f, n, integer_text);
		return;
	}
	d = diag_add(s->list, "AZ0104", node->at,
	    "`%s` must be a whole number, not `%s`", scalar_key(s), node->text);
	diag_label(d, "expected a whole number");
	diag_help(d, "write digits alone, for example `%s`", f->example);
}

static char *bits_text(uint64_t n)
{
	return xasprintf("0x%llx", (unsigned long long)n);
}

static void check_bits(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct diag *d;
	uint64_t n;

	if (value_bits(node->text, &n)) {
		check_range(s, node, f, n, bits_text);
		return;
	}
	d = diag_add(s->list, "AZ0104", node->at,
	    "`%s` must be a number, not `%s`", scalar_key(s), node->text);
	diag_label(d, "expected a number");
	diag_help(d,
	    "write digits, or `0x` and hexadecimal digits, for example `%s`",
	    f->example);
}

static void check_format(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct diag *d;

	(void)f;
	if (!node->quoted && strcmp(node->text, "1") == 0)
		return;
	d = diag_add(s->list, "AZ0113", node->at,
	    "version `%s` of the manifest format is unknown", node->text);
	diag_label(d, "this azoth reads version 1");
	diag_help(d, "write `azoth: 1`");
	diag_fix(d, node->at, "1");
}

static void check_name(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct diag *d;

	if (name_valid(node->text) && strcmp(node->text, "azoth") != 0 &&
	    strlen(node->text) <= f->max)
		return;
	d = diag_add(s->list, "AZ0112", node->at,
	    strcmp(node->text, "azoth") == 0 ? "the name `%s` is reserved"
					     : "`%s` is not a good name",
	    node->text);
	diag_help(d,
	    "use lower case letters, digits, `-` and `_`, at most %llu, first "
	    "a letter or digit",
	    (unsigned long long)f->max);
}

void scalar_text(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	struct diag *d;

	if (f->type != FIELD_TEXT && node->text[0] == '\0') {
		d = diag_add(s->list, "AZ0116", node->at,
		    "`%s` must not be empty", scalar_key(s));
		diag_help(d, "write it like this: `%s: %s`", scalar_key(s),
		    f->example);
	}
	if (f->max == 0 || strlen(node->text) <= f->max)
		return;
	d = diag_add(s->list, "AZ0115", node->at, "`%s` has %zu bytes",
	    scalar_key(s), strlen(node->text));
	diag_label(d, "at most %llu are allowed", (unsigned long long)f->max);
	diag_help(
	    d, "shorten it by %zu bytes", strlen(node->text) - (size_t)f->max);
}

void scalar_check(
    struct shape *s, const struct yaml_node *node, const struct field *f)
{
	static void (*const checks[])(struct shape * s,
	    const struct yaml_node *node, const struct field *f) = {
		[FIELD_TEXT] = scalar_text,
		[FIELD_NAME] = check_name,
		[FIELD_PATH] = scalar_text,
		[FIELD_MOUNT] = form_mount,
		[FIELD_BITS] = check_bits,
		[FIELD_PLACE] = form_place,
		[FIELD_ADDRESS] = form_address,
		[FIELD_IP] = form_ip,
		[FIELD_HOST] = form_host,
		[FIELD_MAC] = form_mac,
		[FIELD_SIZE] = check_size,
		[FIELD_DURATION] = check_duration,
		[FIELD_INTEGER] = check_integer,
		[FIELD_BOOL] = check_bool,
		[FIELD_WORD] = check_word,
		[FIELD_CPU] = check_cpu,
		[FIELD_STDIN] = scalar_text,
		[FIELD_EXPECT] = form_expect,
		[FIELD_DIGEST] = form_digest,
		[FIELD_PACKAGE] = form_package,
		[FIELD_FORMAT] = check_format,
		[FIELD_STATE] = form_state,
		[FIELD_RATE] = form_rate,
		[FIELD_RANGE] = form_range,
		[FIELD_POWER] = form_power,
		[FIELD_RIGHT] = form_right,
		[FIELD_CHILD] = check_name,
		[FIELD_LATER] = NULL,
	};

	checks[f->type](s, node, f);
}
