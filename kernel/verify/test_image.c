/* Images that break one promise of abi/image each. */
#include "verify/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "test/forge.h"

/* The sample's records, writable. */
struct view {
	struct az_image_head *h;
	uint8_t *bytes;
	struct az_func *func;
	struct az_sig *sig;
	struct az_import *imp;
	struct az_export *exp;
	struct az_table *table;
	struct az_elem *elem;
	az_funcref *entry;
	struct az_segment *seg;
	char *names;
};

#define ALL 0xffffffffu

/* X(refusal without AZ_REFUSE_, text of the check, change of *v) */
#define BAD_CASES                                                              \
	X(IMAGE, "wrong magic", v->h->magic[0] ^= 1)                           \
	X(ABI, "another ABI", v->h->abi++)                                     \
	X(IMAGE, "size of the head", v->h->head_size = 255)                    \
	X(IMAGE, "size is not", v->h->size++)                                  \
	X(IMAGE, "size is not", v->h->size--)                                  \
	X(IMAGE, "reserved field", v->h->flags = 1)                            \
	X(IMAGE, "reserved field", v->h->reserved = 1)                         \
	X(IMAGE, "reserved field", v->h->pad[0] = 1)                           \
	X(IMAGE, "reserved field", v->h->pad[sizeof(v->h->pad) - 1] = 1)       \
	/* memory and data */                                                  \
	X(IMAGE, "has_memory", v->h->has_memory = 2)                           \
	X(IMAGE, "pages without", v->h->has_memory = 0)                        \
	X(IMAGE, "of the memory", v->h->mem_min = 17)                          \
	X(IMAGE, "of the memory", v->h->mem_max = AZ_WASM_PAGES_MAX + 1)       \
	X(IMAGE, "of the data", v->h->data_mem_size = 39)                      \
	X(IMAGE, "of the data", v->h->data_mem_size = AZ_DATA_MAX + 1)         \
	/* spans: unaligned, overlapping, wrapping, too many */                \
	X(IMAGE, "span is not aligned", v->h->text.off += 16)                  \
	X(IMAGE, "span is not aligned", v->h->data.off += 4)                   \
	X(IMAGE, "span is not aligned", v->h->funcs.off += 2)                  \
	X(IMAGE, "overlap", v->h->text.off = 0)                                \
	X(IMAGE, "overlap", v->h->rodata.off = v->h->text.off)                 \
	X(IMAGE, "overlap", v->h->sigs.off -= 4)                               \
	X(IMAGE, "overlap", v->h->names.off--)                                 \
	X(IMAGE, "overlap", v->h->names.off = ALL)                             \
	X(IMAGE, "overlap", v->h->rodata.off = 0xfffff000)                     \
	X(IMAGE, "overlap", v->h->text.count = 0x1001)                         \
	X(IMAGE, "overlap", v->h->funcs.count++)                               \
	X(IMAGE, "overlap", v->h->sigs.count++)                                \
	X(IMAGE, "overlap", v->h->bytes.count++)                               \
	X(IMAGE, "too many", v->h->text.count = AZ_TEXT_MAX + 1)               \
	X(IMAGE, "too many", v->h->rodata.count = ALL)                         \
	X(IMAGE, "too many", v->h->data_mem_size = v->h->data.count = ALL;     \
	    v->h->data_mem_size = AZ_DATA_MAX; v->h->data.count = 1;           \
	    v->h->funcs.count = AZ_FUNCS_MAX + 1)                              \
	X(IMAGE, "too many", v->h->sigs.count = AZ_SIG_MAX + 1)                \
	X(IMAGE, "too many", v->h->imports.count = AZ_IMPORT_MAX + 1)          \
	X(IMAGE, "too many", v->h->exports.count = AZ_EXPORTS_MAX + 1)         \
	X(IMAGE, "too many", v->h->tables.count = AZ_TABLES_MAX + 1)           \
	X(IMAGE, "too many", v->h->elems.count = AZ_SEGMENTS_MAX + 1)          \
	X(IMAGE, "too many", v->h->entries.count = ALL)                        \
	X(IMAGE, "too many", v->h->segments.count = AZ_SEGMENTS_MAX + 1)       \
	X(IMAGE, "too many", v->h->bytes.count = ALL)                          \
	X(IMAGE, "too many", v->h->names.count = ALL)                          \
	X(IMAGE, "passes the end", v->h->names.count++)                        \
	X(IMAGE, "passes the end", v->h->rodata.count = AZ_RODATA_MAX)         \
	X(IMAGE, "passes the end", v->h->entries.count = AZ_IMAGE_MAX)         \
	X(IMAGE, "behind the last", v->h->names.count--)                       \
	X(IMAGE, "gap", v->bytes[AZ_IMAGE_HEAD_SIZE] = 1)                      \
	X(IMAGE, "gap", v->bytes[v->h->rodata.off - 1] = 1)                    \
	X(IMAGE, "gap", v->h->rodata.count--)                                  \
	X(IMAGE, "names are not", v->names[3] = 0)                             \
	X(IMAGE, "names are not", v->names[3] = '\n')                          \
	X(IMAGE, "names are not", v->names[3] = 127)                           \
	X(IMAGE, "names are not", v->names[3] = (char)0xc3)                    \
	X(IMAGE, "names are not", v->names[3] = (char)0xc2;                    \
	    v->names[4] = (char)0x9b)                                          \
	/* types */                                                            \
	X(IMAGE, "parameters or results", v->sig[1].param_count = 113)         \
	X(IMAGE, "parameters or results", v->sig[1].param_count = 255)         \
	X(IMAGE, "parameters or results", v->sig[1].result_count = 17)         \
	X(IMAGE, "value type", v->sig[1].types[0] = 0x7b)                      \
	X(IMAGE, "value type", v->sig[1].types[0] = 0x80)                      \
	X(IMAGE, "value type", v->sig[1].param_count = 2)                      \
	X(IMAGE, "unused bytes", v->sig[1].param_count = 0)                    \
	X(IMAGE, "value type", v->sig[1].types[0] = AZ_FUNCREF + 1)            \
	X(IMAGE, "value type", v->sig[1].types[0] = AZ_EXTERNREF - 1)          \
	X(IMAGE, "unused bytes", v->sig[0].types[127] = 1)                     \
	X(IMAGE, "type: wrong bytes", v->sig[0].stack_args = 8)                \
	X(IMAGE, "type: wrong bytes", v->sig[3].stack_args = 24)               \
	X(IMAGE, "type: wrong bytes", v->sig[3].stack_args = 40)               \
	X(IMAGE, "type: comes twice", v->sig[4] = v->sig[1])                   \
	/* functions */                                                        \
	X(IMAGE, "does not follow", v->func[0].off = 1)                        \
	X(IMAGE, "does not follow", v->func[1].off = 31)                       \
	X(IMAGE, "does not follow", v->func[2].off = 84)                       \
	X(IMAGE, "does not follow", v->func[1].len--)                          \
	X(IMAGE, "does not follow", v->func[1].len = 0; v->func[2].off = 32;   \
	    v->func[2].len = 64)                                               \
	X(IMAGE, "end of the text", v->func[2].len++)                          \
	X(IMAGE, "end of the text", v->func[0].len = ALL)                      \
	X(IMAGE, "end of the text",                                            \
	    v->bytes[v->h->text.off + --v->h->text.count] = 0)                 \
	X(IMAGE, "without a function", v->func[2].len--)                       \
	X(IMAGE, "without a function", v->h->text.count++)                     \
	X(IMAGE, "of no type", v->func[1].sig = 5)                             \
	X(IMAGE, "of no type", v->func[1].sig = 0xffff)                        \
	X(IMAGE, "function: wrong bytes", v->func[1].stack_args = 24)          \
	X(IMAGE, "function: wrong bytes", v->func[1].sig = 0)                  \
	X(IMAGE, "function: name", v->func[1].name = ALL)                      \
	X(IMAGE, "function: name", v->func[1].name_len = 18)                   \
	X(IMAGE, "function: name", v->func[1].name_len = ALL)                  \
	X(IMAGE, "function: name", v->func[2].name = 30)                       \
	X(IMAGE, "function: name", v->names[11] = (char)0xc3;                  \
	    v->names[12] = (char)0xa9)                                         \
	X(IMAGE, "start is no", v->h->start_func = 3)                          \
	X(IMAGE, "start is no", v->h->start_func = AZ_FUNCREF_IMPORT)          \
	X(IMAGE, "start takes", v->h->start_func = 1)                          \
	X(IMAGE, "start takes", v->h->start_func = 2)                          \
	/* imports: proc_exit "i:", fd_write "iiii:i" */                       \
	X(IMPORT, "unknown kind", v->imp[0].kind = 0)                          \
	X(IMPORT, "unknown kind", v->imp[0].kind = 3)                          \
	X(IMPORT, "unknown call", v->imp[0].call = AZ_CALL_COUNT)              \
	X(IMPORT, "unknown call", v->imp[0].call = 0xffff)                     \
	X(IMPORT, "import: of no type", v->imp[0].sig = 5)                     \
	X(IMPORT, "call's type", v->imp[0].sig = 0)                            \
	X(IMPORT, "call's type", v->imp[0].sig = 2)                            \
	X(IMPORT, "call's type", v->imp[1].sig = 1)                            \
	X(IMPORT, "call's type", v->sig[1].types[0] = AZ_I64)                  \
	X(IMPORT, "call's type", v->imp[0].call = AZ_CALL_PROC_RAISE)          \
	X(IMPORT, "call's type", v->imp[1].call = AZ_CALL_FD_SEEK)             \
	X(IMPORT, "import: reserved", v->imp[1].pad = 1)                       \
	X(IMPORT, "a call with a name", v->imp[0].module = 1)                  \
	X(IMPORT, "a call with a name", v->imp[0].module_len = 1)              \
	X(IMPORT, "a call with a name", v->imp[1].name = 1)                    \
	X(IMPORT, "a call with a name", v->imp[1].name_len = 1)                \
	/* of a channel: store.get, of the type "i:" */                        \
	X(IMPORT, "import: of no type", v->imp[2].sig = 5)                     \
	X(IMPORT, "import: reserved", v->imp[2].pad = 1)                       \
	X(IMPORT, "of a channel and a call", v->imp[2].call = 1)               \
	X(IMPORT, "import: name outside", v->imp[2].module = ALL)              \
	X(IMPORT, "import: name outside", v->imp[2].module_len = 9)            \
	X(IMPORT, "import: name outside", v->imp[2].name = 30)                 \
	X(IMPORT, "import: name outside", v->imp[2].name_len = ALL)            \
	X(IMPORT, "more values than a channel", v->imp[2].sig = 3)             \
	X(IMPORT, "more values than a channel", v->imp[2].sig = 4)             \
	/* exports: _start, memory, the second import */                       \
	X(IMAGE, "export: name", v->exp[0].name = 24)                          \
	X(IMAGE, "export: name", v->exp[0].name_len = ALL)                     \
	X(IMAGE, "export: unknown kind", v->exp[0].kind = 1)                   \
	X(IMAGE, "export: unknown kind", v->exp[0].kind = 4)                   \
	X(IMAGE, "export: unknown kind", v->exp[0].kind = ALL)                 \
	X(IMAGE, "export: no such function", v->exp[0].index = 3)              \
	X(IMAGE, "export: no such function", v->exp[0].index = AZ_NONE)        \
	X(IMAGE, "export: no such function", v->exp[2].index += 2)             \
	X(IMAGE, "export: no such memory", v->exp[1].index = 1)                \
	X(IMAGE, "export: no such memory",                                     \
	    v->h->has_memory = v->h->mem_min = v->h->mem_max = 0)              \
	/* tables */                                                           \
	X(IMAGE, "type of references", v->table[0].type = AZ_I32)              \
	X(IMAGE, "type of references", v->table[1].type = AZ_FUNCREF | 256)    \
	X(IMAGE, "than its maximum", v->table[0].size = 5)                     \
	X(IMAGE, "than its maximum", v->table[0].capacity = 3)                 \
	X(IMAGE, "than its maximum", v->table[0].capacity = 9)                 \
	X(IMAGE, "entries in all",                                             \
	    v->table[1].capacity = AZ_TABLE_ENTRIES_MAX - 3)                   \
	X(IMAGE, "entries in all", v->table[1].capacity = ALL)                 \
	X(IMAGE, "entry: no such", v->entry[0] = 3)                            \
	X(IMAGE, "entry: no such", v->entry[3] = AZ_FUNCREF_IMPORT | 3)        \
	X(IMAGE, "entry: no such", v->entry[2] = AZ_NONE - 1)                  \
	X(IMAGE, "elements: unknown mode", v->elem[0].mode = 3)                \
	X(IMAGE, "no such table", v->elem[2].table = 2)                        \
	X(IMAGE, "no such table", v->elem[0].table = ALL)                      \
	X(IMAGE, "with a place", v->elem[1].table = 1)                         \
	X(IMAGE, "with a place", v->elem[1].dest = 1)                          \
	X(IMAGE, "with a place", v->elem[0].mode = AZ_DECLARED)                \
	X(IMAGE, "the table's type", v->table[0].type = AZ_EXTERNREF)          \
	X(IMAGE, "outside the entries", v->elem[2].first = 5)                  \
	X(IMAGE, "outside the entries", v->elem[2].count = 2)                  \
	X(IMAGE, "outside the entries", v->elem[0].count = ALL)                \
	X(IMAGE, "than there are entries", v->elem[1].first = 0;               \
	    v->elem[1].count = 4; /* before it is asked what they are */       \
	    v->elem[2].table = 2)                                              \
	/* segments */                                                         \
	X(IMAGE, "segment: unknown mode", v->seg[0].mode = 2)                  \
	X(IMAGE, "no memory to write", v->h->exports.count = 1;                \
	    memset(v->exp + 1, 0, 48);                                         \
	    v->h->has_memory = v->h->mem_min = v->h->mem_max = 0)              \
	X(IMAGE, "with a place", v->seg[1].dest = 1)                           \
	X(IMAGE, "outside the bytes", v->seg[1].first = 7)                     \
	X(IMAGE, "outside the bytes", v->seg[1].first = ALL)                   \
	X(IMAGE, "outside the bytes", v->seg[0].size = ALL)                    \
	X(IMAGE, "than there are bytes", v->seg[1].first = 5;                  \
	    v->seg[1].size = 8)

