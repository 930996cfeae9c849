/* host: what modules may call. One file per kind of capability; wasi/ is
 * WASI preview 1 over the same.
 *
 * Every call is host_fn: the domain that calls and its arguments in order,
 * each in 64 bits (i32 zero-extended). The import stub has switched to the
 * thread's kernel stack. Rule: decode everything first (domain_range for all
 * memory), then commit. Memory outside the module's is WASI's errno fault;
 * results go to module memory only on success.
 */
#ifndef AZ_HOST_HOST_H
#define AZ_HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/call.h"
#include "base/err.h"

struct domain;
struct bundle;

typedef uint64_t host_fn(struct domain *d, const uint64_t *arg);

/* The function behind each import, by enum az_call; no hole. */
extern host_fn *const host_calls[AZ_CALL_COUNT];

/* Where file contents come from: the decoded bytes of a blob, borrowed, or
 * NULL. load/ keeps them; main.c passes it. Takes over the console's input
 * (console_set_handler). */
typedef const uint8_t *host_blob_fn(uint32_t blob, uint64_t *len);
az_err host_init(const struct bundle *bundle, host_blob_fn *blob);

/* What azoth.power does once it is allowed, logged, and the caller's lines
 * are out; it does not return on a real machine. Set before modules run. */
void host_set_power(void (*on_power)(enum az_power_op op));

/* Give d its descriptors: 0-2, then those that its grants open, directories
 * before listeners, in the index's order. An error leaves nothing behind. */
az_err host_attach(struct domain *d);
/* Make what d holds as host_attach made it, flushing likewise. all: and clear
 * what it is not to be seen in any more. */
void host_renew(struct domain *d, bool all);
/* Whether some domain waits for the console. */
bool host_expects(void);
/* d begins a life, and has the ends of its channels. */
void host_begin(struct domain *d);
/* Flush d's unfinished lines and free what host_attach made. */
void host_detach(struct domain *d);

/* The text of the line that d wrote last (finished or not) for its trap
 * report: stdout's, stderr's or azoth.log's. Raw bytes, valid until d's next
 * call or host_detach; lines_escape makes them printable. NULL: none. */
const char *host_last_line(const struct domain *d, uint32_t *len);

#endif
