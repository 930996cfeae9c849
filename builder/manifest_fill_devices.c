/* `devices`, `networks` and `secrets`, and who is granted what of them. Each
 * device, and each module's sockets on a network, is a channel as well. */
#include "manifest_part.h"

#include <stdlib.h>
#include <string.h>

#include "abi/socket.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "verify/sockets.h"
#include "yaml_fix.h"

/* --- Names --------------------------------------------------------------------- */

/* Report that a grant names nothing of `all`. */
static void report_unknown(const struct part *p, const char *module,
    const char *what, struct manifest_string name, const char *near)
{
	struct diag *d = diag_add(p->list, "AZ0202", name.at,
	    "module `%s` is granted the %s `%s`, which does not exist", module,
	    what, name.text);

	diag_label(d, "no entry of `%ss` has this name", what);
	if (near != NULL)
		diag_help(d, "an entry named `%s` exists", near);
	else
		diag_help(
		    d, "add `%s` to `%ss` at the top level", name.text, what);
}

/* The grants of module i, as a part. */
static struct part grants_of(const struct part *top, size_t i)
{
	struct part modules = part_of(top, "modules"), item = modules;

	item.field = modules.field->children;
	item.node = modules.node->pairs[i].value;
	return part_of(&item, "grants");
}

static struct manifest_channel *add_channel(
    struct manifest *m, uint32_t type, struct manifest_string name)
{
	size_t size = m->channel_count * sizeof(*m->channels);
	struct manifest_channel *all =
				    arena_alloc(m->arena, size + sizeof(*all)),
				*c;

	if (size > 0)
		memcpy(all, m->channels, size);
	m->channels = all;
	c = &m->channels[m->channel_count++];
	c->type = type;
	c->name = name;
	c->type_at = name.at;
	return c;
}

/* --- Devices ------------------------------------------------------------------- */

/* "pci/virtio-net", "isa/uart@2f8" */
static bool read_match(struct manifest_device *device)
{
	const char *text = device->match.text, *at;
	uint64_t ports;
	char *hex;

	if (strncmp(text, "pci/", 4) == 0)
		return name_valid(text + 4);
	at = strchr(text, '@');
	if (strncmp(text, "isa/", 4) != 0 || at == NULL)
		return false;
	hex = xasprintf("0x%s", at + 1);
	if (!value_bits(hex, &ports) || ports > UINT16_MAX)
		ports = 0;
	free(hex);
	device->ports = (uint32_t)ports;
	return ports != 0;
}

static void check_origin(const struct part *p, struct manifest_device *device)
{
	struct diag *d;

	if (device->match.text == NULL && device->file.text == NULL) {
		d = diag_add(p->list, "AZ0103", device->name.at,
		    "device `%s` has neither `match` nor `driver`",
		    device->name.text);
		diag_label(d, "one of them belongs in here");
		diag_help(d, "add `match: pci/virtio-net`");
		fix_add(d, p->node, "match: pci/virtio-net");
	} else if (device->match.text != NULL && !read_match(device)) {
		d = diag_add(p->list, "AZ0116", device->match.at,
		    "`%s` does not name a device", device->match.text);
		diag_label(d, "expected a bus and a driver");
		diag_help(d, "write `pci/DRIVER`, or `isa/DRIVER@PORT`, for "
			     "example `isa/uart@2f8`");
	}
}

static void fill_shares(struct part p, struct manifest_device *device)
{
	size_t count = part_count(&p, YAML_LIST);
	char *who = xasprintf("device `%s`", device->name.text);

	device->shares =
	    arena_alloc(p.m->arena, count * sizeof(*device->shares));
	for (size_t i = 0; i < count; i++)
		if (part_module(&p, who, p.node->items[i], 0,
			&device->shares[device->share_count]))
			device->share_count++;
	free(who);
}

static void fill_device(
    struct part p, const struct yaml_node *key, struct manifest_device *device)
{
	device->name = node_string(key);
	device->match = part_string(&p, "match");
	device->file = part_string(&p, "driver");
	device->nth = (uint32_t)part_number(&p, "nth", value_integer, NULL);
	device->line = (uint32_t)part_number(&p, "irq", value_integer, NULL);
	device->pool = (uint32_t)part_number(&p, "dma", value_size, NULL);
	device->owner = SIZE_MAX;
	check_origin(&p, device);
	fill_shares(part_of(&p, "share"), device);
}

