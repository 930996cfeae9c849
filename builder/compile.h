/* compile: C parts of a module to objects, by gcc 12.
 *
 * The flags make code that the kernel's verifier can follow: r15 untouched,
 * no tables of code, no indirect jumps, no red zone, no tail calls, one
 * section a function, System V calls throughout, and WebAssembly's floats.
 */
#ifndef BUILDER_COMPILE_H
#define BUILDER_COMPILE_H

#include <stddef.h>

#define COMPILE_PROGRAM "gcc-12"

/* gcc's options, NULL-ended. */
extern const char *const compile_flags[];

/* Compile part-0.c ... part-(count-1).c in folder dir to part-N.o, `jobs` at
 * a time; output goes to log_path. Returns 0, or the first proc result that
 * is not 0. */
int compile_parts(
    const char *dir, size_t count, unsigned jobs, const char *log_path);

#endif
