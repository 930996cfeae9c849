/* host/state: what one domain holds in this layer: descriptors and lines.
 *
 * Invariants: one page a domain; a free descriptor is all zero; base and
 * inheriting rights only shrink. Changed by the domain's own thread, but for
 * wants_input, which the input interrupt reads (interrupts are off in kernel
 * code).
 */
#ifndef AZ_HOST_STATE_H
#define AZ_HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/index.h"
#include "abi/layout.h"
#include "host/host.h"
#include "host/lines.h"

struct bundle;
struct bundle_text;

enum { FDS_MAX = 3 + AZ_PREOPENS_MAX };
#define STATE_NO_BLOB UINT32_MAX /* standard input that is empty */

enum fd_kind {
	FD_FREE,
	FD_CONSOLE, /* input of the console, line by line */
	FD_STDOUT,
	FD_STDERR,
	FD_BLOB, /* stdin from a blob; set is the blob, or STATE_NO_BLOB */
	FD_FILE, /* file of a fileset */
	FD_DIR,
	FD_LISTENER, /* set: channel; file: which of its listeners */
};

struct fd {
	uint8_t kind; /* enum fd_kind */
	uint8_t pad;
	uint16_t flags;      /* enum wasi_fdflags */
	uint32_t set;        /* fileset, or blob */
	uint32_t file;       /* FD_FILE, FD_DIR: position in the fileset */
	uint32_t grant;      /* preopened: 1 + index of its grant, else 0 */
	uint32_t base;       /* enum wasi_rights */
	uint32_t inheriting; /* enum wasi_rights */
	uint64_t offset;     /* FD_FILE, FD_BLOB; any value is valid */
};

struct host_state {
	struct host_state *next; /* all attached domains */
	struct domain *domain;
	bool wants_input; /* sleeps until the console has a line */
	bool last_err;    /* err has the newer line */
	uint16_t told;    /* set of grants (bit 0: a channel) that it lacked */
	uint32_t fd_end;  /* no descriptor from here on was ever open */
	struct port *ports; /* host/port: its socket channels */
	struct fd fds[FDS_MAX];
	struct lines out;
	struct lines err;
};
_Static_assert(sizeof(struct host_state) <= AZ_PAGE_SIZE, "one page");

/* Define the function behind host call AZ_CALL_sym; host.c's table names
 * them all, so that a missing one does not link. */
#define HOST_CALL(sym, d, arg)                                                 \
	uint64_t host_AZ_CALL_##sym([[maybe_unused]] struct domain *d,         \
	    [[maybe_unused]] const uint64_t *arg)
#define X(sym, module, name, type, grant) host_fn host_##sym;
AZ_CALLS
#undef X

/* The signed bundle, and a blob's decoded bytes (NULL when there are none). */
const struct bundle *state_bundle(void);
const uint8_t *state_blob(uint32_t blob, uint64_t *len);

/* Whether it is the first time that d lacks what enum az_grant_kind, or 0 for
 * a channel, stands for: said once, or a module could fill the log. */
bool state_tell(const struct domain *d, uint32_t kind);
/* Log that d's call was denied, and that it needs `need` among its grants.
 * Gives WASI_NOTCAPABLE. */
uint64_t state_denied(const struct domain *d, enum az_call call,
    enum az_grant_kind kind, const char *need);

/* Print all that d has not ended with a newline. */
void state_flush(struct domain *d);
/* Let d's thread sleep until console input comes, or until ns. */
void state_wait_input(struct domain *d, uint64_t ns);
/* Take what the console has, and wake whoever waits for a line. */
void state_take_input(void);
/* Ask main.c to stop the machine. */
void state_power(enum az_power_op op);

#endif
