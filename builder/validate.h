/* validate: the types of a module's code, which wasm_parse does not judge.
 *
 * wabt's wasm-validate reads the bytes from memory of ours and its words come
 * back the same way: no file is made.
 */
#ifndef BUILDER_VALIDATE_H
#define BUILDER_VALIDATE_H

#include <stddef.h>
#include <stdint.h>

struct wasm_error;

#define VALIDATE_PROGRAM "wasm-validate"
#define VALIDATE_PACKAGE "wabt"

/* Returns EXIT_DONE; EXIT_INPUT with the first complaint in *error; EXIT_HOST
 * when the tool is missing; EXIT_TOOL when it failed; or EXIT_INTERRUPTED. */
int validate_module(struct wasm_error *error, const uint8_t *bytes, size_t len);

#endif
