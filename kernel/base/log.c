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

__attribute__((format(printf, 3, 0))) static void line(
    const char *level, const char *layer, const char *fmt, va_list args)
{
	char text[LOG_LINE_MAX];
	uint64_t us;
	size_t len;

	write_before();
	us = clock != NULL ? clock() / NS_PER_US : 0;
	len = fmt_into(text, sizeof(text), "azoth %lu.%06lu %s %s ",
	    us / US_PER_S, us % US_PER_S, level, layer);
	if (len < sizeof(text))
		len += fmt_vinto(text + len, sizeof(text) - len, fmt, args);
	/* A line that is too long is cut, never split. */
	if (len > sizeof(text) - 1)
		len = sizeof(text) - 1;
	text[len] = '\n';
	log_raw(text, len + 1);
}

void log_error(const char *layer, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line("error", layer, fmt, args);
	va_end(args);
}

void log_warn(const char *layer, const char *fmt, ...)
{
	va_list args;

	if (limit < AZ_LEVEL_WARN)
		return;
	va_start(args, fmt);
	line("warn", layer, fmt, args);
	va_end(args);
}

void log_info(const char *layer, const char *fmt, ...)
{
	va_list args;

	if (limit < AZ_LEVEL_INFO)
		return;
	va_start(args, fmt);
	line("info", layer, fmt, args);
	va_end(args);
}
