/* sup/evidence: how modules ended and came back, kept until there is time to
 * print it.
 *
 * A restart must not wait for a console: what a dead instance leaves behind is
 * copied here, and printed before the next line that anybody writes, when the
 * machine idles, or after EVIDENCE_DELAY_NS, in order. When a storm fills the
 * ring meanwhile, the oldest go, and a line says how many. What was printed is
 * cleared.
 * Context: interrupts off, also on an interrupt stack.
 */
#ifndef AZ_SUP_EVIDENCE_H
#define AZ_SUP_EVIDENCE_H

#include <stdint.h>

#include "base/err.h"

struct domain;
struct report_site;

enum { EVIDENCE_DELAY_NS = 100000000 };

/* Room for the ring. When evidence has waited for too long it asks for the
 * chores of sched_run, which call evidence_print. */
az_err evidence_init(void);

/* d ends with trap. A temporary module's report is printed at once, with all
 * of its stack: nothing waits for it. */
void evidence_trap(
    const struct domain *d, uint32_t trap, const struct report_site *site);
/* d, which has ended as its record says, runs again. */
void evidence_restart(const struct domain *d, uint32_t n, uint32_t of);
/* d says that it is ready. */
void evidence_ready(const struct domain *d);

void evidence_print(void);
/* The same, unless somebody waits for the CPU and it may wait longer. */
void evidence_idle(void);

#endif
