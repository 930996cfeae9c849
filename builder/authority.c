#include "authority.h"

#include <stdlib.h>
#include <string.h>

#include "abi/index.h"
#include "abi/rights.h"
#include "manifest_right.h"
#include "manifest_value.h"
#include "mem.h"

static const char *const LEVELS[] = { "", "error", "warn", "info", "debug" };

/* Holds while they are collected, module after module. */
struct collector {
	struct authority *a;
	size_t count;
};

static void hold(struct collector *c, enum manifest_right_kind kind,
    size_t index, const char *name, struct span at, const char *value)
{
	struct authority_hold *h;

	c->a->holds = arena_push(
	    c->a->arena, c->a->holds, &c->count, sizeof(*c->a->holds));
	h = &c->a->holds[c->count - 1];
	h->right.kind = kind;
	h->right.index = index;
	h->right.text.text = arena_printf(
	    c->a->arena, "%s%s", right_word(kind), name != NULL ? name : "");
	h->right.text.at = at;
	h->value = value;
}

static void hold_grants(struct collector *c, const struct manifest_module *m)
{
	const struct manifest *all = c->a->m;
	const struct manifest_grants *g = &m->grants;
	char *clock;

	if (g->log != 0)
		hold(c, RIGHT_LOG, 0, NULL, g->log_at, LEVELS[g->log]);
	if (g->clock != 0) {
		clock = value_duration_text(g->clock);
		hold(c, RIGHT_CLOCK, 0, NULL, g->clock_at,
		    arena_strdup(c->a->arena, clock));
		free(clock);
	}
	if (g->random)
		hold(c, RIGHT_RANDOM, 0, NULL, g->random_at, "");
	if (m->stdin_kind != AZ_STDIN_EMPTY)
		hold(c, RIGHT_STDIN, 0, NULL, m->stdin_path.at,
		    m->stdin_kind == AZ_STDIN_FILE ? "a file" : "console");
	if (g->observe)
		hold(c, RIGHT_OBSERVE, 0, NULL, g->observe_at, "");
	for (size_t i = 0; i < g->mount_count; i++)
		hold(c, RIGHT_FILES, g->mounts[i].files_index,
		    all->files[g->mounts[i].files_index].name.text,
		    g->mounts[i].files.at,
		    arena_printf(c->a->arena, "at %s", g->mounts[i].path.text));
	if (g->power & AZ_POWER_REBOOT)
		hold(c, RIGHT_REBOOT, 0, NULL, g->power_at, "");
	if (g->power & AZ_POWER_HALT)
		hold(c, RIGHT_HALT, 0, NULL, g->power_at, "");
	for (size_t i = 0; i < g->reset_count; i++)
		hold(c, RIGHT_RESET, g->reset_modules[i],
		    all->modules[g->reset_modules[i]].name.text, g->power_at,
		    "");
}

