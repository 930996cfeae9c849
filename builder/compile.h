/* compile: C parts of a module to objects, by gcc 12 and asmtext.
 *
 * The flags make code that the kernel's verifier can follow: r15 untouched,
 * no tables of code, no indirect jumps, no red zone, no tail calls, one
 * section a function, System V calls throughout, and WebAssembly's floats.
 * Each part goes through asmtext between the compiler and the assembler.
 */
#ifndef BUILDER_COMPILE_H
#define BUILDER_COMPILE_H

#include <stddef.h>

#define COMPILE_PROGRAM "gcc-12"

/* gcc's options, NULL-ended; and those that steady code gets besides. */
extern const char *const compile_flags[], *const compile_steady_flags[];

/* Where gcc sets up a function's frame. Freely: where that is fastest, which
 * now and then gives a block that only a later jump reaches another depth of
 * the stack than the verifier, in its one pass, takes it to have. Steady: at
 * the function's entry, so that there is one depth. */
enum compile_frames { COMPILE_FREE, COMPILE_STEADY };

/* Compile part-0.c ... part-(count-1).c in folder dir to part-N.o, `jobs` at
 * a time; output goes to log_path. Returns 0, or the first proc result that
 * is not 0. */
int compile_parts(const char *dir, size_t count, enum compile_frames frames,
    unsigned jobs, const char *log_path);

#endif
