/* manifest_scalar: is a scalar what its field needs? For manifest_scalar.c,
 * which has the numbers and words, and manifest_form.c, which has the texts
 * of a form of their own. */
#ifndef BUILDER_MANIFEST_SCALAR_H
#define BUILDER_MANIFEST_SCALAR_H

struct field;
struct shape;
struct yaml_node;

/* The key whose value, or item of a value, is being checked. */
const char *scalar_key(const struct shape *s);
/* "a, b or c", in backticks: the caller frees it. */
char *scalar_words(const char *const *words);

/* Report a word that is none of `known`; near: what was meant, perhaps, or
 * NULL. */
void scalar_report_word(struct shape *s, const struct yaml_node *node,
    const char *near, const char *known);
void scalar_outside(struct shape *s, const struct yaml_node *node,
    const char *low, const char *high);
/* Length alone. */
void scalar_text(
    struct shape *s, const struct yaml_node *node, const struct field *f);

#define FORM(name)                                                             \
	void form_##name(struct shape *s, const struct yaml_node *node,        \
	    const struct field *f)
FORM(mount);
FORM(expect);
FORM(digest);
FORM(package);
FORM(state);
FORM(rate);
FORM(range);
FORM(power);
FORM(right);
FORM(place);
FORM(address);
FORM(ip);
FORM(host);
FORM(mac);
#undef FORM

#endif
