/* manifest: a system as its author wrote it, after every check of shape.
 *
 * manifest_load reads azoth.yaml and its includes, applies a profile, and
 * fills the structures below, every default written in. All mistakes go to
 * the diags; a manifest with errors must not be built.
 * Memory: everything belongs to the manifest and dies with it, but for the
 * sources that spans point into: they belong to the diags, which must live
 * longer. Paths are relative to the manifest's folder as written; `dir` is
 * that folder.
 */
#ifndef BUILDER_MANIFEST_H
#define BUILDER_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "abi/index.h"
#include "diag.h"

struct arena;
struct yaml_node;

struct manifest_string {
	const char *text; /* NULL: absent */
	struct span at;
};

/* files: a read-only folder packed into the image. */
struct manifest_files {
	struct manifest_string name; /* its key */
	struct manifest_string path; /* the folder */
};

/* grants.files: NAME: MOUNT */
struct manifest_mount {
	struct manifest_string files; /* names a struct manifest_files */
	size_t files_index;           /* into manifest.files */
	struct manifest_string path;  /* where the module sees it, absolute */
};

/* A module by its name. */
struct manifest_end {
	struct manifest_string module;
	size_t module_index; /* into manifest.modules */
	uint64_t lease;      /* of a channel's end, ns; 0: none */
};

/* grants.device: NAME */
struct manifest_held {
	struct manifest_string device;
	size_t device_index; /* into manifest.devices */
	uint64_t lease;      /* ns; 0: none */
};

/* grants.listen, grants.connect: an item */
struct manifest_place {
	struct manifest_string text;
	size_t network_index; /* into manifest.networks */
	size_t channel_index; /* of its sockets, into manifest.channels */
};

struct manifest_grants {
	struct span at; /* the grants key; line 0 when absent */
	uint32_t log;   /* enum az_level; 0: denied */
	struct span log_at;
	uint64_t clock; /* resolution, ns; 0: denied */
	struct span clock_at;
	bool random;
	struct span random_at;
	bool observe;
	struct span observe_at;
	uint32_t power; /* set of enum az_power_op */
	struct span power_at;
	size_t *reset_modules; /* into manifest.modules */
	size_t reset_count;
	struct manifest_mount *mounts;
	size_t mount_count;
	struct manifest_held *held;
	size_t held_count;
	struct manifest_place *listens, *connects;
	size_t listen_count, connect_count;
	size_t *secrets; /* into manifest.secrets */
	size_t secret_count;
};

/* link: NAME: PATH */
struct manifest_link {
	struct manifest_string name; /* as imports have it */
	struct manifest_string path; /* of a .wasm */
};

struct manifest_module {
	struct manifest_string name;
	struct manifest_string source;  /* path of a .wasm; or: */
	struct manifest_string package; /* NAME@MAJOR, from the package path */
	struct manifest_string version; /* default "0" */
	struct manifest_string build;   /* informative: a command line */
	struct manifest_string digest;  /* "sha256:HEX" of source, or absent */
	struct manifest_link *links;    /* in the order of the file */
	size_t link_count;
	struct manifest_string *args; /* argv[1]...; argv[0] is the name */
	size_t arg_count;
	struct manifest_string *env; /* "KEY=value", sorted by key */
	size_t env_count;
	uint32_t stdin_kind;               /* enum az_stdin */
	struct manifest_string stdin_path; /* AZ_STDIN_FILE */
	struct manifest_grants grants;
	uint64_t memory;       /* bytes; default 16 MiB */
	struct span memory_at; /* line 0 when defaulted */
	uint64_t stack;        /* bytes; default 1 MiB */
	struct span stack_at;  /* line 0 when defaulted */
	uint64_t cpu_budget;   /* ns; 0: none */
	uint64_t cpu_period;
	uint64_t deadline; /* ns; 0: none */
	uint64_t watchdog; /* ns, whole ms; 0: none */
	uint32_t expect;   /* enum az_expect */
	uint32_t expect_code;
	uint32_t restart;  /* enum az_restart */
	uint64_t ready;    /* ns; default 1 s */
	uint32_t priority; /* enum az_priority */
	struct span priority_at;
	uint32_t state;                                /* of "vN"; 0: none */
	uint32_t sockets, socket_send, socket_receive; /* number, bytes */
};

/* A function of a call channel, as its interface or the server has it. */
struct manifest_method {
	struct manifest_string name;
	const char *type; /* "params:results", as abi/call has it */
	bool status, idempotent;
	struct az_copy copies[AZ_COPIES_MAX];
	size_t copy_count;
};

/* channels: NAME */
struct manifest_channel {
	struct manifest_string name;
	uint32_t type; /* enum az_channel_type */
	struct span type_at;
	struct manifest_end owner;  /* the server or writer */
	struct manifest_end *peers; /* the clients or readers */
	size_t peer_count;
	struct manifest_string interface; /* of a call: FILE.wit, or absent */
	uint64_t timeout;                 /* of a call, ns; 0: none */
	uint32_t on_failure;              /* of a call: 0 or az_channel_flag */
	uint32_t queue;                   /* of a call: waiting callers */
	uint32_t size;   /* bytes of a ring, or of a call's arena */
	uint32_t record; /* of a ring, bytes; 0: variable */
	bool keep;       /* a ring's records over a restart */
	bool exclusive;  /* a call's arena */
	size_t subject;  /* of a device or of sockets: into manifest.devices,
			  * manifest.networks */
	struct manifest_method *methods;
	size_t method_count;
};

