/* Machine code in an image that the input describes (test/code_input). The
 * image's records are made once; what an input changes is set anew. Every
 * block ends where the input says, to the byte: behind it lies poison, before
 * it too, so that a sanitizer sees each access outside.
 *
 * Of an answer: a refusal names its rule, its place and the bytes there; what
 * was accepted passes test/judge_code; what the scratch memory held before
 * does not matter.
 */
#include "verify/code.h"

#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "test/code_input.h"
#include "test/judge_code.h"
#include "test/mutate_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size,
    const uint8_t *other, size_t other_size, uint8_t *out, size_t max,
    unsigned seed);

enum {
	HEAD = sizeof(struct input_head),
	TWICE = 8, /* one in so many refused inputs is checked again */
	WORK_MAX = 4 * INPUT_TEXT_MAX,
};

/* A block of its own, of which the first `used` bytes may be touched. */
struct block {
	size_t size;
	uint8_t *bytes;
	size_t used;
};

static struct block sig_block = { sizeof(code_input_types), NULL, 0 };
static struct block func_block = { INPUT_FUNCS_MAX * sizeof(struct az_func),
	NULL, 0 };
static struct block import_block = { INPUT_IMPORTS * sizeof(struct az_import),
	NULL, 0 };
static struct block work_block = { WORK_MAX, NULL, 0 };

static void *block_use(struct block *b, size_t used)
{
	if (b->bytes == NULL) {
		b->bytes = malloc(b->size);
		b->used = b->size;
	}
	ASAN_UNPOISON_MEMORY_REGION(b->bytes, used);
	if (used < b->used)
		ASAN_POISON_MEMORY_REGION(b->bytes + used, b->used - used);
	b->used = used;
	return b->bytes;
}

/* --- The image --------------------------------------------------------------- */
static struct az_image_head head;
static struct image_view view = { .head = &head };
static struct az_sig *sigs;
static struct az_func *funcs;
static struct az_import *imports;

static uint16_t lie_value(const struct input_head *in)
{
	return (uint16_t)(in->value[0] | in->value[1] << 8);
}

static void make_types(const struct input_head *in)
{
	sigs = block_use(&sig_block, sizeof(code_input_types));
	memcpy(sigs, code_input_types, sizeof(code_input_types));
	head.sigs.count = INPUT_SIGS;
	if (in->lie == LIE_SIG_ARGS)
		sigs[in->at % INPUT_SIGS].stack_args ^= lie_value(in);
	if (in->lie == LIE_SIG_COUNT)
		head.sigs.count = in->at ? AZ_SIG_MAX + lie_value(in) + 1
					 : lie_value(in) % (INPUT_SIGS + 1u);
	if (head.sigs.count < INPUT_SIGS)
		block_use(&sig_block, head.sigs.count * sizeof(*sigs));
	view.sigs = sigs;
}

static void make_funcs(const struct input_head *in, size_t text_size)
{
	uint32_t count = in->funcs % (INPUT_FUNCS_MAX + 1u), at = 0;

	funcs = block_use(&func_block, count * sizeof(*funcs));
	for (uint32_t i = 0; i < count; i++) {
		uint16_t sig = in->sigs[i] % INPUT_SIGS;
		uint32_t len = (uint32_t)text_size - at;

		if (i + 1 < count)
			len = in->lens[i];
		funcs[i] = (struct az_func){ .off = at,
			.len = len,
			.sig = sig,
			.stack_args = code_input_types[sig].stack_args };
		if (in->lie == LIE_SIG_ARGS && in->at % INPUT_SIGS == sig)
			funcs[i].stack_args ^= lie_value(in);
		at += len;
	}
	head.funcs.count = count;
	view.funcs = funcs;
}

static void make_imports(const struct input_head *in)
{
	uint32_t count = in->imports % (INPUT_IMPORTS + 1u);

	imports = block_use(&import_block, count * sizeof(*imports));
	for (uint32_t i = 0; i < count; i++)
		imports[i] = (struct az_import){ .kind = AZ_IMPORT_HOST,
			.sig = (uint16_t)i };
	head.imports.count = count;
	view.imports = imports;
}

static void lie_about_function(const struct input_head *in)
{
	struct az_func *f = &funcs[in->at % head.funcs.count];
	uint16_t value = lie_value(in);

	switch ((enum input_lie)in->lie) {
	case LIE_FUNC_OFF:
		f->off ^= value;
		break;
	case LIE_FUNC_LEN:
		f->len ^= value;
		break;
	case LIE_FUNC_SIG:
		f->sig = value;
		break;
	default:
		f->stack_args ^= value;
	}
}

/* Places behind what there is are named only by counts that no slot has place
 * for: below that, image_open has checked them. */