static struct manifest_device *find_device(
    const struct manifest *m, const char *name, const char **near)
{
	const char **names = xcalloc(m->device_count, sizeof(*names));

	for (size_t i = 0; i < m->device_count; i++) {
		if (strcmp(m->devices[i].name.text, name) == 0) {
			free(names);
			return &m->devices[i];
		}
		names[i] = m->devices[i].name.text;
	}
	*near = diag_nearest(name, names, m->device_count);
	free(names);
	return NULL;
}

static void report_owners(const struct part *p,
    const struct manifest_device *device, const struct yaml_pair *again)
{
	struct diag *d = diag_add(p->list, "AZ0203", again->key->at,
	    "device `%s` has two drivers", device->name.text);

	diag_label(d, "the second one");
	diag_also(d, p->m->modules[device->owner].name.at, "the first one");
	diag_help(d, "grant it to one module, and `share` it with the other");
	fix_delete(d, p->node, again);
}

static void fill_held(struct part p, size_t module)
{
	struct manifest_module *m = &p.m->modules[module];
	size_t count = part_count(&p, YAML_MAP);
	struct part item = p;

	m->grants.held =
	    arena_alloc(p.m->arena, count * sizeof(*m->grants.held));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_pair *pair = &p.node->pairs[i];
		struct manifest_held *held =
		    &m->grants.held[m->grants.held_count];
		const char *near = NULL;
		struct manifest_device *device =
		    find_device(p.m, pair->key->text, &near);

		item.node = pair->value;
		held->device = node_string(pair->key);
		if (device == NULL) {
			report_unknown(
			    &p, m->name.text, "device", held->device, near);
			continue;
		}
		if (device->owner != SIZE_MAX) {
			report_owners(&p, device, pair);
			continue;
		}
		held->device_index = (size_t)(device - p.m->devices);
		held->lease = part_number(&item, "lease", value_duration, NULL);
		device->owner = module;
		device->lease = held->lease;
		m->grants.held_count++;
	}
}

static int compare_ends(const void *left, const void *right)
{
	const struct manifest_end *a = left, *b = right;

	return (a->module_index > b->module_index) -
	       (a->module_index < b->module_index);
}

/* The channel by which a device's driver, and who shares it, have it. */
static void add_device_channel(const struct part *p, size_t i)
{
	struct manifest_device *device = &p->m->devices[i];
	struct manifest_channel *c;
	struct diag *d;

	if (device->owner == SIZE_MAX) {
		d = diag_add(p->list, "AZ0202", device->name.at,
		    "nobody drives device `%s`", device->name.text);
		diag_label(d, "no module is granted it");
		diag_help(d,
		    "grant it to its driver: `grants: { device: { %s: {} } }`",
		    device->name.text);
		return;
	}
	c = add_channel(p->m, AZ_CHANNEL_DEVICE, device->name);
	device->channel_index = p->m->channel_count - 1;
	c->owner.module = p->m->modules[device->owner].name;
	c->owner.module_index = device->owner;
	c->owner.lease = device->lease;
	c->peers = device->shares;
	c->peer_count = device->share_count;
	c->size = device->pool;
	if (c->peer_count > 0)
		qsort(c->peers, c->peer_count, sizeof(*c->peers), compare_ends);
}

void fill_devices(struct part top)
{
	struct part p = part_of(&top, "devices"), item = p;
	size_t count = part_count(&p, YAML_MAP);
	struct manifest *m = top.m;

	m->devices = arena_alloc(m->arena, count * sizeof(*m->devices));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		item.node = p.node->pairs[i].value;
		if (item.node->kind == YAML_MAP)
			fill_device(item, p.node->pairs[i].key,
			    &m->devices[m->device_count++]);
	}
	for (size_t i = 0; i < m->module_count; i++) {
		struct part grants = grants_of(&top, i);

		fill_held(part_of(&grants, "device"), i);
	}
	for (size_t i = 0; i < m->device_count; i++)
		add_device_channel(&top, i);
}

/* --- Networks ------------------------------------------------------------------ */

static size_t find_network(const struct manifest *m, struct bundle_text name)
{
	size_t i = 0;

	while (i < m->network_count &&
	       (strlen(m->networks[i].name.text) != name.len ||
		   memcmp(m->networks[i].name.text, name.at, name.len) != 0))
		i++;
	return i;
}

