/* The table's part of what lies between modules: `channels`, `supervision`
 * and `assert`. */
#include "abi/index.h"
#include "abi/layout.h"
#include "manifest_table_impl.h"

enum {
	/* As TYPES has them. */
	CALL = 1,
	RING = 2,
	SIGNAL = 4,
	RECORD_MIN = 8,
};

static const char *const TYPES[] = { "call", "ring", "signal", NULL };
static const char *const FAILURES[] = { "error", "retry", "trap", NULL };
static const char *const ON_RESTART[] = { "keep", "drop", NULL };
static const char *const STRATEGIES[] = { "one_for_one", "one_for_all",
	"rest_for_one", NULL };
static const char *const ESCALATIONS[] = { "halt", "reboot", NULL };

static const struct field CLIENT_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_NAME,
	    .max = AZ_NAME_MAX,
	    .example = "web",
	    .help = "A module that calls the server." },
	END
};

static const struct field READER_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_NAME,
	    .max = AZ_NAME_MAX,
	    .example = "store",
	    .help = "A module that reads, or waits. A ring has one." },
	END
};

static const struct field LEASE_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_DURATION,
	    .min = MS,
	    .max = 8760 * HOUR,
	    .example = "10s",
	    .help = "How long after its start this module holds its end of the "
		    "channel. The log says when it is over." },
	END
};

static const struct field CHANNEL_KEYS[] = {
	{ .name = "type",
	    .type = FIELD_WORD,
	    .words = TYPES,
	    .required = true,
	    .example = "call",
	    .help = "`call`: clients call functions of the server. `ring`: "
		    "records from a writer to a reader, in memory that both "
		    "see. `signal`: counted wake-ups without content." },
	{ .name = "server",
	    .type = FIELD_NAME,
	    .types = CALL,
	    .required = true,
	    .max = AZ_NAME_MAX,
	    .example = "store",
	    .help =
		"The module whose exports are called: one without `_start`." },
	{ .name = "clients",
	    .type = FIELD_LIST,
	    .types = CALL,
	    .required = true,
	    .children = CLIENT_ITEM,
	    .min = 1,
	    .max = AZ_MODULES_MAX,
	    .example = "[ web ]",
	    .help = "The modules that may call. They import the functions from "
		    "a module that has the channel's name." },
	{ .name = "interface",
	    .type = FIELD_PATH,
	    .types = CALL,
	    .max = TEXT_MAX,
	    .example = "wit/query.wit",
	    .help = "The functions in WIT, from which `azoth bindings` makes C "
		    "headers; `azoth/nic.wit` and others under `azoth/` ship "
		    "with the "
		    "builder. Without it they are those that clients import." },
	{ .name = "timeout",
	    .type = FIELD_DURATION,
	    .types = CALL,
	    .min = MS,
	    .max = HOUR,
	    .example = "50ms",
	    .help = "How long a client waits for an answer. Without it, for "
		    "ever." },
	{ .name = "on_failure",
	    .type = FIELD_WORD,
	    .types = CALL,
	    .words = FAILURES,
	    .fallback = "error",
	    .example = "retry",
	    .help = "What a client sees of a server that fails. `error`: the "
		    "call returns an error, or traps where the function "
		    "has no status result. `retry`: the call is repeated on "
		    "the restarted server, for functions that may run twice. "
		    "`trap`: the client traps." },
	{ .name = "queue",
	    .type = FIELD_INTEGER,
	    .types = CALL,
	    .fallback = "8",
	    .max = AZ_QUEUE_MAX,
	    .example = "4",
	    .help = "How many clients may wait for the server. One more gets "
		    "an error." },
	{ .name = "arena",
	    .type = FIELD_SIZE,
	    .types = CALL,
	    .min = AZ_PAGE_SIZE,
	    .max = AZ_SHARED_MAX,
	    .granule = AZ_PAGE_SIZE,
	    .example = "64KiB",
	    .help =
		"Memory that server and client both see, for lists over 4 KiB. "
		"Both reserve it: `AZ_WINDOW(NAME, SIZE)`." },
	{ .name = "exclusive",
	    .type = FIELD_BOOL,
	    .types = CALL,
	    .fallback = "false",
	    .example = "true",
	    .help = "The client does not see the arena while the server works "
		    "on it." },
	{ .name = "writer",
	    .type = FIELD_NAME,
	    .types = RING | SIGNAL,
	    .required = true,
	    .max = AZ_NAME_MAX,
	    .example = "sensor",
	    .help = "The module that writes records, or raises the signal." },
	{ .name = "readers",
	    .type = FIELD_LIST,
	    .types = RING | SIGNAL,
	    .required = true,
	    .children = READER_ITEM,
	    .min = 1,
	    .max = AZ_MODULES_MAX,
	    .example = "[ store ]",
	    .help = "The modules that read records, or wait for the signal." },
	{ .name = "size",
	    .type = FIELD_SIZE,
	    .types = RING,
	    .required = true,
	    .min = AZ_PAGE_SIZE,
	    .max = AZ_SHARED_MAX,
	    .power_of_two = true,
	    .example = "16KiB",
	    .help =
		"Room for records, a power of two. Both ends reserve it and "
		"two pages: `AZ_RING_WINDOW(NAME, SIZE)`." },
	{ .name = "record",
	    .type = FIELD_INTEGER,
	    .types = RING,
	    .min = RECORD_MIN,
	    .max = AZ_RECORD_MAX,
	    .granule = RECORD_MIN,
	    .example = "64",
	    .help = "Bytes of each record. Without it records have lengths of "
		    "their own." },
	{ .name = "on_restart",
	    .type = FIELD_WORD,
	    .types = RING,
	    .words = ON_RESTART,
	    .fallback = "keep",
	    .example = "drop",
	    .help =
		"What becomes of the records when an end is restarted. `keep`: "
		"none is lost and none comes twice. `drop`: the ring is "
		"emptied." },
	{ .name = "leases",
	    .type = FIELD_NAMED,
	    .children = LEASE_ITEM,
	    .max = AZ_MODULES_MAX,
	    .example = "{ web: 10s }",
	    .help = "Ends of the channel that are held for a time only, by the "
		    "names of their modules." },
	END
};

