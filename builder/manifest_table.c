#include "manifest_table.h"

#include <stdlib.h>
#include <string.h>

#include "abi/index.h"
#include "abi/layout.h"
#include "abi/trust.h"
#include "mem.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

#define US 1000ull
#define MS (1000 * US)
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)

enum { TEXT_MAX = 4096, TRUST_MAX = AZ_TRUST_KEYS_MAX - 1, LINKS_MAX = 64 };

#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}
#define LATER(key, text)                                                       \
	{                                                                      \
		.name = key, .type = FIELD_LATER, .help = text                 \
	}

static const char *const LEVELS[] = { "error", "warn", "info", "debug", NULL };
static const char *const POWER_OPS[] = { "reboot", "halt", NULL };
static const char *const FORMATS[] = { "iso", "pvh", NULL };
static const char *const FORMATS_LATER[] = { "raw", "oci-disk", NULL };
static const char *const CONSOLES[] = { "serial", "screen", NULL };
static const char *const RESTARTS[] = { "temporary", NULL };
static const char *const RESTARTS_LATER[] = { "permanent", "transient", NULL };

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
	    .type = FIELD_WORD,
	    .words = POWER_OPS,
	    .example = "halt",
	    .help = "One thing that the module may do to the machine." },
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
	{ .name = "files",
	    .type = FIELD_NAMED,
	    .children = MOUNT_ITEM,
	    .max = AZ_FILES_MAX,
	    .example = "{ docs: /docs }",
	    .help = "Read-only folders that the module sees, each with its "
		    "place." },
	{ .name = "power",
	    .type = FIELD_LIST,
	    .children = POWER_ITEM,
	    .min = 1,
	    .max = 2,
	    .example = "[ halt ]",
	    .help = "What the module may do to the machine as a whole." },
	LATER("device", "Leases of devices."),
	LATER("volume", "Writable storage."),
	LATER("listen", "Ports on which the module accepts connections."),
	LATER("connect", "Hosts to which the module may connect."), END
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
	    .later = RESTARTS_LATER,
	    .fallback = "temporary",
	    .example = "temporary",
	    .help = "What follows the module's end. `temporary`: nothing." },
	LATER("kind", "Whether the module is a task, a service or a driver."),
	LATER("ready", "How long the module may take to become ready."),
	LATER("state", "The version of the state that a swap carries over."),
	LATER("config", "Values that may be set at boot."),
	LATER("secrets", "Secrets that the module is given at start."), END
};

static const struct field MODULE_ITEM[] = { { .name = "*",
						.type = FIELD_MAP,
						.children = MODULE_KEYS,
						.example =
						    "{ source: hello.wasm }",
						.help = "One module." },
	END };

static const struct field FORMAT_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_WORD,
	    .words = FORMATS,
	    .later = FORMATS_LATER,
	    .example = "iso",
	    .help = "`iso`: a CD and USB image for BIOS and UEFI. `pvh`: the "
		    "kernel and the bundle as files, for virtual machines that "
		    "boot them directly." },
	END
};

static const struct field CONSOLE_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_WORD,
	    .words = CONSOLES,
	    .example = "serial",
	    .help = "One place to which the console goes." },
	END
};

static const struct field IMAGE_KEYS[] = {
	{ .name = "formats",
	    .type = FIELD_LIST,
	    .children = FORMAT_ITEM,
	    .fallback = "[ iso, pvh ]",
	    .min = 1,
	    .max = 2,
	    .example = "[ iso ]",
	    .help = "What `azoth build` writes." },
	{ .name = "memory",
	    .type = FIELD_SIZE,
	    .fallback = "128MiB",
	    .example = "64MiB",
	    .min = 16 * MIB,
	    .max = 64 * GIB,
	    .granule = MIB,
	    .help =
		"Memory of the machine, against which `azoth check` adds up "
		"the modules and with which `azoth run` starts it." },
	{ .name = "console",
	    .type = FIELD_LIST,
	    .children = CONSOLE_ITEM,
	    .fallback = "[ serial, screen ]",
	    .min = 1,
	    .max = 2,
	    .example = "[ serial ]",
	    .help = "Where the console goes." },
	LATER("sbom", "Lists of the image's parts."),
	LATER("devlink", "The port of the development link."), END
};

