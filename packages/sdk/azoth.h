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

/* azoth.ready: what this module provides is there. The supervisor waits for
 * it, for as long as the manifest's `ready` says, before it starts the next
 * one; a module that does not import it is ready as soon as it runs. */
AZ_IMPORT("ready")
void az_ready(void);

/* azoth.reset: start the module called name again, with nothing left of what
 * it was: enum az_status. Grant: `power: [ "reset:NAME" ]`. */
AZ_IMPORT("reset")
int32_t az_reset(const char *name, uint32_t len);

/* What a call through a channel gives in place of a status when it did not
 * take place, or not to its end: functions of an interface that return a
 * status give 0, AZ_FAIL of a case of their own enum, or one of these. Where
 * a function returns none, its caller traps instead. */
enum az_status {
	AZ_PEER_DIED = -1,    /* in this call: it may have done some of it */
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

/* What a module shares with others is a channel of the manifest. Its own end
 * of it is a capability, named by a handle: a number that means nothing to
 * any other module, and nothing any more once that end has ended. All of the
 * following give 0 or more, or an enum az_status: AZ_BAD_HANDLE for what is
 * forged, stale or of another kind, AZ_DENIED for a right that is not there
 * (for a whole channel, the log says what is missing in the manifest),
 * AZ_PEER_BUSY where there is no room: a table, all timers. */

/* What may be done with an end: a set of these. */
enum az_right {
	AZ_RIGHT_CALL = 1,  /* call the server */
	AZ_RIGHT_WRITE = 2, /* raise a signal */
	AZ_RIGHT_READ = 4,  /* wait for a signal */
	AZ_RIGHT_LEND = 8,  /* lend parts of it to others */
};

#define AZ_FOR_EVER INT64_MAX /* of a wait, in ns */

/* azoth.channel: the handle of this module's end of the channel called name;
 * the same each time. */
AZ_IMPORT("channel")
int32_t az_channel(const char *name, uint32_t len);

/* azoth.generation: how often the module at the other end was started again.
 * AZ_BAD_ARGUMENT where there are several others. */
AZ_IMPORT("generation")
int32_t az_generation(int32_t handle);

/* azoth.signal_raise: count one for each reader, and wake it if it waits. */
AZ_IMPORT("signal_raise")
int32_t az_signal_raise(int32_t handle);

/* azoth.signal_wait: what was counted since the last time, as soon as that is
 * not 0; 0 after ns nanoseconds. AZ_PEER_REVOKED when the end ends. */
AZ_IMPORT("signal_wait")
int32_t az_signal_wait(int32_t handle, int64_t ns);

/* azoth.signal_any: sleep until something was counted at any end of this
 * module's since the last time: 1; or for ns nanoseconds: 0. The counts stay
 * for signal_wait. */
AZ_IMPORT("signal_any")
int32_t az_signal_any(int64_t ns);

/* azoth.signal_after: a timer. After `first` ns, and then every `period` ns
 * (0: once; else at least a millisecond), the writer's timer raises the
 * signal, a reader's counts for that reader alone. One for each handle, at
 * most 8 in all; 0 and 0 cancels. A late reader finds every period counted. */
AZ_IMPORT("signal_after")
int32_t az_signal_after(int32_t handle, int64_t first, int64_t period);

/* azoth.secret: what `azoth run --secret NAME=FILE` delivered: its length, and
 * the bytes in buffer when they are at most size. AZ_PEER_GONE: it was not
 * delivered, or is longer than the manifest says. Grant: `secret: [ NAME ]`. */
AZ_IMPORT("secret")
int32_t az_secret(
    const char *name, uint32_t length, void *buffer, uint32_t size);

/* azoth.ring_wait, azoth.ring_wake: sleep until the module at the other end of
 * a ring has called az_ring_wake, or for ns nanoseconds. */
AZ_IMPORT("ring_wait")
int32_t az_ring_wait(int32_t handle, int64_t ns);
AZ_IMPORT("ring_wake")
int32_t az_ring_wake(int32_t handle);

/* azoth.ring_turn: az_ring_wake, then az_ring_wait, in one: the other end's
 * turn. Where both ends of a ring do only that, neither has a `cpu` budget and
 * they wait with the same ns each time, it takes as long as a few function
 * calls. With a time-out it may wait longer by a quarter. */
AZ_IMPORT("ring_turn")
int32_t az_ring_turn(int32_t handle, int64_t ns);

/* azoth.cap_derive: another handle for what `handle` names, with all or some
 * of its rights, for `lease` nanoseconds (0: as long as that lives). */
AZ_IMPORT("cap_derive")
int32_t az_cap_derive(int32_t handle, uint32_t rights, int64_t lease);

/* azoth.cap_lend: the same for the module at the other end of the channel
 * `over`; needs AZ_RIGHT_LEND. Gives the handle's number in that module's
 * hands, which has to be told it. Rings cannot be lent. */
AZ_IMPORT("cap_lend")
int32_t az_cap_lend(
    int32_t handle, int32_t over, uint32_t rights, int64_t lease);

/* azoth.cap_revoke: end all that was derived from a handle, by whomever, at
 * once. azoth.cap_close: and the handle itself. */
AZ_IMPORT("cap_revoke")
int32_t az_cap_revoke(int32_t handle);
AZ_IMPORT("cap_close")
int32_t az_cap_close(int32_t handle);

#ifdef __cplusplus
}
#endif

#endif
