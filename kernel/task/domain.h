/* task/domain: one running module instance: its slot of address space, its
 * limits and what it was granted.
 *
 * Invariants: a domain owns its slot alone; memory_size only grows, up to
 * memory_max; grants are copied from the signed index and never change.
 * Memory: the caller's; a domain's pages die with it.
 */
#ifndef AZ_TASK_DOMAIN_H
#define AZ_TASK_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/fault.h"
#include "abi/image.h"
#include "abi/index.h"
#include "abi/layout.h"
#include "abi/rights.h"
#include "base/timer.h"
#include "cap/cap.h"
#include "task/budget.h"
#include "task/record.h"
#include "task/watch.h"

struct image_view;
struct host_state;
struct thread;
struct table_entry;

enum { DOMAIN_NAME_MAX = AZ_NAME_MAX };

/* How a domain ended. */
enum domain_end {
	DOMAIN_RUNNING,
	DOMAIN_EXITED,  /* end_code: the exit status */
	DOMAIN_TRAPPED, /* end_code: enum az_trap */
};

enum domain_life {
	DOMAIN_DOWN,     /* not started, or between two lives */
	DOMAIN_STARTING, /* it runs, and has not said that it is ready */
	DOMAIN_READY,
	DOMAIN_GONE, /* as things stand, it will not be started again */
};

enum {
	/* Bytes left above a module's first frame: never an operand of its
	 * code. */
	DOMAIN_STACK_SLACK = 64,
	/* Stacks of slots side by side begin so many bytes apart, in as many
	 * steps: a processor that guesses a line's way in its cache by a part
	 * of the address takes lines at the same place of two slots for one,
	 * and caller and callee would throw each other out. */
	DOMAIN_STACK_STEP = 128,
	DOMAIN_STACK_STEPS = 16,
};

struct domain {
	/* Gates (ipc/gate). */
	struct record *entered;   /* the record of its activation; NULL: idle */
	struct thread *callers;   /* waiting, through next_caller */
	int32_t closed;           /* enum az_status, for RECORD_CLOSED */
	struct gate *gates;       /* by import; the slot has them for reading */
	uint64_t given[INT_ARGS]; /* of its call that is not a fast one */
	uint64_t args[INT_ARGS + 1]; /* as the callee takes them */
	uint64_t floats[FLOAT_ARGS];
	struct timer late;    /* when its call must be over */
	struct timer alone;   /* when it must be, with its caller gone */
	uint64_t works_until; /* what it called; 0: nobody has set it */

	/* Fixed when it is spawned. */
	uint32_t id; /* index of its module in the signed index */
	char name[DOMAIN_NAME_MAX + 1];
	uint64_t slot;       /* address of its slot */
	uint8_t *memory;     /* linear memory, slot + AZ_MEMORY_BASE */
	uint64_t memory_max; /* bytes */
	uint32_t inbox;      /* in that: its window of this name, or 0 */
	const struct image_view *image;
	const struct az_module *module; /* the signed record */

	/* Authority, fixed; zero where not granted. */
	enum az_level log_level; /* most verbose allowed */
	uint64_t clock_res;      /* ns */
	bool random, observe;
	uint32_t power; /* set of enum az_power_op */

	/* Changed by its own thread only. */
	uint64_t memory_size;  /* bytes, whole wasm pages */
	uint32_t grow_refused; /* memory.grow calls that gave -1 */
	bool entered_main;     /* the start function, if any, has returned */
	bool altered;          /* tables, or what is dropped, since the start */
	uint8_t *kept;         /* run of gates, tables and dropped */
	struct cap_room room;  /* what that leaves of its last page */
	/* A byte per data segment, then one per element segment: it counts as
	 * empty, for it was written at start or dropped. */
	uint8_t *dropped;
	struct table_entry *tables; /* all, as wasm/table lays them out */
	uint32_t table_size[AZ_TABLES_MAX]; /* entries */
	struct host_state *host; /* host/: descriptors, output lines */

	/* Supervisor only. */
	enum domain_life life;
	uint32_t generation; /* how often it was made anew */

	/* Scheduler only, interrupts off. */
	struct thread *thread; /* its home thread */
	struct budget budget;
	struct watch watch;
	struct timer deadline; /* of its whole run */
	enum domain_end end;
	uint32_t end_code;
	uint64_t started, ended; /* clock_now */
	bool reaping;            /* it has ended, and nobody has looked yet */
	struct domain *next_dead;

	/* sup/ only. */
	bool in_ready; /* in its list of those that said they are ready */
	struct domain *next_ready;
};

/* The domain whose slot holds address addr, for faults and reports: d when it
 * is d's own, as opposed to the kernel's or another's. */
bool domain_owns(const struct domain *d, uint64_t addr);

/* Where its stack begins: what lies just below is the return address of the
 * function that was entered. */
static inline uint64_t domain_stack(const struct domain *d)
{
	uint64_t step = d->slot / AZ_SLOT_SIZE % DOMAIN_STACK_STEPS;

	return d->slot + AZ_STACK_TOP - DOMAIN_STACK_SLACK -
	       step * DOMAIN_STACK_STEP;
}

/* The thread that executes d, or would: not for ever d's home thread. */
struct thread *domain_thread(const struct domain *d);

/* Clear what calls have left of their arguments and results. */
void domain_forget(struct domain *d);

/* [addr, addr + len) of d's linear memory, or NULL when it is not all
 * inside. len 0 gives a valid pointer for addr <= memory_size. */
static inline void *domain_range(
    const struct domain *d, uint32_t addr, uint32_t len)
{
	bool inside = addr <= d->memory_size && len <= d->memory_size - addr;

	return inside ? d->memory + addr : NULL;
}

#endif