static const struct field FILES_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_PATH,
	    .max = TEXT_MAX,
	    .example = "rootfs/docs",
	    .help =
		"A folder that is packed into the image, read-only. Modules "
		"see it through `grants.files`." },
	END
};

static const struct field SIGNING_IMAGE[] = {
	{ .name = "key",
	    .type = FIELD_PATH,
	    .max = TEXT_MAX,
	    .example = "keys/release.key",
	    .help =
		"The private key that signs the image, a P-256 PEM file. "
		"Without it a development key is used, and the console says "
		"so." },
	END
};

static const struct field TRUST_KEYS[] = {
	{ .name = "name",
	    .type = FIELD_NAME,
	    .required = true,
	    .max = 28,
	    .example = "release",
	    .help = "What the key is called in messages." },
	{ .name = "key",
	    .type = FIELD_PATH,
	    .required = true,
	    .max = TEXT_MAX,
	    .example = "keys/release.pub",
	    .help = "The public key, a P-256 PEM file." },
	LATER("modules", "The modules that the key may sign."), END
};

static const struct field TRUST_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = TRUST_KEYS,
	    .example = "{ name: release, key: keys/release.pub }",
	    .help =
		"A key whose signature this system accepts besides its own." },
	END
};

static const struct field SIGNING_KEYS[] = {
	{ .name = "image",
	    .type = FIELD_MAP,
	    .children = SIGNING_IMAGE,
	    .example = "{ key: keys/release.key }",
	    .help = "How the image is signed." },
	{ .name = "trust",
	    .type = FIELD_LIST,
	    .children = TRUST_ITEM,
	    .max = TRUST_MAX,
	    .example = "[ { name: release, key: keys/release.pub } ]",
	    .help = "Further keys that the kernel accepts." },
	{ .name = "rollback",
	    .type = FIELD_INTEGER,
	    .fallback = "0",
	    .max = INT64_MAX,
	    .example = "7",
	    .help = "The serial number of this system, signed into its index. "
		    "Nothing remembers the highest one seen yet." },
	END
};

static const struct field PROFILE_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_PROFILE,
	    .example = "{ image: { memory: 256MiB } }",
	    .help =
		"Changes to the manifest that `--profile NAME` applies: maps "
		"merge, lists and scalars are replaced. Only the profile named "
		"`dev` may hold `grants` or `signing.trust`." },
	END
};

static const struct field INCLUDE_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_PATH,
	    .max = TEXT_MAX,
	    .example = "common.yaml",
	    .help =
		"A file in the manifest's folder or below. All its paths are "
		"from the manifest's folder too." },
	END
};

