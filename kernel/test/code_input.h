/* test/code_input: how a fuzz input describes an image with machine code.
 *
 * A head of fixed size, then the text: nothing of an input is redundant, so
 * that a mutation of the text needs no repair, and each promise that an image
 * makes can be broken alone. The image is that of verify/test_code: with the
 * head CODE_INPUT_HEAD its escapes are inputs as they are.
 */
#ifndef AZ_TEST_CODE_INPUT_H
#define AZ_TEST_CODE_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "abi/image.h"

enum {
	INPUT_FUNCS_MAX = 4,
	INPUT_SIGS = 6,
	INPUT_IMPORTS = 3,
	INPUT_TABLES_MAX = 2,
	INPUT_TEXT_MAX = 304, /* bytes */
};

/* What an image says and is not so. */
enum input_lie {
	LIE_NONE,
	LIE_FUNC_OFF,
	LIE_FUNC_LEN,
	LIE_FUNC_SIG,
	LIE_FUNC_ARGS,
	LIE_SIG_ARGS,
	LIE_SIG_COUNT,
	LIE_IMPORT_SIG,
	LIE_IMPORT_COUNT, /* more than a slot has place for */
	LIE_TABLE_COUNT,  /* with the types, more thunks than it has */
	LIE_TEXT_SIZE,    /* likewise */
	LIE_RODATA_SIZE,
	LIE_DATA_SIZE,
	LIE_WORK_SIZE, /* scratch memory that is too small */
	LIE_COUNT,
};

/* The first bytes of an input; each is taken modulo its range. */
struct input_head {
	uint8_t funcs;                     /* 0..INPUT_FUNCS_MAX */
	uint8_t lens[INPUT_FUNCS_MAX - 1]; /* the last has what is left */
	uint8_t sigs[INPUT_FUNCS_MAX];     /* an index into the types */
	uint8_t tables;                    /* 0..INPUT_TABLES_MAX */
	uint8_t imports;                   /* 0..INPUT_IMPORTS */
	uint8_t rodata, data;              /* bytes */
	uint8_t lie, at;                   /* enum input_lie; of which */
	uint8_t value[2];                  /* of the lie */
};
_Static_assert(sizeof(struct input_head) == 16, "text is aligned");

/* Two functions of 16 bytes, the second with arguments on the stack; what
 * follows is the third. */
#define CODE_INPUT_HEAD                                                        \
	{                                                                      \
		.funcs = 3, .lens = { 16, 16 }, .sigs = { 0, 2, 0 },           \
		.tables = 1, .imports = 3, .rodata = 64, .data = 128           \
	}

/* The image's types, of which verify/test_code has the first three. */
extern const struct az_sig code_input_types[INPUT_SIGS];

enum { INPUT_MAX = sizeof(struct input_head) + INPUT_TEXT_MAX };

#endif