/* What the format allows besides the sample. */
#define GOOD_CASES                                                             \
	X(NONE, "", v->h->start_func = AZ_NONE)                                \
	X(NONE, "", v->h->mem_min = v->h->mem_max = AZ_WASM_PAGES_MAX)         \
	X(NONE, "", v->h->mem_min = 0; v->h->mem_max = 0)                      \
	X(NONE, "", v->h->data_mem_size = AZ_DATA_MAX)                         \
	X(NONE, "", v->elem[0].dest = ALL)                                     \
	X(NONE, "", v->seg[0].dest = ALL)                                      \
	X(NONE, "", v->seg[0].mode = AZ_PASSIVE; v->seg[0].dest = 0)           \
	X(NONE, "", v->func[0].name_len = 0)                                   \
	X(NONE, "", v->table[1].capacity = AZ_TABLE_ENTRIES_MAX - 4)           \
	X(NONE, "", v->table[1].size = 3)                                      \
	X(NONE, "", v->table[0].capacity = 8)                                  \
	X(NONE, "", v->elem[1].mode = AZ_DECLARED)                             \
	X(NONE, "", v->table[1].type = AZ_EXTERNREF; v->entry[3] = AZ_NONE)    \
	X(NONE, "", v->sig[3].types[0] = AZ_FUNCREF)                           \
	X(NONE, "", v->sig[3].types[18] = AZ_EXTERNREF)                        \
	X(NONE, "", v->sig[0].types[15] = AZ_I32;                              \
	    memset(v->sig[0].types, AZ_F64, 15); v->sig[0].result_count = 16;  \
	    v->h->start_func = AZ_NONE)                                        \
	X(NONE, "", v->names[3] = (char)0xc2; v->names[4] = (char)0xa0)

