/* check_fix: apply the mechanical fixes of a list of mistakes to the files
 * they were found in. */
#ifndef BUILDER_CHECK_FIX_H
#define BUILDER_CHECK_FIX_H

#include <stddef.h>

struct diags;

/* Returns an exit code; *fixed counts the fixes applied. Files are replaced
 * whole, by renaming. Fixes that overlap an earlier one wait for the next
 * run. */
int check_fix(const struct diags *list, size_t *fixed);

#endif
