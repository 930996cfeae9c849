#include "diag.h"

#include <string.h>

#define E(code, title, text)                                                   \
	{                                                                      \
		code, SEV_ERROR, title, text                                   \
	}
#define W(code, title, text)                                                   \
	{                                                                      \
		code, SEV_WARNING, title, text                                 \
	}

/* Sorted by code. A code is an interface: it keeps its meaning for ever. */
static const struct diag_kind KINDS[] = {
	E("AZ0001", "the YAML is not well formed",
	    "The text could not be read as YAML at all, so nothing after this\n"
	    "place was looked at. Common causes: a `: ` inside a text that is "
	    "not\n"
	    "quoted, a bracket or quote that is never closed, a key that is "
	    "not\n"
	    "lined up with its neighbours."),
	E("AZ0002", "the file is not UTF-8",
	    "A manifest is UTF-8 text. The message gives the offset of the "
	    "first\n"
	    "byte that is not. `iconv -f latin1 -t utf-8` converts most old "
	    "files."),
	E("AZ0003", "a tab is used for indentation",
	    "YAML forbids tabs in indentation, because people disagree about "
	    "how\n"
	    "wide they are. Use spaces."),
	E("AZ0004", "anchors, aliases, tags and merge keys are refused",
	    "A manifest says who may do what. What it grants must be readable\n"
	    "where it is written, so nothing may be defined in one place and\n"
	    "inserted in another. Write the value out, or use `include`."),
	E("AZ0005", "more than one document",
	    "A manifest is one YAML document. Everything after a second `---`\n"
	    "would be ignored, so it is refused."),
	E("AZ0006", "the file is too large or nested too deeply",
	    "A manifest has at most 1 MiB and 32 levels of nesting."),

	E("AZ0101", "unknown key",
	    "The key is not part of the manifest format. A typing mistake must "
	    "not\n"
	    "silently change what a system may do, so it is an error. Keys "
	    "that\n"
	    "start with `x-` are free for your own use anywhere."),
	E("AZ0102", "a key is defined twice",
	    "YAML would silently keep the last one. Keep one of the two. The "
	    "same\n"
	    "holds for a key that a manifest and a file it includes both "
	    "define."),
	E("AZ0103", "a required key is missing",
	    "The place shown is the key under which the missing one belongs."),
	E("AZ0104", "wrong type",
	    "The value has another form than the key needs: a list where a "
	    "text\n"
	    "belongs, or `yes` where `true` does. `yes`, `no`, `on` and `off` "
	    "are\n"
	    "plain texts here."),
	E("AZ0105", "not one of the allowed words",
	    "The key takes one of a closed list of words. `azoth explain "
	    "FIELD`\n"
	    "prints them, for example `azoth explain modules.*.grants.log`."),
	E("AZ0106", "the module is malformed",
	    "The file is not a valid WebAssembly module. The message gives "
	    "the\n"
	    "offset of the byte at which reading stopped. A truncated download "
	    "or\n"
	    "a text file with the wrong name are common causes."),
	E("AZ0107", "the module uses WebAssembly outside profile 1",
	    "Profile 1 is WebAssembly 2.0 without SIMD. Also outside are "
	    "threads,\n"
	    "exceptions, tail calls, garbage collection, memory64 and several\n"
	    "memories in one module; and what is beyond the limits of an "
	    "image, such\n"
	    "as more than 16 results of a function. The help names the "
	    "compiler flag\n"
	    "that leaves the refused feature out."),
	E("AZ0108", "a key of another type of channel",
	    "A `call` has a `server` and `clients`; a `ring` and a `signal` "
	    "have a\n"
	    "`writer` and `readers`. `azoth explain channels.*` lists the "
	    "keys."),
	E("AZ0109", "keys that exclude each other",
	    "Only one of the two keys may be written."),
	E("AZ0110", "not a size",
	    "A size is a whole number and KiB, MiB or GiB: `64KiB`, `4MiB`, "
	    "`1GiB`.\n"
	    "A bare number is refused because nobody can tell what it counts."),
	E("AZ0111", "not a duration",
	    "A duration is a whole number and ns, us, ms, s, m or h: `50ms`, "
	    "`5s`.\n"
	    "A bare number is refused because nobody can tell what it counts."),
	E("AZ0112", "a bad name",
	    "Names are lower case letters, digits, `_` and `-`, start with a "
	    "letter\n"
	    "or digit, and have at most 63 characters. `azoth` is reserved. "
	    "Names\n"
	    "of environment variables are letters, digits and `_` and do not "
	    "start\n"
	    "with a digit."),
	E("AZ0113", "unknown version of the manifest format",
	    "The first key of a manifest is `azoth: 1`. It names the version "
	    "of the\n"
	    "format; such a file keeps its meaning as long as azoth 1.x "
	    "lives."),
	E("AZ0114", "not in this version of azoth",
	    "The key belongs to the manifest format, but this version of azoth "
	    "does\n"
	    "not run it yet. It is refused so that no manifest promises "
	    "something\n"
	    "that its system does not do."),
	E("AZ0115", "outside the allowed range",
	    "`azoth explain FIELD` prints the bounds of a field."),
	E("AZ0116", "not a text of the form that this key needs",
	    "The help shows the form. `azoth explain FIELD` says more."),
	E("AZ0117", "too many",
	    "A bound of the format is exceeded: modules, arguments or "
	    "entries."),

	E("AZ0120", "the interface is not well formed",
	    "The file could not be read as WIT at this place. Reading went on "
	    "behind\n"
	    "the item that it stands in."),
	E("AZ0121", "outside the flat subset of WIT",
	    "An interface of a call channel has enums, records of scalars, "
	    "list<u8>\n"
	    "and, as what a function returns, result<T, E>. Everything that "
	    "crosses\n"
	    "is checked and copied once, so there are no pointers in what is "
	    "passed."),
	E("AZ0122", "a name in the interface",
	    "A type that is not defined, or a name that is given twice where "
	    "it must\n"
	    "mean one thing."),
	E("AZ0123", "outside the bounds of an interface",
	    "A function that is called through a gate has at most 6 integers "
	    "and\n"
	    "addresses and 8 floats for arguments, and 4 lists and records. "
	    "Enums,\n"
	    "records and parameter lists have at most 256 members, interfaces "
	    "256\n"
	    "types and 1024 functions."),
	E("AZ0124", "a module that does not keep to the interface",
	    "The server of a channel exports every function of its interface, "
	    "with the\n"
	    "type that `azoth bindings` gives it, and its clients import no "
	    "others."),

	E("AZ0125", "a device that cannot be like this",
	    "Two parts of a device.yaml contradict each other: its bus, its "
	    "engine, its\n"
	    "regions, what a ring or a step of the reset has. "
	    "packages/sdk/README.md\n"
	    "says what each engine needs."),

	E("AZ0201", "no such module",
	    "The manifest names a module that it does not define."),
	E("AZ0202", "no such entry",
	    "The manifest names an entry of `files`, `channels`, `devices`, "
	    "`networks` or\n"
	    "`secrets` that it does not define; a device.yaml likewise names "
	    "a region or a\n"
	    "register."),
	E("AZ0203", "two drivers of one device",
	    "A device has one owner. Others may see its memory and wait for "
	    "its\n"
	    "interrupts: name them in its `share`."),
	E("AZ0204", "files include each other",
	    "A manifest may not include itself, directly or through other "
	    "files."),
	E("AZ0205", "file not found",
	    "Paths are relative to the folder of the manifest. For a module, "
	    "build\n"
	    "it first: its `build` key says how."),
	E("AZ0206", "no such profile",
	    "`--profile NAME` must name an entry of `profiles`."),
	E("AZ0207", "a path leaves the project",
	    "Included files must lie in the folder of the manifest or below, "
	    "so\n"
	    "that a copy of the project builds the same system."),
	E("AZ0208", "two things at one place",
	    "A module sees each of its granted folders at a path of its own; "
	    "two\n"
	    "modules cannot listen at one port of a network; registers and "
	    "regions of a\n"
	    "device, and the ports of ISA devices, do not overlap."),
	E("AZ0209", "a file cannot be packed",
	    "Folders of `files` hold files, folders and symbolic links. "
	    "Their names\n"
	    "are UTF-8 without control characters."),

	E("AZ0210", "a module at both ends of a channel",
	    "A module needs no channel to itself: call the function, or use "
	    "memory."),
	E("AZ0211", "a ring with several readers",
	    "A record of a ring is taken once. Give each reader a ring of its "
	    "own;\n"
	    "the writer puts the record into each."),
	E("AZ0212", "a lease of an end that does not exist",
	    "`leases` limits the time of ends that the channel has. It gives "
	    "no\n"
	    "module an end."),
	E("AZ0213", "two windows of one name",
	    "The memory of a ring or an arena is exported as "
	    "`az_window_NAME`, with\n"
	    "the channel's name and `_` for `-`; `az_window_end_NAME` is its "
	    "end, and\n"
	    "`az_window_inbox` is where a server gets its lists, "
	    "`az_window_dma` the\n"
	    "memory of a device, `az_window_sockets` what a network stack "
	    "serves."),
	W("AZ0214", "what nobody uses",
	    "No module is granted anything of this network, or this "
	    "secret."),

	E("AZ0301", "an azoth import without its grant",
	    "A module that imports a function of `azoth` asks for an "
	    "authority. The\n"
	    "manifest must grant it, or the module cannot be linked."),
	E("AZ0302", "an azoth import that this version does not have",
	    "The module was built for another version of the azoth interface, "
	    "or\n"
	    "the name is mistyped."),
	E("AZ0303", "this is a component, not a core module",
	    "The component model is not supported. Build a core module, for "
	    "example\n"
	    "for the target wasm32-wasip1."),
	E("AZ0304", "an import that no interface has",
	    "Modules import from `wasi_snapshot_preview1`, from `azoth`, from "
	    "the\n"
	    "modules that their `link` names, and from call channels by the "
	    "channel's\n"
	    "name."),
	E("AZ0305", "an assertion is broken",
	    "`assert` is proved over all chains of channels: a client can make "
	    "its\n"
	    "server act, the writer of a ring or signal its readers, and so on "
	    "from\n"
	    "there. The message shows a shortest chain: module, channel, "
	    "module,\n"
	    "and what the last one holds. `azoth caps` shows all of them."),
	E("AZ0306", "a profile widens authority",
	    "Only the profile named `dev` may grant something, trust a key, "
	    "change\n"
	    "an assertion or say who uses a channel. What any other profile "
	    "may do\n"
	    "must be visible without knowing profiles."),
	E("AZ0307", "an import has another type than the interface",
	    "The function exists, but with other parameters or results. The "
	    "module\n"
	    "was built from wrong declarations."),
	E("AZ0308", "the module has no entry point",
	    "A module is started through its export `_start`, a function "
	    "without\n"
	    "parameters and results. In C, `int main(void)` with wasi-libc "
	    "gives it;\n"
	    "without a libc, export it yourself: `-Wl,--export=_start`. Only "
	    "the server\n"
	    "of a call channel has none; its `_initialize`, if it has one, is "
	    "of the\n"
	    "same type."),
	W("AZ0310", "a grant is never used",
	    "The module imports nothing that needs this grant. Delete the "
	    "line: what\n"
	    "is not granted cannot be abused."),
	W("AZ0311", "a WASI call needs a grant that the module lacks",
	    "The module runs, but this call returns the errno that WASI has "
	    "for a\n"
	    "missing capability. Programs often import more than they use; if "
	    "it\n"
	    "works, leave it so."),

	E("AZ0312", "an import from a channel of others",
	    "A module that imports from a channel calls its server. It must "
	    "stand\n"
	    "among the `clients`."),
	E("AZ0313", "a channel's function that its server does not export",
	    "A call is bound to the export of the server that has the name of "
	    "the\n"
	    "import. In C: `__attribute__((export_name(\"NAME\")))`."),
	E("AZ0314", "client and server disagree about a function's type",
	    "Parameters and results are equal at both ends; with `handle:` in "
	    "front\n"
	    "of the channel's name the import has one `i32` more, before the "
	    "others.\n"
	    "Build both from the same declarations."),
	E("AZ0315", "a function that no gate can call",
	    "A gate passes what registers hold: at most 6 parameters that are\n"
	    "integers, 8 that are floats, and one result. Larger things go as "
	    "a list\n"
	    "of bytes, or through the channel's arena."),
	W("AZ0316", "an end of a channel that is never used",
	    "The module imports nothing that uses its end. Delete it: what is "
	    "not\n"
	    "connected cannot be abused."),
	E("AZ0317", "a program cannot be a server",
	    "A module that exports `_start` runs once, from its own stack, so "
	    "nobody\n"
	    "can call it. Link it as a reactor: `-mexec-model=reactor`. It is "
	    "then\n"
	    "initialised and waits for calls."),
	E("AZ0318", "a shared window that the module does not reserve",
	    "Rings and arenas are mapped over pages that a module reserves "
	    "itself,\n"
	    "in both ends: `AZ_WINDOW(NAME, SIZE)` of the SDK, with the name "
	    "of the\n"
	    "channel. Its address is exported as the global "
	    "`az_window_NAME`."),
	W("AZ0319", "a function that cannot report a failed server",
	    "A call fails when the server traps, is restarted or too late. A\n"
	    "function with an `i32` result returns a negative status then; the "
	    "client\n"
	    "of any other traps. `on_failure: trap` says that this is meant."),

	E("AZ0320", "an import that no linked module satisfies",
	    "A module imports from those that stand above it in `link`, by "
	    "their\n"
	    "names there, and from the system."),
	E("AZ0321", "an import has another type than what it is linked to",
	    "The rules are those of WebAssembly: types of functions and "
	    "globals are\n"
	    "equal; a table or memory is at least as large as its importer "
	    "wants, and\n"
	    "grows no further than that allows."),
	W("AZ0322", "a linked module that nothing imports from",
	    "It is started and takes memory, but no other module of its group "
	    "uses it."),
	E("AZ0323", "modules that cannot be linked",
	    "Functions of the system read and write the memory of the module "
	    "that\n"
	    "`source` names. A module with a memory of its own cannot call "
	    "them from\n"
	    "within `link`. All together also keep to the limits of one "
	    "module."),

	E("AZ0324", "a channel that has nothing to repeat",
	    "`on_failure: retry` repeats the call that a server failed in, on "
	    "the\n"
	    "restarted server, of functions that may run twice. The interface "
	    "marks them:\n"
	    "`/// @idempotent` above each. Calls of others give the error."),

	W("AZ0390", "a wildcard",
	    "`any` lets the module choose where it connects to. Where that is "
	    "meant, write\n"
	    "`# azoth: allow AZ0390` on the line before."),

	E("AZ0401", "the system needs more memory than the machine has",
	    "The sum of `memory` and `stack` over all modules, of what the "
	    "kernel\n"
	    "keeps for each of them, and of rings and arenas, exceeds\n"
	    "`image.memory`."),
	E("AZ0402", "the module needs more memory than it is allowed",
	    "The module's own initial memory is larger than its `memory`."),
	E("AZ0403", "the CPU budgets exceed the machine",
	    "The sum of all `cpu` budgets, each divided by its period, is more "
	    "than\n"
	    "one processor."),

	W("AZ0404", "a stack that is too small",
	    "The machine code of the module can call so deep that its `stack` "
	    "does not\n"
	    "suffice: such a call is a trap. Calls that may come back to "
	    "their own\n"
	    "function are not counted, they have no bound."),
	E("AZ0405", "an urgent module without a budget",
	    "A module of priority `urgent` runs before all others. Its `cpu` "
	    "budget\n"
	    "is what leaves them their share."),

	E("AZ0501", "a module with two supervisors",
	    "Each module stands at one place of the tree: two supervisors "
	    "would\n"
	    "start it twice."),
	E("AZ0502", "a module outside the supervision tree",
	    "A manifest with `supervision` names all modules in it: one that "
	    "is\n"
	    "missing would never start."),
	E("AZ0503", "a module that is called before it starts",
	    "Modules start one after the other, each when the one before is "
	    "ready:\n"
	    "in the order of the tree, or of `modules` without `supervision`. "
	    "A\n"
	    "server starts before its clients. Servers that call each other "
	    "in a\n"
	    "circle could wait for each other for ever; a signal or ring back "
	    "breaks\n"
	    "the circle."),
	E("AZ0504", "an intensity of zero",
	    "The group would give up before the first restart. A module that "
	    "nobody\n"
	    "restarts says so itself: `restart: temporary`."),
	E("AZ0505", "a group's name is taken",
	    "The log names groups: each has a name of its own, and `root` is "
	    "the\n"
	    "whole tree."),
	W("AZ0506", "an expected end that is no end",
	    "A module with `restart: permanent`, the default with "
	    "`supervision`, is\n"
	    "started again after every end. With `transient` it may end as "
	    "`expect`\n"
	    "says, and is started again after any other."),

	E("AZ0601", "unsigned", "The image or module carries no signature."),
	E("AZ0602", "a bad signature",
	    "The signature does not fit the content or the key."),
	E("AZ0603", "the content differs from its digest",
	    "The file is not the one that `digest` pins. Either it was "
	    "replaced, or\n"
	    "the digest must be renewed after a review of the new file."),
	E("AZ0604", "a key that may not sign this",
	    "The key is not trusted here."),
	E("AZ0605", "a development feature in a release image",
	    "The profile `dev` may not be signed by a release key."),
	E("AZ0606", "the rollback index went down",
	    "A system refuses to boot over a newer one."),
	E("AZ0607", "a private key that others can read",
	    "Change its mode: `chmod 600 FILE`."),
	E("AZ0608", "a key that cannot be used",
	    "Keys are PEM files of the curve P-256, as `azoth keygen` and "
	    "openssl\n"
	    "write them: `signing.image.key` is a private key, those of\n"
	    "`signing.trust` are public ones."),

	E("AZ0701", "a tool is missing",
	    "`azoth doctor` lists what the host lacks, with package names."),
	E("AZ0702", "a tool is too old", "`azoth doctor` names the versions."),
	E("AZ0703", "a tool failed",
	    "The message ends with the last lines of its output and the path "
	    "of the\n"
	    "whole log."),

	E("AZ0801", "the kernel is too large", "The image cannot be packed."),
	E("AZ0802", "the build is not reproducible",
	    "Building twice gave two different results."),

	E("AZ0901", "QEMU did not start", "Its own message follows."),
	E("AZ0902", "a port is busy", "Another program listens on it."),
	E("AZ0903", "the guest panicked", "The console shows why."),
	E("AZ0904", "the guest did not boot in time",
	    "Nothing was heard from it before the time ran out."),
	E("AZ0905", "already running", "The system is running elsewhere."),
};

enum { KIND_COUNT = sizeof(KINDS) / sizeof(KINDS[0]) };

const struct diag_kind *diag_kind_find(const char *code)
{
	size_t i;

	for (i = 0; i < KIND_COUNT; i++)
		if (strcmp(KINDS[i].code, code) == 0)
			return &KINDS[i];
	return NULL;
}

const struct diag_kind *diag_kind_table(size_t *count)
{
	*count = KIND_COUNT;
	return KINDS;
}
