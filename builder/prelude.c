#include "prelude.h"

/* Included so that a change of the prelude rebuilds this file, and so that
 * it stays valid for both compilers; it emits nothing by itself. */
#include "prelude_text.h"

/* The text itself; the build runs at the root of the tree. */
__asm__(".section .rodata\n"
	".globl prelude_text\n"
	".globl prelude_text_end\n"
	"prelude_text:\n"
	".incbin \"builder/prelude_text.h\"\n"
	"prelude_text_end:\n"
	".byte 0\n"
	".previous\n");
