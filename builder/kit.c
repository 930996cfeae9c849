#include "kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/rights.h"
#include "abi/socket.h"
#include "cli.h"
#include "diag.h"
#include "exit.h"
#include "manifest_value.h"
#include "mem.h"
#include "verify/bundle.h"
#include "verify/sockets.h"

/* What QEMU has of the devices that drivers name by numbers. */
static const struct kind {
	const char *qemu;
	bool network;
	uint32_t ids[2]; /* device << 16 | vendor */
} KINDS[] = {
	{ "virtio-net-pci", true, { 0x10001af4, 0x10411af4 } },
	{ "e1000", true, { 0x100e8086, 0x100f8086 } },
	{ "virtio-rng-pci", false, { 0x10051af4, 0x10441af4 } },
	{ "edu", false, { 0x11e81234, 0 } },
};
enum { KIND_COUNT = sizeof(KINDS) / sizeof(KINDS[0]), UART_PORTS = 8 };

static const struct kind *find_kind(const struct az_device *d)
{
	for (size_t i = 0; i < AZ_IDS_MAX && d->ids[i] != 0; i++)
		for (size_t k = 0; k < KIND_COUNT; k++)
			if (d->ids[i] == KINDS[k].ids[0] ||
			    d->ids[i] == KINDS[k].ids[1])
				return &KINDS[k];
	return NULL;
}

static const char *copy_text(
    const struct kit *k, const struct bundle *b, struct az_text t)
{
	struct bundle_text text = bundle_text(b, t);

	return arena_strndup(k->arena, text.at, text.len);
}

static void add_device(struct kit *k, struct kit_device device)
{
	k->devices = arena_push(
	    k->arena, k->devices, &k->device_count, sizeof(*k->devices));
	k->devices[k->device_count - 1] = device;
}

/* As many of a kind as the system counts, in the order in which it does. */
static void add_kind(
    struct kit *k, const struct bundle *b, const struct kind *kind)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < b->device_count; i++)
		if (find_kind(&b->devices[i]) == kind &&
		    b->devices[i].nth >= count)
			count = b->devices[i].nth + 1;
	for (uint32_t n = 0; n < count; n++) {
		struct kit_device device = { .qemu = kind->qemu,
			.network = kind->network };

		device.name = arena_printf(k->arena, "%s-%u", kind->qemu, n);
		for (uint32_t i = 0; i < b->device_count; i++)
			if (find_kind(&b->devices[i]) == kind &&
			    b->devices[i].nth == n)
				device.name = copy_text(k, b,
				    b->channels[b->devices[i].channel].name);
		add_device(k, device);
	}
}

/* A serial port: of ISA, with eight ports and a line. */
static void add_serial(
    struct kit *k, const struct bundle *b, const struct az_device *d)
{
	const struct az_region *r = &b->regions[d->regions.first];

	if (d->bus != AZ_BUS_ISA || d->regions.count != 1 ||
	    r->size != UART_PORTS)
		return;
	add_device(k, (struct kit_device){
			  .name = copy_text(k, b, b->channels[d->channel].name),
			  .qemu = "isa-serial",
			  .port = r->number,
			  .line = d->line });
}

static void add_secret(
    struct kit *k, const struct bundle *b, const struct az_grant *g)
{
	const char *name =
	    copy_text(k, b, (struct az_text){ g->text_off, g->text_len });

	for (size_t i = 0; i < k->secret_count; i++)
		if (strcmp(k->secrets[i].name, name) == 0)
			return;
	k->secrets = arena_push(
	    k->arena, k->secrets, &k->secret_count, sizeof(*k->secrets));
	k->secrets[k->secret_count - 1] =
	    (struct kit_secret){ .name = name, .max = g->value };
}

static void add_listener(
    struct kit *k, const struct bundle *b, const struct az_grant *g)
{
	struct sockets_place place;

	if (!sockets_place(&place,
		bundle_text(b, (struct az_text){ g->text_off, g->text_len })))
		return;
	k->listeners = arena_push(
	    k->arena, k->listeners, &k->listener_count, sizeof(*k->listeners));
	k->listeners[k->listener_count - 1] = (struct kit_listener){
		.port = (uint16_t)place.port,
		.udp = place.protocol == AZ_PROTOCOL_UDP,
	};
}

