/* metrics: what httpd has done since it began, for /metrics. Counters run
 * freely; `open` is a number of now. */
#ifndef HTTPD_METRICS_H
#define HTTPD_METRICS_H

#include "azoth_http.h"

struct metrics {
	uint64_t responses[6];   /* by the first digit of their status */
	uint64_t refused;        /* requests that were malformed or too much */
	uint64_t received, sent; /* bytes */
	uint64_t accepted, open; /* connections */
	uint64_t timed_out, crowded; /* dropped: too slow; for others */
	uint64_t broken;             /* ended by their clients */
};

extern struct metrics metrics;

/* The handler of /healthz. */
int32_t metrics_health(
    const struct az_http_request *request, struct az_http_response *response);

#endif