#define CASES BAD_CASES GOOD_CASES
#include "verify/test_cases.h"

static struct view view_of(uint8_t *bytes)
{
	struct az_image_head *h = (void *)bytes;

	return (struct view){
		.h = h,
		.bytes = bytes,
		.func = (void *)(bytes + h->funcs.off),
		.sig = (void *)(bytes + h->sigs.off),
		.imp = (void *)(bytes + h->imports.off),
		.exp = (void *)(bytes + h->exports.off),
		.table = (void *)(bytes + h->tables.off),
		.elem = (void *)(bytes + h->elems.off),
		.entry = (void *)(bytes + h->entries.off),
		.seg = (void *)(bytes + h->segments.off),
		.names = (void *)(bytes + h->names.off),
	};
}

static enum az_refusal judge(const uint8_t *bytes, const char **why)
{
	struct image_view v;

	return image_open(&v, bytes, sample_size, why);
}

/* Every flip of a bit of the head and the records ends, one way or another,
 * without a read outside the image (ASan watches). */
static void test_every_bit(void **state)
{
	uint8_t *bytes = malloc(sample_size);
	struct image_view out;

	(void)state;
	memcpy(bytes, sample, sample_size);
	for (size_t at = 0; at < sample_size; at++) {
		if (at == AZ_IMAGE_HEAD_SIZE)
			at = view_of(sample).h->data.off;
		for (int bit = 0; bit < 8; bit++) {
			bytes[at] ^= (uint8_t)(1u << bit);
			(void)image_open(&out, bytes, sample_size, NULL);
			bytes[at] ^= (uint8_t)(1u << bit);
		}
	}
	assert_int_equal(image_open(&out, bytes, sample_size, NULL), 0);
	free(bytes);
}

