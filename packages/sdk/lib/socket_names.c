/* socket_names: addresses and names: netdb.h. */
#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 65535, FOUR = 4, SIX = 16 };

int h_errno;

/* Those that were looked up; the one with index i has the address 0.1.0.0 + i,
 * in two bytes. */
static char **names;
static uint32_t name_count;

static const uint8_t MAPPED[12] = { [10] = 0xff, [11] = 0xff };

bool address_read(
    struct az_socket_address *out, const struct sockaddr *in, socklen_t len)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	*out = (struct az_socket_address){ 0 };
	if (in != NULL && in->sa_family == AF_INET && len >= sizeof(four)) {
		memcpy(&four, in, sizeof(four));
		out->family = 4;
		out->port = ntohs(four.sin_port);
		memcpy(out->ip, &four.sin_addr, FOUR);
		return true;
	}
	if (in == NULL || in->sa_family != AF_INET6 || len < sizeof(six))
		return false;
	memcpy(&six, in, sizeof(six));
	out->port = ntohs(six.sin6_port);
	out->family = 6;
	memcpy(out->ip, &six.sin6_addr, SIX);
	if (memcmp(out->ip, MAPPED, sizeof(MAPPED)) == 0) {
		out->family = 4;
		memmove(out->ip, out->ip + sizeof(MAPPED), FOUR);
		memset(out->ip + FOUR, 0, SIX - FOUR);
	}
	return true;
}

static void write_some(
    struct sockaddr *out, socklen_t *len, const void *from, socklen_t size)
{
	memcpy(out, from, *len < size ? *len : size);
	*len = size;
}

void address_write(struct sockaddr *out, socklen_t *len,
    const struct az_socket_address *in, bool six)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(in->port) };
	struct sockaddr_in a4 = { .sin_family = AF_INET,
		.sin_port = htons(in->port) };

	if (in->family != 6 && !six) {
		memcpy(&a4.sin_addr, in->ip, FOUR);
		write_some(out, len, &a4, sizeof(a4));
		return;
	}
	if (in->family == 6) {
		memcpy(&a6.sin6_addr, in->ip, SIX);
	} else {
		memcpy(&a6.sin6_addr, MAPPED, sizeof(MAPPED));
		memcpy((uint8_t *)&a6.sin6_addr + sizeof(MAPPED), in->ip, FOUR);
	}
	write_some(out, len, &a6, sizeof(a6));
}

/* --- Names ------------------------------------------------------------------- */

const char *name_of(const struct az_socket_address *a)
{
	uint32_t i = (uint32_t)a->ip[2] << 8 | a->ip[3];

	return a->family == 4 && a->ip[0] == 0 && a->ip[1] == 1 &&
		       i < name_count
		   ? names[i]
		   : NULL;
}

/* The address that stands for a name. */
static bool look_up(struct in_addr *out, const char *name)
{
	uint8_t ip[FOUR] = { 0, 1 };
	uint32_t i = 0;
	char **more;

	while (i < name_count && strcmp(names[i], name) != 0)
		i++;
	if (i == name_count) {
		if (i == NAMES_MAX)
			return false;
		more = realloc(names, (i + 1) * sizeof(*names));
		if (more == NULL)
			return false;
		names = more;
		names[i] = strdup(name);
		if (names[i] == NULL)
			return false;
		name_count++;
	}
	ip[2] = (uint8_t)(i >> 8);
	ip[3] = (uint8_t)i;
	memcpy(out, ip, FOUR);
	return true;
}

/* Of hosts, as grants can name them. */
static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-._");

	return len > 0 && len < NI_MAXHOST && text[len] == 0;
}

in_addr_t inet_addr(const char *text)
{
	struct in_addr a;

	return inet_aton(text, &a) ? a.s_addr : INADDR_NONE;
}

char *inet_ntoa(struct in_addr address)
{
	static char text[INET_ADDRSTRLEN];

	return (char *)inet_ntop(AF_INET, &address, text, sizeof(text));
}