/* The channel of a module's sockets on a network. */
static size_t socket_channel(struct manifest *m, size_t module, size_t network)
{
	const struct manifest_module *client = &m->modules[module];
	const struct manifest_network *n = &m->networks[network];
	char *name =
	    arena_printf(m->arena, "%s.%s", n->name.text, client->name.text);
	struct manifest_channel *c;

	for (size_t i = 0; i < m->channel_count; i++)
		if (strcmp(m->channels[i].name.text, name) == 0)
			return i;
	c = add_channel(m, AZ_CHANNEL_SOCKET,
	    (struct manifest_string){ name, client->name.at });
	c->owner = n->stack;
	c->peers = arena_alloc(m->arena, sizeof(*c->peers));
	c->peers[0] = (struct manifest_end){ .module = client->name,
		.module_index = module };
	c->peer_count = 1;
	c->queue = client->sockets;
	c->record = client->socket_receive;
	c->size = az_socket_layout(
	    client->sockets, client->socket_receive, client->socket_send)
		      .size;
	return m->channel_count - 1;
}

static void fill_places(struct part p, size_t module,
    struct manifest_place **places, size_t *place_count)
{
	struct manifest_module *m = &p.m->modules[module];
	size_t count = part_count(&p, YAML_LIST);

	*places = arena_alloc(p.m->arena, count * sizeof(**places));
	for (size_t i = 0; i < count; i++) {
		struct manifest_place *out = &(*places)[*place_count];
		struct sockets_place place;

		out->text = node_string(p.node->items[i]);
		if (!sockets_place(
			&place, (struct bundle_text){ out->text.text,
				    (uint32_t)strlen(out->text.text) }))
			continue;
		out->network_index = find_network(p.m, place.network);
		if (out->network_index == p.m->network_count) {
			struct manifest_string name = {
				arena_strndup(p.m->arena, place.network.at,
				    place.network.len),
				out->text.at
			};

			report_unknown(&p, m->name.text, "network", name, NULL);
			continue;
		}
		out->channel_index =
		    socket_channel(p.m, module, out->network_index);
		++*place_count;
	}
}

void fill_networks(struct part top)
{
	struct part p = part_of(&top, "networks"), item = p;
	size_t count = part_count(&p, YAML_MAP);
	struct manifest *m = top.m;

	m->networks = arena_alloc(m->arena, count * sizeof(*m->networks));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		struct manifest_network *n = &m->networks[m->network_count];
		const struct yaml_node *key = p.node->pairs[i].key;
		char *who = xasprintf("network `%s`", key->text);

		item.node = p.node->pairs[i].value;
		n->name = node_string(key);
		n->address = part_string(&item, "address");
		n->gateway = part_string(&item, "gateway");
		n->dns = part_string(&item, "dns");
		n->mac = part_string(&item, "mac");
		if (part_module(
			&item, who, yaml_get(item.node, "stack"), 0, &n->stack))
			m->network_count++;
		free(who);
	}
	for (size_t i = 0; i < m->module_count; i++) {
		struct manifest_grants *g = &m->modules[i].grants;
		struct part grants = grants_of(&top, i);

		fill_places(part_of(&grants, "listen"), i, &g->listens,
		    &g->listen_count);
		fill_places(part_of(&grants, "connect"), i, &g->connects,
		    &g->connect_count);
	}
}

/* --- Secrets ------------------------------------------------------------------- */

static void fill_known(struct part p, size_t module)
{
	struct manifest_grants *g = &p.m->modules[module].grants;
	size_t count = part_count(&p, YAML_LIST);

	g->secrets = arena_alloc(p.m->arena, count * sizeof(*g->secrets));
	for (size_t i = 0; i < count; i++) {
		struct manifest_string name = node_string(p.node->items[i]);
		size_t k = 0;

		while (k < p.m->secret_count &&
		       strcmp(p.m->secrets[k].name.text, name.text) != 0)
			k++;
		if (k < p.m->secret_count)
			g->secrets[g->secret_count++] = k;
		else
			report_unknown(&p, p.m->modules[module].name.text,
			    "secret", name, NULL);
	}
}

void fill_secrets(struct part top)
{
	struct part p = part_of(&top, "secrets"), item = p;
	size_t count = part_count(&p, YAML_MAP);
	struct manifest *m = top.m;

	m->secrets = arena_alloc(m->arena, count * sizeof(*m->secrets));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		struct manifest_secret *s = &m->secrets[m->secret_count++];

		item.node = p.node->pairs[i].value;
		s->name = node_string(p.node->pairs[i].key);
		s->max = part_number(&item, "max", value_size, NULL);
	}
	for (size_t i = 0; i < m->module_count; i++) {
		struct part grants = grants_of(&top, i);

		fill_known(part_of(&grants, "secret"), i);
	}
}
