/* The one table of verbs and options: parsing, --help, the man pages and the
 * completions all come from here. */
#include "cli.h"

#include <string.h>

#include "chaos.h"
#include "exit.h"

#define END                                                                    \
	{                                                                      \
		NULL, 0, NULL, NULL                                            \
	}

#define CLASS(sym, text) " " text
#define CLASSES CHAOS_CLASSES(CLASS) "."

static const struct cli_option common[COMMON_COUNT + 1] = {
	[COMMON_FILE] = { "file", 'f', "FILE",
	    "the manifest; default: the nearest azoth.yaml" },
	[COMMON_FOLDER] = { "directory", 'C', "DIR",
	    "go to DIR before doing anything" },
	[COMMON_PROFILE] = { "profile", 0, "NAME",
	    "apply a profile of the manifest" },
	[COMMON_QUIET] = { "quiet", 'q', NULL, "say only what is wrong" },
	[COMMON_VERBOSE] = { "verbose", 'v', NULL, "say more" },
	[COMMON_JSON] = { "json", 0, NULL, "print the result as JSON" },
	[COMMON_COLOR] = { "color", 0, "auto|always|never",
	    "colour the messages" },
	[COMMON_PROGRESS] = { "progress", 0, "auto|plain|json|none",
	    "how to show the steps" },
	[COMMON_PROGRESS_FD] = { "progress-fd", 0, "N",
	    "write progress to file descriptor N; default 2" },
	[COMMON_NO_INPUT] = { "no-input", 0, NULL, "never ask anything" },
	[COMMON_HELP] = { "help", 'h', NULL, "print this help" },
	END,
};

static const struct cli_option none[] = { END };

static const struct cli_option new_options[] = {
	{ "template", 't', "NAME", "the template; default hello-c" },
	{ "list", 0, NULL, "print the templates" },
	END,
};

static const struct cli_option check_options[] = {
	{ "format", 0, "human|gcc|github|sarif|json",
	    "the shape of the messages" },
	{ "fatal-warnings", 0, NULL, "exit 1 on warnings too" },
	{ "expand", 0, NULL, "print the manifest with every default" },
	{ "schema", 0, NULL, "print the JSON Schema for editors" },
	{ "fix", 0, NULL, "apply the mechanical fixes to the file" },
	END,
};

static const struct cli_option build_options[] = {
	{ "format", 0, "LIST", "iso, pvh or both; default: as the manifest" },
	{ "output", 'o', "DIR", "where products go; default out" },
	{ "jobs", 'j', "N", "modules compiled at once; default: CPUs" },
	{ "keep-c", 0, NULL, "leave the generated C in DIR/c" },
	{ "time", 0, NULL, "print the time that each step took" },
	{ "explain-rebuild", 0, NULL, "say why a module is compiled again" },
	END,
};

static const struct cli_option run_options[] = {
	{ "uefi", 0, NULL, "boot by UEFI (OVMF) instead of BIOS" },
	{ "pvh", 0, NULL, "start the kernel directly, without the ISO" },
	{ "hosted", 0, NULL,
	    "run as a Linux process: fast, and without the isolation" },
	{ "media", 0, "cd|disk|usb", "how to attach the ISO; default cd" },
	{ "kvm", 0, "auto|on|off",
	    "use KVM; auto: when a guest runs under it" },
	{ "port", 'p', "HOST:GUEST",
	    "lead a TCP port of this host to the guest, or with GUEST/udp one "
	    "of UDP; CARD:HOST:GUEST by another than its first network card; "
	    "may be repeated" },
	{ "secret", 0, "NAME=FILE",
	    "give the guest a secret of the manifest; may be repeated" },
	{ "timeout", 0, "TIME", "stop after TIME, for example 30s; exit 7" },
	{ "test", 0, NULL, "print ends as JSON lines; timeout 60s" },
	{ "module-output", 0, "NAME",
	    "print exactly what module NAME wrote to its stdout" },
	{ "report", 0, "FILE",
	    "write what became of every module as JSON, at the end" },
	{ "stdin", 0, NULL, "give stdin to the guest though no terminal" },
	{ "gdb", 0, NULL, "wait for gdb and print how to attach it" },
	{ "print", 0, NULL, "print the QEMU command and stop" },
	END,
};

static const struct cli_option chaos_options[] = {
	{ "rate", 0, "N",
	    "calls in or out of a module from fault to fault; default 50" },
	{ "faults", 0, "N", "how many; default 500" },
	{ "class", 0, "NAME", "faults of this class alone" },
	{ "fault", 0, "NUMBER",
	    "this one alone, as the console calls it, from each start on" },
	{ "assert", 0, "TEXT", "lines with TEXT must keep coming" },
	{ "within", 0, "TIME", "so long they may stay away; default 10s" },
	{ "timeout", 0, "TIME", "stop after TIME; default 10m" },
	{ "hosted", 0, NULL,
	    "run as a Linux process: fast, and without the isolation" },
	END,
};