void kit_init(struct kit *k, const struct bundle *b)
{
	*k = (struct kit){ .arena = arena_new() };
	if (b == NULL)
		return;
	for (size_t i = 0; i < KIND_COUNT; i++)
		add_kind(k, b, &KINDS[i]);
	for (uint32_t i = 0; i < b->device_count; i++)
		add_serial(k, b, &b->devices[i]);
	for (uint32_t i = 0; i < b->grant_count; i++)
		if (b->grants[i].kind == AZ_GRANT_SECRET)
			add_secret(k, b, &b->grants[i]);
		else if (b->grants[i].kind == AZ_GRANT_LISTEN)
			add_listener(k, b, &b->grants[i]);
}

void kit_fini(struct kit *k)
{
	if (k->arena != NULL)
		arena_free(k->arena);
	*k = (struct kit){ 0 };
}

/* --- Ports ------------------------------------------------------------- */

static bool read_port(const char *text, size_t len, uint16_t *out)
{
	char *copy = xstrndup(text, len);
	uint64_t n;
	bool good = value_integer(copy, &n) && n > 0 && n <= UINT16_MAX;

	free(copy);
	if (good)
		*out = (uint16_t)n;
	return good;
}

/* Can QEMU listen there? An errno, or 0. */
static int try_port(const struct kit_forward *f)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(f->host),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int type = f->udp ? SOCK_DGRAM : SOCK_STREAM, on = 1, err = 0;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    (!f->udp && listen(fd, 1) != 0))
		err = errno;
	close(fd);
	return err;
}

/* The network card of that name, or the first one; NULL: there is none. */
static const struct kit_device *find_card(
    const struct kit *k, const char *name, size_t len)
{
	for (size_t i = 0; i < k->device_count; i++) {
		const struct kit_device *d = &k->devices[i];

		if (d->network &&
		    (len == 0 || (strlen(d->name) == len &&
				     memcmp(d->name, name, len) == 0)))
			return d;
	}
	return NULL;
}

int kit_forward(struct kit *k, const char *text)
{
	static const char suffix[] = "/udp";
	const char *colon = strrchr(text, ':'), *ports = text;
	size_t len = colon != NULL ? strlen(colon + 1) : 0;
	struct kit_forward f = { .udp = false };
	int err;

	if (colon != NULL && memchr(text, ':', (size_t)(colon - text)) != NULL)
		ports = strchr(text, ':') + 1;

	if (len >= sizeof(suffix) &&
	    strcmp(colon + 1 + len - (sizeof(suffix) - 1), suffix) == 0) {
		f.udp = true;
		len -= sizeof(suffix) - 1;
	}
	if (colon == NULL ||
	    !read_port(ports, (size_t)(colon - ports), &f.host) ||
	    !read_port(colon + 1, len, &f.guest)) {
		cli_error(NULL,
		    "write this host's port and the guest's, for example "
		    "`-p 8080:80`",
		    "`%s` is not a pair of ports", text);
		return EXIT_USAGE;
	}
	f.card =
	    find_card(k, text, ports > text ? (size_t)(ports - text) - 1 : 0);
	if (f.card == NULL) {
		cli_error(NULL, NULL,
		    "`-p %s` leads nowhere: the system has no %snetwork card",
		    text, ports > text ? "such " : "");
		return EXIT_USAGE;
	}
	err = try_port(&f);
	if (err != 0) {
		cli_error("AZ0902", "choose another one: `-p PORT:GUEST`",
		    "port %u of this host cannot be had: %s", f.host,
		    strerror(err));
		return EXIT_HOST;
	}
	k->forwards = arena_push(
	    k->arena, k->forwards, &k->forward_count, sizeof(*k->forwards));
	k->forwards[k->forward_count - 1] = f;
	return EXIT_DONE;
}

/* --- Secrets ----------------------------------------------------------- */

static struct kit_secret *find_secret(
    const struct kit *k, const char *name, size_t len)
{
	for (size_t i = 0; i < k->secret_count; i++)
		if (strlen(k->secrets[i].name) == len &&
		    memcmp(k->secrets[i].name, name, len) == 0)
			return &k->secrets[i];
	return NULL;
}

