/* translate: a parsed module to the flat image of abi/image.
 *
 * The module is lowered (wasm_lower), given to wasm2c, and the C it writes
 * is edited onto our prelude (ctext): instance state becomes one static
 * struct, loads and stores become the r15 pair, call_indirect goes through
 * thunks. gcc-12 compiles it in parts; the objects are flattened (flatten.h)
 * against abi/layout. The image is checked as the kernel will check it.
 * Everything happens in a private folder under work_dir; nothing is left
 * but, on failure, the log that *log_path names.
 */
#ifndef BUILDER_TRANSLATE_H
#define BUILDER_TRANSLATE_H

#include <stddef.h>
#include <stdint.h>

struct wasm_module;

struct image {
	uint8_t *bytes; /* an az_image; the caller frees it */
	size_t size;
	size_t text_size; /* machine code, for the report */
};

struct translate_job {
	const struct wasm_module *module;
	const char *name;     /* for messages and file names */
	const char *work_dir; /* exists, writable */
	const char *keep_c;   /* NULL, or a folder that gets the generated C */
	unsigned jobs;        /* compilers at a time; 0: as many as CPUs */
};

/* Returns EXIT_DONE, or: EXIT_TOOL, a tool failed; EXIT_HOST, one is missing;
 * EXIT_INPUT, the module cannot be translated; EXIT_INTERRUPTED. *log_path,
 * to be freed, then names a file that says more; otherwise it is NULL. */
int translate_module(
    struct image *out, const struct translate_job *job, char **log_path);

/* The hash that keys the cache: everything besides the module that decides
 * the image (prelude, flags, versions of wasm2c and gcc, ABI, our own
 * stages' version). Returns EXIT_DONE or EXIT_HOST. */
int translate_fingerprint(uint8_t out[32]);

#endif
