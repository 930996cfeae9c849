/* abi/index: the bundle and its signed index.
 *
 * bundle = head | index | blob 0 | blob 1 | ...   with nothing between.
 *
 * The signature is ECDSA P-256 over the SHA-256 of the index bytes. The index
 * names every blob with the hash of its stored (compressed) bytes, so each
 * bit of a bundle is either fixed by a check of the head, or signed, or
 * hashed. Little endian; records are packed without padding that is not
 * named; reserved bytes are zero and checked.
 */
#ifndef AZ_ABI_INDEX_H
#define AZ_ABI_INDEX_H

#include <stdint.h>

#define AZ_BUNDLE_MAGIC "AZBUNDL1"
#define AZ_INDEX_MAGIC "AZINDEX1"

enum {
	AZ_BUNDLE_HEAD_SIZE = 128,
	AZ_INDEX_MAX = 16 << 20,
	AZ_MODULES_MAX = 4096,
	AZ_BLOBS_MAX = 16384,
	AZ_FILES_MAX = 1 << 16,
	AZ_CMDLINE_MAX = 1024,
	AZ_NAME_MAX = 63,  /* bytes of a module's or system's name */
	AZ_ARGS_MAX = 256, /* argv or envp entries of one module */
	AZ_ARGS_BYTES_MAX = 1 << 20, /* of argv or envp, a NUL for each */
	AZ_GRANTS_MAX = 128,	     /* of one module */
	AZ_PREOPENS_MAX = 61,	     /* of these: files and places to listen */
	AZ_PLACE_MAX = 255,	     /* bytes: where to listen or connect */
	AZ_SECRET_MAX = 1 << 16,     /* bytes of a secret */
	AZ_CHANNELS_MAX = 4096,
	AZ_PEERS_MAX = 1 << 16,	   /* of all channels */
	AZ_METHODS_MAX = 4096,	   /* of one channel */
	AZ_METHOD_INTS_MAX = 6,	   /* parameters: what registers hold */
	AZ_METHOD_FLOATS_MAX = 8,
	AZ_COPIES_MAX = 4,	   /* of one method */
	AZ_COPY_MAX = 4096,	   /* bytes */
	AZ_QUEUE_MAX = 64,
	AZ_SHARED_MAX = 16 << 20,  /* bytes that a channel shares */
	AZ_RECORD_MAX = 4096,	   /* bytes of a ring's fixed records */
	AZ_NODES_MAX = 8192,
	AZ_DEPTH_MAX = 8,	   /* groups above a node */
	AZ_INTENSITY_MAX = 1024,
	AZ_WATCHDOG_MAX = 3600000, /* ms */
	AZ_PATH_MAX = 4096,
	AZ_BLOB_MAX = 1 << 30,	/* bytes, inflated; images: AZ_IMAGE_MAX */
	AZ_INFLATE_RATIO = 1032, /* the most that a zlib stream can expand */
};

struct az_bundle_head {
	uint8_t magic[8];      /* AZ_BUNDLE_MAGIC */
	uint32_t head_size;    /* AZ_BUNDLE_HEAD_SIZE */
	uint32_t index_size;   /* equals az_index_head.size */
	uint64_t total_size;   /* equals the bytes that the loader handed over */
	uint8_t key_id[16];    /* SHA-256 of the public key's 64 bytes, cut */
	uint8_t reserved[24];  /* 0 */
	uint8_t signature[64]; /* r || s, each 32 bytes big endian */
};
_Static_assert(sizeof(struct az_bundle_head) == AZ_BUNDLE_HEAD_SIZE, "head");

/* The tables of an index: kinds ascend, each table starts at the 8-aligned
 * end of the one before (gaps zero), the last one ends the index. Every kind
 * below AZ_TABLE_KINDS is present exactly once, perhaps empty. */
