/* sys/socket: sockets as POSIX has them, over those of WASI and of module
 * azoth. wasi-libc declares those that need no network; the rest is here, and
 * in lib/socket*.c, which wasm-cc links to what speaks of `socket`. What they
 * promise, and what not: README.md, "Programs with sockets".
 */
#ifndef AZOTH_SYS_SOCKET_H
#define AZOTH_SYS_SOCKET_H

/* wasi-libc's have no room for what programs put there. */
#define __wasilibc___struct_sockaddr_h
#define __wasilibc___struct_sockaddr_storage_h
#include <__typedef_sa_family_t.h>
struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};
struct sockaddr_storage {
	sa_family_t ss_family;
	char ss_padding[122];
	unsigned long ss_align;
};

#include <sys/types.h>
#include <sys/uio.h>
#include_next <sys/socket.h>

#define PF_UNSPEC AF_UNSPEC
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define PF_UNIX AF_UNIX
#define AF_LOCAL AF_UNIX
#define PF_LOCAL AF_UNIX
#define SOCK_RAW 3
#define SOMAXCONN 128

#define SO_REUSEADDR 2
#define SO_ERROR 4
#define SO_DONTROUTE 5
#define SO_BROADCAST 6
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_KEEPALIVE 9
#define SO_OOBINLINE 10
#define SO_LINGER 13
#define SO_REUSEPORT 15
#define SO_RCVLOWAT 18
#define SO_SNDLOWAT 19
#define SO_RCVTIMEO 20
#define SO_SNDTIMEO 21
#define SO_ACCEPTCONN 30
#define SO_PROTOCOL 38
#define SO_DOMAIN 39

#define MSG_OOB 0x0100
#define MSG_DONTROUTE 0x0200
#define MSG_CTRUNC 0x0400
#define MSG_DONTWAIT 0x0800
#define MSG_NOSIGNAL 0x1000
#define MSG_MORE 0x2000

#ifdef __cplusplus
extern "C" {
#endif

int socket(int family, int type, int protocol);
int bind(int fd, const struct sockaddr *address, socklen_t len);
int connect(int fd, const struct sockaddr *address, socklen_t len);
int listen(int fd, int backlog);
int getsockname(int fd, struct sockaddr *address, socklen_t *len);
int getpeername(int fd, struct sockaddr *address, socklen_t *len);
ssize_t sendto(int fd, const void *bytes, size_t len, int flags,
    const struct sockaddr *address, socklen_t address_len);
ssize_t recvfrom(int fd, void *bytes, size_t len, int flags,
    struct sockaddr *address, socklen_t *address_len);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t recvmsg(int fd, struct msghdr *message, int flags);
int setsockopt(int fd, int level, int option, const void *value, socklen_t len);

#ifdef __cplusplus
}
#endif

#endif