static const struct field TOP_KEYS[] = {
	{ .name = "azoth",
	    .type = FIELD_FORMAT,
	    .required = true,
	    .example = "1",
	    .help =
		"The version of the manifest format, always the first key." },
	{ .name = "name",
	    .type = FIELD_NAME,
	    .required = true,
	    .max = AZ_NAME_MAX,
	    .example = "weather-station",
	    .help = "The system's name, and that of the files built." },
	{ .name = "version",
	    .type = FIELD_TEXT,
	    .fallback = "0",
	    .max = AZ_NAME_MAX,
	    .example = "1.4.0",
	    .help = "The system's version, recorded in the signed index." },
	{ .name = "description",
	    .type = FIELD_TEXT,
	    .max = TEXT_MAX,
	    .example = "Keeps a day of samples.",
	    .help = "One line for people." },
	{ .name = "include",
	    .type = FIELD_LIST,
	    .children = INCLUDE_ITEM,
	    .max = 64,
	    .example = "[ common.yaml ]",
	    .help = "Further files whose keys are added. A key that two files "
		    "define is an error." },
	{ .name = "image",
	    .type = FIELD_MAP,
	    .children = IMAGE_KEYS,
	    .example = "{ memory: 64MiB }",
	    .help = "The machine and what is built for it." },
	{ .name = "files",
	    .type = FIELD_NAMED,
	    .children = FILES_ITEM,
	    .max = 1024,
	    .example = "{ docs: rootfs/docs }",
	    .help = "Folders packed into the image, read-only." },
	{ .name = "modules",
	    .type = FIELD_NAMED,
	    .children = MODULE_ITEM,
	    .required = true,
	    .min = 1,
	    .max = AZ_MODULES_MAX,
	    .example = "{ hello: { source: hello.wasm } }",
	    .help =
		"The programs of the system, in the order of their start." },
	{ .name = "signing",
	    .type = FIELD_MAP,
	    .children = SIGNING_KEYS,
	    .example = "{ image: { key: keys/release.key } }",
	    .help = "Who signs the system, and whom it trusts." },
	{ .name = "profiles",
	    .type = FIELD_NAMED,
	    .children = PROFILE_ITEM,
	    .max = 64,
	    .example = "{ dev: { image: { memory: 256MiB } } }",
	    .help = "Named changes, of which `--profile` picks one." },
	LATER("devices", "Hardware that modules may be granted."),
	LATER("networks", "Networks that modules may be granted."),
	LATER("volumes", "Writable storage that modules may be granted."),
	LATER("channels", "The ways in which modules talk to each other."),
	LATER("supervision", "Who restarts which module, and when."),
	LATER("assert", "Claims about authority, proved at build time."),
	LATER("config", "Values that may be set at boot."),
	LATER("develop", "What `azoth dev` watches."),
	LATER("secrets", "Secrets that modules are given at start."), END
};

static const struct field ROOT = { .name = "manifest",
	.type = FIELD_MAP,
	.children = TOP_KEYS,
	.example = "{ azoth: 1, name: hello, modules: {} }",
	.help = "A system made of WebAssembly modules." };

const struct field *field_root(void)
{
	return &ROOT;
}

const struct field *field_child(const struct field *map, const char *name)
{
	const struct field *f;

	for (f = map->children; f != NULL && f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static bool has_items(const struct field *f)
{
	return f->type == FIELD_NAMED || f->type == FIELD_LIST;
}

const struct field *field_find(const char *path)
{
	const struct field *f = &ROOT;
	char *copy = xstrdup(path), *rest = copy, *part;

	while (f != NULL && (part = strsep(&rest, ".")) != NULL) {
		if (f->type == FIELD_PROFILE)
			f = &ROOT;
		f = has_items(f) ? f->children : field_child(f, part);
	}
	free(copy);
	return f;
}

const char *field_type_name(const struct field *f)
{
	static const char *const names[] = {
		[FIELD_MAP] = "a map",
		[FIELD_NAMED] = "a map of names",
		[FIELD_LIST] = "a list",
		[FIELD_PROFILE] = "a map",
		[FIELD_TEXT] = "a text",
		[FIELD_NAME] = "a name",
		[FIELD_PATH] = "a path",
		[FIELD_MOUNT] = "an absolute path",
		[FIELD_SIZE] = "a size",
		[FIELD_DURATION] = "a duration",
		[FIELD_INTEGER] = "a whole number",
		[FIELD_BOOL] = "`true` or `false`",
		[FIELD_WORD] = "a word",
		[FIELD_CPU] = "a budget and a period",
		[FIELD_STDIN] = "`console` or a path",
		[FIELD_EXPECT] = "`trap` or `exit N`",
		[FIELD_DIGEST] = "a digest",
		[FIELD_PACKAGE] = "a package",
		[FIELD_FORMAT] = "the number 1",
		[FIELD_LATER] = "not in this version",
	};

	return names[f->type];
}

void field_walk(const struct field *f, const char *prefix,
    void (*visit)(const struct field *f, const char *path, void *arg),
    void *arg)
{
	const struct field *child;
	char *path;

	for (child = f->children; child != NULL && child->name; child++) {
		path = xasprintf(
		    "%s%s%s", prefix, *prefix ? "." : "", child->name);
		visit(child, path, arg);
		field_walk(child, path, visit, arg);
		free(path);
	}
}
