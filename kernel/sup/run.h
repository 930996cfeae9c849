/* sup/run: the whole system, from a verified bundle to the last exit.
 *
 * run_load decodes, checks and binds everything; when any part is refused
 * nothing has run. run_system starts all modules, reports how each ends, and
 * ends the machine when none is left. Every module is `temporary`: an end is
 * final. Context: boot, then the boot stack for ever.
 */
#ifndef AZ_SUP_RUN_H
#define AZ_SUP_RUN_H

#include <stdint.h>

#include "abi/fault.h"
#include "base/err.h"

struct bundle;
struct domain;

/* What the layers above sup/ do for it; set by main.c. */
struct run_hooks {
	uint64_t entry;      /* where stubs jump to */
	void (*begin)(void); /* first code of every thread */
	az_err (*attach)(struct domain *d);
	void (*detach)(struct domain *d);
	void (*finish)(enum az_end end); /* does not return */
};

/* *why names the check, *who the module it was about or "". */
enum az_refusal run_load(const struct bundle *b, const struct run_hooks *hooks,
    const char **why, const char **who);

_Noreturn void run_system(void);

#endif