enum az_table_kind {
	AZ_TABLE_SYSTEM = 0,  /* struct az_system, exactly one */
	AZ_TABLE_BLOB = 1,    /* struct az_blob */
	AZ_TABLE_MODULE = 2,  /* struct az_module */
	AZ_TABLE_STRING = 3,  /* struct az_text: args, env */
	AZ_TABLE_GRANT = 4,   /* struct az_grant */
	AZ_TABLE_FILESET = 5, /* struct az_fileset */
	AZ_TABLE_FILE = 6,    /* struct az_file */
	AZ_TABLE_TEXT = 7,    /* bytes of all strings, UTF-8, no NUL; only
			       * args and env may hold control characters */
	AZ_TABLE_CHANNEL = 8, /* struct az_channel */
	AZ_TABLE_PEER = 9,    /* struct az_peer */
	AZ_TABLE_METHOD = 10, /* struct az_method */
	AZ_TABLE_NODE = 11,   /* struct az_node */
	/* Of abi/device: */
	AZ_TABLE_DEVICE = 12,	/* struct az_device */
	AZ_TABLE_REGION = 13,	/* struct az_region */
	AZ_TABLE_REGISTER = 14, /* struct az_register */
	AZ_TABLE_RING = 15,	/* struct az_ring */
	AZ_TABLE_STEP = 16,	/* struct az_step */
	AZ_TABLE_KINDS = 17,
};

struct az_index_table {
	uint32_t off;	/* from the start of the index, 8-aligned */
	uint32_t count; /* records */
};

struct az_index_head {
	uint8_t magic[8];    /* AZ_INDEX_MAGIC */
	uint32_t size;	     /* of the index, bytes */
	uint32_t abi;	     /* AZ_ABI_VERSION */
	uint32_t kinds;	     /* AZ_TABLE_KINDS */
	uint32_t reserved;   /* 0 */
	struct az_index_table tables[AZ_TABLE_KINDS];
};
_Static_assert(sizeof(struct az_index_head) == 24 + 136, "index head");

/* A string: a run of AZ_TABLE_TEXT. */
struct az_text {
	uint32_t off;
	uint32_t len;
};

/* A run of records of the table that the field's comment names. */
struct az_run {
	uint32_t first;
	uint32_t count;
};

enum az_system_flag { AZ_SYSTEM_DEV = 1 }; /* signed by a development key */

struct az_system {
	struct az_text name;
	struct az_text version;
	struct az_text cmdline; /* what the loader must hand over, exactly */
	uint64_t serial;	/* of this index; never goes down */
	uint64_t epoch;		/* SOURCE_DATE_EPOCH of the build, seconds */
	uint64_t memory;	/* RAM the manifest budgets for, bytes */
	uint32_t flags;		/* enum az_system_flag */
	uint32_t reserved;	/* 0 */
};
_Static_assert(sizeof(struct az_system) == 56, "system");

enum az_codec { AZ_CODEC_STORED = 0, AZ_CODEC_ZLIB = 1 };

/* A blob: stored back to back after the index, in this order. */
struct az_blob {
	uint64_t stored_size; /* bytes in the bundle */
	uint64_t raw_size;    /* bytes after decoding */
	uint32_t codec;	      /* enum az_codec */
	uint32_t reserved;    /* 0 */
	uint8_t sha256[32];   /* of the stored bytes */
};
_Static_assert(sizeof(struct az_blob) == 56, "blob");

enum az_expect { AZ_EXPECT_EXIT = 0, AZ_EXPECT_TRAP = 1 };
enum az_stdin { AZ_STDIN_EMPTY = 0, AZ_STDIN_CONSOLE = 1, AZ_STDIN_FILE = 2 };
/* When a module that ended starts again: never; unless it ended as expected;
 * always. */
enum az_restart {
	AZ_RESTART_TEMPORARY = 0,
	AZ_RESTART_TRANSIENT = 1,
	AZ_RESTART_PERMANENT = 2,
};
enum az_priority {
	AZ_PRIORITY_BACKGROUND = 0,
	AZ_PRIORITY_NORMAL = 1,
	AZ_PRIORITY_URGENT = 2, /* only with a cpu budget */
};

