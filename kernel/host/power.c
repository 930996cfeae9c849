/* host/power: azoth.power. */
#include <stddef.h>

#include "abi/rights.h"
#include "base/log.h"
#include "host/state.h"
#include "host/wasi/wasi.h"
#include "task/domain.h"

HOST_CALL(POWER, d, arg)
{
	if (arg[0] != AZ_POWER_HALT && arg[0] != AZ_POWER_REBOOT)
		return WASI_INVAL;
	if ((d->power & arg[0]) == 0)
		return state_denied(d, AZ_CALL_POWER, AZ_GRANT_POWER,
		    arg[0] == AZ_POWER_HALT ? "power: [ halt ]"
					    : "power: [ reboot ]");
	log_info("host", "power module=%s op=%s", d->name,
	    arg[0] == AZ_POWER_HALT ? "halt" : "reboot");
	state_flush(d);
	state_power((enum az_power_op)arg[0]);
	return WASI_IO;
}
