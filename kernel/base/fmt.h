/* base/fmt: bounded formatting without allocation.
 * Directives: %s %.*s %d %u %x %c %% with l ll z, width and 0 padding;
 * no floating point.
 */
#ifndef AZ_BASE_FMT_H
#define AZ_BASE_FMT_H

#include <stdarg.h>
#include <stddef.h>

/* Format into buf, always NUL-terminated when size > 0. Returns the bytes
 * that the whole text has, as snprintf does. */
size_t fmt_into(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
size_t fmt_vinto(char *buf, size_t size, const char *fmt, va_list args);

#endif
