/* syslog: to the system's log: from LOG_INFO on as what is printed, from
 * LOG_WARNING on as errors are (stdout and stderr). LOG_DEBUG is dropped. */
#ifndef AZOTH_SYSLOG_H
#define AZOTH_SYSLOG_H

#include <stdarg.h>
#include <stdio.h>

enum {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARNING,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG,
};
enum { LOG_PID = 1, LOG_CONS = 2, LOG_NDELAY = 8, LOG_PERROR = 32 };
enum { LOG_USER = 1 << 3, LOG_DAEMON = 3 << 3, LOG_LOCAL0 = 16 << 3 };

static inline void openlog(const char *name, int options, int facility)
{
	(void)name, (void)options, (void)facility;
}

static inline void closelog(void)
{
}

static inline void vsyslog(int priority, const char *format, va_list list)
{
	int level = priority & 7;
	FILE *to = level <= LOG_WARNING ? stderr : stdout;

	if (level == LOG_DEBUG)
		return;
	(void)vfprintf(to, format, list);
	(void)fputc('\n', to);
	(void)fflush(to);
}

__attribute__((format(printf, 2, 3))) static inline void syslog(
    int priority, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsyslog(priority, format, list);
	va_end(list);
}

#endif
