/* `networks` and `secrets`, and who is granted what of them. What a module has
 * of sockets on a network is a channel of its own. */
#include "manifest_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/socket.h"
#include "manifest_right.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "verify/sockets.h"

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
	c = part_channel(m, AZ_CHANNEL_SOCKET,
	    (struct manifest_string){ name, client->name.at }, network);
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

/* The text of a place with another network, the nearest that there is. */
static void report_network(const struct part *p, const char *module,
    struct manifest_string text, struct bundle_text network)
{
	const struct manifest *m = p->m;
	const char **names = xcalloc(m->network_count, sizeof(*names)), *near;
	struct manifest_string name = {
		arena_strndup(m->arena, network.at, network.len), text.at
	};
	char *good = NULL;

	for (size_t i = 0; i < m->network_count; i++)
		names[i] = m->networks[i].name.text;
	near = diag_nearest(name.text, names, m->network_count);
	if (near != NULL)
		good = xasprintf("%.*s%s%s", (int)(network.at - text.text),
		    text.text, near, network.at + network.len);
	part_report_unknown(p, module, "network", name, near, good);
	free(good);
	free(names);
}

static void report_own_stack(
    const struct part *p, const struct manifest_network *n, struct span at)
{
	struct diag *d = diag_add(p->list, "AZ0210", at,
	    "module `%s` is the stack of network `%s` itself",
	    n->stack.module.text, n->name.text);

	diag_label(d, "its own client");
	diag_also(d, n->stack.module.at, "the stack");
	diag_help(
	    d, "remove it here, or give `%s` another stack", n->name.text);
}

/* May be any: the help says how to mean it. */
static void warn_any(const struct part *p, const struct manifest_string *text,
    const struct sockets_place *place)
{
	bool any =
	    place->host.len == 3 && memcmp(place->host.at, "any", 3) == 0;
	struct diag *d;

	if (!any && (place->host.len == 0 || place->port != 0))
		return;
	if (diag_allowed(text->at, "AZ0390"))
		return;
	d = diag_add(p->list, "AZ0390", text->at, "`%s` is open to %s",
	    text->text,
	    !any               ? "every port"
	    : place->port == 0 ? "every host and port"
			       : "every host");
	diag_label(d, "whatever the module asks for");
	diag_help(d, "name what it needs, or write `# azoth: allow AZ0390` on "
		     "the line before");
}

static void fill_place(const struct part *p, size_t module,
    const struct yaml_node *item, struct manifest_place *out, size_t *count)
{
	struct manifest *m = p->m;
	struct sockets_place place;

	out->text = node_string(item);
	if (!sockets_place(&place, (struct bundle_text){ out->text.text,
				       (uint32_t)strlen(out->text.text) }))
		return;
	out->network_index = find_network(m, place.network);
	if (out->network_index == m->network_count) {
		report_network(
		    p, m->modules[module].name.text, out->text, place.network);
		return;
	}
	if (m->networks[out->network_index].stack.module_index == module) {
		report_own_stack(
		    p, &m->networks[out->network_index], out->text.at);
		return;
	}
	warn_any(p, &out->text, &place);
	out->channel_index = socket_channel(m, module, out->network_index);
	++*count;
}

static void fill_places(struct part p, size_t module,
    struct manifest_place **places, size_t *place_count)
{
	size_t count = part_count(&p, YAML_LIST);

	*places = arena_alloc(p.m->arena, count * sizeof(**places));
	for (size_t i = 0; i < count; i++)
		fill_place(&p, module, p.node->items[i],
		    &(*places)[*place_count], place_count);
}

/* --- What the stack can serve ------------------------------------------ */

/* A place to listen at, and who does. */
struct listener {
	const struct manifest_place *place;
	const char *module;
	uint32_t protocol, port;
};

static int compare_listeners(const void *left, const void *right)
{
	const struct listener *a = left, *b = right;

	if (a->place->network_index != b->place->network_index)
		return a->place->network_index < b->place->network_index ? -1
									 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return (a->place->text.at.line > b->place->text.at.line) -
	       (a->place->text.at.line < b->place->text.at.line);
}

