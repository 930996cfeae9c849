/* base/log: the kernel's own log lines, one call, one line, key=value.
 *
 * A line reads:  azoth 0.012345 info sup exit module=hello status=0
 * (seconds since boot, level, layer, event). The text is an interface: boot
 * tests and `azoth run` match it. Module output never looks like it: no
 * module may be named "azoth", and host/ prefixes every line with its module.
 * Context: any, interrupts included; a line is written whole.
 */
#ifndef AZ_BASE_LOG_H
#define AZ_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "abi/rights.h"

enum { LOG_LINE_MAX = 512 };

/* Where finished lines go (arch/console) and where the time comes from
 * (arch/clock, ns since boot); set by main.c at boot. */
void log_set_sink(void (*write)(const char *text, size_t len));
void log_set_clock(uint64_t (*now_ns)(void));

/* Lines below this level are not written (the command line's log=; at first
 * AZ_LEVEL_INFO). log_raw is not concerned. */
void log_set_level(enum az_level most_verbose);

/* log_info(layer, fmt, ...): printf-like with fmt.h's directives. */
#define log_error(...) log_line(AZ_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(AZ_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_line(AZ_LEVEL_INFO, __VA_ARGS__)
void log_line(enum az_level level, const char *layer, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Called once, before the next line of any kind is written: what it writes
 * comes first. NULL takes it back. */
void log_set_before(void (*before)(void));

/* Write one line as it is (host/ uses it for module output). */
void log_raw(const char *text, size_t len);

#endif