struct az_module {
	struct az_text name;
	struct az_text version;
	struct az_run args;   /* AZ_TABLE_STRING: argv[0] first */
	struct az_run env;    /* AZ_TABLE_STRING: "KEY=value" */
	struct az_run grants; /* AZ_TABLE_GRANT */
	uint32_t blob;	      /* AZ_TABLE_BLOB: an az_image */
	uint32_t stdin_kind;  /* enum az_stdin */
	uint32_t stdin_blob;  /* AZ_TABLE_BLOB for AZ_STDIN_FILE, else 0 */
	uint32_t restart;     /* enum az_restart */
	uint32_t expect;      /* enum az_expect */
	uint32_t expect_code; /* exit status for AZ_EXPECT_EXIT */
	uint64_t memory;      /* linear memory limit, bytes */
	uint64_t stack;	      /* bytes, whole pages */
	uint64_t cpu_budget;  /* ns of each period; 0: no limit */
	uint64_t cpu_period;  /* ns; 0 exactly when cpu_budget is */
	uint64_t deadline;    /* ns from start; 0: none */
	uint64_t ready;	      /* ns from start until it must be ready; 0: any */
	uint32_t priority;    /* enum az_priority */
	uint32_t state;	      /* version of what it keeps over a restart */
	uint32_t flags;	      /* 0 */
	uint32_t watchdog;    /* ms without a call back; 0: none */
};
_Static_assert(sizeof(struct az_module) == 40 + 24 + 40 + 24, "module");

/* A read-only folder: entry 0 of its run is the root directory; the others
 * are sorted by (parent, name), names bytewise, so parents come first and the
 * entries of one directory are contiguous. Names are unique in a directory. */
struct az_fileset {
	struct az_text name;
	struct az_run files; /* AZ_TABLE_FILE */
	uint32_t blob;	     /* AZ_TABLE_BLOB: contents, back to back */
	uint32_t reserved;   /* 0 */
};
_Static_assert(sizeof(struct az_fileset) == 24, "fileset");

enum az_file_kind { AZ_FILE_DIR = 1, AZ_FILE_REGULAR = 2, AZ_FILE_SYMLINK = 3 };

struct az_file {
	struct az_text name;   /* one path component; the root's is empty */
	struct az_text target; /* AZ_FILE_SYMLINK: where it points */
	uint32_t kind;	       /* enum az_file_kind */
	uint32_t parent;       /* index in the fileset's run; root: itself */
	uint64_t off;	       /* AZ_FILE_REGULAR: in the inflated blob */
	uint64_t size;	       /* AZ_FILE_REGULAR: bytes */
};
_Static_assert(sizeof(struct az_file) == 40, "file");

enum az_channel_type {
	AZ_CHANNEL_CALL = 1,   /* clients call functions of the server */
	AZ_CHANNEL_RING = 2,   /* shared memory, one writer, one reader */
	AZ_CHANNEL_SIGNAL = 3, /* a count that the writer raises */
	AZ_CHANNEL_SOCKET = 4, /* sockets of a client, served by a stack */
	AZ_CHANNEL_DEVICE = 5, /* a device and its driver: abi/device */
};

enum az_channel_flag {
	AZ_CHANNEL_RETRY = 1,	  /* call: again when the server has died,
				   * of functions that are idempotent */
	AZ_CHANNEL_TRAP = 2,	  /* call: a failure ends the client */
	AZ_CHANNEL_KEEP = 4,	  /* ring: outlives a restart of its ends */
	AZ_CHANNEL_EXCLUSIVE = 8, /* call: the arena is the server's while it
				   * works */
};

/* What modules have in common. The graph of the call channels, clients to
 * servers, has no cycle. */
