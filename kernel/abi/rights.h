/* abi/rights: the authority that a manifest can grant, as signed.
 * Absent means denied: a module without a grant of a kind holds none of it.
 */
#ifndef AZ_ABI_RIGHTS_H
#define AZ_ABI_RIGHTS_H

#include <stdint.h>

enum az_grant_kind {
	AZ_GRANT_LOG = 1,    /* value: enum az_level, the most verbose allowed */
	AZ_GRANT_CLOCK = 2,  /* value: resolution, ns, >= 1 */
	AZ_GRANT_RANDOM = 3, /* value: 0 */
	AZ_GRANT_FILES = 4,  /* value: AZ_TABLE_FILESET index; text: mount path */
	AZ_GRANT_POWER = 5,  /* value: set of enum az_power_op bits */
	AZ_GRANT_RESET = 6,  /* value: AZ_TABLE_MODULE index; one for each */
	/* value: AZ_TABLE_DEVICE index, of one that it is the owner of */
	AZ_GRANT_DEVICE = 7,
	/* value: AZ_TABLE_CHANNEL index, of a socket channel that it is the
	 * client of; text: "tcp/lan:8080" */
	AZ_GRANT_LISTEN = 8,
	/* likewise; text: "tcp/lan:HOST:PORT", "udp/...", or "any" */
	AZ_GRANT_CONNECT = 9,
	AZ_GRANT_SECRET = 10, /* value: bytes at most; text: its name */
	AZ_GRANT_OBSERVE = 11, /* value: 0 */
	AZ_GRANT_KINDS = 12,
};

enum az_level {
	AZ_LEVEL_ERROR = 1,
	AZ_LEVEL_WARN = 2, /* stderr is written at this level */
	AZ_LEVEL_INFO = 3, /* stdout is written at this level */
	AZ_LEVEL_DEBUG = 4,
};

enum az_power_op { AZ_POWER_HALT = 1, AZ_POWER_REBOOT = 2 };

/* What the holder of an end of a channel may do with it: a set. */
enum az_right {
	AZ_RIGHT_CALL = 1,  /* call the server */
	AZ_RIGHT_WRITE = 2, /* put into a ring, raise a signal, drive */
	AZ_RIGHT_READ = 4,  /* take from a ring, wait for a signal */
	AZ_RIGHT_LEND = 8,  /* derive an end for a peer */
};

struct az_grant {
	uint32_t kind;	   /* enum az_grant_kind */
	uint32_t reserved; /* 0 */
	uint64_t value;
	uint32_t text_off; /* AZ_TABLE_TEXT, for kinds that have a text */
	uint32_t text_len;
};
_Static_assert(sizeof(struct az_grant) == 24, "grant");

#endif