const struct field TABLE_CHANNEL[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = CHANNEL_KEYS,
	    .example = "{ type: signal, writer: sensor, readers: [ store ] }",
	    .help = "One channel." },
	END
};

/* A child of a group is one of the root again: the paths of the table end
 * here. */
static const struct field INNER_CHILD[] = {
	{ .name = "*",
	    .type = FIELD_CHILD,
	    .max = AZ_NAME_MAX,
	    .example = "store",
	    .help = "A module, or a group as in the root's `children`." },
	END
};

#define POLICY_KEYS                                                            \
	{ .name = "strategy",                                                  \
		.type = FIELD_WORD,                                            \
		.words = STRATEGIES,                                           \
		.fallback = "one_for_one",                                     \
		.example = "rest_for_one",                                     \
		.help = "Who is restarted when a child fails. `one_for_one`: " \
			"that child. `one_for_all`: all children. "            \
			"`rest_for_one`: that child and those behind it." },   \
	    { .name = "intensity",                                             \
		    .type = FIELD_RATE,                                        \
		    .fallback = "3 in 5s",                                     \
		    .max = AZ_INTENSITY_MAX,                                   \
		    .example = "5 in 10s",                                     \
		    .help = "Restarts in a time. One more, and the group "     \
			    "gives up: it fails as a child of its parent." },  \
	{                                                                      \
		.name = "backoff", .type = FIELD_RANGE, .min = MS,             \
		.max = HOUR, .example = "10ms..1s",                            \
		.help = "How long a restart waits: the first time, doubled "   \
			"with each further failure, and at most. Without it "  \
			"nothing waits."                                       \
	}

static const struct field GROUP_KEYS[] = { POLICY_KEYS,
	{ .name = "children",
	    .type = FIELD_LIST,
	    .required = true,
	    .children = INNER_CHILD,
	    .min = 1,
	    .max = AZ_MODULES_MAX,
	    .example = "[ net, sensor ]",
	    .help = "The group's modules and groups, in the order of their "
		    "start." },
	END };

static const struct field GROUP_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = GROUP_KEYS,
	    .example = "{ children: [ net, sensor ] }",
	    .help = "A group of children with a policy of its own." },
	END
};

static const struct field CHILD_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_CHILD,
	    .max = AZ_NAME_MAX,
	    .children = GROUP_ITEM,
	    .example = "store",
	    .help = "A module; or a group, as a map of its name to its keys." },
	END
};

const struct field TABLE_SUPERVISION[] = { POLICY_KEYS,
	{ .name = "escalate",
	    .type = FIELD_WORD,
	    .words = ESCALATIONS,
	    .fallback = "halt",
	    .example = "reboot",
	    .help = "What the machine does when the root gives up." },
	{ .name = "children",
	    .type = FIELD_LIST,
	    .required = true,
	    .children = CHILD_ITEM,
	    .min = 1,
	    .max = AZ_MODULES_MAX,
	    .example = "[ store, web ]",
	    .help = "All modules and groups, in the order of their start. Each "
		    "module stands at one place of the tree." },
	END };

const struct field *field_group(void)
{
	return GROUP_ITEM;
}

static const struct field ONLY_ITEM[] = { { .name = "*",
					      .type = FIELD_NAME,
					      .max = AZ_NAME_MAX,
					      .example = "store",
					      .help = "A module that may." },
	END };

static const struct field ONLY_KEYS[] = {
	{ .name = "may",
	    .type = FIELD_RIGHT,
	    .required = true,
	    .max = TEXT_MAX,
	    .example = "files/docs",
	    .help = "The authority, as in `never`." },
	{ .name = "modules",
	    .type = FIELD_LIST,
	    .required = true,
	    .children = ONLY_ITEM,
	    .max = AZ_MODULES_MAX,
	    .example = "[ store ]",
	    .help = "The modules that may have it, themselves or through "
		    "others." },
	END
};

static const struct field NEVER_KEYS[] = { { .name = "from",
					       .type = FIELD_NAME,
					       .required = true,
					       .max = AZ_NAME_MAX,
					       .example = "web",
					       .help = "A module." },
	{ .name = "to",
	    .type = FIELD_RIGHT,
	    .required = true,
	    .max = TEXT_MAX,
	    .example = "power/halt",
	    .help = "An authority: `log`, `clock`, `random`, `stdin`, "
		    "`observe`, `files/NAME`, `power/halt`, `power/reboot`, "
		    "`power/reset:MODULE`, `channel/NAME`, `module/NAME`, "
		    "`device/NAME`, `network/NAME` or `secret/NAME`." },
	END };

static const struct field ASSERTION_KEYS[] = {
	{ .name = "never",
	    .type = FIELD_MAP,
	    .children = NEVER_KEYS,
	    .example = "{ from: web, to: power/halt }",
	    .help = "No chain of channels leads from the module to the "
		    "authority." },
	{ .name = "only",
	    .type = FIELD_MAP,
	    .children = ONLY_KEYS,
	    .example = "{ may: files/docs, modules: [ store ] }",
	    .help = "No other modules reach the authority." },
	END
};

const struct field TABLE_ASSERTION[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = ASSERTION_KEYS,
	    .example = "{ never: { from: web, to: power/halt } }",
	    .help = "One claim: `never` or `only`." },
	END
};
