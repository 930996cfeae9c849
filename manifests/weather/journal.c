/* journal: the only one that may write to the log; others ask it to. */
#include <stdio.h>

#include "journal.server.h"

static uint32_t lines;

int32_t journal_note(const uint8_t *line, uint32_t line_len)
{
	printf("%u. %.*s\n", ++lines, (int)line_len, (const char *)line);
	return 0;
}

int32_t journal_values(const uint8_t *name, uint32_t name_len, uint32_t count,
    int32_t lowest, int32_t highest, int32_t mean)
{
	printf("%u. %.*s: %.1f to %.1f, mean %.1f of %u\n", ++lines,
	    (int)name_len, (const char *)name, lowest / 10.0, highest / 10.0,
	    mean / 10.0, count);
	return 0;
}
