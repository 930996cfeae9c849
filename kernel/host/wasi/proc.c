/* host/wasi/proc: the module itself, and random bytes. */
#include <stddef.h>

#include "base/log.h"
#include "crypto/random.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "task/domain.h"
#include "task/sched.h"

enum { RANDOM_PIECE = 512 }; /* hashing takes 500 instructions a byte */

HOST_CALL(PROC_EXIT, d, arg)
{
	sched_exit((uint32_t)arg[0]);
}

HOST_CALL(PROC_RAISE, d, arg)
{
	return arg[0] < WASI_SIGNAL_COUNT ? WASI_NOTSUP : WASI_INVAL;
}

HOST_CALL(SCHED_YIELD, d, arg)
{
	sched_pass();
	return WASI_SUCCESS;
}

/* An unseeded generator is AGAIN: getentropy fails, and a later try may
 * succeed. The log says why, once. */
static enum wasi_errno refuse_random(const struct domain *d)
{
	static bool told;

	if (!told)
		log_warn("host", "random-not-ready module=%s why=\"%s\"",
		    d->name, random_why());
	told = true;
	return WASI_AGAIN;
}

HOST_CALL(RANDOM_GET, d, arg)
{
	uint64_t len = arg[1];
	uint8_t *out;
	void *buf;

	if (!d->random)
		return state_denied(
		    d, AZ_CALL_RANDOM_GET, AZ_GRANT_RANDOM, "random: true");
	WASI_TRY(memory_get(&buf, d, arg[0], len));
	if (!random_ready())
		return refuse_random(d);
	for (out = buf; len > 0; sched_point()) {
		uint64_t piece = len < RANDOM_PIECE ? len : RANDOM_PIECE;

		if (random_bytes(out, piece) != AZ_OK)
			return refuse_random(d);
		out += piece;
		len -= piece;
	}
	return WASI_SUCCESS;
}
