/* Interfaces: the methods of a call channel come from its .wit, and its
 * server keeps to them. */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "mem.h"
#include "wasm.h"
#include "wit.h"
#include "yaml_tree.h"

_Static_assert((int)WIT_COPIES_MAX == (int)AZ_COPIES_MAX &&
		   (unsigned)WIT_COPY_FIXED == AZ_COPY_FIXED &&
		   (int)WIT_COPY_SIZE == (int)AZ_COPY_MAX,
    "as the index has them");

static void fill_method(struct manifest_method *out, const struct wit_method *m,
    const struct wit_func *f)
{
	out->name = (struct manifest_string){ m->name, f->at };
	out->type = m->type;
	out->status = m->status;
	out->idempotent = m->idempotent;
	out->copy_count = m->copy_count;
	for (size_t i = 0; i < m->copy_count; i++)
		out->copies[i] = (struct az_copy){
			.pointer = m->copies[i].pointer,
			.length = m->copies[i].length,
			.flags = m->copies[i].out ? AZ_COPY_OUT : AZ_COPY_IN,
			.max = m->copies[i].max,
		};
}

/* The interface's file as a source that the list owns, or NULL: check_paths
 * says why. */
static const struct source *load(const struct manifest *m,
    const struct manifest_channel *c, struct diags *list)
{
	char *full = check_interface_path(m, c->interface.text);
	struct source *src = xcalloc(1, sizeof(*src));
	int err = source_load(src, full, SOURCE_MAX);

	free(full);
	if (err != 0) {
		free(src);
		return NULL;
	}
	free(src->path);
	src->path = xstrdup(c->interface.text);
	diags_own(list, src);
	return src;
}

static void fill_channel(
    struct manifest *m, struct manifest_channel *c, struct diags *list)
{
	const struct source *src = load(m, c, list);
	struct wit *w = src != NULL ? wit_parse(m->arena, src, list) : NULL;
	struct wit_method *methods =
	    w != NULL ? wit_lower(m->arena, w, list) : NULL;

	if (methods == NULL)
		return;
	c->method_count = w->func_count;
	c->methods = arena_alloc(m->arena, w->func_count * sizeof(*c->methods));
	for (size_t i = 0; i < w->func_count; i++)
		fill_method(&c->methods[i], &methods[i], &w->funcs[i]);
}

/* The server exports the method with its type. */
static void check_method(const struct wasm_module *server,
    const struct manifest_channel *c, const struct manifest_method *m,
    struct diags *list)
{
	struct wasm_bytes name = { (const uint8_t *)m->name.text,
		strlen(m->name.text) };
	const struct wasm_export *e = find_function(server, name);
	char *type =
	    e != NULL ? type_text(wasm_func_type(server, e->index)) : NULL;
	char *has, *wants = type_words(m->type);
	struct diag *d;

	if (type == NULL || strcmp(type, m->type) != 0) {
		d = diag_add(list, "AZ0124", c->owner.module.at,
		    type == NULL ? "server `%s` does not export `%s` of `%s`"
				 : "server `%s` exports `%s` with another type "
				   "than `%s` has",
		    c->owner.module.text, m->name.text, c->interface.text);
		has = type != NULL ? type_words(type) : NULL;
		if (has != NULL)
			diag_label(d, "it has %s", has);
		else
			diag_label(d, "not served");
		diag_also(d, m->name.at, "%s", wants);
		diag_help(d,
		    "build it with the header of `azoth bindings --server %s`",
		    c->interface.text);
		free(has);
	}
	free(wants);
	free(type);
}

/* `retry` repeats what may run twice. */
static void check_retry(const struct manifest *m, struct diags *list,
    const struct manifest_channel *c)
{
	const struct yaml_node *channels = yaml_get(m->tree, "channels");
	const struct yaml_node *retry =
	    yaml_get(yaml_get(channels, c->name.text), "on_failure");
	struct diag *d;

	for (size_t i = 0; i < c->method_count; i++)
		if (c->methods[i].idempotent)
			return;
	d = diag_add(list, "AZ0324", retry->at,
	    "channel `%s` repeats nothing: no function of its interface is "
	    "idempotent",
	    c->name.text);
	diag_label(d, "a call that failed may have done its work");
	diag_also(d, c->interface.at, "the interface");
	diag_help(d, "write `error`, or `@idempotent` above a function that "
		     "may run twice");
	diag_fix(d, retry->at, "error");
}

void check_interfaces(
    const struct checked *checked, struct manifest *m, struct diags *list)
{
	for (size_t i = 0; i < m->channel_count; i++) {
		struct manifest_channel *c = &m->channels[i];
		const struct wasm_module *server;

		if (c->interface.text == NULL || c->type != AZ_CHANNEL_CALL)
			continue;
		fill_channel(m, c, list);
		server = wasm_of(checked, c->owner.module_index);
		for (size_t n = 0; server != NULL && n < c->method_count; n++)
			check_method(server, c, &c->methods[n], list);
		if (c->on_failure == AZ_CHANNEL_RETRY)
			check_retry(m, list, c);
	}
}