static const struct cli_option export_options[] = {
	{ "uefi", 0, NULL, "the machine boots by EFI instead of BIOS" },
	{ "output", 'o', "FILE", "where to write; default: stdout" },
	END,
};

static const struct cli_option keygen_options[] = {
	{ "yes", 'y', NULL, "replace an existing key" },
	END,
};

static const struct cli_option verify_options[] = {
	{ "key", 0, "FILE", "a public key; default: the development key" },
	END,
};

static const struct cli_option bindings_options[] = {
	{ "client", 0, NULL, "for a module that calls; the default" },
	{ "server", 0, NULL, "for the module that answers" },
	{ "output", 'o', "FILE", "where to write; default: stdout" },
	END,
};

static const struct cli_option caps_options[] = {
	{ "who", 0, "X", "who may do X, such as power/halt or files/NAME" },
	END,
};

static const struct cli_option graph_options[] = {
	{ "view", 0, "channels|supervision|authority",
	    "what to show; default channels" },
	{ "format", 0, "text|mermaid|dot|svg", "default text" },
	END,
};

static const struct cli_option clean_options[] = {
	{ "cache", 0, NULL, "remove the cache of compiled modules too" },
	{ "yes", 'y', NULL, "do it; without it, only print what would go" },
	END,
};

static const struct cli_option doctor_options[] = {
	{ "packages", 0, NULL, "print the names of missing packages alone" },
	END,
};

