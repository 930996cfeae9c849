/* abi/image: the flat form of one compiled module, as the kernel maps it.
 *
 * Little endian. All offsets count from the start of the image. text, rodata
 * and data start on page boundaries of the image, so that their frames can
 * be mapped where they lie; spans of records start at multiples of 4. Both
 * hold for empty spans too. Spans do not overlap, are in the order of the
 * fields, and the gaps between them (and behind the last) are zero. Records
 * are read in place after one pass of checks (verify/image); nothing is
 * relocated: the builder resolves every displacement against abi/layout.
 */
#ifndef AZ_ABI_IMAGE_H
#define AZ_ABI_IMAGE_H

#include <stdint.h>

#define AZ_IMAGE_MAGIC "AZIMAGE1"
#define AZ_ABI_VERSION 5u

enum {
	AZ_IMAGE_HEAD_SIZE = 256,
	AZ_IMAGE_MAX = 256 << 20, /* bytes, inflated */
	AZ_FUNCS_MAX = 1 << 20,
	AZ_EXPORTS_MAX = 65536,
	AZ_TABLES_MAX = 64,
	AZ_TABLE_ENTRIES_MAX = 1 << 20, /* sum of all capacities */
	AZ_SEGMENTS_MAX = 65536,
	AZ_PARAMS_MAX = 112,
	AZ_RESULTS_MAX = 16,
};

/* A run of bytes, or of records, inside the image. */
struct az_span {
	uint32_t off;	/* bytes from the image's start */
	uint32_t count; /* bytes, or records of the type named beside it */
};

#define AZ_NONE 0xffffffffu

struct az_image_head {
	uint8_t magic[8];
	uint32_t abi;		/* AZ_ABI_VERSION */
	uint32_t head_size;	/* AZ_IMAGE_HEAD_SIZE */
	uint32_t size;		/* of the whole image, bytes */
	uint32_t flags;		/* 0 */
	uint32_t mem_min;	/* linear memory at start, wasm pages */
	uint32_t mem_max;	/* the module's own maximum, wasm pages */
	uint32_t has_memory;	/* 0 or 1 */
	uint32_t start_func;	/* index into funcs, or AZ_NONE */
	uint32_t data_mem_size; /* data in memory, >= data.count; rest zero */
	uint32_t reserved;	/* 0 */
	struct az_span text;	/* bytes, page-aligned */
	struct az_span rodata;	/* bytes, page-aligned */
	struct az_span data;	/* bytes, page-aligned: az_I, initial globals */
	struct az_span funcs;	/* struct az_func, sorted by off */
	struct az_span sigs;	/* struct az_sig */
	struct az_span imports; /* struct az_import; index = stub slot */
	struct az_span exports; /* struct az_export */
	struct az_span tables;	/* struct az_table */
	struct az_span elems;	/* struct az_elem */
	struct az_span entries; /* uint32_t az_funcref, used by elems */
	struct az_span segments; /* struct az_segment */
	struct az_span bytes;	/* contents of the segments */
	struct az_span names;	/* UTF-8, no control characters */
	uint8_t pad[AZ_IMAGE_HEAD_SIZE - 48 - 13 * 8]; /* 0 */
};
_Static_assert(sizeof(struct az_image_head) == AZ_IMAGE_HEAD_SIZE, "head");

/* A function of the text. Functions are contiguous (padding belongs to the
 * one before it), sorted by off, and cover all of text. */
struct az_func {
	uint32_t off;	     /* from the start of text */
	uint32_t len;	     /* bytes, padding included */
	uint16_t sig;	     /* index into sigs */
	uint16_t stack_args; /* bytes of arguments its caller pushes */
	uint32_t name;	     /* offset into names */
	uint32_t name_len;   /* bytes; 0 when the module has no name for it */
	uint32_t wasm_index; /* in the module's function index space */
};
_Static_assert(sizeof(struct az_func) == 24, "func");

/* A reference is a number in a module's hands: a 32-bit integer wherever it
 * is passed. A funcref is 0 for null, else 1 + an index into entries, so what
 * a module may refer to has an entry. An externref is 0 for null, else any
 * number, which the kernel only keeps. */
