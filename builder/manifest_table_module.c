/* The table's part below `modules`. */
#include "abi/index.h"
#include "abi/layout.h"
#include "manifest_table_impl.h"

enum {
	LINKS_MAX = 64,
	POWER_MAX = 16,
	MOUNTS_MAX = 44,
	DEVICES_MAX = 8,
	PLACES_MAX = 16,
	SECRETS_MAX = 8,
};
/* With log, clock, random and what is done to the machine. */
_Static_assert(
    4 + POWER_MAX + MOUNTS_MAX + DEVICES_MAX + 2 * PLACES_MAX + SECRETS_MAX <=
	AZ_GRANTS_MAX,
    "all grants of a module");
_Static_assert(MOUNTS_MAX + PLACES_MAX <= AZ_PREOPENS_MAX, "what they open");

static const char *const LEVELS[] = { "error", "warn", "info", "debug", NULL };
static const char *const RESTARTS[] = { "permanent", "transient", "temporary",
	NULL };
static const char *const PRIORITIES[] = { "background", "normal", "urgent",
	NULL };

static const struct field MOUNT_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_MOUNT,
	    .example = "/data",
	    .max = TEXT_MAX,
	    .help = "Lets the module read the folder NAME of the top level's "
		    "`files`, which it finds at this absolute path." },
	END
};

static const struct field POWER_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_POWER,
	    .max = AZ_NAME_MAX,
	    .example = "halt",
	    .help = "One thing that the module may do to the machine: `reboot` "
		    "or `halt` it; or `reset:MODULE`, which starts that module "
		    "afresh and leaves nothing of its old state." },
	END
};

static const struct field GRANTS[] = {
	{ .name = "log",
	    .type = FIELD_WORD,
	    .words = LEVELS,
	    .example = "info",
	    .help =
		"The module may write to the log up to this level. Standard "
		"output is written at `info`, standard error at `warn`." },
	{ .name = "clock",
	    .type = FIELD_DURATION,
	    .min = 1,
	    .max = HOUR,
	    .example = "1ms",
	    .help =
		"The module may read clocks and sleep, with this resolution. "
		"Coarse clocks close side channels." },
	{ .name = "random",
	    .type = FIELD_BOOL,
	    .fallback = "false",
	    .example = "true",
	    .help = "The module may ask for random bytes." },
	{ .name = "observe",
	    .type = FIELD_BOOL,
	    .fallback = "false",
	    .example = "true",
	    .help = "The module may see the tree of supervision: of every "
		    "module the name, state, restarts, memory and time of the "
		    "processor, in milliseconds." },
	{ .name = "files",
	    .type = FIELD_NAMED,
	    .children = MOUNT_ITEM,
	    .max = MOUNTS_MAX,
	    .example = "{ docs: /docs }",
	    .help = "Read-only folders that the module sees, each with its "
		    "place." },
	{ .name = "power",
	    .type = FIELD_LIST,
	    .children = POWER_ITEM,
	    .min = 1,
	    .max = POWER_MAX,
	    .example = "[ halt ]",
	    .help = "What the module may do to the machine as a whole, and to "
		    "other modules." },
	{ .name = "device",
	    .type = FIELD_NAMED,
	    .children = TABLE_HELD,
	    .max = DEVICES_MAX,
	    .example = "{ nic0: {} }",
	    .help = "The devices of which the module is the driver." },
	{ .name = "listen",
	    .type = FIELD_LIST,
	    .children = TABLE_PLACE,
	    .min = 1,
	    .max = PLACES_MAX,
	    .example = "[ tcp/lan:8080 ]",
	    .help = "Where the module accepts connections, or datagrams. They "
		    "are its descriptors after those of `files`." },
	{ .name = "connect",
	    .type = FIELD_LIST,
	    .children = TABLE_TARGET,
	    .min = 1,
	    .max = PLACES_MAX,
	    .example = "[ tcp/lan:example.org:443 ]",
	    .help = "Where the module may connect to." },
	{ .name = "secret",
	    .type = FIELD_LIST,
	    .children = TABLE_KNOWN,
	    .min = 1,
	    .max = SECRETS_MAX,
	    .example = "[ tls-key ]",
	    .help = "The secrets that the module may ask for." },
	LATER("volume", "Writable storage."), END
};

static const struct field ARG_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_TEXT,
	    .max = TEXT_MAX,
	    .example = "--verbose",
	    .help = "One argument, as the program sees it." },
	END
};

static const struct field ENV_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_TEXT,
	    .max = TEXT_MAX,
	    .example = "value",
	    .help = "The value of one environment variable." },
	END
};

static const struct field LINK_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_PATH,
	    .max = TEXT_MAX,
	    .example = "build/counter.wasm",
	    .help = "The WebAssembly file of a module, under the name by which "
		    "others import from it." },
	END
};

