#include "metrics.h"

#include <stdio.h>
#include <string.h>

struct metrics metrics;

int32_t metrics_health(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	memcpy(response->body, "ok\n", 3);
	response->length = 3;
	return 0;
}

/* At most as far as there is room. */
static void put_end(struct az_http_response *r, int length)
{
	if (length > 0 && (uint32_t)length < r->size - r->length)
		r->length += (uint32_t)length;
}

static void put_type(
    struct az_http_response *r, const char *name, const char *type)
{
	put_end(r, snprintf(r->body + r->length, r->size - r->length,
		       "# TYPE httpd_%s %s\n", name, type));
}

static void put_value(
    struct az_http_response *r, const char *name, uint64_t value)
{
	put_end(r, snprintf(r->body + r->length, r->size - r->length,
		       "httpd_%s %llu\n", name, (unsigned long long)value));
}

int32_t az_http_metrics(
    const struct az_http_request *request, struct az_http_response *response)
{
	static const struct {
		const char *name, *sample;
		const uint64_t *value;
	} counters[] = {
		{ "responses", "responses_total{status=\"2xx\"}",
		    &metrics.responses[2] },
		{ NULL, "responses_total{status=\"3xx\"}",
		    &metrics.responses[3] },
		{ NULL, "responses_total{status=\"4xx\"}",
		    &metrics.responses[4] },
		{ NULL, "responses_total{status=\"5xx\"}",
		    &metrics.responses[5] },
		{ "refused_requests", "refused_requests_total",
		    &metrics.refused },
		{ "received_bytes", "received_bytes_total", &metrics.received },
		{ "sent_bytes", "sent_bytes_total", &metrics.sent },
		{ "connections", "connections_total", &metrics.accepted },
		{ "connections_timed_out", "connections_timed_out_total",
		    &metrics.timed_out },
		{ "connections_crowded_out", "connections_crowded_out_total",
		    &metrics.crowded },
		{ "connections_broken", "connections_broken_total",
		    &metrics.broken },
	};

	(void)request;
	response->type = "application/openmetrics-text; version=1.0.0; "
			 "charset=utf-8";
	for (uint32_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		if (counters[i].name != NULL)
			put_type(response, counters[i].name, "counter");
		put_value(response, counters[i].sample, *counters[i].value);
	}
	put_type(response, "open_connections", "gauge");
	put_value(response, "open_connections", metrics.open);
	memcpy(response->body + response->length, "# EOF\n", 6);
	response->length += 6;
	return 0;
}