static const struct cli_verb verbs[] = {
	{ "new", "DIR", "start a project from a template", "MAKE", 0, 1,
	    new_options, verb_new,
	    "Writes a manifest, sources, a Makefile, .gitignore and a CI file "
	    "to DIR, which must be empty or absent, and prints the next "
	    "commands." },
	{ "check", "", "find every mistake, build nothing", "MAKE", 0, 0,
	    check_options, verb_check,
	    "Reads the manifest and every module it names, and prints all "
	    "mistakes of one run with their place and their fix." },
	{ "build", "", "compile, sign and pack the system", "MAKE", 0, 0,
	    build_options, verb_build,
	    "Checks the manifest, translates each module, compiles it, signs "
	    "the index and writes DIR/NAME.iso, DIR/NAME.elf with "
	    "DIR/NAME.bundle, DIR/report.txt and DIR/report.json. Without "
	    "changes nothing is compiled again. The time that the image bears "
	    "is SOURCE_DATE_EPOCH, else that of the last git commit, so that "
	    "each commit packs it again, else 0." },
	{ "bindings", "X.wit", "write a C header from an interface", "MAKE", 1,
	    1, bindings_options, verb_bindings,
	    "Reads one interface in the flat subset of WIT that `interface` "
	    "of a call channel takes, and writes the header for one of its "
	    "ends. The server's header also checks every argument before the "
	    "module's own function sees it; include it in one file." },
	{ "clean", "", "remove what build made", "MAKE", 0, 0, clean_options,
	    verb_clean,
	    "Prints what would be removed; with --yes it is removed: out/ "
	    "beside the manifest, and with --cache the cache of compiled "
	    "modules of all projects." },
	{ "run", "[X.iso|X.elf]", "boot a system in QEMU", "RUN", 0, 1,
	    run_options, verb_run,
	    "Boots an ISO, or X.elf with X.bundle beside it, and prints the "
	    "guest's console. Without an argument the project is built "
	    "first. The exit code tells how the guest ended. Ctrl-C stops "
	    "the guest; a second one leaves at once." },
	{ "chaos", "[MODULE...]", "run a system with faults in its modules",
	    "RUN", 0, 4096, chaos_options, verb_chaos,
	    "Builds the system into out/chaos, each module (or those named) "
	    "with faults of 14 classes in it, and runs it, with one fault on "
	    "after the other, until there were enough of them; a system that "
	    "ends is started again. Prints for each class how many faults did "
	    "not show, and of those that did, how many were recovered from "
	    "(a line with TEXT came after the restart), climbed as the tree "
	    "says, or were lost. Such modules also get random numbers and a "
	    "log. Signed with a development key alone. Exits with 6 when a "
	    "fault was lost or the kernel failed. The classes:" CLASSES },
	{ "export", "virtualbox [X.iso]", "describe a machine for others",
	    "RUN", 1, 2, export_options, verb_export,
	    "Writes a shell script of VBoxManage lines that makes a machine of "
	    "VirtualBox for an ISO: its memory, an Intel 82540EM behind NAT "
	    "with a forward for each port that the system listens at (of this "
	    "host alone; those below 1024 are 8000 higher there), a serial "
	    "port that writes the console to a file, and the ISO in a drive of "
	    "AHCI. Warns of what VirtualBox does not have. Without X.iso the "
	    "project is built first." },
	{ "keygen", "[FILE]", "make a signing key", "TRUST", 0, 1,
	    keygen_options, verb_keygen,
	    "Writes a P-256 private key to FILE, readable by its owner "
	    "alone, and its public half beside it; both are PEM. Without "
	    "FILE it makes the development key." },
	{ "verify", "X", "check an image's signatures without booting it",
	    "TRUST", 1, 1, verify_options, verb_verify,
	    "Checks the signature and every hash of an ISO or a bundle, as "
	    "the kernel does, and exits with 4 where the kernel would "
	    "refuse." },
	{ "inspect", "X", "show what an image or a module contains", "SEE", 1,
	    1, none, verb_inspect,
	    "Reads the index back out of an ISO or a bundle: system, "
	    "modules, grants, hashes, sizes, signer. Of a .wasm it shows "
	    "imports, exports and sections." },
	{ "caps", "[MODULE]", "show what modules may do", "SEE", 0, 1,
	    caps_options, verb_caps,
	    "Prints what each module, or MODULE alone, holds itself, and what "
	    "it may do through others: a client acts through its server, the "
	    "writer of a ring or signal through its readers. With --who the "
	    "question is reversed; X is written as in `assert`. Of chains of "
	    "more than 6 channels the middle is shown for MODULE only. FILE "
	    "may also be an ISO or a bundle." },
	{ "graph", "", "draw the system", "SEE", 0, 0, graph_options,
	    verb_graph,
	    "Prints who talks to whom, who is restarted with whom, or who "
	    "holds what. Calls are drawn as lines, rings as double lines, "
	    "signals as dashes; arrows lead to the module that is made to "
	    "act. Mermaid is for a README, dot for Graphviz, svg for eyes. "
	    "FILE may also be an ISO or a bundle." },
	{ "diff", "A B", "show what differs between two systems", "SEE", 2, 2,
	    none, verb_diff,
	    "A and B are manifests, ISOs or bundles. Authority comes first, "
	    "with each module that can reach something outside that it could "
	    "not reach before, and the chain. A manifest and an image are "
	    "compared in what both can tell. Exits with 0 when they are the "
	    "same, 1 when they differ, 2 when one of them cannot be read." },
	{ "explain", "X", "explain a code or a key", "SEE", 1, 1, none,
	    verb_explain,
	    "X is a code such as AZ0201, or the path of a key such as "
	    "modules.*.grants.log." },
	{ "doctor", "", "check what this host offers", "HELP", 0, 0,
	    doctor_options, verb_doctor,
	    "Looks for every tool that build and run need and names the "
	    "package of each one missing: apt install $(azoth doctor "
	    "--packages)." },
	{ "completion", "bash|zsh|fish", "print a completion script", "HELP", 1,
	    1, none, verb_completion,
	    "For bash: azoth completion bash > "
	    "~/.local/share/bash-completion/completions/azoth" },
	{ "man", "[VERB]", "print the manual page", "HELP", 0, 1, none,
	    verb_man, "Read it with: azoth man | man -l -" },
	{ "help", "[VERB]", "print help", "HELP", 0, 1, none, verb_help,
	    "Without VERB, the overview." },
	{ "version", "", "print the version", "HELP", 0, 0, none, verb_version,
	    "The builder's version and the ABI's." },
};

enum { VERB_COUNT = sizeof verbs / sizeof *verbs };

static const char *const groups[] = { "MAKE", "RUN", "TRUST", "SEE", "HELP",
	NULL };

static const struct cli_exit exits[] = {
	{ EXIT_DONE, "done" },
	{ EXIT_INPUT, "the manifest or a module is wrong" },
	{ EXIT_USAGE, "the command line is wrong" },
	{ EXIT_HOST, "the host lacks something: run azoth doctor" },
	{ EXIT_TRUST, "a signature, a hash or a key was refused" },
	{ EXIT_TOOL, "a tool that was called failed" },
	{ EXIT_GUEST, "a module or the guest failed" },
	{ EXIT_TIMEOUT, "time ran out" },
	{ EXIT_INTERRUPTED, "interrupted" },
	{ 0, NULL },
};

const struct cli_verb *cli_verb_table(size_t *count)
{
	*count = VERB_COUNT;
	return verbs;
}

const struct cli_verb *cli_verb_find(const char *name)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

const struct cli_option *cli_common_table(void)
{
	return common;
}

const char *const *cli_groups(void)
{
	return groups;
}

const struct cli_exit *cli_exit_table(void)
{
	return exits;
}
