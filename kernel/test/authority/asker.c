/* Asks for five things, one after the other; its exit code has a bit for each
 * that it did not get. */
#include "trial.h"

#define WASI(name)                                                             \
	__attribute__((                                                        \
	    import_module("wasi_snapshot_preview1"), import_name(#name)))

WASI(clock_time_get)
int32_t clock_time(int32_t id, int64_t precision, int64_t *out);
WASI(random_get)
int32_t random_get(void *to, uint32_t len);
WASI(fd_write)
int32_t fd_write(int32_t fd, const void *pieces, uint32_t count, uint32_t *out);
WASI(proc_exit)
_Noreturn void proc_exit(int32_t code);

void _start(void)
{
	const struct {
		const char *text;
		uint32_t len;
	} line = { "heard\n", 6 };
	int32_t lacks = 0;
	uint32_t written;
	int64_t out;

	/* What it lacks is logged once. */
	for (int i = 0; i < 3; i++) {
		lacks |= clock_time(0, 1, &out) != 0 ? 1 : 0;
		lacks |= random_get(&out, sizeof(out)) != 0 ? 2 : 0;
		lacks |= fd_write(1, &line, 1, &written) != 0 ? 4 : 0;
		lacks |= trial_channel("noise") < 0 ? 8 : 0;
		lacks |= trial_channel("nothing") != AZ_DENIED ? 16 : 0;
		lacks |= az_reset("b", 1) == AZ_DENIED ? 32 : 0;
		lacks |= az_reset("nothing", 7) != AZ_DENIED ? 64 : 0;
	}
	proc_exit(lacks);
}