struct driver;

/* devices: NAME */
struct manifest_device {
	struct manifest_string name;
	struct manifest_string match; /* bus/NAME of a driver, or absent */
	struct manifest_string file;  /* path of a device.yaml, or absent */
	uint32_t ports;               /* of bus isa, after @; 0: the driver's */
	bool known;                   /* one of the two is there, and right */
	uint32_t line;                /* isa: its interrupt */
	uint32_t nth, pool;           /* pool: bytes */
	struct manifest_end *shares;
	size_t share_count;
	size_t owner; /* into manifest.modules; SIZE_MAX: nobody drives it */
	uint64_t lease;
	size_t channel_index;  /* into manifest.channels */
	struct driver *driver; /* once it is read (check_drivers) */
};

/* networks: NAME */
struct manifest_network {
	struct manifest_string name;
	struct manifest_end stack;
	struct manifest_string address, gateway, dns, mac;
	bool used; /* by a module */
};

/* secrets: NAME */
struct manifest_secret {
	struct manifest_string name;
	uint64_t max; /* bytes */
	bool used;    /* by a module */
};

/* A child of the supervision tree. Node 0 is the root; a node stands behind
 * its parent, and siblings in the order of their start. */
struct manifest_node {
	struct manifest_string name; /* of the group or module */
	size_t parent;
	bool group;
	size_t module_index;               /* unless it is a group */
	uint32_t strategy;                 /* enum az_strategy */
	uint32_t intensity;                /* restarts in a period */
	uint64_t period;                   /* ns */
	uint64_t backoff_min, backoff_max; /* ns; 0: none */
	uint32_t escalate;                 /* enum az_escalate */
};

/* An authority in a word, such as `files/docs`. */
enum manifest_right_kind {
	RIGHT_LOG,
	RIGHT_CLOCK,
	RIGHT_RANDOM,
	RIGHT_STDIN,
	RIGHT_OBSERVE,
	RIGHT_FILES,   /* files/NAME */
	RIGHT_REBOOT,  /* power/reboot */
	RIGHT_HALT,    /* power/halt */
	RIGHT_RESET,   /* power/reset:MODULE */
	RIGHT_CHANNEL, /* channel/NAME */
	RIGHT_MODULE,  /* module/NAME */
	RIGHT_DEVICE,  /* device/NAME */
	RIGHT_NETWORK, /* network/NAME */
	RIGHT_SECRET,  /* secret/NAME */
	/* Not in assertions: "listen PLACE", "connect PLACE". */
	RIGHT_LISTEN,
	RIGHT_CONNECT,
};

struct manifest_right {
	enum manifest_right_kind kind;
	struct manifest_string text; /* as written */
	size_t index;                /* of what it names, in the manifest */
};

/* An entry of assert: `never` from the one module to the right, or `only`
 * these modules may. */
struct manifest_claim {
	struct span at;
	bool only;
	struct manifest_right right;
	struct manifest_end *modules;
	size_t module_count;
};

/* signing.trust: a key that may sign this system's bundles. */
struct manifest_trust {
	struct manifest_string name;
	struct manifest_string key; /* path of a public PEM */
};

struct manifest {
	const char *path;    /* of the manifest, as given */
	const char *dir;     /* its folder */
	const char *profile; /* NULL: none */
	struct manifest_string name, version, description;
	struct manifest_files *files;
	size_t file_count;
	struct manifest_module *modules; /* in the order of the file */
	size_t module_count;
	const struct manifest_module **by_name; /* sorted */
	struct manifest_channel *channels;      /* in the order of the file */
	size_t channel_count;
	struct manifest_device *devices;
	size_t device_count;
	struct manifest_network *networks;
	size_t network_count;
	struct manifest_secret *secrets;
	size_t secret_count;
	struct manifest_node *nodes; /* never empty when there is a module */
	size_t node_count;
	bool supervised; /* the tree is the manifest's own */
	struct manifest_claim *claims;
	size_t claim_count;
	bool channels_known; /* none of them is left out for being wrong */
	bool format_iso, format_pvh;         /* image.formats; default both */
	uint64_t memory;                     /* image.memory; default 128 MiB */
	bool console_serial, console_screen; /* image.console; default both */
	struct manifest_string signing_key;  /* absent: development key */
	struct manifest_trust *trust;
	size_t trust_count;
	uint64_t rollback;            /* signing.rollback; default 0 */
	const struct yaml_node *tree; /* merged, as written: for --expand */
	struct arena *arena;          /* of all the above */
};

/* Read and check the manifest at path. Returns NULL only when nothing could
 * be made of it (then list holds the reason); else the caller frees it. */
struct manifest *manifest_load(
    const char *path, const char *profile, struct diags *list);
/* The same from bytes; files that it includes are reported, not read. */
struct manifest *manifest_load_bytes(const char *path, const void *bytes,
    size_t len, const char *profile, struct diags *list);
void manifest_free(struct manifest *m);

/* How many of its variables come before those that the builder adds for its
 * sockets: these say again what grants and networks say. */
size_t manifest_own_variables(const struct manifest_module *module);

/* The module of that name. False: there is none. */
bool manifest_find_module(
    const struct manifest *m, const char *name, size_t *index);

/* A path of the manifest as the process must open it: `dir` before it unless
 * it is absolute. The caller frees it. */
char *manifest_resolve(const struct manifest *m, const char *path);

/* Print the manifest with every default written in, as YAML. */
void manifest_expand(const struct manifest *m, FILE *to);

#endif