static size_t list_listeners(const struct manifest *m, struct listener *out)
{
	struct sockets_place place;
	size_t count = 0;

	for (size_t i = 0; i < m->module_count; i++) {
		const struct manifest_grants *g = &m->modules[i].grants;

		for (size_t k = 0; k < g->listen_count; k++) {
			const char *text = g->listens[k].text.text;

			(void)sockets_place(
			    &place, (struct bundle_text){
					text, (uint32_t)strlen(text) });
			out[count++] = (struct listener){ &g->listens[k],
				m->modules[i].name.text, place.protocol,
				place.port };
		}
	}
	return count;
}

/* A port of a network has one listener. */
static void check_ports(const struct part *top)
{
	const struct manifest *m = top->m;
	size_t most = 0, count;
	struct listener *all;

	for (size_t i = 0; i < m->module_count; i++)
		most += m->modules[i].grants.listen_count;
	all = xcalloc(most, sizeof(*all));
	count = list_listeners(m, all);
	if (count > 0)
		qsort(all, count, sizeof(*all), compare_listeners);
	for (size_t i = 1; i < count; i++) {
		const struct listener *a = &all[i - 1], *b = &all[i];
		struct diag *d;

		if (a->place->network_index != b->place->network_index ||
		    a->protocol != b->protocol || a->port != b->port ||
		    (a->module == b->module &&
			strcmp(a->place->text.text, b->place->text.text) == 0))
			continue; /* twice in one list: reported */
		d = diag_add(top->list, "AZ0208", b->place->text.at,
		    "module `%s` listens where `%s` does", b->module,
		    a->module);
		diag_label(d, "the second one");
		diag_also(d, a->place->text.at, "the first one");
		diag_help(d, "give each a port of its own");
	}
	free(all);
}

/* The listeners of a channel: at most so many, and those of UDP each have the
 * socket of their number, among the ones for what comes in. */
static void check_listeners(const struct part *top, size_t channel)
{
	const struct manifest_channel *c = &top->m->channels[channel];
	const struct manifest_module *client =
	    &top->m->modules[c->peers[0].module_index];
	const struct manifest_grants *g = &client->grants;
	uint32_t number = 0, arrivals = c->queue - c->queue / 4;
	struct diag *d;

	for (size_t i = 0; i < g->listen_count; i++) {
		const struct manifest_string *text = &g->listens[i].text;

		if (g->listens[i].channel_index != channel)
			continue;
		number++;
		if (number == AZ_LISTENERS_MAX + 1) {
			d = diag_add(top->list, "AZ0117", text->at,
			    "module `%s` listens at too many places of a "
			    "network",
			    client->name.text);
			diag_label(
			    d, "at most %d are allowed", AZ_LISTENERS_MAX);
			diag_help(d, "remove it here");
		} else if (number > arrivals && text->text[0] == 'u') {
			d = diag_add(top->list, "AZ0115", text->at,
			    "module `%s` has too few sockets to listen here",
			    client->name.text);
			diag_label(d, "needs the socket of its own number");
			diag_help(d,
			    "give it more: `sockets: { count: 16 }`, or move "
			    "it to the front");
		}
	}
}

static void check_memory(const struct part *top, size_t channel)
{
	const struct manifest_channel *c = &top->m->channels[channel];
	const struct manifest_module *client =
	    &top->m->modules[c->peers[0].module_index];
	uint64_t bytes = (uint64_t)client->sockets *
			 (client->socket_send + client->socket_receive);
	char *has, *most;
	struct diag *d;

	if (bytes <= AZ_SHARED_MAX && c->size <= AZ_SHARED_MAX)
		return;
	has = value_size_text(bytes);
	most = value_size_text(AZ_SHARED_MAX);
	d = diag_add(top->list, "AZ0115", client->name.at,
	    "the sockets of module `%s` need %s", client->name.text, has);
	diag_label(d, "at most %s are allowed", most);
	diag_help(d, "lower `count`, `send` or `receive` of its `sockets`");
	free(has);
	free(most);
}

