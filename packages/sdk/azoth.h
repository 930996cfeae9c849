/* azoth: what a module can ask of Azoth beyond WASI.
 *
 * Everything that a module calls outside itself is a wasm import, and every
 * import must be granted in the manifest; `azoth check` refuses a module whose
 * azoth imports are not granted, and says which line to add. WASI preview 1
 * (printf, files, clocks, arguments) needs nothing from this header.
 *
 * For C and C++ with clang; needs no C library. Pointers are offsets into the
 * module's own memory; a range that does not lie in it gives AZ_EFAULT.
 */
#ifndef AZOTH_H
#define AZOTH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function that Azoth provides under NAME. */
#define AZ_IMPORT(name)                                                        \
	__attribute__((import_module("azoth"), import_name(name)))
/* A function that Azoth, or another module, may call under NAME. */
#define AZ_EXPORT(name) __attribute__((export_name(name), used))

/* Results: the numbers of WASI's errno. */
enum az_result {
	AZ_DONE = 0,
	AZ_EFAULT = 21,      /* the text is not in the module's memory */
	AZ_EINVAL = 28,      /* no such level or operation */
	AZ_EIO = 29,         /* the machine did not obey */
	AZ_EMSGSIZE = 35,    /* longer than AZ_LOG_MAX */
	AZ_ENOTCAPABLE = 76, /* not granted */
};

/* azoth.log: one line for the system's log.
 * Grant: `log: LEVEL`, the most talkative level that is written; lines above
 * it are accepted and dropped. text: at most AZ_LOG_MAX bytes of UTF-8, no
 * NUL needed; the console shows control characters as \xNN.
 * stdout counts as AZ_LOG_INFO and stderr as AZ_LOG_WARN. */
enum { AZ_LOG_MAX = 1000 };
enum az_log_level {
	AZ_LOG_ERROR = 1,
	AZ_LOG_WARN = 2,
	AZ_LOG_INFO = 3,
	AZ_LOG_DEBUG = 4,
};
AZ_IMPORT("log")
int32_t az_log(int32_t level, const char *text, uint32_t len);

/* azoth.power: stop or restart the whole machine, tidily.
 * Grant: `power: [halt, reboot]`, or one of the two.
 * Returns only when refused. */
enum az_power { AZ_POWER_HALT = 1, AZ_POWER_REBOOT = 2 };
AZ_IMPORT("power")
int32_t az_power(int32_t operation);

#ifdef __cplusplus
}
#endif

#endif