static void lie(const struct input_head *in)
{
	uint16_t value = lie_value(in);

	switch ((enum input_lie)in->lie) {
	case LIE_FUNC_OFF:
	case LIE_FUNC_LEN:
	case LIE_FUNC_SIG:
	case LIE_FUNC_ARGS:
		if (head.funcs.count > 0)
			lie_about_function(in);
		break;
	case LIE_IMPORT_SIG:
		if (head.imports.count > 0)
			imports[in->at % head.imports.count].sig = value;
		break;
	case LIE_IMPORT_COUNT:
		head.imports.count = AZ_IMPORT_MAX + 1u + value;
		break;
	case LIE_TABLE_COUNT:
		head.tables.count = AZ_SIG_MAX / INPUT_SIGS + 1u + value;
		break;
	case LIE_TEXT_SIZE:
		head.text.count = AZ_TEXT_MAX + 1u + value;
		break;
	case LIE_RODATA_SIZE:
		head.rodata.count = AZ_RODATA_MAX - 8u + value;
		break;
	case LIE_DATA_SIZE:
		head.data_mem_size = AZ_DATA_MAX - 8u + value;
		break;
	default:
		break;
	}
}

static void make_image(const struct input_head *in, size_t text_size)
{
	head.text.count = (uint32_t)text_size;
	head.rodata.count = in->rodata;
	head.data_mem_size = in->data;
	head.tables.count = in->tables % (INPUT_TABLES_MAX + 1u);
	make_types(in);
	make_funcs(in, text_size);
	make_imports(in);
	lie(in);
}

/* --- The answer --------------------------------------------------------------- */
static void require(bool cond, const char *text)
{
	if (cond)
		return;
	fprintf(stderr, "fuzz_code: %s\n", text);
	abort();
}

static void check_fault(const struct code_fault *fault)
{
	const struct az_func *f;

	require(fault->text != NULL && fault->text[0] == 'V' &&
		    atoi(fault->text + 1) == (int)fault->rule,
	    "a refusal that names another rule");
	if (fault->func == AZ_NONE) {
		require(fault->byte_count == 0, "bytes of no function");
		return;
	}
	require(fault->func < head.funcs.count, "a fault in no function");
	f = &funcs[fault->func];
	require(fault->byte_count == 0 ||
		    (fault->offset < f->len &&
			fault->byte_count <= f->len - fault->offset &&
			memcmp(fault->bytes, view.text + f->off + fault->offset,
			    fault->byte_count) == 0),
	    "bytes that are not those of the fault");
}

static bool same_fault(const struct code_fault *a, const struct code_fault *b)
{
	return a->func == b->func && a->offset == b->offset &&
	       a->rule == b->rule && a->text == b->text &&
	       a->byte_count == b->byte_count &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* A campaign that accepts little tells little. */
static unsigned long executed, accepted;

static void __attribute__((destructor)) print_tally(void)
{
	fprintf(
	    stderr, "stat::accepted_inputs: %lu of %lu\n", accepted, executed);
}

static void check(const struct input_head *in, bool twice)
{
	struct code_fault fault, again;
	size_t needs = code_work_size(&view), size = needs;
	enum az_refusal refusal;
	const char *wrong;
	uint16_t *work;

	if (size > WORK_MAX)
		size = WORK_MAX;
	if (in->lie == LIE_WORK_SIZE)
		size = lie_value(in) % size;
	work = block_use(&work_block, size);
	refusal = code_check(&view, work, size, &fault);
	require((refusal == AZ_REFUSE_MEMORY) == (size < needs),
	    "too little memory, or enough");
	executed++;
	accepted += refusal == AZ_REFUSE_NONE;
	if (refusal == AZ_REFUSE_CODE)
		check_fault(&fault);
	if (refusal != AZ_REFUSE_NONE && !twice)
		return;
	memset(work, 0xff, size);
	require(code_check(&view, work, size, &again) == refusal &&
		    same_fault(&fault, &again),
	    "another answer the second time");
	wrong = refusal == AZ_REFUSE_NONE ? judge_code(&view) : NULL;
	require(wrong == NULL, wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_head in;

	if (size < HEAD || size > INPUT_MAX)
		return -1;
	memcpy(&in, data, HEAD);
	in.lie %= LIE_COUNT;
	view.text = data + HEAD;
	make_image(&in, size - HEAD);
	ASAN_POISON_MEMORY_REGION(data, HEAD);
	check(&in, size % TWICE == 0);
	ASAN_UNPOISON_MEMORY_REGION(data, HEAD);
	return 0;
}

size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return mutate_code(data, size, max, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size,
    const uint8_t *other, size_t other_size, uint8_t *out, size_t max,
    unsigned seed)
{
	return mutate_code_cross(
	    one, one_size, other, other_size, out, max, seed);
}
