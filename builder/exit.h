/* exit: the builder's exit codes, an interface for scripts. */
#ifndef BUILDER_EXIT_H
#define BUILDER_EXIT_H

enum exit_code {
	EXIT_DONE = 0,
	EXIT_INPUT = 1,   /* manifest, module or assertion is wrong */
	EXIT_USAGE = 2,   /* wrong command line */
	EXIT_HOST = 3,    /* the host lacks something: run `azoth doctor` */
	EXIT_TRUST = 4,   /* signature, hash or key refused */
	EXIT_TOOL = 5,    /* a tool we called failed; log path printed */
	EXIT_GUEST = 6,   /* a module or the guest failed */
	EXIT_TIMEOUT = 7, /* time ran out */
	EXIT_INTERRUPTED = 130,
};

#endif