static void test_every_cut(void **state)
{
	struct image_view out;

	(void)state;
	for (size_t n = 0; n < sample_size; n += n < 320 ? 1 : 61) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, sample, n);
		assert_int_equal(
		    image_open(&out, cut, n, NULL), AZ_REFUSE_IMAGE);
		if (n >= AZ_IMAGE_HEAD_SIZE) {
			((struct az_image_head *)cut)->size = (uint32_t)n;
			assert_int_equal(
			    image_open(&out, cut, n, NULL), AZ_REFUSE_IMAGE);
		}
		free(cut);
	}
}

static void test_unaligned(void **state)
{
	uint8_t *moved = malloc(sample_size + 4);
	struct image_view out;

	(void)state;
	memcpy(moved + 2, sample, sample_size);
	assert_int_equal(
	    image_open(&out, moved + 2, sample_size, NULL), AZ_REFUSE_IMAGE);
	free(moved);
}

/* The largest number of types, with one table and with two, and two types
 * alike. */
static void test_many_types(void **state)
{
	enum { N = AZ_SIG_MAX, AT = AZ_PAGE_SIZE };
	static const struct az_table tables[] = {
		{ .type = AZ_FUNCREF },
		{ .type = AZ_EXTERNREF },
	};
	struct az_image_head head = {
		.abi = AZ_ABI_VERSION,
		.head_size = AZ_IMAGE_HEAD_SIZE,
		.size = AT + N * sizeof(struct az_sig) + sizeof(tables),
		.start_func = AZ_NONE,
		.sigs = { AT, N },
	};
	uint8_t *bytes = calloc(1, head.size);
	struct az_image_head *h = (void *)bytes;
	struct az_sig *sigs = (void *)(bytes + AT);
	struct image_view out;

	(void)state;
	memcpy(head.magic, AZ_IMAGE_MAGIC, 8);
	head.text.off = head.rodata.off = head.data.off = AT;
	head.funcs.off = AT;
	for (struct az_span *s = &head.imports; s <= &head.names; s++)
		s->off = AT + N * sizeof(struct az_sig);
	for (struct az_span *s = &head.elems; s <= &head.names; s++)
		s->off = head.size;
	head.tables.count = 2;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + head.tables.off, tables, sizeof(tables));
	for (uint32_t i = 0; i < N; i++) {
		/* Six digits to the base 4: 4096 different types. */
		sigs[i].param_count = 6;
		for (int j = 0; j < 6; j++)
			sigs[i].types[j] = (uint8_t)(AZ_F64 + (i >> 2 * j & 3));
	}
	assert_int_equal(
	    image_open(&out, bytes, head.size, NULL), AZ_REFUSE_IMAGE);
	h->tables.count = 1;
	for (struct az_span *s = &h->elems; s <= &h->names; s++)
		s->off = h->tables.off + (uint32_t)sizeof(*tables);
	h->size = h->names.off;
	assert_int_equal(image_open(&out, bytes, h->size, NULL), 0);
	sigs[N - 1] = sigs[0];
	assert_int_equal(
	    image_open(&out, bytes, h->size, NULL), AZ_REFUSE_IMAGE);
	free(bytes);
}

