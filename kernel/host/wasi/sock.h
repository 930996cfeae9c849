/* host/wasi/sock: what WASI's calls on any descriptor do for sockets: numbers
 * from SOCKET_FD on, and listeners. Arguments and results are fd_read's,
 * fd_write's and fd_close's. */
#ifndef AZ_HOST_WASI_SOCK_H
#define AZ_HOST_WASI_SOCK_H

#include <stdbool.h>
#include <stdint.h>

struct domain;

/* Whether they are for descriptor fd of d. */
bool sock_is(const struct domain *d, uint64_t fd);
/* Those about flags are not for TCP's listeners, which are like files. */
bool sock_has_flags(const struct domain *d, uint64_t fd);

uint64_t sock_read(struct domain *d, const uint64_t *arg);
uint64_t sock_write(struct domain *d, const uint64_t *arg);
uint64_t sock_close(struct domain *d, const uint64_t *arg);
/* fd_fdstat_get, fd_fdstat_set_flags. */
uint64_t sock_get_flags(struct domain *d, const uint64_t *arg);
uint64_t sock_set_flags(struct domain *d, const uint64_t *arg);

struct socket_state;
/* What poll_oneoff asks: WASI's errno, and what is there. */
uint64_t sock_poll(
    struct socket_state *out, const struct domain *d, uint64_t fd);

#endif