/* Bounds of the index, in which devices and sockets are channels too. */
static void check_bounds(const struct part *top)
{
	const struct manifest *m = top->m;
	size_t peers = m->channel_count;
	struct diag *d;

	for (size_t i = 0; i < m->channel_count; i++)
		peers += m->channels[i].peer_count;
	if (m->channel_count > AZ_CHANNELS_MAX || peers > AZ_PEERS_MAX) {
		d = diag_add(top->list, "AZ0117",
		    m->channels[m->channel_count - 1].name.at,
		    "there are too many channels, with devices and the "
		    "sockets of modules");
		diag_label(d, "at most %d, with %d ends", AZ_CHANNELS_MAX,
		    AZ_PEERS_MAX);
	}
	for (size_t i = 0; i < m->module_count; i++) {
		if (m->modules[i].arg_count < AZ_ARGS_MAX)
			continue;
		d = diag_add(top->list, "AZ0117", m->modules[i].name.at,
		    "module `%s` has too many arguments, with the settings of "
		    "its networks",
		    m->modules[i].name.text);
		diag_label(d, "at most %d are allowed", AZ_ARGS_MAX - 1);
	}
}

/* --- The settings of a network ----------------------------------------- */

static void report_setting(const struct part *p, struct span at,
    const char *code, const char *message, const char *help)
{
	struct diag *d = diag_add(p->list, code, at, "%s", message);

	diag_label(d, "cannot be");
	diag_help(d, "%s", help);
}

static void check_network(
    const struct part *p, const struct manifest_network *n)
{
	static const char *const taken[] = { "gateway", "dns", "mac" };
	uint32_t ip, bits, gateway, host;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(n->name.text, taken[i]) == 0)
			report_setting(p, n->name.at, "AZ0112",
			    "a network has the name of a setting",
			    "use another name");
	if (n->address.text == NULL || strcmp(n->address.text, "dhcp") == 0) {
		if (n->gateway.text != NULL)
			report_setting(p, n->gateway.at, "AZ0109",
			    "a gateway is what DHCP tells",
			    "delete `gateway` here, or give the network an "
			    "`address`");
		return;
	}
	if (!value_network(n->address.text, &ip, &bits))
		return;
	host = bits == 32 ? 0 : UINT32_MAX >> bits;
	if (bits < 31 && ((ip & host) == 0 || (ip & host) == host))
		report_setting(p, n->address.at, "AZ0115",
		    "this address is the network's, not a machine's",
		    "write one between its first and its last address");
	if (n->gateway.text != NULL && value_ip(n->gateway.text, &gateway) &&
	    ((gateway ^ ip) & ~host) != 0)
		report_setting(p, n->gateway.at, "AZ0115",
		    "the gateway is not in the network",
		    "write an address of the same network as `address`");
}

static void warn_unused(
    const struct part *p, const char *what, const struct manifest_string *name)
{
	struct diag *d = diag_add(p->list, "AZ0214", name->at,
	    "nobody uses %s `%s`", what, name->text);

	diag_label(d, "no module is granted anything of it");
	diag_help(d, "delete `%s` here", name->text);
}

static void check_use(const struct part *top)
{
	const struct manifest *m = top->m;

	for (size_t i = 0; i < m->channel_count; i++) {
		if (m->channels[i].type != AZ_CHANNEL_SOCKET)
			continue;
		check_listeners(top, i);
		check_memory(top, i);
		m->networks[m->channels[i].subject].used = true;
	}
	for (size_t i = 0; i < m->network_count; i++)
		if (!m->networks[i].used)
			warn_unused(top, "network", &m->networks[i].name);
}

static void add_setting(struct manifest *m, struct manifest_module *stack,
    const char *key, struct manifest_string value)
{
	if (value.text == NULL)
		return;
	stack->args = arena_push(
	    m->arena, stack->args, &stack->arg_count, sizeof(*stack->args));
	stack->args[stack->arg_count - 1] = (struct manifest_string){
		arena_printf(m->arena, "%s=%s", key, value.text), value.at
	};
}

/* A stack learns of its networks by its arguments. */
static void add_settings(struct manifest *m, const struct manifest_network *n)
{
	struct manifest_module *stack = &m->modules[n->stack.module_index];

	add_setting(m, stack, n->name.text, n->address);
	add_setting(m, stack, "gateway", n->gateway);
	add_setting(m, stack, "dns", n->dns);
	add_setting(m, stack, "mac", n->mac);
}

/* --- What a program learns of its sockets ------------------------------- */

static const char CONNECT[] = "AZOTH_CONNECT", LISTEN[] = "AZOTH_LISTEN",
		  SOCKETS[] = "AZOTH_SOCKETS";

