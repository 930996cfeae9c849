/* netinet/in: wasi-libc's, with the address that ends in sin_zero. */
#ifndef AZOTH_NETINET_IN_H
#define AZOTH_NETINET_IN_H

#include <sys/socket.h>

#define __wasilibc___struct_sockaddr_in_h
#define __wasilibc___struct_sockaddr_in6_h
#include <__struct_in6_addr.h>
#include <__struct_in_addr.h>
#include <__typedef_in_port_t.h>
#include <stdint.h>
struct sockaddr_in {
	sa_family_t sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	unsigned char sin_zero[8];
};
struct sockaddr_in6 {
	sa_family_t sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id;
};

#include_next <netinet/in.h>

#define IPPROTO_ICMPV6 58

#endif
