#include "host/host.h"

#include <stddef.h>

#include "abi/index.h"
#include "arch/console.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "host/files.h"
#include "host/input.h"
#include "host/port.h"
#include "host/state.h"
#include "host/wasi/wasi.h"
#include "mm/map.h"
#include "task/domain.h"
#include "task/sched.h"
#include "verify/bundle.h"

static const struct bundle *bundle;
static host_blob_fn *find_blob;
static void (*power_hook)(enum az_power_op op);
static struct host_state *attached; /* walked by the input interrupt */

host_fn *const host_calls[AZ_CALL_COUNT] = {
#define X(sym, module, name, type, grant) [sym] = host_##sym,
	AZ_CALLS
#undef X
};

void state_take_input(void)
{
	if (!input_poll())
		return;
	for (struct host_state *s = attached; s != NULL; s = s->next)
		if (s->wants_input)
			sched_wake(domain_thread(s->domain));
}

bool host_expects(void)
{
	const struct host_state *s = attached;

	while (s != NULL && !s->wants_input)
		s = s->next;
	return s != NULL;
}

az_err host_init(const struct bundle *signed_bundle, host_blob_fn *blob)
{
	bundle = signed_bundle;
	find_blob = blob;
	files_init(signed_bundle);
	console_set_handler(state_take_input);
	return port_init(signed_bundle);
}

void host_begin(struct domain *d)
{
	port_begin(d);
}

void host_set_power(void (*on_power)(enum az_power_op op))
{
	power_hook = on_power;
}

const struct bundle *state_bundle(void)
{
	return bundle;
}

const uint8_t *state_blob(uint32_t blob, uint64_t *len)
{
	return find_blob(blob, len);
}

void state_flush(struct domain *d)
{
	lines_flush(&d->host->out, d->name, '|');
	lines_flush(&d->host->err, d->name, '!');
}

void state_wait_input(struct domain *d, uint64_t ns)
{
	state_flush(d);
	d->host->wants_input = true;
	(void)sched_sleep_until(ns);
	d->host->wants_input = false;
}

void state_power(enum az_power_op op)
{
	invariant(power_hook != NULL);
	power_hook(op);
}

bool state_tell(const struct domain *d, uint32_t kind)
{
	uint16_t bit = (uint16_t)(1 << kind);
	bool first = (d->host->told & bit) == 0;

	d->host->told |= bit;
	return first;
}

uint64_t state_denied(const struct domain *d, enum az_call call,
    enum az_grant_kind kind, const char *need)
{
#define X(sym, module, name, type, grant) name,
	static const char *const names[AZ_CALL_COUNT] = { AZ_CALLS };
#undef X

	if (state_tell(d, kind))
		log_warn("host",
		    "denied module=%s function=%s need=\"modules: { %s: "
		    "{ grants: { %s } } }\"",
		    d->name, names[call], d->name, need);
	return WASI_NOTCAPABLE;
}

/* Standard input: the console, or bytes with an end. */
static void open_input(struct fd *fd, const struct az_module *module)
{
	if (module->stdin_kind == AZ_STDIN_CONSOLE) {
		fd->kind = FD_CONSOLE;
		fd->base = WASI_RIGHTS_INPUT;
		return;
	}
	fd->kind = FD_BLOB;
	fd->base = WASI_RIGHTS_FILE;
	fd->set = module->stdin_kind == AZ_STDIN_FILE ? module->stdin_blob
						      : STATE_NO_BLOB;
}

static void open_output(struct fd *fd, enum fd_kind kind, bool granted)
{
	fd->kind = (uint8_t)kind;
	fd->base = WASI_RIGHTS_OUTPUT | (granted ? WASI_FD_WRITE : 0);
}

/* What a descriptor of a grant is; kind FD_FREE: it has none. */
static struct fd describe_grant(const struct az_module *m, uint32_t i)
{
	const struct az_grant *all = bundle->grants + m->grants.first;
	const struct az_grant *g = &all[i];
	struct fd fd = { .grant = 1 + m->grants.first + i,
		.set = (uint32_t)g->value };

	if (g->kind == AZ_GRANT_FILES) {
		fd.kind = FD_DIR;
		fd.base = WASI_RIGHTS_DIR;
		fd.inheriting = WASI_RIGHTS_INHERIT;
	} else if (g->kind == AZ_GRANT_LISTEN) {
		fd.kind = FD_LISTENER;
		fd.base = WASI_RIGHTS_SOCKET;
		for (uint32_t k = 0; k < i; k++)
			fd.file +=
			    all[k].kind == g->kind && all[k].value == g->value;
	}
	return fd;
}

/* Directories, then listeners, each kind in the order of the index. */
static void open_grants(struct host_state *s, const struct az_module *module)
{
	for (uint8_t kind = FD_DIR; kind <= FD_LISTENER; kind++) {
		for (uint32_t i = 0; i < module->grants.count; i++) {
			struct fd one = describe_grant(module, i);

			if (one.kind == kind)
				s->fds[s->fd_end++] = one;
		}
	}
}

/* The descriptors of a domain that has none. */
static void open_all(struct host_state *s, const struct domain *d)
{
	open_input(&s->fds[0], d->module);
	open_output(&s->fds[1], FD_STDOUT, d->log_level != 0);
	open_output(&s->fds[2], FD_STDERR, d->log_level != 0);
	s->fd_end = 3;
	open_grants(s, d->module);
}

az_err host_attach(struct domain *d)
{
	TRY(map_array(&d->host, 1));
	open_all(d->host, d);
	d->host->domain = d;
	d->host->next = attached;
	attached = d->host;
	return AZ_OK;
}

void host_renew(struct domain *d, bool all)
{
	struct host_state *s = d->host;
	struct host_state *next = s->next;

	state_flush(d);
	/* What was printed is no secret, but the rest of a line may be. */
	memset(s, 0,
	    all ? sizeof *s : offsetof(struct host_state, fds[s->fd_end]));
	s->out.kept = s->err.kept = 0;
	s->domain = d;
	s->next = next;
	port_renew(d, all);
	open_all(s, d); /* as it did before */
}

void host_detach(struct domain *d)
{
	struct host_state **link = &attached;

	if (d->host == NULL)
		return;
	state_flush(d);
	while (*link != d->host)
		link = &(*link)->next;
	*link = d->host->next;
	map_array_free(&d->host, 1);
}

const char *host_last_line(const struct domain *d, uint32_t *len)
{
	const struct lines *from;

	if (d->host == NULL)
		return NULL;
	from = d->host->last_err ? &d->host->err : &d->host->out;
	*len = from->len > 0 ? from->len : from->kept;
	return *len > 0 ? from->text : NULL;
}
