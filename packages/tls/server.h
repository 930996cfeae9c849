/* server: the table of sessions, the listeners from which they come, and the
 * loop in which all of it happens.
 *
 * A table that is full leaves connections to the stack behind the listener,
 * whose backlog is bounded; who lingers, or is slow to shake hands, or was
 * silent for long, gives way.
 */
#ifndef TLS_SERVER_H
#define TLS_SERVER_H

#include <stdint.h>

/* 0, or the program's exit code; stderr says why. */
int server_begin(void);
/* Everything that can be done now; gives ns until there is more, or
 * INT64_MAX. */
int64_t server_turn(void);

#endif
