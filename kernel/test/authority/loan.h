/* What lenders and borrowers share: what was wrong is counted, and the lender's
 * news come over the signal `link`. */
#ifndef LOAN_H
#define LOAN_H

#include "trial.h"

static int32_t link_end; /* trial_channel("link") */
static uint32_t wrong;

static inline void check(int good)
{
	wrong += !good;
}

/* Whether the lender has said something within ns: the loan has begun, or it
 * is over. Both may have come at once. */
static inline int told(int64_t ns)
{
	static int32_t news;

	if (news == 0)
		news = az_signal_wait(link_end, ns);
	check(news >= 0);
	if (news <= 0)
		return 0;
	news--;
	return 1;
}

#endif