struct az_channel {
	struct az_text name;
	uint32_t type;	       /* enum az_channel_type */
	uint32_t flags;	       /* enum az_channel_flag, as fit the type */
	uint32_t owner;	       /* AZ_TABLE_MODULE: server, writer, stack or
				* driver */
	uint32_t queue;	       /* call: waiting calls, at most; socket: how
				* many sockets; else 0 */
	struct az_run peers;   /* AZ_TABLE_PEER: the owner, then the others,
				* ascending */
	struct az_run methods; /* AZ_TABLE_METHOD; {0, 0} for none */
	uint64_t timeout;      /* call: ns, 1 ms to 1 h, or 0: none; else 0 */
	uint32_t size;	       /* ring: bytes, a power of two; call: of the
				* arena, whole pages, or 0: none; socket: of
				* the port, device: of the pool, likewise;
				* signal: 0 */
	uint32_t record;       /* ring: bytes of each, or 0: they vary; socket:
				* of a receive buffer; else 0 */
};
_Static_assert(sizeof(struct az_channel) == 56, "channel");

/* An end of a channel. No module has two of one channel. */
struct az_peer {
	uint32_t module; /* AZ_TABLE_MODULE */
	uint32_t rights; /* enum az_right; 0 for a server */
	uint64_t lease;	 /* ns from start; 0: for ever */
};
_Static_assert(sizeof(struct az_peer) == 16, "peer");

enum az_copy_flag { AZ_COPY_IN = 1, AZ_COPY_OUT = 2 };
#define AZ_COPY_FIXED 0xffu

/* Bytes that go with a call: in before it, out when it returns. Arguments
 * are counted from 0, those that are named are i32. */
struct az_copy {
	uint8_t pointer; /* the argument that points to them */
	uint8_t length;	 /* the argument that counts them, or AZ_COPY_FIXED:
			  * they are max */
	uint16_t flags;	 /* enum az_copy_flag, not none */
	uint32_t max;	 /* bytes, at least 1 */
};
_Static_assert(sizeof(struct az_copy) == 8, "copy");

enum az_method_flag {
	AZ_METHOD_STATUS = 1,	  /* its i32 result may be an enum az_status */
	AZ_METHOD_IDEMPOTENT = 2, /* twice does what once does */
};

/* A function that the server of a call channel exports under that name. */
struct az_method {
	struct az_text name;
	struct az_text type; /* as abi/call writes them */
	uint32_t flags;	     /* enum az_method_flag */
	uint32_t copy_count;
	struct az_copy copies[AZ_COPIES_MAX]; /* unused ones: 0 */
};
_Static_assert(sizeof(struct az_method) == 56, "method");

enum az_node_kind { AZ_NODE_GROUP = 0, AZ_NODE_MODULE = 1 };
enum az_strategy {
	AZ_STRATEGY_ONE_FOR_ONE = 0,
	AZ_STRATEGY_ONE_FOR_ALL = 1,
	AZ_STRATEGY_REST_FOR_ONE = 2,
};
enum az_escalate { AZ_ESCALATE_HALT = 0, AZ_ESCALATE_REBOOT = 1 };

/* The tree of supervision, in pre-order: node 0 is the root, a group; every
 * module is in one node; the children of a group start in that order. */
struct az_node {
	struct az_text name; /* of a group; a module's node has none */
	uint32_t parent;     /* an earlier group; root: itself */
	uint32_t kind;	     /* enum az_node_kind */
	uint32_t module;     /* AZ_NODE_MODULE: AZ_TABLE_MODULE; else 0 */
	/* Of groups; else 0. */
	uint32_t strategy;    /* enum az_strategy */
	uint32_t intensity;   /* restarts within period that are too many when
			       * there is one more */
	uint32_t escalate;    /* enum az_escalate; 0 but for the root */
	uint64_t period;      /* ns; not 0 when intensity is not */
	uint64_t backoff_min; /* ns, before the first restart; 0: none */
	uint64_t backoff_max; /* ns; not less, 0 exactly when backoff_min is */
};
_Static_assert(sizeof(struct az_node) == 56, "node");

#endif
