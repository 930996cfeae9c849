/* The sample image of test/forge. */
#include "test/forge.h"

#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/image.h"
#include "abi/layout.h"

enum { TEXT_SIZE = 96, RODATA_SIZE = 24, DATA_SIZE = 40 };

/* Types: nothing, proc_exit's, fd_write's, one with arguments on the stack
 * (eight integers and ten floats: 2 + 2 slots), and two results. */
static const struct az_sig sigs[] = {
	{ .types = { 0 } },
	{ .param_count = 1, .types = { AZ_I32 } },
	{ .param_count = 4,
	    .result_count = 1,
	    .types = { AZ_I32, AZ_I32, AZ_I32, AZ_I32, AZ_I32 } },
	{ .param_count = 18,
	    .result_count = 1,
	    .stack_args = 32,
	    .types = { AZ_I32, AZ_F64, AZ_I32, AZ_F32, AZ_I64, AZ_F64, AZ_I32,
		AZ_F64, AZ_I64, AZ_F64, AZ_I32, AZ_F64, AZ_I32, AZ_F64, AZ_I64,
		AZ_F32, AZ_F64, AZ_F32, AZ_I64 } },
	{ .result_count = 2, .types = { AZ_I64, AZ_F32 } },
};

#define NAMES "_startmemoryhelpersumstoreget"

static const struct az_func funcs[] = {
	{ .off = 0, .len = 32, .sig = 0, .name = 0, .name_len = 6 },
	{ .off = 32,
	    .len = 48,
	    .sig = 3,
	    .stack_args = 32,
	    .name = 12,
	    .name_len = 6,
	    .wasm_index = 3 },
	{ .off = 80, .len = 16, .sig = 4, .wasm_index = 4 },
};

static const struct az_import imports[] = {
	{ .kind = AZ_IMPORT_HOST, .call = AZ_CALL_PROC_EXIT, .sig = 1 },
	{ .kind = AZ_IMPORT_HOST, .call = AZ_CALL_FD_WRITE, .sig = 2 },
	{ .kind = AZ_IMPORT_CHANNEL,
	    .sig = 1,
	    .module = 21,
	    .module_len = 5,
	    .name = 26,
	    .name_len = 3 },
};

static const struct az_export exports[] = {
	{ 0, 6, AZ_EXPORT_FUNC, 0 },
	{ 6, 6, AZ_EXPORT_MEMORY, 0 },
	{ 18, 3, AZ_EXPORT_FUNC, AZ_FUNCREF_IMPORT | 1 },
	{ 12, 6, AZ_EXPORT_GLOBAL, 0x10000 },
};

static const struct az_table tables[] = {
	{ 4, 8, 4, AZ_FUNCREF },
	{ 2, AZ_NONE, 3, AZ_FUNCREF },
};

static const az_funcref entries[] = { 0, 1, AZ_NONE, AZ_FUNCREF_IMPORT };

static const struct az_elem elems[] = {
	{ AZ_ACTIVE, 0, 1, 0, 2 },
	{ AZ_PASSIVE, 0, 0, 2, 1 },
	{ AZ_ACTIVE, 1, 0, 3, 1 },
};

static const char bytes[] = "hello, world\n";

static const struct az_segment segments[] = {
	{ AZ_ACTIVE, 1024, 0, 6 },
	{ AZ_PASSIVE, 0, 6, 7 },
};

/* Append count records at the next multiple of align. */
static void put(uint8_t *image, size_t *end, struct az_span *span,
    const void *records, size_t count, size_t size, size_t align)
{
	size_t at = (*end + align - 1) / align * align;

	span->off = (uint32_t)at;
	span->count = (uint32_t)count;
	memcpy(image + at, records, count * size);
	*end = at + count * size;
}

#define PUT(field)                                                             \
	put(image, &end, &head.field, field,                                   \
	    sizeof(field) / sizeof((field)[0]), sizeof((field)[0]), 4)

static uint8_t *image_make(size_t *size, size_t import_count)
{
	struct az_image_head head = {
		.abi = AZ_ABI_VERSION,
		.head_size = AZ_IMAGE_HEAD_SIZE,
		.mem_min = 1,
		.mem_max = 16,
		.has_memory = 1,
		.start_func = 0,
		.data_mem_size = 100,
	};
	uint8_t *image = calloc(1, 5 * AZ_PAGE_SIZE), filler[TEXT_SIZE];
	size_t end = sizeof(head);

	memcpy(head.magic, AZ_IMAGE_MAGIC, sizeof(head.magic));
	memset(filler, 0x90, sizeof(filler));
	for (size_t i = 0; i < sizeof(funcs) / sizeof(funcs[0]); i++)
		filler[funcs[i].off + funcs[i].len - 1] = 0xc3;
	put(image, &end, &head.text, filler, TEXT_SIZE, 1, AZ_PAGE_SIZE);
	put(image, &end, &head.rodata, filler, RODATA_SIZE, 1, AZ_PAGE_SIZE);
	put(image, &end, &head.data, filler, DATA_SIZE, 1, AZ_PAGE_SIZE);
	PUT(funcs);
	PUT(sigs);
	put(image, &end, &head.imports, imports, import_count, sizeof(*imports),
	    4);
	PUT(exports);
	PUT(tables);
	PUT(elems);
	PUT(entries);
	PUT(segments);
	put(image, &end, &head.bytes, bytes, sizeof(bytes) - 1, 1, 1);
	put(image, &end, &head.names, NAMES, sizeof(NAMES) - 1, 1, 1);
	head.size = (uint32_t)end;
	memcpy(image, &head, sizeof(head));
	*size = end;
	return image;
}

uint8_t *forge_image(size_t *size)
{
	return image_make(size, sizeof(imports) / sizeof(imports[0]) - 1);
}

uint8_t *forge_image_linked(size_t *size)
{
	return image_make(size, sizeof(imports) / sizeof(imports[0]));
}
