/* Windows: where modules reserve space for rings and arenas. */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "manifest.h"
#include "manifest_value.h"
#include "wasm.h"

enum { RING_HEADS = 2 * AZ_PAGE_SIZE /* a page of each end */ };

/* az_window_NAME, as a C program can call it. */
static char *window_name(const char *channel)
{
	char *name = xasprintf("az_window_%s", channel);

	for (char *p = name; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	return name;
}

static const struct wasm_global *find_global(
    const struct wasm_module *w, const char *name)
{
	for (uint32_t i = 0; i < w->export_count; i++)
		if (w->exports[i].kind == WASM_GLOBAL &&
		    wasm_is_text(w->exports[i].name, name))
			return &w->globals[w->exports[i].index];
	return NULL;
}

/* What is wrong with a window, or NULL. */
static const char *window_fault(
    const struct wasm_module *w, const char *name, uint64_t size)
{
	const struct wasm_global *g = find_global(w, name);
	uint64_t has = w->memory_count != 0
			   ? (uint64_t)w->memories[0].min * AZ_WASM_PAGE
			   : 0;

	if (g == NULL)
		return "which it does not export";
	if (g->type != AZ_I32 || g->mutable || g->init.kind != WASM_LITERAL)
		return "whose address is not a constant";
	if (g->init.bits % AZ_PAGE_SIZE != 0)
		return "which does not start at a page";
	return g->init.bits + size > has ? "which is outside its memory" : NULL;
}

static void check_window(const struct checked *checked,
    const struct manifest *m, struct diags *list,
    const struct manifest_channel *c, const struct manifest_end *end)
{
	const struct checked_file *file = checked->modules[end->module_index];
	bool ring = c->type == AZ_CHANNEL_RING;
	uint64_t size = c->size + (ring ? RING_HEADS : 0);
	char *name = window_name(c->name.text), *has;
	const char *fault = file == NULL || file->wasm == NULL
				? NULL
				: window_fault(file->wasm, name, size);
	struct diag *d;

	if (fault != NULL) {
		has = value_size_text(size);
		d = diag_add(list, "AZ0318", end->module.at,
		    "module `%s` needs the window `%s` for %s `%s`, %s",
		    m->modules[end->module_index].name.text, name,
		    ring ? "ring" : "the arena of", c->name.text, fault);
		diag_label(d, "%s are mapped there", has);
		diag_help(d, "reserve it: `AZ_WINDOW(%s, %llu)`",
		    name + strlen("az_window_"), (unsigned long long)size);
		free(has);
	}
	free(name);
}

/* What a call copies into the server lies in its inbox. */
static void check_inbox(const struct checked *checked, struct diags *list,
    const struct manifest_channel *c)
{
	const struct wasm_module *server =
	    wasm_of(checked, c->owner.module_index);
	uint64_t size = (uint64_t)AZ_COPIES_MAX * AZ_PAGE_SIZE;
	const char *fault = NULL;
	size_t i;

	for (i = 0; i < c->method_count && c->methods[i].copy_count == 0; i++)
		;
	if (server != NULL && i < c->method_count)
		fault = window_fault(server, "az_window_inbox", size);
	if (fault == NULL)
		return;
	diag_help(diag_add(list, "AZ0318", c->owner.module.at,
		      "server `%s` needs the window `az_window_inbox` for "
		      "lists and records, %s",
		      c->owner.module.text, fault),
	    "build it with the header of `azoth bindings --server`");
}

void check_windows(
    const struct checked *c, const struct manifest *m, struct diags *list)
{
	for (size_t i = 0; i < m->channel_count; i++) {
		const struct manifest_channel *channel = &m->channels[i];

		check_inbox(c, list, channel);
		if (channel->type == AZ_CHANNEL_SIGNAL || channel->size == 0)
			continue;
		check_window(c, m, list, channel, &channel->owner);
		for (size_t n = 0; n < channel->peer_count; n++)
			check_window(c, m, list, channel, &channel->peers[n]);
	}
}