enum az_valtype {
	AZ_I32 = 0x7f,
	AZ_I64 = 0x7e,
	AZ_F32 = 0x7d,
	AZ_F64 = 0x7c,
	AZ_FUNCREF = 0x70,
	AZ_EXTERNREF = 0x6f,
};

/* A function type. Its index is the tag that call_indirect compares; two
 * entries of one image never have the same types. Of more than two results
 * none travels in registers: such a function leaves them in globals. There
 * are at most AZ_SIG_MAX pairs of a table and a type. */
struct az_sig {
	uint8_t param_count;
	uint8_t result_count;
	uint16_t stack_args;	       /* bytes, follows from the types */
	uint8_t types[AZ_PARAMS_MAX + AZ_RESULTS_MAX]; /* params, results, 0 */
};
_Static_assert(sizeof(struct az_sig) == 132, "sig");

enum az_import_kind { AZ_IMPORT_HOST = 1, AZ_IMPORT_CHANNEL = 2 };

/* What a channel's name follows in an import whose first argument, an i32
 * beside those of the method, is the capability to call through. */
#define AZ_IMPORT_HANDLE "handle:"

/* An import slot: what it calls and the type it was compiled for. That of a
 * channel's method takes all arguments in registers and gives at most one
 * result. */
struct az_import {
	uint16_t kind; /* enum az_import_kind */
	uint16_t call; /* AZ_IMPORT_HOST: enum az_call; else 0 */
	uint16_t sig;  /* index into sigs */
	uint16_t pad;  /* 0 */
	/* AZ_IMPORT_CHANNEL: offsets into names; else 0. */
	uint32_t module; /* the channel's name, perhaps after AZ_IMPORT_HANDLE */
	uint32_t module_len;
	uint32_t name; /* of the method */
	uint32_t name_len;
};
_Static_assert(sizeof(struct az_import) == 24, "import");

enum az_export_kind {
	AZ_EXPORT_FUNC = 0,
	AZ_EXPORT_MEMORY = 2,
	AZ_EXPORT_GLOBAL = 3, /* an i32 that is the same for ever */
};

struct az_export {
	uint32_t name; /* offset into names */
	uint32_t name_len;
	uint32_t kind;	/* enum az_export_kind */
	uint32_t index; /* AZ_EXPORT_FUNC: az_funcref; AZ_EXPORT_GLOBAL: the
			 * value; else 0 */
};
_Static_assert(sizeof(struct az_export) == 16, "export");

/* A function reference: index into funcs, or import slot with the top bit
 * set, or AZ_NONE for null. */
typedef uint32_t az_funcref;
#define AZ_FUNCREF_IMPORT 0x80000000u

struct az_table {
	uint32_t size;	   /* entries at start */
	uint32_t max;	   /* AZ_NONE when the module names none */
	uint32_t capacity; /* entries it may grow to: size to max */
	uint32_t type;	   /* AZ_FUNCREF or AZ_EXTERNREF */
};
_Static_assert(sizeof(struct az_table) == 16, "table");

enum az_mode { AZ_ACTIVE = 0, AZ_PASSIVE = 1, AZ_DECLARED = 2 };

/* An element segment: active ones are written into a table at start, in
 * order; one that does not fit is a trap of the instantiation. Declared ones
 * are dropped at start and only keep their index. Those that are not active
 * name table 0 and entry 0; those of a table of AZ_EXTERNREF hold nulls. The
 * counts of all add up to at most those of entries, so that starting a module
 * costs what its size says. */
struct az_elem {
	uint32_t mode;	/* enum az_mode */
	uint32_t table; /* index into tables */
	uint32_t dest;	/* first entry written */
	uint32_t first; /* index into entries */
	uint32_t count;
};
_Static_assert(sizeof(struct az_elem) == 20, "elem");

/* A data segment: active ones are copied to linear memory at start, in
 * order; one that does not fit is a trap of the instantiation. The sizes of
 * all add up to at most that of bytes. */
struct az_segment {
	uint32_t mode; /* enum az_mode */
	uint32_t dest; /* linear address; 0 for passive ones */
	uint32_t first; /* offset into bytes */
	uint32_t size;
};
_Static_assert(sizeof(struct az_segment) == 16, "segment");

#endif