static const struct field MODULE_KEYS[] = {
	{ .name = "source",
	    .type = FIELD_PATH,
	    .max = TEXT_MAX,
	    .example = "build/hello.wasm",
	    .help =
		"The WebAssembly file, from the manifest's folder. Each module "
		"has either `source` or `package`." },
	{ .name = "package",
	    .type = FIELD_PACKAGE,
	    .max = AZ_NAME_MAX,
	    .example = "shell@1",
	    .help =
		"A module that ships with azoth, by name and major version." },
	{ .name = "version",
	    .type = FIELD_TEXT,
	    .fallback = "0",
	    .max = AZ_NAME_MAX,
	    .example = "1.4.0",
	    .help = "The module's version, recorded in the signed index." },
	{ .name = "build",
	    .type = FIELD_TEXT,
	    .max = TEXT_MAX,
	    .example = "make -C src",
	    .help =
		"The command that makes `source`. It is shown to people and "
		"never run." },
	{ .name = "digest",
	    .type = FIELD_DIGEST,
	    .example = "sha256:9f86d081884c7d659a2feaa0c55ad015"
		       "a3bf4f1b2b0b822cd15d6c15b0f00a08",
	    .help = "Pins the module: any other content is refused." },
	{ .name = "link",
	    .type = FIELD_NAMED,
	    .children = LINK_ITEM,
	    .names = NAMES_IMPORT,
	    .max = LINKS_MAX,
	    .example = "{ counter: build/counter.wasm }",
	    .help =
		"Modules that this one imports functions, memories, tables or "
		"globals from. They are started in this order, each may import "
		"from those above it, and all become one with the module: its "
		"limits and grants hold for the whole." },
	{ .name = "args",
	    .type = FIELD_LIST,
	    .children = ARG_ITEM,
	    .max = AZ_ARGS_MAX - 1,
	    .example = "[ --verbose ]",
	    .help = "Arguments after the first, which is the module's name." },
	{ .name = "env",
	    .type = FIELD_NAMED,
	    .children = ENV_ITEM,
	    .names = NAMES_ENV,
	    .max = AZ_ARGS_MAX,
	    .example = "{ LANG: C }",
	    .help =
		"Environment variables. Nothing of the builder's or the host's "
		"environment is passed on." },
	{ .name = "stdin",
	    .type = FIELD_STDIN,
	    .max = TEXT_MAX,
	    .example = "console",
	    .help =
		"What the module reads as standard input: the word `console`, "
		"or a file that is packed into the image (a file named console "
		"is `./console`). Without it, the end of file." },
	{ .name = "grants",
	    .type = FIELD_MAP,
	    .children = GRANTS,
	    .example = "{ log: info }",
	    .help =
		"What the module may do. What is not written here is denied." },
	{ .name = "memory",
	    .type = FIELD_SIZE,
	    .fallback = "16MiB",
	    .example = "4MiB",
	    .min = AZ_WASM_PAGE,
	    .max = (uint64_t)AZ_WASM_PAGES_MAX * AZ_WASM_PAGE,
	    .granule = AZ_WASM_PAGE,
	    .help = "Limit of the module's linear memory." },
	{ .name = "stack",
	    .type = FIELD_SIZE,
	    .fallback = "1MiB",
	    .example = "256KiB",
	    .min = 16 * KIB,
	    .max = AZ_STACK_MAX,
	    .granule = AZ_PAGE_SIZE,
	    .help = "Size of the module's machine stack." },
	{ .name = "cpu",
	    .type = FIELD_CPU,
	    .example = "1ms/20ms",
	    .min = 10 * US,
	    .max = 10 * SECOND,
	    .help =
		"Processor time that the module may use in each period, as "
		"BUDGET/PERIOD. Without it the module shares what is left." },
	{ .name = "deadline",
	    .type = FIELD_DURATION,
	    .min = MS,
	    .max = 8760 * HOUR,
	    .example = "5s",
	    .help = "Total run time after which the module is ended." },
	{ .name = "watchdog",
	    .type = FIELD_DURATION,
	    .min = MS,
	    .max = HOUR,
	    .granule = MS,
	    .example = "500ms",
	    .help =
		"Processor time that the module's own thread may use without a "
		"call of the system or of another module. One that hangs is "
		"ended, with a trap." },
	{ .name = "expect",
	    .type = FIELD_EXPECT,
	    .fallback = "exit 0",
	    .max = UINT32_MAX,
	    .example = "exit 3",
	    .help =
		"The end that the module is meant to have, `trap` or `exit N`; "
		"any other end fails `azoth run`." },
	{ .name = "restart",
	    .type = FIELD_WORD,
	    .words = RESTARTS,
	    .fallback = "temporary",
	    .supervised = "permanent",
	    .example = "transient",
	    .help = "What follows the module's end. `permanent`: it is started "
		    "again. `transient`: so it is unless it ended as it was "
		    "meant to. `temporary`: nothing." },
	{ .name = "ready",
	    .type = FIELD_DURATION,
	    .fallback = "1s",
	    .min = MS,
	    .max = HOUR,
	    .example = "500ms",
	    .help =
		"How long the module may take to become ready after its start. "
		"A server is ready when its `_initialize` has returned, a "
		"program when it calls `azoth.ready`, or at once if it never "
		"imports that. The supervisor starts the next one then, and "
		"restarts one that is late." },
	{ .name = "priority",
	    .type = FIELD_WORD,
	    .words = PRIORITIES,
	    .fallback = "normal",
	    .example = "background",
	    .help =
		"Who runs first, and is served first by the modules it calls. "
		"`urgent` needs a `cpu` budget: within it nothing else runs." },
	{ .name = "state",
	    .type = FIELD_STATE,
	    .max = UINT32_MAX,
	    .example = "v2",
	    .help = "The version of the module's state, recorded in the signed "
		    "index." },
	LATER("kind", "Whether the module is a task, a service or a driver."),
	LATER("config", "Values that may be set at boot."),
	{ .name = "sockets",
	    .type = FIELD_MAP,
	    .children = TABLE_SOCKETS,
	    .example = "{ count: 64 }",
	    .help = "How many connections the module may have on each network "
		    "at a time, and their buffers." },
	END
};

const struct field TABLE_MODULE[] = { { .name = "*",
					  .type = FIELD_MAP,
					  .children = MODULE_KEYS,
					  .example = "{ source: hello.wasm }",
					  .help = "One module." },
	END };
