/* abi/fault: how a module, a boot or a machine ends, and why.
 * The texts are an interface: the console prints them and tests match them.
 */
#ifndef AZ_ABI_FAULT_H
#define AZ_ABI_FAULT_H

/* Why a module's thread was stopped by its own doing. */
#define AZ_TRAPS(X)                                                          \
	X(AZ_TRAP_NONE, "none")                                              \
	X(AZ_TRAP_UNREACHABLE, "unreachable executed")                       \
	X(AZ_TRAP_OOB, "out of bounds memory access")                        \
	X(AZ_TRAP_INT_OVERFLOW, "integer overflow")                          \
	X(AZ_TRAP_DIV_BY_ZERO, "integer divide by zero")                     \
	X(AZ_TRAP_INVALID_CONVERSION, "invalid conversion to integer")       \
	X(AZ_TRAP_INDIRECT_NULL, "uninitialized element")                    \
	X(AZ_TRAP_INDIRECT_TYPE, "indirect call type mismatch")              \
	X(AZ_TRAP_UNDEFINED, "undefined element")                            \
	X(AZ_TRAP_TABLE_OOB, "out of bounds table access")                   \
	X(AZ_TRAP_EXHAUSTION, "call stack exhausted")                        \
	X(AZ_TRAP_MACHINE, "machine exception")                              \
	X(AZ_TRAP_DEADLINE, "deadline passed")                               \
	X(AZ_TRAP_PEER, "a peer failed")                                     \
	X(AZ_TRAP_KILLED, "killed")                                          \
	X(AZ_TRAP_HUNG, "it does not call back")

#define AZ_X(sym, text) sym,
enum az_trap { AZ_TRAPS(AZ_X) AZ_TRAP_COUNT };
#undef AZ_X

/* Why a bundle was refused. Printed as refused reason=NAME. */
#define AZ_REFUSALS(X)                                                       \
	X(AZ_REFUSE_NONE, "none")                                            \
	X(AZ_REFUSE_NO_BUNDLE, "no-bundle")                                  \
	X(AZ_REFUSE_BOOT_INFO, "boot-info")                                  \
	X(AZ_REFUSE_TRUST_PAGE, "trust-page")                                \
	X(AZ_REFUSE_HEAD, "bundle-head")                                     \
	X(AZ_REFUSE_SIZE, "bundle-size")                                     \
	X(AZ_REFUSE_KEY, "unknown-key")                                      \
	X(AZ_REFUSE_SIGNATURE, "index-signature")                            \
	X(AZ_REFUSE_INDEX, "index-format")                                   \
	X(AZ_REFUSE_ABI, "abi-version")                                      \
	X(AZ_REFUSE_LIMIT, "index-limit")                                    \
	X(AZ_REFUSE_CMDLINE, "command-line")                                 \
	X(AZ_REFUSE_BLOB_HASH, "blob-hash")                                  \
	X(AZ_REFUSE_BLOB_INFLATE, "blob-inflate")                            \
	X(AZ_REFUSE_IMAGE, "image-format")                                   \
	X(AZ_REFUSE_IMPORT, "image-import")                                  \
	X(AZ_REFUSE_GRANT, "grant-format")                                   \
	X(AZ_REFUSE_FILES, "files-format")                                   \
	X(AZ_REFUSE_MEMORY, "memory")                                        \
	X(AZ_REFUSE_CODE, "code")                                            \
	X(AZ_REFUSE_CHANNEL, "channel-format")                               \
	X(AZ_REFUSE_TREE, "tree-format")                                     \
	X(AZ_REFUSE_DEVICE, "device-format")

#define AZ_X(sym, text) sym,
enum az_refusal { AZ_REFUSALS(AZ_X) AZ_REFUSE_COUNT };
#undef AZ_X

/* What the guest writes to QEMU's isa-debug-exit (port 0xf4); QEMU then
 * exits with (value << 1) | 1. */
enum az_end {
	AZ_END_OK = 0x10,      /* every module ended as expected: 33 */
	AZ_END_FAILED = 0x11,  /* some module did not: 35 */
	AZ_END_REFUSED = 0x12, /* trust refused: 37 */
	AZ_END_PANIC = 0x13,   /* the kernel's own invariant broke: 39 */
	AZ_END_HALT = 0x14,    /* a module with the right, or the power button,
				* asked to stop: 41 */
	AZ_END_REBOOT = 0x15,  /* a module with the right asked to reboot: 43 */
	AZ_END_ESCALATED = 0x16, /* the root of the supervision gave up: 45 */
};

#endif
