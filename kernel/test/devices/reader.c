/* Logs the lines of the console until its end of file, then stops the
 * machine. */
#include "../authority/trial.h"

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_read")))
int32_t
fd_read(int32_t fd, const void *iovecs, int32_t count, uint32_t *done);

void _start(void)
{
	static char line[256];
	const struct {
		char *at;
		uint32_t len;
	} room = { line, sizeof(line) };
	uint32_t done = 0;

	trial_say("reading", 1);
	while (fd_read(0, &room, 1, &done) == 0 && done > 0)
		az_log(AZ_LOG_INFO, line, done);
	az_power(AZ_POWER_HALT);
}
