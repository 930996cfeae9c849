/* target: what a request's target names.
 *
 * Percent-decoded once and in place. Refused, so that no name has two
 * meanings: slashes, backslashes, controls and NULs that were encoded, what
 * is not hex behind a %, and the segments `.` and `..`. */
#ifndef HTTPD_TARGET_H
#define HTTPD_TARGET_H

#include <stdbool.h>

struct az_http_text;

/* target: "/PATH?QUERY", "http://HOST/PATH?QUERY" for the host of the field
 * Host, or "*", whose path is that. The path is decoded where it lies. */
bool target_parse(struct az_http_text *path, struct az_http_text *query,
    struct az_http_text target, struct az_http_text host);

#endif
