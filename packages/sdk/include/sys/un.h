/* sys/un: addresses of a family that does not exist here (EAFNOSUPPORT). */
#ifndef AZOTH_SYS_UN_H
#define AZOTH_SYS_UN_H

#define __wasilibc___struct_sockaddr_un_h
#include <__typedef_sa_family_t.h>
struct sockaddr_un {
	sa_family_t sun_family;
	char sun_path[108];
};

#include_next <sys/un.h>

#endif
