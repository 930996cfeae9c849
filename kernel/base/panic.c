#include "base/panic.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

static void (*stop)(void);

void panic_set_stop(void (*handler)(void))
{
	stop = handler;
}

void panic_at(const char *file, int line, const char *what)
{
	static bool again;

	/* A panic while panicking says nothing more. */
	if (!again) {
		again = true;
		log_error("base", "panic at=%s:%d: %s", file, line, what);
	}
	if (stop != NULL)
		stop();
	for (;;)
		;
}