/* Every host call's type is one that an import can be declared with. */
static void test_every_call(void **state)
{
	static const char *const types[] = {
#define X(sym, module, name, type, grant) type,
		AZ_CALLS
#undef X
	};
	struct image_view out;
	struct view v;
	uint8_t *bytes = malloc(sample_size);

	(void)state;
	for (uint16_t i = 0; i < AZ_CALL_COUNT; i++) {
		struct az_sig sig = { 0 };
		uint32_t ints = 0, used = 0;
		bool result = false;

		memcpy(bytes, sample, sample_size);
		v = view_of(bytes);
		for (const char *c = types[i]; *c; c++) {
			if (*c == ':') {
				result = true;
				continue;
			}
			assert_true(*c == 'i' || *c == 'I');
			sig.types[used++] = *c == 'i' ? AZ_I32 : AZ_I64;
			sig.result_count += result;
			sig.param_count += !result;
			ints += !result;
		}
		sig.stack_args = (uint16_t)(ints > 6 ? 8 * (ints - 6) : 0);
		/* The sample's own uses of these types give way. */
		v.sig[1] = sig;
		v.sig[2] = (struct az_sig){ .param_count = 2,
			.types = { AZ_F32, AZ_F32 } };
		v.sig[0] =
		    (struct az_sig){ .param_count = 1, .types = { AZ_F32 } };
		v.h->start_func = AZ_NONE;
		v.imp[0].call = v.imp[1].call = i;
		v.imp[0].sig = v.imp[1].sig = 1;
		v.imp[2].sig = 0;
		assert_int_equal(image_open(&out, bytes, sample_size, NULL), 0);
		v.imp[1].sig = 2;
		assert_int_equal(image_open(&out, bytes, sample_size, NULL),
		    AZ_REFUSE_IMPORT);
	}
	free(bytes);
}

