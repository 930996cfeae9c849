/* base/cmdline: the kernel's command line, a fixed grammar.
 *
 * key=value words separated by one space; each key at most once; anything
 * that is not listed here is an error, so nothing on the line can switch off
 * a check by being misread. The line is signed and compared as a whole
 * elsewhere; this only says what it means.
 *	console=serial|screen|serial,screen	where text goes
 *	log=error|warn|info			most verbose level printed
 */
#ifndef AZ_BASE_CMDLINE_H
#define AZ_BASE_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/rights.h"
#include "base/err.h"

struct cmdline {
	bool serial, screen;
	enum az_level log;
};

/* The values of an empty line: all outputs, log=info. */
#define CMDLINE_DEFAULT                                                        \
	(struct cmdline)                                                       \
	{                                                                      \
		.serial = true, .screen = true, .log = AZ_LEVEL_INFO           \
	}

/* Parse len bytes at text. AZ_EINVAL leaves *out at the default. */
az_err cmdline_parse(struct cmdline *out, const char *text, size_t len);

#endif
