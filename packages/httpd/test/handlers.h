/* handlers: what the tests' httpd answers itself: /echo gives back what it got,
 * /fail fails with the status that the query says (-1, -2...; none: 1), and
 * /stream answers in three parts, the second of which is empty; /passed is
 * passed.c's, by gate.c in place of a kernel. */
#ifndef HTTPD_HANDLERS_H
#define HTTPD_HANDLERS_H

#include "azoth_http.h"

enum { HANDLERS = 6 };

extern const struct az_http_route handlers[HANDLERS];

#endif