static void test_lookups(void **state)
{
	struct image_view v;

	(void)state;
	assert_int_equal(image_open(&v, sample, sample_size, NULL), 0);
	assert_ptr_equal(image_func_at(&v, 0), &v.funcs[0]);
	assert_ptr_equal(image_func_at(&v, 31), &v.funcs[0]);
	assert_ptr_equal(image_func_at(&v, 32), &v.funcs[1]);
	assert_ptr_equal(image_func_at(&v, 95), &v.funcs[2]);
	assert_null(image_func_at(&v, 96));
	assert_null(image_func_at(&v, ALL));
	assert_ptr_equal(
	    image_export(&v, AZ_EXPORT_FUNC, "_start"), &v.exports[0]);
	assert_ptr_equal(
	    image_export(&v, AZ_EXPORT_MEMORY, "memory"), &v.exports[1]);
	assert_null(image_export(&v, AZ_EXPORT_FUNC, "memory"));
	assert_null(image_export(&v, AZ_EXPORT_FUNC, "_star"));
	assert_null(image_export(&v, AZ_EXPORT_FUNC, "_initialize"));
}

static int setup(void **state)
{
	(void)state;
	sample = forge_image_linked(&sample_size);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_change),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_many_types),
		cmocka_unit_test(test_every_call),
		cmocka_unit_test(test_lookups),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
