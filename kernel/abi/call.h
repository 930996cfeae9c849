/* abi/call: everything that a module's code can reach outside itself.
 *
 * AZ_CALLS lists the host calls: symbol, import module, import name, type and
 * the grant it needs (0: none; a call whose need depends on its arguments,
 * such as fd_write, is listed with 0 and answers with WASI's errno).
 * AZ_HELPERS lists what the translator's prelude calls for operations that
 * need the kernel; they are no authority.
 *
 * A type is "params:results", i = i32, I = i64, f = f32, F = f64. Numbers are
 * positions in the list and part of the ABI: append, never reorder.
 */
#ifndef AZ_ABI_CALL_H
#define AZ_ABI_CALL_H

#include "abi/rights.h"

#define AZ_WASI_MODULE "wasi_snapshot_preview1"
#define AZ_NATIVE_MODULE "azoth"

#define AZ_W(sym, name, type, grant)                                         \
	X(AZ_CALL_##sym, AZ_WASI_MODULE, name, type, grant)
#define AZ_N(sym, name, type, grant)                                         \
	X(AZ_CALL_##sym, AZ_NATIVE_MODULE, name, type, grant)

/* Define X(symbol, module, name, type, grant) before use. */
#define AZ_CALLS                                                             \
	AZ_W(ARGS_GET, "args_get", "ii:i", 0)                                \
	AZ_W(ARGS_SIZES_GET, "args_sizes_get", "ii:i", 0)                    \
	AZ_W(ENVIRON_GET, "environ_get", "ii:i", 0)                          \
	AZ_W(ENVIRON_SIZES_GET, "environ_sizes_get", "ii:i", 0)              \
	AZ_W(CLOCK_RES_GET, "clock_res_get", "ii:i", AZ_GRANT_CLOCK)         \
	AZ_W(CLOCK_TIME_GET, "clock_time_get", "iIi:i", AZ_GRANT_CLOCK)      \
	AZ_W(FD_ADVISE, "fd_advise", "iIIi:i", 0)                            \
	AZ_W(FD_ALLOCATE, "fd_allocate", "iII:i", 0)                         \
	AZ_W(FD_CLOSE, "fd_close", "i:i", 0)                                 \
	AZ_W(FD_DATASYNC, "fd_datasync", "i:i", 0)                           \
	AZ_W(FD_FDSTAT_GET, "fd_fdstat_get", "ii:i", 0)                      \
	AZ_W(FD_FDSTAT_SET_FLAGS, "fd_fdstat_set_flags", "ii:i", 0)          \
	AZ_W(FD_FDSTAT_SET_RIGHTS, "fd_fdstat_set_rights", "iII:i", 0)       \
	AZ_W(FD_FILESTAT_GET, "fd_filestat_get", "ii:i", 0)                  \
	AZ_W(FD_FILESTAT_SET_SIZE, "fd_filestat_set_size", "iI:i", 0)        \
	AZ_W(FD_FILESTAT_SET_TIMES, "fd_filestat_set_times", "iIIi:i", 0)    \
	AZ_W(FD_PREAD, "fd_pread", "iiiIi:i", AZ_GRANT_FILES)                \
	AZ_W(FD_PRESTAT_GET, "fd_prestat_get", "ii:i", 0)                    \
	AZ_W(FD_PRESTAT_DIR_NAME, "fd_prestat_dir_name", "iii:i", 0)         \
	AZ_W(FD_PWRITE, "fd_pwrite", "iiiIi:i", 0)                           \
	AZ_W(FD_READ, "fd_read", "iiii:i", 0)                                \
	AZ_W(FD_READDIR, "fd_readdir", "iiiIi:i", AZ_GRANT_FILES)            \
	AZ_W(FD_RENUMBER, "fd_renumber", "ii:i", 0)                          \
	AZ_W(FD_SEEK, "fd_seek", "iIii:i", 0)                                \
	AZ_W(FD_SYNC, "fd_sync", "i:i", 0)                                   \
	AZ_W(FD_TELL, "fd_tell", "ii:i", 0)                                  \
	AZ_W(FD_WRITE, "fd_write", "iiii:i", 0)                              \
	AZ_W(PATH_CREATE_DIRECTORY, "path_create_directory", "iii:i",        \
	    AZ_GRANT_FILES)                                                  \
	AZ_W(PATH_FILESTAT_GET, "path_filestat_get", "iiiii:i",              \
	    AZ_GRANT_FILES)                                                  \
	AZ_W(PATH_FILESTAT_SET_TIMES, "path_filestat_set_times",             \
	    "iiiiIIi:i", AZ_GRANT_FILES)                                     \
	AZ_W(PATH_LINK, "path_link", "iiiiiii:i", AZ_GRANT_FILES)            \
	AZ_W(PATH_OPEN, "path_open", "iiiiiIIii:i", AZ_GRANT_FILES)          \
	AZ_W(PATH_READLINK, "path_readlink", "iiiiii:i", AZ_GRANT_FILES)     \
	AZ_W(PATH_REMOVE_DIRECTORY, "path_remove_directory", "iii:i",        \
	    AZ_GRANT_FILES)                                                  \
	AZ_W(PATH_RENAME, "path_rename", "iiiiii:i", AZ_GRANT_FILES)         \
	AZ_W(PATH_SYMLINK, "path_symlink", "iiiii:i", AZ_GRANT_FILES)        \
	AZ_W(PATH_UNLINK_FILE, "path_unlink_file", "iii:i", AZ_GRANT_FILES)  \
	AZ_W(POLL_ONEOFF, "poll_oneoff", "iiii:i", 0)                        \
	AZ_W(PROC_EXIT, "proc_exit", "i:", 0)                                \
	AZ_W(PROC_RAISE, "proc_raise", "i:i", 0)                             \
	AZ_W(SCHED_YIELD, "sched_yield", ":i", 0)                            \
	AZ_W(RANDOM_GET, "random_get", "ii:i", AZ_GRANT_RANDOM)              \
	AZ_W(SOCK_ACCEPT, "sock_accept", "iii:i", 0)                         \
	AZ_W(SOCK_RECV, "sock_recv", "iiiiii:i", 0)                          \
	AZ_W(SOCK_SEND, "sock_send", "iiiii:i", 0)                           \
	AZ_W(SOCK_SHUTDOWN, "sock_shutdown", "ii:i", 0)                      \
	/* log(level, text, len): one line; 0 or a WASI errno */             \
	AZ_N(LOG, "log", "iii:i", AZ_GRANT_LOG)                              \
	/* power(op): enum az_power_op; returns only when refused */         \
	AZ_N(POWER, "power", "i:i", AZ_GRANT_POWER)                          \
	/* From here on a result is 0 or above, or an enum az_status. */     \
	/* ready(): this module serves now */                                \
	AZ_N(READY, "ready", ":", 0)                                         \
	/* channel(name, len): the handle of this module's own end */        \
	AZ_N(CHANNEL, "channel", "ii:i", 0)                                  \
	/* signal_raise(handle) */                                           \
	AZ_N(SIGNAL_RAISE, "signal_raise", "i:i", 0)                         \
	/* signal_wait(handle, ns; -1: for ever): the count, which is taken; \
	 * 0 when the time is over */                                        \
	AZ_N(SIGNAL_WAIT, "signal_wait", "iI:i", 0)                          \
	/* signal_after(handle, ns, period in ns or 0): raise it then; 0, 0  \
	 * cancels */                                                        \
	AZ_N(SIGNAL_AFTER, "signal_after", "iII:i", 0)                       \
	/* cap_derive(handle, rights, lease in ns or 0): a handle */         \
	AZ_N(CAP_DERIVE, "cap_derive", "iiI:i", 0)                           \
	/* cap_lend(handle, handle of the channel to the peer, rights,       \
	 * lease): the handle's number in the peer's hands */                \
	AZ_N(CAP_LEND, "cap_lend", "iiiI:i", 0)                              \
	/* cap_revoke(handle): all that was derived from it */               \
	AZ_N(CAP_REVOKE, "cap_revoke", "i:i", 0)                             \
	AZ_N(CAP_CLOSE, "cap_close", "i:i", 0)                               \
	/* generation(handle): how often the peer was started again */       \
	AZ_N(GENERATION, "generation", "i:i", 0)                             \
	/* reset(name, len): start that module again, with nothing kept */   \
	AZ_N(RESET, "reset", "ii:i", AZ_GRANT_RESET)                         \
	/* ring_wait(handle, ns): sleep until the other end wakes it */      \
	AZ_N(RING_WAIT, "ring_wait", "iI:i", 0)                              \
	AZ_N(RING_WAKE, "ring_wake", "i:i", 0)                               \
	/* device(name, len; 0: the first one that it has an end of): a      \
	 * handle, waited for as a signal is; AZ_PEER_GONE: the machine has  \
	 * no such device. What follows is for its owner. */                 \
	AZ_N(DEVICE, "device", "ii:i", 0)                                    \
	/* dev_read(handle, register, index) */                              \
	AZ_N(DEV_READ, "dev_read", "iii:I", AZ_GRANT_DEVICE)                 \
	/* dev_write(handle, register, index, value) */                      \
	AZ_N(DEV_WRITE, "dev_write", "iiii:i", AZ_GRANT_DEVICE)              \
	/* dev_features(handle, wanted): reset; virtio: then the features    \
	 * that both have accepted, else 0 */                                \
	AZ_N(DEV_FEATURES, "dev_features", "iI:I", AZ_GRANT_DEVICE)          \
	/* dev_ring(handle, ring, entries): how many it has */               \
	AZ_N(DEV_RING, "dev_ring", "iii:i", AZ_GRANT_DEVICE)                 \
	/* dev_start(handle): from now on it may use the pool */             \
	AZ_N(DEV_START, "dev_start", "i:i", AZ_GRANT_DEVICE)                 \
	/* dev_post(handle, ring, az_dma list, count): how many were taken,  \
	 * whole frames only */                                              \
	AZ_N(DEV_POST, "dev_post", "iiii:i", AZ_GRANT_DEVICE)                \
	/* dev_reap(handle, ring, az_dma_done list, count): how many */      \
	AZ_N(DEV_REAP, "dev_reap", "iiii:i", AZ_GRANT_DEVICE)                \
	/* dev_done(handle): interrupts may come again; 1: work came in      \
	 * meanwhile */                                                      \
	AZ_N(DEV_DONE, "dev_done", "i:i", AZ_GRANT_DEVICE)                   \
	/* dev_transfer(handle, ring, offset in the pool, length, address in \
	 * the device, 0): it has begun; AZ_PEER_BUSY: the last one has not  \
	 * ended */                                                          \
	AZ_N(DEV_TRANSFER, "dev_transfer", "iiiiii:i", AZ_GRANT_DEVICE)      \
	/* random_mix(bytes, len): from an entropy device of its own */      \
	AZ_N(RANDOM_MIX, "random_mix", "ii:i", AZ_GRANT_DEVICE)              \
	/* secret(name, len, buffer, size): its length, read when it fits;   \
	 * AZ_PEER_GONE: it was not delivered */                             \
	AZ_N(SECRET, "secret", "iiii:i", AZ_GRANT_SECRET)                    \
	/* ring_turn(handle, ns): ring_wake, and then ring_wait */           \
	AZ_N(RING_TURN, "ring_turn", "iI:i", 0)                              \
	/* signal_any(ns): sleep until something was counted at any own end  \
	 * since the last time: 1; or 0 */                                   \
	AZ_N(SIGNAL_ANY, "signal_any", "I:i", 0)                             \
	/* Of those below the results are 0 or above, or a WASI errno,       \
	 * negative. sock_connect(place, len, fdflags): a descriptor, of     \
	 * which the connection may yet fail; NOTCAPABLE where it may not */ \
	AZ_N(SOCK_CONNECT, "sock_connect", "iii:i", 0)                       \
	/* sock_address(fd, 0 the peer's, 1 its own; az_socket_address) */   \
	AZ_N(SOCK_ADDRESS, "sock_address", "iii:i", 0)                       \
	/* sock_recv_from(fd, iovecs, their number, az_socket_address) */    \
	AZ_N(SOCK_RECV_FROM, "sock_recv_from", "iiii:i", 0)                  \
	AZ_N(SOCK_SEND_TO, "sock_send_to", "iiii:i", 0)                      \
	/* sock_events(az_socket_ready list, its length, ns): how many       \
	 * sockets something has happened to */                              \
	AZ_N(SOCK_EVENTS, "sock_events", "iiI:i", 0)                         \
	/* observe(node, az_seen): 0, or an enum az_status; AZ_BAD_ARGUMENT: \
	 * there are fewer nodes */                                          \
	AZ_N(OBSERVE, "observe", "ii:i", AZ_GRANT_OBSERVE)                   \
	/* console_type(bytes, len): from a keyboard of its own */           \
	AZ_N(CONSOLE_TYPE, "console_type", "ii:i", AZ_GRANT_DEVICE)

#define X(sym, module, name, type, grant) sym,
enum az_call { AZ_CALLS AZ_CALL_COUNT };
#undef X

/* Helpers: symbol, name in the prelude, type, and whether it returns.
 * memory: mem_grow gives the old size in wasm pages, or -1. mem_fill, copy
 * and init check their ranges and trap. trap_* end the module. table_grow
 * gives the old size, or -1; the others trap when a range, or a number that
 * is none, is outside. */
#define AZ_HELPERS(X)                                                        \
	X(AZ_HELP_MEM_SIZE, "az_mem_size", ":i", 1)                          \
	X(AZ_HELP_MEM_GROW, "az_mem_grow", "i:i", 1)                         \
	X(AZ_HELP_MEM_FILL, "az_mem_fill", "iii:", 1)                        \
	X(AZ_HELP_MEM_COPY, "az_mem_copy", "iii:", 1)                        \
	X(AZ_HELP_MEM_INIT, "az_mem_init", "iiii:", 1)                       \
	X(AZ_HELP_DATA_DROP, "az_data_drop", "i:", 1)                        \
	X(AZ_HELP_TRAP_UNREACHABLE, "az_trap_unreachable", ":", 0)           \
	X(AZ_HELP_TRAP_OOB, "az_trap_oob", ":", 0)                           \
	X(AZ_HELP_TRAP_INT_OVERFLOW, "az_trap_int_overflow", ":", 0)         \
	X(AZ_HELP_TRAP_DIV_BY_ZERO, "az_trap_div_by_zero", ":", 0)           \
	X(AZ_HELP_TRAP_INVALID_CONVERSION, "az_trap_invalid_conversion",     \
	    ":", 0)                                                          \
	/* index, table */                                                   \
	X(AZ_HELP_TABLE_GET, "az_table_get", "ii:i", 1)                      \
	/* index, ref, table */                                              \
	X(AZ_HELP_TABLE_SET, "az_table_set", "iii:", 1)                      \
	/* table */                                                          \
	X(AZ_HELP_TABLE_SIZE, "az_table_size", "i:i", 1)                     \
	/* ref, count, table */                                              \
	X(AZ_HELP_TABLE_GROW, "az_table_grow", "iii:i", 1)                   \
	/* index, ref, count, table */                                       \
	X(AZ_HELP_TABLE_FILL, "az_table_fill", "iiii:", 1)                   \
	/* to, from, count, table written, table read */                     \
	X(AZ_HELP_TABLE_COPY, "az_table_copy", "iiiii:", 1)                  \
	/* to, from, count, table, elem */                                   \
	X(AZ_HELP_TABLE_INIT, "az_table_init", "iiiii:", 1)                  \
	/* elem */                                                           \
	X(AZ_HELP_ELEM_DROP, "az_elem_drop", "i:", 1)

#define AZ_X(sym, name, type, returns) sym,
enum az_helper { AZ_HELPERS(AZ_X) AZ_HELP_COUNT };
#undef AZ_X

/* call_indirect goes through the thunk of its table and signature: the call
 * has the signature's own arguments and, as one more i32 at the end, the
 * index of the entry. The thunk checks index and type, traps or jumps to the
 * function, which never looks at the extra argument. */

#endif
