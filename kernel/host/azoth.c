/* host/azoth: the calls of module "azoth" beside log and power. */
#include "abi/status.h"
#include "host/state.h"

HOST_CALL(READY, d, arg)
{
	return 0;
}

#define DENIED(sym)                                                            \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		return (uint32_t)AZ_DENIED;                                    \
	}

DENIED(CHANNEL)
DENIED(SIGNAL_RAISE)
DENIED(SIGNAL_WAIT)
DENIED(SIGNAL_AFTER)
DENIED(CAP_DERIVE)
DENIED(CAP_LEND)
DENIED(CAP_REVOKE)
DENIED(CAP_CLOSE)
DENIED(GENERATION)
DENIED(RESET)
DENIED(RING_WAIT)
DENIED(RING_WAKE)
