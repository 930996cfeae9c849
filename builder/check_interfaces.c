/* Interfaces: the methods of a call channel come from its .wit, and its
 * server keeps to them. */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "mem.h"
#include "wasm.h"
#include "wit.h"

_Static_assert((int)WIT_COPIES_MAX == (int)AZ_COPIES_MAX &&
		   (unsigned)WIT_COPY_FIXED == AZ_COPY_FIXED &&
		   (int)WIT_COPY_SIZE == (int)AZ_COPY_MAX,
    "as the index has them");

static void fill_method(struct manifest_method *out, const struct wit_method *m)
{
	out->name.text = m->name;
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
	char *full = manifest_resolve(m, c->interface.text);
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
		fill_method(&c->methods[i], &methods[i]);
}

/* The server exports each method, with its type. */
static void check_server(const struct wasm_module *server,
    const struct manifest_channel *c, struct diags *list)
{
	for (size_t i = 0; i < c->method_count; i++) {
		const struct manifest_method *m = &c->methods[i];
		struct wasm_bytes name = { (const uint8_t *)m->name.text,
			strlen(m->name.text) };
		const struct wasm_export *e = find_function(server, name);
		char *type = e != NULL
				 ? type_text(wasm_func_type(server, e->index))
				 : NULL;
		struct diag *d;

		if (type == NULL)
			d = diag_add(list, "AZ0124", c->owner.module.at,
			    "server `%s` does not export `%s` of `%s`",
			    c->owner.module.text, m->name.text,
			    c->interface.text);
		else if (strcmp(type, m->type) != 0)
			d = diag_add(list, "AZ0124", c->owner.module.at,
			    "server `%s` exports `%s` as another type than "
			    "`%s` has",
			    c->owner.module.text, m->name.text,
			    c->interface.text);
		else
			d = NULL;
		if (d != NULL)
			diag_help(d,
			    "build it with the header of `azoth bindings "
			    "--server %s`",
			    c->interface.text);
		free(type);
	}
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
		if (server != NULL)
			check_server(server, c, list);
	}
}