/* --- Services ------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint16_t port;
} SERVICES[] = {
	{ "ssh", 22 },
	{ "smtp", 25 },
	{ "domain", 53 },
	{ "http", 80 },
	{ "ntp", 123 },
	{ "https", 443 },
	{ "syslog", 514 },
};
enum { SERVICE_COUNT = sizeof(SERVICES) / sizeof(SERVICES[0]) };

static int find_service(const char *name)
{
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (strcmp(SERVICES[i].name, name) == 0)
			return SERVICES[i].port;
	return -1;
}

struct servent *getservbyname(const char *name, const char *protocol)
{
	static char *none[1], copy[NI_MAXSERV], its_protocol[4];
	static struct servent found = {
		.s_name = copy, .s_aliases = none, .s_proto = its_protocol
	};
	int port = find_service(name);

	if (port < 0)
		return NULL;
	(void)snprintf(copy, sizeof(copy), "%s", name);
	(void)snprintf(its_protocol, sizeof(its_protocol), "%s",
	    protocol != NULL ? protocol : "tcp");
	found.s_port = htons((uint16_t)port);
	return &found;
}

/* A port's number, or an EAI_ code. */
static int parse_service(const char *text, int flags)
{
	char *end;
	unsigned long port;

	if (text == NULL)
		return 0;
	port = strtoul(text, &end, 10);
	if (end != text && *end == 0)
		return port <= UINT16_MAX ? (int)port : EAI_SERVICE;
	if (flags & AI_NUMERICSERV)
		return EAI_NONAME;
	return find_service(text) >= 0 ? find_service(text) : EAI_SERVICE;
}

/* --- getaddrinfo ----------------------------------------------------------------- */

/* Fill in the address behind a text, of this family or any: 0 or EAI_. */
static int find_host(
    struct sockaddr_storage *out, const char *host, int family, int flags)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	bool numbers = host == NULL;

	memset(out, 0, sizeof(*out));
	out->ss_family = family == AF_INET6 ? AF_INET6 : AF_INET;
	if (host == NULL && !(flags & AI_PASSIVE)) {
		if (family == AF_INET6)
			six->sin6_addr = in6addr_loopback;
		else
			four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else if (host != NULL) {
		numbers = inet_pton(AF_INET6, host, &six->sin6_addr) == 1;
		out->ss_family = numbers ? AF_INET6 : AF_INET;
		if (!numbers)
			numbers = inet_aton(host, &four->sin_addr) != 0;
		if (numbers && family != AF_UNSPEC && out->ss_family != family)
			return EAI_NONAME;
	}
	if (numbers)
		return 0;
	if ((flags & AI_NUMERICHOST) || !is_name(host))
		return EAI_NONAME;
	/* Of either family: the network stack takes the one that it finds. */
	if (!look_up(&four->sin_addr, host))
		return EAI_MEMORY;
	if (family == AF_INET6) {
		struct in_addr found = four->sin_addr;

		memset(out, 0, sizeof(*out));
		out->ss_family = AF_INET6;
		memcpy(&six->sin6_addr, MAPPED, sizeof(MAPPED));
		memcpy(
		    (uint8_t *)&six->sin6_addr + sizeof(MAPPED), &found, FOUR);
	}
	return 0;
}

struct found {
	struct addrinfo info;
	struct sockaddr_storage address;
	char name[];
};

static struct addrinfo *make_info(const struct sockaddr_storage *address,
    int type, const char *name, struct addrinfo *next)
{
	size_t len = name != NULL ? strlen(name) + 1 : 0;
	struct found *f = calloc(1, sizeof(*f) + len);

	if (f == NULL)
		return NULL;
	f->address = *address;
	f->info = (struct addrinfo){
		.ai_family = address->ss_family,
		.ai_socktype = type,
		.ai_protocol = type == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP,
		.ai_addrlen = address->ss_family == AF_INET6
				  ? sizeof(struct sockaddr_in6)
				  : sizeof(struct sockaddr_in),
		.ai_addr = (struct sockaddr *)&f->address,
		.ai_canonname = name != NULL ? f->name : NULL,
		.ai_next = next,
	};
	if (name != NULL)
		memcpy(f->name, name, len);
	return &f->info;
}

