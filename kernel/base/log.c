#include "base/log.h"

#include <stdarg.h>

#include "base/fmt.h"

enum { NS_PER_US = 1000, US_PER_S = 1000000 };

static void (*sink)(const char *text, size_t len);
static uint64_t (*clock)(void);
static void (*before_line)(void);
static enum az_level limit = AZ_LEVEL_INFO;

void log_set_sink(void (*write)(const char *text, size_t len))
{
	sink = write;
}

void log_set_clock(uint64_t (*now_ns)(void))
{
	clock = now_ns;
}

void log_set_level(enum az_level most_verbose)
{
	limit = most_verbose;
}

void log_set_before(void (*before)(void))
{
	before_line = before;
}

static void write_before(void)
{
	void (*before)(void) = before_line;

	before_line = NULL;
	if (before != NULL)
		before();
}

void log_raw(const char *text, size_t len)
{
	write_before();
	if (sink != NULL)
		sink(text, len);
}

void log_line(enum az_level level, const char *layer, const char *fmt, ...)
{
	static const char *const levels[] = {
		[AZ_LEVEL_ERROR] = "error",
		[AZ_LEVEL_WARN] = "warn",
		[AZ_LEVEL_INFO] = "info",
	};
	char text[LOG_LINE_MAX];
	va_list args;
	uint64_t us;
	size_t len;

	if (level > limit)
		return;
	write_before();
	us = clock != NULL ? clock() / NS_PER_US : 0;
	len = fmt_into(text, sizeof(text), "azoth %lu.%06lu %s %s ",
	    us / US_PER_S, us % US_PER_S, levels[level], layer);
	va_start(args, fmt);
	if (len < sizeof(text))
		len += fmt_vinto(text + len, sizeof(text) - len, fmt, args);
	va_end(args);
	/* A line that is too long is cut, never split. */
	if (len > sizeof(text) - 1)
		len = sizeof(text) - 1;
	text[len] = '\n';
	log_raw(text, len + 1);
}
