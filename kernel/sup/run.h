/* sup/run: the whole system, from a verified bundle to its end.
 *
 * run_load decodes, checks and binds everything; when any part is refused
 * nothing has run. run_system starts the modules and carries out what sup/policy
 * says about each end: an instance that comes back is restored in place, on the
 * boot stack, before anything is printed. It ends the machine when no module is
 * left but reactors that nothing can call, or the root gives up. Context: boot,
 * then the boot stack for ever.
 */
#ifndef AZ_SUP_RUN_H
#define AZ_SUP_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/fault.h"
#include "abi/status.h"
#include "base/err.h"

struct az_seen;
struct bundle;
struct domain;

/* What the layers above sup/ do for it; set by main.c. */
struct run_hooks {
	uint64_t entry;      /* where stubs jump to */
	void (*begin)(void); /* first code of every thread */
	az_err (*attach)(struct domain *d);
	void (*detach)(struct domain *d);
	/* After spawn_restore; all: also what is kept over a restart. */
	void (*renew)(struct domain *d, bool all);
	/* d->life has changed to _DOWN or _GONE, and after this no thread is in
	 * d or waits for it. */
	void (*evict)(struct domain *d, enum az_status why);
	/* Whether something outside of the machine may wake a module. */
	bool (*expects)(void);
	void (*finish)(enum az_end end); /* does not return */
};

/* *why names the check, *who the module it was about or "". */
enum az_refusal run_load(const struct bundle *b, const struct run_hooks *hooks,
    const char **why, const char **who);

_Noreturn void run_system(void);

/* Stop all modules in the reverse order of their start, then the machine
 * (AZ_END_HALT), as soon as the boot stack has its turn. Any context. */
void run_stop(void);

/* d says that it is ready to serve. */
void run_ready(struct domain *d);

/* Reset the module of that name, on by's thread: 0 or enum az_status. Does
 * not return when by was in it. */
int32_t run_reset(const struct domain *by, const char *name, uint32_t len);

/* How node is now: 0, or AZ_BAD_ARGUMENT where there is none. */
int32_t run_observe(uint32_t node, struct az_seen *out);

#endif