static void hold_end(struct collector *c, size_t channel,
    const struct manifest_end *end, const char *role)
{
	char *lease = value_duration_text(end->lease);

	hold(c, RIGHT_CHANNEL, channel, c->a->m->channels[channel].name.text,
	    end->module.at,
	    end->lease == 0
		? role
		: arena_printf(c->a->arena, "%s, lease %s", role, lease));
	free(lease);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void hold_places(struct collector *c, enum manifest_right_kind kind,
    const struct manifest_place *at, size_t count)
{
	const struct authority *a = c->a;

	for (size_t i = 0; i < count; i++) {
		struct authority_hold *h;
		const char **found;

		hold(c, kind, 0, at[i].text.text, at[i].text.at, "");
		h = &a->holds[c->count - 1];
		found = bsearch(&h->right.text.text, a->places, a->place_count,
		    sizeof(*a->places), compare_words);
		h->right.index = (size_t)(found - a->places);
	}
}

static void hold_outside(struct collector *c, const struct manifest_grants *g)
{
	const struct manifest *all = c->a->m;

	hold_places(c, RIGHT_LISTEN, g->listens, g->listen_count);
	hold_places(c, RIGHT_CONNECT, g->connects, g->connect_count);
	for (size_t i = 0; i < g->secret_count; i++)
		hold(c, RIGHT_SECRET, g->secrets[i],
		    all->secrets[g->secrets[i]].name.text, g->at, "");
}

/* An end of what is no channel in the manifest: a device or a network. */
static void hold_subject(struct collector *c, const struct manifest_channel *ch,
    const struct manifest_end *end)
{
	const struct manifest *m = c->a->m;
	bool own = end == &ch->owner;
	char *lease = value_duration_text(end->lease);

	if (ch->type == AZ_CHANNEL_SOCKET)
		hold(c, RIGHT_NETWORK, ch->subject,
		    m->networks[ch->subject].name.text, end->module.at,
		    own ? "stack" : "client");
	else
		hold(c, RIGHT_DEVICE, ch->subject,
		    m->devices[ch->subject].name.text, end->module.at,
		    !own ? "shares its memory"
		    : end->lease == 0
			? "driver"
			: arena_printf(c->a->arena, "driver, lease %s", lease));
	free(lease);
}

static void hold_channel(
    struct collector *c, size_t channel, const struct manifest_end *end)
{
	static const char *const roles[][2] = {
		[AZ_CHANNEL_CALL] = { "server", "client" },
		[AZ_CHANNEL_RING] = { "writer", "reader" },
		[AZ_CHANNEL_SIGNAL] = { "writer", "reader" },
	};
	const struct manifest_channel *ch = &c->a->m->channels[channel];

	if (ch->type <= AZ_CHANNEL_SIGNAL)
		hold_end(c, channel, end, roles[ch->type][end != &ch->owner]);
	else
		hold_subject(c, ch, end);
}

/* Has the stack been said to have this network, from an earlier client? */
static bool is_said(const struct manifest *m, size_t channel)
{
	const struct manifest_channel *ch = &m->channels[channel];

	for (size_t i = 0; ch->type == AZ_CHANNEL_SOCKET && i < channel; i++)
		if (m->channels[i].type == ch->type &&
		    m->channels[i].subject == ch->subject)
			return true;
	return false;
}

static void hold_ends(struct collector *c, size_t module)
{
	for (size_t i = 0; i < c->a->m->channel_count; i++) {
		const struct manifest_channel *ch = &c->a->m->channels[i];

		if (ch->owner.module_index == module && !is_said(c->a->m, i))
			hold_channel(c, i, &ch->owner);
		for (size_t n = 0; n < ch->peer_count; n++)
			if (ch->peers[n].module_index == module)
				hold_channel(c, i, &ch->peers[n]);
	}
}

static void add_places(struct authority *a, enum manifest_right_kind kind,
    const struct manifest_place *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		a->places = arena_push(
		    a->arena, a->places, &a->place_count, sizeof(*a->places));
		a->places[a->place_count - 1] = arena_printf(
		    a->arena, "%s%s", right_word(kind), at[i].text.text);
	}
}

static void collect_places(struct authority *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->m->module_count; i++) {
		const struct manifest_grants *g = &a->m->modules[i].grants;

		add_places(a, RIGHT_LISTEN, g->listens, g->listen_count);
		add_places(a, RIGHT_CONNECT, g->connects, g->connect_count);
	}
	if (a->place_count > 0)
		qsort(a->places, a->place_count, sizeof(*a->places),
		    compare_words);
	for (size_t i = 0; i < a->place_count; i++)
		if (i == 0 || strcmp(a->places[i], a->places[count - 1]) != 0)
			a->places[count++] = a->places[i];
	a->place_count = count;
}