static int check_hints(const struct addrinfo *hints)
{
	if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET &&
	    hints->ai_family != AF_INET6)
		return EAI_FAMILY;
	return hints->ai_socktype == 0 || hints->ai_socktype == SOCK_STREAM ||
		       hints->ai_socktype == SOCK_DGRAM
		   ? 0
		   : EAI_SOCKTYPE;
}

int getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	const struct addrinfo any = { 0 }, *want = hints != NULL ? hints : &any;
	const char *name = want->ai_flags & AI_CANONNAME ? host : NULL;
	int port = parse_service(service, want->ai_flags);
	struct sockaddr_storage address;
	int error = check_hints(want);

	if (host == NULL && service == NULL)
		return EAI_NONAME;
	if (error == 0)
		error = port < 0 ? port
				 : find_host(&address, host, want->ai_family,
				       want->ai_flags);
	if (error != 0)
		return error;
	/* The port lies at the same place in both. */
	((struct sockaddr_in *)&address)->sin_port = htons((uint16_t)port);
	*list = NULL;
	if (want->ai_socktype != SOCK_STREAM)
		*list = make_info(&address, SOCK_DGRAM, name, NULL);
	if (want->ai_socktype != SOCK_DGRAM)
		*list = make_info(&address, SOCK_STREAM, name, *list);
	return *list != NULL ? 0 : EAI_MEMORY;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
}

const char *gai_strerror(int error)
{
	switch (error) {
	case 0:
		return "Success";
	case EAI_NONAME:
		return "Name or service not known";
	case EAI_FAMILY:
		return "Address family not supported";
	case EAI_SOCKTYPE:
		return "Socket type not supported";
	case EAI_SERVICE:
		return "Service not supported for socket type";
	case EAI_MEMORY:
		return "Memory allocation failure";
	case EAI_OVERFLOW:
		return "Argument buffer overflow";
	default:
		return "Unknown error";
	}
}

/* Whether text and its NUL fit. */
static bool put_text(char *out, socklen_t size, const char *text)
{
	if (out == NULL || size == 0)
		return true;
	return (size_t)snprintf(out, size, "%s", text) < size;
}

int getnameinfo(const struct sockaddr *address, socklen_t len, char *host,
    socklen_t host_size, char *service, socklen_t service_size, int flags)
{
	struct az_socket_address a;
	char numbers[INET6_ADDRSTRLEN], port[8];
	const char *name = NULL;

	if (!address_read(&a, address, len))
		return EAI_FAMILY;
	if (!(flags & NI_NUMERICHOST))
		name = name_of(&a);
	if (name == NULL && (flags & NI_NAMEREQD))
		return EAI_NONAME;
	if (name == NULL)
		name = address->sa_family == AF_INET
			   ? inet_ntop(AF_INET, a.ip, numbers, sizeof(numbers))
			   : inet_ntop(AF_INET6,
				 &((const struct sockaddr_in6 *)address)
				      ->sin6_addr,
				 numbers, sizeof(numbers));
	(void)snprintf(port, sizeof(port), "%u", a.port);
	return put_text(host, host_size, name) &&
		       put_text(service, service_size, port)
		   ? 0
		   : EAI_OVERFLOW;
}

struct hostent *gethostbyname(const char *name)
{
	static struct in_addr address;
	static char *addresses[2], *none[1], copy[NI_MAXHOST];
	static struct hostent found = {
		.h_name = copy,
		.h_aliases = none,
		.h_addrtype = AF_INET,
		.h_length = FOUR,
		.h_addr_list = addresses,
	};
	struct sockaddr_storage all;

	if (find_host(&all, name, AF_INET, 0) != 0) {
		h_errno = HOST_NOT_FOUND;
		return NULL;
	}
	address = ((struct sockaddr_in *)&all)->sin_addr;
	addresses[0] = (char *)&address;
	(void)snprintf(copy, sizeof(copy), "%s", name);
	return &found;
}
