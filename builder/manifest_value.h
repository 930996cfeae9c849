/* manifest_value: texts to numbers, and the forms that texts must have. Pure
 * functions: they return false for a text of another form and then leave
 * their results alone.
 */
#ifndef BUILDER_MANIFEST_VALUE_H
#define BUILDER_MANIFEST_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits alone, without a leading zero. */
bool value_integer(const char *text, uint64_t *out);
/* The same, or `0x` and up to 8 hexadecimal digits. */
bool value_bits(const char *text, uint64_t *out);
/* "10.0.2.15/24" to the address as a number, and its bits. */
bool value_network(const char *text, uint32_t *ip, uint32_t *bits);
bool value_ip(const char *text, uint32_t *ip);
/* An address of IPv4 or IPv6. */
bool value_host(const char *text);
/* "52:54:00:12:34:56", and not of a group of cards. */
bool value_mac(const char *text);
/* "4MiB" to bytes. */
bool value_size(const char *text, uint64_t *out);
/* "50ms" to nanoseconds. */
bool value_duration(const char *text, uint64_t *out);
/* "1ms/20ms" */
bool value_cpu(const char *text, uint64_t *budget, uint64_t *period);
/* "trap" or "exit 3": an enum az_expect and its code. */
bool value_expect(const char *text, uint32_t *kind, uint32_t *code);
/* "sha256:" and 64 digits of lower case hexadecimal. */
bool value_digest(const char *text);
/* "v2" */
bool value_state(const char *text, uint64_t *out);
/* "3 in 5s" */
bool value_rate(const char *text, uint64_t *count, uint64_t *period);
/* "10ms..1s" */
bool value_range(const char *text, uint64_t *low, uint64_t *high);
/* "halt", "reboot": an enum az_power_op; "reset:store": 0 and the name, which
 * may be wrong. */
bool value_power(const char *text, uint32_t *op, const char **module);
/* "shell@1": the length of the name, and the major version. */
bool value_package(const char *text, size_t *name_len, uint64_t *major);

/* Lower case letters, digits, `_` and `-`, first a letter or digit. */
bool name_valid(const char *text);
/* A name of an environment variable. */
bool name_valid_env(const char *text);
/* A name of a module as imports have it: anything that can be printed, but
 * for the names of what the system gives. */
bool name_valid_import(const char *text);
/* An absolute path without `.`, `..`, empty parts, or an end in `/`. */
bool mount_valid(const char *text);

/* The shortest text that value_size or value_duration reads as this. The
 * caller frees it. */
char *value_size_text(uint64_t bytes);
char *value_duration_text(uint64_t ns);

/* What the writer of a wrong size or duration meant: "8MB" is 8MiB, "4096"
 * is 4KiB. NULL when it is not clear; else the caller frees it. */
char *value_size_guess(const char *text);
char *value_duration_guess(const char *text);

#endif
