#include "manifest_table.h"

#include <stdlib.h>
#include <string.h>

#include "abi/device.h"
#include "abi/index.h"
#include "abi/trust.h"
#include "manifest_table_impl.h"
#include "mem.h"
#include "yaml_tree.h"

enum { TRUST_MAX = AZ_TRUST_KEYS_MAX - 1, ASSERTIONS_MAX = 1024 };

static const char *const FORMATS[] = { "iso", "pvh", NULL };
static const char *const FORMATS_LATER[] = { "raw", "oci-disk", NULL };
static const char *const CONSOLES[] = { "serial", "screen", NULL };

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
		"`dev` may hold `grants`, `assert`, `signing.trust`, or say "
		"who uses a channel." },
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
	    .children = TABLE_MODULE,
	    .required = true,
	    .min = 1,
	    .max = AZ_MODULES_MAX,
	    .example = "{ hello: { source: hello.wasm } }",
	    .help =
		"The programs of the system, in the order of their start." },
	{ .name = "channels",
	    .type = FIELD_NAMED,
	    .children = TABLE_CHANNEL,
	    .names = NAMES_CHANNEL,
	    .max = AZ_CHANNELS_MAX,
	    .example = "{ query: { type: call, server: store, clients: [ web ] "
		       "} }",
	    .help = "The only ways in which modules reach each other." },
	{ .name = "supervision",
	    .type = FIELD_MAP,
	    .children = TABLE_SUPERVISION,
	    .example = "{ children: [ store, web ] }",
	    .help =
		"Who is started in which order, and what follows when one "
		"fails. Without it each module is a child of the root, in the "
		"order of `modules`." },
	{ .name = "assert",
	    .type = FIELD_LIST,
	    .children = TABLE_ASSERTION,
	    .max = ASSERTIONS_MAX,
	    .example = "[ { only: { may: power/halt, modules: [ web ] } } ]",
	    .help = "Claims about authority, proved at build time through all "
		    "chains of channels." },
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
	{ .name = "devices",
	    .type = FIELD_NAMED,
	    .children = TABLE_DEVICE,
	    .max = AZ_DEVICES_MAX,
	    .example = "{ nic0: { match: pci/virtio-net, dma: 1MiB } }",
	    .help = "The hardware that the image may touch, each with its one "
		    "driver." },
	{ .name = "networks",
	    .type = FIELD_NAMED,
	    .children = TABLE_NETWORK,
	    .max = 16,
	    .example = "{ lan: { stack: net, address: dhcp } }",
	    .help = "The networks on which modules may listen or connect." },
	LATER("volumes", "Writable storage that modules may be granted."),
	LATER("config", "Values that may be set at boot."),
	LATER("develop", "What `azoth dev` watches."),
	{ .name = "secrets",
	    .type = FIELD_NAMED,
	    .children = TABLE_SECRET,
	    .max = 64,
	    .example = "{ tls-key: { max: 4KiB } }",
	    .help = "What is delivered at start and never in the image: `azoth "
		    "run --secret NAME=FILE`." },
	END
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

const char *field_fallback(const struct field *f, bool supervised)
{
	return supervised && f->supervised != NULL ? f->supervised
						   : f->fallback;
}

uint32_t field_variant(const struct field *map, const struct yaml_node *node)
{
	const struct field *type = field_child(map, "type");
	const struct yaml_node *word = yaml_get(node, "type");

	for (int i = 0; word != NULL && word->kind == YAML_SCALAR &&
			type != NULL && type->words[i] != NULL;
	     i++)
		if (strcmp(word->text, type->words[i]) == 0)
			return 1u << i;
	return 0;
}

static bool has_items(const struct field *f)
{
	return f->type == FIELD_NAMED || f->type == FIELD_LIST ||
	       f->type == FIELD_CHILD;
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
		[FIELD_BITS] = "a number",
		[FIELD_PLACE] = "a place",
		[FIELD_ADDRESS] = "`dhcp`, or an address and its bits",
		[FIELD_IP] = "an address of IPv4",
		[FIELD_HOST] = "an address",
		[FIELD_MAC] = "the address of a card",
		[FIELD_BOOL] = "`true` or `false`",
		[FIELD_WORD] = "a word",
		[FIELD_CPU] = "a budget and a period",
		[FIELD_STDIN] = "`console` or a path",
		[FIELD_EXPECT] = "`trap` or `exit N`",
		[FIELD_DIGEST] = "a digest",
		[FIELD_PACKAGE] = "a package",
		[FIELD_FORMAT] = "the number 1",
		[FIELD_STATE] = "a version of state",
		[FIELD_RATE] = "a number and a duration",
		[FIELD_RANGE] = "two durations",
		[FIELD_POWER] = "`reboot`, `halt` or `reset:MODULE`",
		[FIELD_RIGHT] = "an authority",
		[FIELD_CHILD] = "a module, or a map of one group",
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