static void collect_holds(struct authority *a)
{
	struct collector c = { .a = a };

	for (size_t i = 0; i < a->m->module_count; i++) {
		a->first_hold[i] = c.count;
		hold_grants(&c, &a->m->modules[i]);
		hold_outside(&c, &a->m->modules[i].grants);
		hold_ends(&c, i);
	}
	a->first_hold[a->m->module_count] = c.count;
}

static int compare_holds(const void *a, const void *b)
{
	const struct authority_hold *x =
	    *(const struct authority_hold *const *)a;
	const struct authority_hold *y =
	    *(const struct authority_hold *const *)b;

	if (x->right.kind != y->right.kind)
		return x->right.kind < y->right.kind ? -1 : 1;
	if (x->right.index != y->right.index)
		return x->right.index < y->right.index ? -1 : 1;
	return x->right.kind == RIGHT_CHANNEL ? 0 : strcmp(x->value, y->value);
}

static void number_holds(struct authority *a)
{
	size_t count = a->first_hold[a->m->module_count];
	struct authority_hold **sorted = xcalloc(count + 1, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &a->holds[i];
	qsort(sorted, count, sizeof(*sorted), compare_holds);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_holds(&sorted[i - 1], &sorted[i]) != 0)
			a->id_count++;
		sorted[i]->id = a->id_count;
	}
	a->id_count++;
	free(sorted);
}

static struct authority_link link_of(
    const struct manifest_channel *c, const struct manifest_end *peer)
{
	size_t own = c->owner.module_index, other = peer->module_index;
	bool call = c->type == AZ_CHANNEL_CALL || c->type == AZ_CHANNEL_SOCKET;

	return (struct authority_link){ .from = call ? other : own,
		.to = call ? own : other,
		.channel = c,
		.end = peer };
}

/* Counted first, then each put behind those of its module. */
static void collect_links(struct authority *a)
{
	const struct manifest *m = a->m;
	size_t *next = xcalloc(m->module_count + 1, sizeof(*next));

	for (size_t i = 0; i < m->channel_count; i++)
		for (size_t n = 0; n < m->channels[i].peer_count; n++)
			a->first_link[link_of(&m->channels[i],
					  &m->channels[i].peers[n])
					  .from +
				      1]++;
	for (size_t i = 0; i < m->module_count; i++) {
		a->first_link[i + 1] += a->first_link[i];
		next[i] = a->first_link[i];
	}
	a->links = arena_alloc(
	    a->arena, (a->first_link[m->module_count] + 1) * sizeof(*a->links));
	for (size_t i = 0; i < m->channel_count; i++)
		for (size_t n = 0; n < m->channels[i].peer_count; n++) {
			struct authority_link link =
			    link_of(&m->channels[i], &m->channels[i].peers[n]);

			a->links[next[link.from]++] = link;
		}
	free(next);
}

void authority_init(struct authority *a, const struct manifest *m)
{
	size_t count = m->module_count + 1;

	*a = (struct authority){ .m = m, .arena = arena_new() };
	a->first_hold = arena_alloc(a->arena, count * sizeof(*a->first_hold));
	a->first_link = arena_alloc(a->arena, count * sizeof(*a->first_link));
	collect_places(a);
	collect_holds(a);
	number_holds(a);
	collect_links(a);
}

void authority_fini(struct authority *a)
{
	arena_free(a->arena);
	*a = (struct authority){ 0 };
}

const struct authority_hold *authority_find(const struct authority *a,
    size_t module, const struct manifest_right *right)
{
	for (size_t i = a->first_hold[module]; i < a->first_hold[module + 1];
	     i++)
		if (a->holds[i].right.kind == right->kind &&
		    a->holds[i].right.index == right->index)
			return &a->holds[i];
	return NULL;
}

bool authority_is_outward(const struct manifest_right *right)
{
	return right->kind != RIGHT_CHANNEL && right->kind != RIGHT_MODULE &&
	       right->kind != RIGHT_RESET && right->kind != RIGHT_NETWORK;
}

