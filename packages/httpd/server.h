/* server: all connections, and the loop that moves them.
 *
 * One of every CROWD connections is kept free for who comes next: when it is
 * not, the connection that has been slowest gives way, one that has not sent
 * the head of its request before all others. So clients that are quick get in
 * however many slow ones hold on. */
#ifndef HTTPD_SERVER_H
#define HTTPD_SERVER_H

#include <stdint.h>

struct conn;

/* A buffer of the pool for c, if need be taken from the slowest other
 * connection, which ends; NULL: those who have them are not slow. */
char *server_take_buffer(const struct conn *c);

/* A descriptor is closed. */
void server_forget(int32_t fd);

/* For the fuzzer, which has its own loop: the two halves of az_http_serve.
 * 0, or an exit code. */
int server_begin(uint32_t route_count);
/* Wait for something and do it; for ever: at most ns. */
void server_turn(int64_t most_ns);

#endif
