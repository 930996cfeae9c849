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

#ifdef __cplusplus
#define AZ_ASSERT(condition, text) static_assert(condition, text)
#else
#define AZ_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define AZ_TEXT_OF(x) #x
#ifdef __wasm__
/* A function that Azoth provides under NAME. */
#define AZ_IMPORT(name) AZ_CALL("azoth", name)
/* A function that the server of a call channel provides under NAME. */
#define AZ_CALL(channel, name)                                                 \
	__attribute__((import_module(channel), import_name(name)))
/* A function that Azoth, or another module, may call under NAME. */
#define AZ_EXPORT(name) __attribute__((export_name(name), used))
#define AZ_WINDOW_EXPORT(name, size)                                           \
	__asm__(".export_name az_window_" #name ", az_window_" #name           \
		"\n.globl az_window_end_" #name "\n.set az_window_end_" #name  \
		", az_window_" #name "+" AZ_TEXT_OF(                           \
		    size) "\n.export_name "                                    \
			  "az_window_end_" #name ", az_window_end_" #name)
#else /* for tests on a host: ordinary functions */
#define AZ_IMPORT(name)
#define AZ_CALL(channel, name)
#define AZ_EXPORT(name)
#define AZ_WINDOW_EXPORT(name, size)
#endif

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

/* What a call through a channel gives in place of a status when it did not
 * take place, or not to its end: functions of an interface that return a
 * status give 0, AZ_FAIL of a case of their own enum, or one of these. Where
 * a function returns none, its caller traps instead. */
enum az_status {
	AZ_PEER_DIED = -1,    /* it may have done some of the work */
	AZ_PEER_BUSY = -2,    /* too many wait already */
	AZ_PEER_TIMEOUT = -3, /* the channel's `timeout` is over */
	AZ_PEER_REVOKED = -4, /* the right to call was taken back */
	AZ_PEER_GONE = -5,    /* it will not come back */
	AZ_BAD_HANDLE = -6,
	AZ_DENIED = -7,
	AZ_BAD_ARGUMENT = -8, /* no such enum case, too long a list */
};
#define AZ_FAIL(code) ((int32_t)(code) + 1)

/* Memory that a channel takes over: whole pages of the module's own data,
 * over which the kernel maps what both ends share. NAME is the channel's,
 * with _ for -; SIZE in bytes, a plain number, exactly what the channel has.
 *	AZ_WINDOW(name, size);		an arena, or the inbox
 *	AZ_RING_WINDOW(name, size);	a ring, whose `size` it is
 * The inbox of a server is where lists and records of a call lie: headers of
 * `azoth bindings --server` bring it. At file scope; AZ_WINDOW_AT(name) is
 * its first byte. */
enum { AZ_PAGE = 4096, AZ_RING_HEAD = 2 * AZ_PAGE };
#define AZ_INBOX_SIZE 16384
#define AZ_WINDOW(name, size) AZ_WINDOW_OF(name, size)
#define AZ_RING_WINDOW(name, size) AZ_WINDOW_OF(name, size + 8192)
#define AZ_WINDOW_AT(name) AZ_WINDOW_NAME(name)
#define AZ_WINDOW_NAME(name) az_window_##name
#define AZ_WINDOW_OF(name, size)                                               \
	AZ_ASSERT((size) > 0 && (size) % 4096 == 0, "whole pages");            \
	__attribute__((used, aligned(4096), visibility("default")))            \
	uint8_t AZ_WINDOW_NAME(name)[size];                                    \
	AZ_WINDOW_EXPORT(name, size)

/* For headers of `azoth bindings`: take a list out of an arena of size bytes
 * into `copy`, of which *used bytes are in use, and let *list point there;
 * lists elsewhere are the gate's own copies. False: there is no room. */
static inline int az_take(const void *arena, uint8_t *copy, uint32_t size,
    uint32_t *used, const uint8_t **list, uint32_t len)
{
	uintptr_t at = (uintptr_t)*list - (uintptr_t)arena;

	if (at >= size)
		return 1;
	if (len > size - at || len > size - *used)
		return 0;
	__builtin_memcpy(copy + *used, *list, len);
	*list = copy + *used;
	*used += len;
	return 1;
}

static inline int az_is_char(uint32_t c)
{
	return c < 0xd800 || (c > 0xdfff && c < 0x110000);
}

#ifdef __cplusplus
}
#endif

#endif