static enum authority_way own_way(const struct authority *a, size_t module,
    const struct manifest_right *right)
{
	if (right->kind == RIGHT_MODULE)
		return right->index == module ? WAY_SELF : WAY_NONE;
	return authority_find(a, module, right) != NULL ? WAY_HOLDS : WAY_NONE;
}

/* The links once more, by `to`; into: of each module, then the end. */
static const struct authority_link **reverse(
    const struct authority *a, size_t *into)
{
	size_t modules = a->m->module_count, count = a->first_link[modules];
	const struct authority_link **out = xcalloc(count, sizeof(*out));
	size_t *next = xcalloc(modules + 1, sizeof(*next));

	for (size_t i = 0; i < count; i++)
		into[a->links[i].to + 1]++;
	for (size_t i = 0; i < modules; i++) {
		into[i + 1] += into[i];
		next[i] = into[i];
	}
	for (size_t i = 0; i < count; i++)
		out[next[a->links[i].to]++] = &a->links[i];
	free(next);
	return out;
}

/* Backwards in breadth from those that hold it. */
void authority_who(const struct authority *a,
    const struct manifest_right *right, struct authority_reach *out)
{
	size_t modules = a->m->module_count, head = 0, tail = 0;
	size_t *queue = xcalloc(modules, sizeof(*queue));
	size_t *into = xcalloc(modules + 1, sizeof(*into));
	const struct authority_link **links = reverse(a, into);

	for (size_t i = 0; i < modules; i++) {
		out[i] =
		    (struct authority_reach){ .way = own_way(a, i, right) };
		if (out[i].way != WAY_NONE)
			queue[tail++] = i;
	}
	while (head < tail) {
		size_t to = queue[head++];

		for (size_t n = into[to]; n < into[to + 1]; n++) {
			size_t from = links[n]->from;

			if (out[from].way != WAY_NONE)
				continue;
			out[from] =
			    (struct authority_reach){ WAY_THROUGH, links[n] };
			queue[tail++] = from;
		}
	}
	free(links);
	free(into);
	free(queue);
}

size_t authority_from(const struct authority *a, size_t module, size_t *order,
    const struct authority_link **last)
{
	size_t count = 0, head = 0;

	memset(last, 0, a->m->module_count * sizeof(*last));
	for (size_t at = module;; at = order[head++]) {
		for (size_t n = a->first_link[at]; n < a->first_link[at + 1];
		     n++) {
			const struct authority_link *link = &a->links[n];

			if (link->to == module || last[link->to] != NULL)
				continue;
			last[link->to] = link;
			order[count++] = link->to;
		}
		if (head == count)
			return count;
	}
}

void authority_chain(struct buf *out, const struct authority *a,
    const struct authority_reach *reach, size_t module,
    const struct manifest_right *right)
{
	const struct manifest_module *modules = a->m->modules;

	buf_puts(out, modules[module].name.text);
	while (reach[module].way == WAY_THROUGH) {
		const struct authority_link *link = reach[module].link;

		module = link->to;
		buf_printf(out, " -> %s -> %s", link->channel->name.text,
		    modules[module].name.text);
	}
	if (right->kind != RIGHT_MODULE)
		buf_printf(out, " -> %s", right->text.text);
}

void authority_path(struct buf *out, const struct authority *a,
    const struct authority_link *const *last, size_t to, size_t most)
{
	size_t *way = xcalloc(a->m->module_count, sizeof(*way)), count = 0;

	for (; last[to] != NULL; to = last[to]->from)
		way[count++] = to;
	for (size_t left = count; left-- > 0;) {
		const char *before = out->len > 0 ? " -> " : "";

		if (count > most && left == count - most / 2 - 1) {
			left = most - most / 2;
			buf_printf(out, "%s(%zu more)", before, count - most);
			continue;
		}
		buf_printf(out, "%s%s -> %s", before,
		    last[way[left]]->channel->name.text,
		    a->m->modules[way[left]].name.text);
	}
	free(way);
}
