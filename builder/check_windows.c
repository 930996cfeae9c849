/* Windows: where modules reserve space for rings and arenas. */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "abi/ring.h"
#include "verify/windows.h"
#include "manifest.h"
#include "manifest_value.h"
#include "wasm.h"

static const char PREFIX[] = "az_window_";
static const char END[] = "end_";

/* The window of a channel as a C program can call it, without the prefix. */
static char *window_name(const char *channel)
{
	char *name = xstrdup(channel);

	for (char *p = name; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	return name;
}

/* What the ends share, in bytes; 0: nothing. */
static uint64_t shared_size(const struct manifest_channel *c)
{
	return c->type == AZ_CHANNEL_RING ? (uint64_t)c->size + AZ_RING_HEAD
					  : c->size;
}

static const struct wasm_global *find_global(
    const struct wasm_module *w, const char *prefix, const char *name)
{
	char *full = xasprintf("%s%s%s", PREFIX, prefix, name);
	const struct wasm_global *found = NULL;

	for (uint32_t i = 0; i < w->export_count && found == NULL; i++)
		if (w->exports[i].kind == WASM_GLOBAL &&
		    wasm_is_text(w->exports[i].name, full))
			found = &w->globals[w->exports[i].index];
	free(full);
	return found;
}

static bool is_constant(const struct wasm_global *g)
{
	return g->type == AZ_I32 && !g->mutable && g->init.kind == WASM_LITERAL;
}

/* Whether anything that is written at start lies in [at, at + size). */
static bool has_data(const struct wasm_module *w, uint64_t at, uint64_t size)
{
	for (uint32_t i = 0; i < w->data_count; i++) {
		const struct wasm_data *s = &w->datas[i];
		uint64_t dest = (uint32_t)s->dest.bits;

		if (!s->passive && s->dest.kind == WASM_LITERAL &&
		    s->bytes.len > 0 && dest < at + size &&
		    at < dest + s->bytes.len)
			return true;
	}
	return false;
}

/* What is wrong with a window, or NULL. */
static const char *window_fault(
    const struct wasm_module *w, const char *name, uint64_t size)
{
	const struct wasm_global *g = find_global(w, "", name);
	const struct wasm_global *end = find_global(w, END, name);
	uint64_t has = w->memory_count != 0
			   ? (uint64_t)w->memories[0].min * AZ_WASM_PAGE
			   : 0;

	if (g == NULL)
		return "which it does not export";
	if (!is_constant(g) || g->init.bits == 0)
		return "whose address is not a constant";
	if (g->init.bits % AZ_PAGE_SIZE != 0)
		return "which does not start at a page";
	if (end != NULL && is_constant(end) &&
	    end->init.bits != g->init.bits + size)
		return "which has another size";
	if (g->init.bits + size > has)
		return "which is outside its memory";
	return has_data(w, g->init.bits, size) ? "which has data in it" : NULL;
}

/* A window that a channel needs in a module. */
struct window {
	const struct manifest_channel *channel;
	const struct manifest_end *end;
	const char *name, *what; /* of the window; whom it is for */
	uint64_t size;
	char *help; /* how it is reserved */
};

static void check_window(const struct checked *checked, struct diags *list,
    const struct window *need)
{
	const struct checked_file *file =
	    checked->modules[need->end->module_index];
	const char *fault;
	struct diag *d;
	char *size;

	if (file == NULL || file->wasm == NULL)
		return;
	fault = window_fault(file->wasm, need->name, need->size);
	if (fault == NULL)
		return;
	size = value_size_text(need->size);
	d = diag_add(list, "AZ0318", need->end->module.at,
	    "module `%s` needs the window `%s%s` for %s `%s`, %s",
	    need->end->module.text, PREFIX, need->name, need->what,
	    need->channel->name.text, fault);
	diag_label(d, "%s are mapped there", size);
	diag_help(d, "%s", need->help);
	free(size);
}

static bool has_copies(const struct manifest_channel *c)
{
	for (size_t i = 0; i < c->method_count; i++)
		if (c->methods[i].copy_count > 0)
			return true;
	return false;
}

static void check_inbox(const struct checked *checked, struct diags *list,
    const struct manifest_channel *c)
{
	struct window need = { .channel = c,
		.end = &c->owner,
		.name = WINDOWS_INBOX,
		.what = "the lists of",
		.size = AZ_COPIES_MAX * AZ_PAGE_SIZE };

	if (!has_copies(c))
		return;
	need.help =
	    xasprintf("include the header of `azoth bindings --server %s`",
		c->interface.text);
	check_window(checked, list, &need);
	free(need.help);
}

static void check_shared(const struct checked *checked, struct diags *list,
    const struct manifest_channel *c)
{
	bool ring = c->type == AZ_CHANNEL_RING;
	bool device = c->type == AZ_CHANNEL_DEVICE;
	char *name = window_name(device ? "dma" : c->name.text);
	struct window need = { .channel = c,
		.end = &c->owner,
		.name = name,
		.what = ring     ? "ring"
			: device ? "the memory of device"
				 : "the arena of",
		.size = shared_size(c) };

	need.help = xasprintf("reserve it: `%s(%s, %u)`",
	    ring ? "AZ_RING_WINDOW" : "AZ_WINDOW", name, c->size);
	check_window(checked, list, &need);
	for (size_t n = 0; n < c->peer_count; n++) {
		need.end = &c->peers[n];
		check_window(checked, list, &need);
	}
	free(need.help);
	free(name);
}

/* Has the module an end of the channel, and so its window? Only the stack has
 * the one of sockets. */
static bool has_end(const struct manifest_channel *c, size_t module)
{
	if (c->owner.module_index == module)
		return true;
	for (size_t i = 0; c->type != AZ_CHANNEL_SOCKET && i < c->peer_count;
	     i++)
		if (c->peers[i].module_index == module)
			return true;
	return false;
}

/* A module at an end of both, or SIZE_MAX. */
static size_t common_end(
    const struct manifest_channel *a, const struct manifest_channel *b)
{
	if (has_end(b, a->owner.module_index))
		return a->owner.module_index;
	for (size_t i = 0; a->type != AZ_CHANNEL_SOCKET && i < a->peer_count;
	     i++)
		if (has_end(b, a->peers[i].module_index))
			return a->peers[i].module_index;
	return SIZE_MAX;
}

/* What the window of a channel is called. */
static char *name_of(const struct manifest_channel *c)
{
	return window_name(c->type == AZ_CHANNEL_DEVICE   ? "dma"
			   : c->type == AZ_CHANNEL_SOCKET ? "sockets"
							  : c->name.text);
}

/* Is it the end of another's window, or the inbox, or another's of a module?
 * What a name means would depend on who looks. */
static bool is_taken(const struct manifest *m, size_t i, const char *name)
{
	const struct manifest_channel *c = &m->channels[i];
	bool plain = c->type <= AZ_CHANNEL_SIGNAL;

	if (plain && windows_taken(name, (uint32_t)strlen(name)))
		return true;
	for (size_t n = 0; n < i; n++) {
		const struct manifest_channel *o = &m->channels[n];
		char *other = name_of(o);
		bool same = o->size != 0 && strcmp(other, name) == 0;

		free(other);
		if (same && plain && o->type <= AZ_CHANNEL_SIGNAL)
			return true;
		/* A stack has one window for all its sockets. */
		if (same &&
		    (c->type != AZ_CHANNEL_SOCKET || o->type != c->type) &&
		    common_end(c, o) != SIZE_MAX)
			return true;
	}
	return false;
}

static void check_name(const struct manifest *m, struct diags *list, size_t i)
{
	const struct manifest_channel *c = &m->channels[i];
	bool device = c->type == AZ_CHANNEL_DEVICE;
	char *name = name_of(c);
	struct diag *d;

	if (is_taken(m, i, name)) {
		d = diag_add(list, "AZ0213", c->name.at,
		    "the window of %s `%s` has a name that is taken",
		    device ? "device" : "channel", c->name.text);
		diag_label(d, "`%s%s`", PREFIX, name);
		diag_help(d, device
				 ? "a module has the memory of one device alone"
				 : "rename the channel");
	}
	free(name);
}

/* Is it the first of its stack's? */
static bool is_first(const struct manifest *m, size_t i)
{
	const struct manifest_channel *c = &m->channels[i];

	for (size_t n = 0; n < i; n++)
		if (m->channels[n].type == c->type &&
		    m->channels[n].owner.module_index == c->owner.module_index)
			return false;
	return true;
}

/* The stack has a window for the sockets of all its clients. */
static void check_sockets(const struct checked *checked,
    const struct manifest *m, struct diags *list, size_t i)
{
	const struct manifest_channel *c = &m->channels[i];
	const struct wasm_module *w = wasm_of(checked, c->owner.module_index);
	const struct wasm_global *start, *end;
	uint64_t sum = 0, has = 0;
	const char *fault;
	char *size;
	struct diag *d;

	if (w == NULL || !is_first(m, i))
		return;
	for (size_t n = i; n < m->channel_count; n++)
		if (m->channels[n].type == c->type &&
		    m->channels[n].owner.module_index == c->owner.module_index)
			sum += m->channels[n].size;
	start = find_global(w, "", "sockets");
	end = find_global(w, END, "sockets");
	if (start != NULL && end != NULL && is_constant(start) &&
	    is_constant(end) && end->init.bits > start->init.bits)
		has = end->init.bits - start->init.bits;
	fault = end == NULL && start != NULL ? "whose end it does not export"
					     : window_fault(w, "sockets", has);
	if (fault == NULL && has < sum)
		fault = "which is too small";
	if (fault == NULL)
		return;
	size = value_size_text(sum);
	d = diag_add(list, "AZ0318", c->owner.module.at,
	    "module `%s` needs the window `%ssockets` for its networks, %s",
	    c->owner.module.text, PREFIX, fault);
	diag_label(d, "%s are mapped there", size);
	diag_help(d, "a network stack reserves it: `AZ_WINDOW(sockets, %llu)`",
	    (unsigned long long)sum);
	free(size);
}

void check_windows(
    const struct checked *c, const struct manifest *m, struct diags *list)
{
	for (size_t i = 0; i < m->channel_count; i++) {
		check_inbox(c, list, &m->channels[i]);
		if (m->channels[i].type == AZ_CHANNEL_SOCKET)
			check_sockets(c, m, list, i);
		if (m->channels[i].size == 0 ||
		    m->channels[i].type == AZ_CHANNEL_SOCKET)
			continue;
		check_name(m, list, i);
		check_shared(c, list, &m->channels[i]);
	}
}
