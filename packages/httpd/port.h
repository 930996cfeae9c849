/* port: the sockets that httpd works with. port.c has them from Azoth; tests
 * have others: real sockets of Linux, or what a fuzzer says.
 *
 * All descriptors are non-blocking. Context: nothing here waits but
 * port_events. */
#ifndef HTTPD_PORT_H
#define HTTPD_PORT_H

#include <stdint.h>

struct az_socket_ready;
struct iovec;

enum { PORT_AGAIN = -1, PORT_BROKEN = -2, LISTENERS_MAX = 8 };

/* The listeners that this program was given: how many. */
uint32_t port_listeners(int32_t fds[LISTENERS_MAX]);
/* All is set up: connections are accepted from now on. */
void port_ready(void);
/* A connection; or PORT_AGAIN for none. */
int32_t port_accept(int32_t listener);
/* Bytes read, 0 at the end of them, PORT_AGAIN or PORT_BROKEN. */
int32_t port_read(int32_t fd, void *buffer, uint32_t size);
/* Bytes written, PORT_AGAIN or PORT_BROKEN. */
int32_t port_write(int32_t fd, const struct iovec *v, uint32_t count);
/* Nothing more will be written. */
void port_shut(int32_t fd);
void port_close(int32_t fd);
/* As az_sock_events. */
uint32_t port_events(struct az_socket_ready *list, uint32_t max, int64_t ns);
/* Milliseconds that have passed since some moment. */
uint64_t port_now(void);

#endif