static bool is_value_of(const char *variable, const char *name)
{
	size_t len = strlen(name);

	return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

size_t manifest_own_variables(const struct manifest_module *module)
{
	size_t count = module->env_count;

	while (
	    count > 0 && (is_value_of(module->env[count - 1].text, CONNECT) ||
			     is_value_of(module->env[count - 1].text, LISTEN) ||
			     is_value_of(module->env[count - 1].text, SOCKETS)))
		count--;
	return count;
}

/* One that the manifest has goes first. */
static void add_variable(struct manifest *m, struct manifest_module *module,
    const char *name, const char *value)
{
	for (size_t i = 0; i < module->env_count; i++)
		if (is_value_of(module->env[i].text, name))
			return;
	module->env = arena_push(
	    m->arena, module->env, &module->env_count, sizeof(*module->env));
	module->env[module->env_count - 1] = (struct manifest_string){
		arena_printf(m->arena, "%s=%s", name, value), module->name.at
	};
}

static void add_places(struct manifest *m, struct manifest_module *module,
    const char *name, const struct manifest_place *places, size_t count)
{
	struct buf words = { 0 };
	char *text;

	for (size_t i = 0; i < count; i++)
		buf_printf(
		    &words, "%s%s", i > 0 ? " " : "", places[i].text.text);
	text = buf_take(&words);
	if (count > 0)
		add_variable(m, module, name, text);
	free(text);
}

/* The C library of packages/sdk goes by these variables: which of the
 * descriptors that are open from the start is which listener, which networks
 * there are, and how many sockets: its own have numbers above them. */
static void add_variables(struct manifest *m, size_t index)
{
	struct manifest_module *module = &m->modules[index];
	const struct manifest_grants *g = &module->grants;
	uint32_t sockets = 0;
	char number[16];

	for (size_t i = 0; i < m->channel_count; i++)
		if (m->channels[i].type == AZ_CHANNEL_SOCKET &&
		    m->channels[i].peers[0].module_index == index)
			sockets += m->channels[i].queue;
	if (sockets == 0)
		return;
	(void)snprintf(number, sizeof(number), "%u", sockets);
	add_places(m, module, CONNECT, g->connects, g->connect_count);
	add_places(m, module, LISTEN, g->listens, g->listen_count);
	add_variable(m, module, SOCKETS, number);
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
		if (part_module(&item, who, yaml_get(item.node, "stack"), 0,
			&n->stack)) {
			m->network_count++;
			check_network(&item, n);
			add_settings(m, n);
		}
		free(who);
	}
	for (size_t i = 0; i < m->module_count; i++) {
		struct manifest_grants *g = &m->modules[i].grants;
		struct part grants = part_grants(&top, i);

		fill_places(part_of(&grants, "listen"), i, &g->listens,
		    &g->listen_count);
		fill_places(part_of(&grants, "connect"), i, &g->connects,
		    &g->connect_count);
		add_variables(m, i);
	}
	check_ports(&top);
	check_use(&top);
	check_bounds(&top);
}

/* --- Secrets ------------------------------------------------------------------- */

static void report_secret(
    const struct part *p, size_t module, struct manifest_string name)
{
	const struct manifest *m = p->m;
	const char **names = xcalloc(m->secret_count, sizeof(*names)), *near;

	for (size_t i = 0; i < m->secret_count; i++)
		names[i] = m->secrets[i].name.text;
	near = diag_nearest(name.text, names, m->secret_count);
	part_report_unknown(
	    p, m->modules[module].name.text, "secret", name, near, near);
	free(names);
}

static void fill_known(struct part p, size_t module)
{
	struct manifest_grants *g = &p.m->modules[module].grants;
	size_t count = part_count(&p, YAML_LIST);

	g->secrets = arena_alloc(p.m->arena, count * sizeof(*g->secrets));
	for (size_t i = 0; i < count; i++) {
		struct manifest_string name = node_string(p.node->items[i]);
		size_t k;

		if (right_find(p.m, RIGHT_SECRET, name.text, &k)) {
			p.m->secrets[k].used = true;
			g->secrets[g->secret_count++] = k;
		} else {
			report_secret(&p, module, name);
		}
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
		struct part grants = part_grants(&top, i);

		fill_known(part_of(&grants, "secret"), i);
	}
	for (size_t i = 0; i < m->secret_count; i++)
		if (!m->secrets[i].used)
			warn_unused(&top, "secret", &m->secrets[i].name);
}
