/* pool: large buffers, for the bodies of requests and for what handlers
 * answer. There are at most POOL_COUNT of them, made when they are first needed;
 * who finds none makes a slow client give one back (conn.c). */
#ifndef HTTPD_POOL_H
#define HTTPD_POOL_H

#include "azoth_http.h"

enum { POOL_COUNT = 16, POOL_SIZE = AZ_HTTP_BODY_MAX };

/* NULL: all are in use. */
char *pool_take(void);
/* Give *buffer back, and set it to NULL; of NULL nothing. */
void pool_give(char **buffer);

#endif
