#include <stddef.h>

#include "abi/fault.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "task/watch.h"

void watch_interrupted(void)
{
	struct thread *t = sched_thread();
	struct domain *d = t->domain;

	if (d->module->watchdog == 0)
		return;
	sched_charge();
	/* At home that record is nobody's: it shows the next call. */
	if (sched_domain() == d)
		t->records[1].gate = NULL;
	if (watch_hung(d))
		sched_end(d, DOMAIN_TRAPPED, AZ_TRAP_HUNG);
}
