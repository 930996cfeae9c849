/* console: a web page that shows the tree of supervision, and its buttons.
 *
 *	GET  /api/events	the tree as JSON, each second and when a button
 *				was pressed (server-sent events)
 *	GET  /api/tree		the same once
 *	POST /api/reset?NAME	start that module again: how long that took
 *	POST /api/off		stop the machine
 *	GET  /metrics /healthz	for machines
 *
 * Everything else is a file of --root: the page itself is rootfs/console. The
 * arguments are httpd's. Orders need the field X-Azoth, which pages of other
 * sites cannot send; its value is the number of restarts that the module had:
 * a browser sends a request again when the module that it killed was the one
 * that should have answered. Beyond that nobody is asked who he is: who reaches
 * the port may press the buttons.
 */
#include <azoth_http.h>
#include <azoth_observe.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { NODES_MAX = 256, TICK_MS = 1000, LAST_MS = 250 };

static struct az_seen nodes[NODES_MAX];
static uint32_t node_count;

static const char *const states[] = {
	"group",
	"down",
	"starting",
	"ready",
	"ended",
	"failed",
};

static void look(void)
{
	node_count = 0;
	while (node_count < NODES_MAX &&
	       az_observe(node_count, &nodes[node_count]) == 0)
		node_count++;
}