static int report_secret(const struct kit *k, const char *text, size_t len)
{
	const char **names = xcalloc(k->secret_count, sizeof(*names)), *near;
	char *name = xstrndup(text, len), *help = NULL;

	for (size_t i = 0; i < k->secret_count; i++)
		names[i] = k->secrets[i].name;
	near = diag_nearest(name, names, k->secret_count);
	if (near != NULL)
		help = xasprintf("a secret named `%s` exists", near);
	cli_error(NULL, help, "the system has no secret `%s`", name);
	free(help);
	free(name);
	free(names);
	return EXIT_USAGE;
}

/* Nobody but the guest is to learn what it holds: we do not read it. */
static int check_file(const struct kit_secret *s, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
		cli_error("AZ0205", NULL, "cannot read `%s`: %s", path,
		    strerror(errno));
		return EXIT_INPUT;
	}
	if (S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (uint64_t)st.st_size <= s->max)
		return EXIT_DONE;
	cli_error(NULL, NULL,
	    "`%s` is no file of 1 to %llu bytes, as secret "
	    "`%s` is",
	    path, (unsigned long long)s->max, s->name);
	return EXIT_INPUT;
}

int kit_secret(struct kit *k, const char *text)
{
	const char *equals = strchr(text, '=');
	struct kit_secret *s;
	char full[PATH_MAX];
	int code;

	if (equals == NULL || equals == text || equals[1] == '\0') {
		cli_error(NULL, "write `--secret NAME=FILE`",
		    "`%s` is not a name and a file", text);
		return EXIT_USAGE;
	}
	s = find_secret(k, text, (size_t)(equals - text));
	if (s == NULL)
		return report_secret(k, text, (size_t)(equals - text));
	code = check_file(s, equals + 1);
	if (code == EXIT_DONE)
		s->file = arena_strdup(k->arena,
		    realpath(equals + 1, full) != NULL ? full : equals + 1);
	return code;
}

/* --- Options ----------------------------------------------------------- */

/* A text inside an option list: QEMU wants each comma twice. */
static void put_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == ',')
			buf_putc(out, ',');
		buf_putc(out, *text);
	}
}

static const char *keep(const struct kit *k, struct buf *text)
{
	const char *out = arena_strdup(k->arena, text->at);

	buf_fini(text);
	return out;
}

static const char *netdev_of(const struct kit *k, const struct kit_device *d)
{
	struct buf text = { 0 };

	buf_printf(&text, "user,id=%s", d->name);
	for (size_t i = 0; i < k->forward_count; i++)
		if (k->forwards[i].card == d)
			buf_printf(&text, ",hostfwd=%s:127.0.0.1:%u-:%u",
			    k->forwards[i].udp ? "udp" : "tcp",
			    k->forwards[i].host, k->forwards[i].guest);
	return keep(k, &text);
}

static const char *secret_of(const struct kit *k, const struct kit_secret *s)
{
	struct buf text = { 0 };

	buf_printf(&text, "name=opt/azoth/secret/%s,file=", s->name);
	put_escaped(&text, s->file);
	return keep(k, &text);
}

void kit_options(const struct kit *k,
    void (*add)(void *to, const char *option, const char *value), void *to)
{
	for (size_t i = 0; i < k->device_count; i++) {
		const struct kit_device *d = &k->devices[i];

		if (d->network) {
			add(to, "-netdev", netdev_of(k, d));
			add(to, "-device",
			    arena_printf(k->arena,
				"%s,netdev=%s,romfile=", d->qemu, d->name));
		} else if (d->port != 0) {
			add(to, "-chardev",
			    arena_printf(k->arena, "null,id=%s", d->name));
			add(to, "-device",
			    arena_printf(k->arena,
				"%s,chardev=%s,iobase=0x%x,irq=%u", d->qemu,
				d->name, d->port, d->line));
		} else {
			add(to, "-device", d->qemu);
		}
	}
	for (size_t i = 0; i < k->secret_count; i++)
		if (k->secrets[i].file != NULL)
			add(to, "-fw_cfg", secret_of(k, &k->secrets[i]));
}
