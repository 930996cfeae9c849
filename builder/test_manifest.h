/* test_manifest: a manifest read from a text, for tests of what becomes of it.
 * Include it once a program. */
#ifndef AZ_TEST_MANIFEST_H
#define AZ_TEST_MANIFEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "manifest.h"

struct fixture {
	struct diags *list;
	struct manifest *m;
};

/* profile: as manifest_load has it. */
static inline void load(
    struct fixture *f, const char *text, const char *profile)
{
	f->list = diags_new();
	f->m = manifest_load_bytes(
	    "dir/azoth.yaml", text, strlen(text), profile, f->list);
}

/* One without mistakes. */
static inline void load_good(struct fixture *f, const char *text)
{
	load(f, text, NULL);
	assert_int_equal(diags_errors(f->list), 0);
}

static inline void finish(struct fixture *f)
{
	manifest_free(f->m);
	diags_free(f->list);
}

#endif