static uint64_t now_us(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* More than there is room for does not come: NODES_MAX fit. */
__attribute__((format(printf, 2, 3))) static void put(
    struct az_http_response *r, const char *format, ...)
{
	uint32_t room = r->size - r->length;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(r->body + r->length, room, format, args);
	va_end(args);
	if (length > 0 && (uint32_t)length < room)
		r->length += (uint32_t)length;
}

/* --- For the page ----------------------------------------------------------- */

static const char *policy_of(const struct az_seen *n)
{
	static const char *const groups[] = { "one_for_one", "one_for_all",
		"rest_for_one" };
	static const char *const modules[] = { "temporary", "transient",
		"permanent" };

	return n->state == AZ_SEEN_GROUP ? groups[n->policy]
					 : modules[n->policy];
}

/* Names need no quoting: letters, digits, - and _. */
static void put_node(struct az_http_response *r, const struct az_seen *n)
{
	put(r, "{\"name\":\"%s\",\"parent\":%u,\"state\":\"%s\"", n->name,
	    n->parent, states[n->state]);
	put(r, ",\"policy\":\"%s\"", policy_of(n));
	if (n->state != AZ_SEEN_GROUP) {
		put(r, ",\"restarts\":%u,\"memory\":%llu,\"limit\":%llu",
		    n->generation, (unsigned long long)n->memory,
		    (unsigned long long)n->memory_max);
		put(r, ",\"cpu\":%llu,\"age\":%llu",
		    (unsigned long long)n->cpu_ms,
		    (unsigned long long)n->age_ms);
	}
	put(r, "}");
}

static void put_tree(struct az_http_response *r)
{
	look();
	put(r, "{\"uptime\":%llu,\"nodes\":[",
	    (unsigned long long)(now_us() / 1000));
	for (uint32_t i = 0; i < node_count; i++) {
		put(r, "%s", i > 0 ? "," : "");
		put_node(r, &nodes[i]);
	}
	put(r, "]}");
}

static int32_t show_tree(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	response->type = "application/json";
	put_tree(response);
	return 0;
}

static int32_t send_events(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	response->type = "text/event-stream";
	response->again = TICK_MS;
	put(response, "data: ");
	put_tree(response);
	put(response, "\n\n");
	return 0;
}

/* --- Orders ----------------------------------------------------------------- */

static const struct az_http_text *find_order(
    const struct az_http_request *request, struct az_http_response *response)
{
	if (request->method != AZ_HTTP_POST) {
		response->status = 405;
		return NULL;
	}
	for (uint32_t i = 0; i < request->field_count; i++)
		if (request->fields[i].name.length == 7 &&
		    strncasecmp(request->fields[i].name.at, "x-azoth", 7) == 0)
			return &request->fields[i].value;
	response->status = 403;
	put(response, "the field X-Azoth is missing\n");
	return NULL;
}

static bool is_text(const struct az_http_text *t, const char *text)
{
	return t->length == strlen(text) && memcmp(t->at, text, t->length) == 0;
}

/* Whether the module called name is still in the life that is meant. */
static bool is_meant(
    const struct az_http_text *name, const struct az_http_text *life)
{
	char number[12];

	look();
	for (uint32_t i = 0; i < node_count; i++) {
		(void)snprintf(
		    number, sizeof(number), "%u", nodes[i].generation);
		if (nodes[i].state != AZ_SEEN_GROUP &&
		    is_text(name, nodes[i].name))
			return is_text(life, number);
	}
	return true; /* there is none: that is for the kernel to say */
}

static int32_t reset(
    const struct az_http_request *request, struct az_http_response *response)
{
	const struct az_http_text *life = find_order(request, response);
	uint64_t since;
	int32_t status;

	if (life == NULL)
		return 0;
	if (!is_meant(&request->query, life)) {
		response->status = 409;
		put(response, "it has a new life already\n");
		return 0;
	}
	since = now_us();
	status = az_reset(request->query.at, request->query.length);
	if (status == AZ_DENIED) {
		response->status = 403;
		put(response, "this console may not reset that\n");
		return 0;
	}
	if (status != 0)
		return status;
	response->type = "application/json";
	put(response, "{\"us\":%llu}\n",
	    (unsigned long long)(now_us() - since));
	az_http_wake();
	return 0;
}

/* The answer begins, and ends with the machine. */
static int32_t power_off(
    const struct az_http_request *request, struct az_http_response *response)
{
	if (request->turn > 0)
		return az_power(AZ_POWER_HALT);
	if (find_order(request, response) == NULL)
		return 0;
	put(response, "off\n");
	response->again = LAST_MS;
	return 0;
}

/* --- For machines ----------------------------------------------------------- */

static int32_t show_health(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	look();
	for (uint32_t i = 0; i < node_count; i++)
		if (nodes[i].state == AZ_SEEN_FAILED) {
			response->status = 503;
			put(response, "failed: %s\n", nodes[i].name);
		}
	if (response->status == 200)
		put(response, "ok\n");
	return 0;
}

static void put_state(struct az_http_response *r, const struct az_seen *n)
{
	for (uint32_t i = AZ_SEEN_DOWN; i <= AZ_SEEN_FAILED; i++)
		put(r,
		    "azoth_module_state{module=\"%s\",azoth_module_state=\"%"
		    "s\"}"
		    " %u\n",
		    n->name, states[i], n->state == i);
}

static void put_sample(struct az_http_response *r, const char *name,
    const struct az_seen *n, uint64_t value)
{
	put(r, "azoth_module_%s{module=\"%s\"} %llu", name, n->name,
	    (unsigned long long)value);
}

static void put_restarts(struct az_http_response *r, const struct az_seen *n)
{
	put_sample(r, "restarts_total", n, n->generation);
	put(r, "\n");
}

static void put_cpu(struct az_http_response *r, const struct az_seen *n)
{
	put_sample(r, "cpu_seconds_total", n, n->cpu_ms / 1000);
	put(r, ".%03u\n", (unsigned)(n->cpu_ms % 1000));
}

static void put_memory(struct az_http_response *r, const struct az_seen *n)
{
	put_sample(r, "memory_bytes", n, n->memory);
	put(r, "\n");
}

static void put_limit(struct az_http_response *r, const struct az_seen *n)
{
	put_sample(r, "memory_limit_bytes", n, n->memory_max);
	put(r, "\n");
}

static const struct {
	const char *name, *type, *unit, *help;
	void (*put)(struct az_http_response *r, const struct az_seen *n);
} families[] = {
	{ "state", "stateset", "", "What it does now.", put_state },
	{ "restarts", "counter", "", "How often it was made as new.",
	    put_restarts },
	{ "cpu_seconds", "counter", "seconds",
	    "Time of the processor that it has paid for.", put_cpu },
	{ "memory_bytes", "gauge", "bytes", "Its linear memory.", put_memory },
	{ "memory_limit_bytes", "gauge", "bytes", "What that may grow to.",
	    put_limit },
};

static int32_t show_metrics(
    const struct az_http_request *request, struct az_http_response *response)
{
	look();
	for (uint32_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
		const char *name = families[f].name;

		put(response, "# TYPE azoth_module_%s %s\n", name,
		    families[f].type);
		if (families[f].unit[0] != 0)
			put(response, "# UNIT azoth_module_%s %s\n", name,
			    families[f].unit);
		put(response, "# HELP azoth_module_%s %s\n", name,
		    families[f].help);
		for (uint32_t i = 0; i < node_count; i++)
			if (nodes[i].state != AZ_SEEN_GROUP)
				families[f].put(response, &nodes[i]);
	}
	return az_http_metrics(request, response);
}

static const struct az_http_route routes[] = {
	{ "/api/events", send_events },
	{ "/api/tree", show_tree },
	{ "/api/reset", reset },
	{ "/api/off", power_off },
	{ "/metrics", show_metrics },
	{ "/healthz", show_health },
};

int main(int argc, char **argv)
{
	return az_http_serve(
	    argc, argv, routes, sizeof(routes) / sizeof(routes[0]));
}
