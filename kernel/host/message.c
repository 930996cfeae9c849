/* host/message: azoth.log. */
#include <stddef.h>

#include "abi/rights.h"
#include "base/mem.h"
#include "host/lines.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "task/domain.h"

/* Arguments: level, text, length. The text is left in the stderr buffer, for
 * host_last_line. */
HOST_CALL(LOG, d, arg)
{
	static const char *const levels[] = {
		[AZ_LEVEL_ERROR] = "error",
		[AZ_LEVEL_WARN] = "warn",
		[AZ_LEVEL_INFO] = "info",
		[AZ_LEVEL_DEBUG] = "debug",
	};
	struct lines *last = &d->host->err;
	void *text;

	if (d->log_level == 0)
		return WASI_NOTCAPABLE;
	if (arg[0] < AZ_LEVEL_ERROR || arg[0] > AZ_LEVEL_DEBUG)
		return WASI_INVAL;
	if (arg[2] > LINES_TEXT_MAX)
		return WASI_MSGSIZE;
	WASI_TRY(memory_get(&text, d, arg[1], arg[2]));
	if (arg[0] > d->log_level)
		return WASI_SUCCESS;
	lines_flush(last, d->name, '!');
	last->kept = (uint16_t)arg[2];
	memcpy(last->text, text, last->kept);
	d->host->last_err = true;
	lines_message(d->name, levels[arg[0]], last->text, last->kept);
	return WASI_SUCCESS;
}
