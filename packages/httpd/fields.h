/* fields: what the fields of a request mean to httpd: its host, its body, its
 * connection. Each is refused where two readers could understand it in two
 * ways: given twice, a list, a number with more than digits. */
#ifndef HTTPD_FIELDS_H
#define HTTPD_FIELDS_H

#include <stdint.h>

struct head;

/* Give each field of h its meaning, in their order: 0, or the status to
 * refuse the request with. */
uint32_t fields_take(struct head *h);

#endif
