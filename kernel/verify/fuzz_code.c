/* Machine code in an image that is valid otherwise: the input is the text, of
 * the three functions of test/forge_image, the last as long as there is. */
#include "verify/code.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "test/forge.h"
#include "verify/x86_64/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

enum { FUNCS = 3, LAST_OFF = 80, FROM_SEED = 64, SPLICE = 2 };

/* Pairs, a branch, frames, arguments, data, calls of helpers. */
static const uint8_t sample[] = {
	0x53,
	0x89,
	0xf8,
	0x41,
	0x8b,
	0x5c,
	0x07,
	0x10,
	0x85,
	0xdb,
	0x74,
	0x06,
	0x89,
	0x1d,
	0xee,
	0xff,
	0xff,
	0x17,
	0x5b,
	0xc3,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x48,
	0x83,
	0xec,
	0x18,
	0x48,
	0x8b,
	0x44,
	0x24,
	0x20,
	0x48,
	0x89,
	0x44,
	0x24,
	0x08,
	0xf2,
	0x48,
	0x0f,
	0x2c,
	0xc8,
	0xe8,
	0xc8,
	0xff,
	0x0f,
	0xf8,
	0x48,
	0x83,
	0xc4,
	0x18,
	0xc3,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0xe8,
	0x0b,
	0x00,
	0x10,
	0xf8,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
	0x90,
};

/* What code that was accepted must not be, told without the verifier's own
 * bookkeeping. */
static void inspect(const struct image_view *v, const struct az_func *f)
{
	struct x86_insn in;

	for (uint32_t at = f->off; at < f->off + f->len; at += in.len) {
		const struct x86_reg *regs[] = { &in.reg, &in.rm };

		if (!x86_decode(&in, v->text + at, f->off + f->len - at))
			abort();
		for (int i = 0; i < 2; i++) {
			if (regs[i]->class == X86_GPR &&
			    regs[i]->num == X86_R15)
				abort();
		}
		if (in.mode == X86_BASED && in.kind != X86_LEA &&
		    in.base != X86_RSP && in.base != X86_R15)
			abort();
		if (in.mode == X86_ABSOLUTE && in.kind != X86_LEA)
			abort();
	}
}

/* Everything in blocks of its own size, so that a sanitizer sees its ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct az_func funcs[FUNCS];
	struct az_image_head head;
	struct image_view v;
	struct code_fault fault;
	uint8_t *image, *text;
	size_t image_size, work_size;
	void *work;

	if (size <= LAST_OFF)
		return 0;
	image = forge_image(&image_size);
	if (image_open(&v, image, image_size, NULL) != AZ_REFUSE_NONE)
		abort();
	head = *v.head;
	memcpy(funcs, v.funcs, sizeof(funcs));
	head.text.count = (uint32_t)size;
	funcs[FUNCS - 1].len = (uint32_t)size - LAST_OFF;
	text = malloc(size);
	memcpy(text, data, size);
	v.head = &head;
	v.funcs = funcs;
	v.text = text;
	work_size = code_work_size(&v);
	work = malloc(work_size);
	if (code_check(&v, work, work_size, &fault) == AZ_REFUSE_NONE) {
		for (int i = 0; i < FUNCS; i++)
			inspect(&v, &funcs[i]);
	} else if (fault.text == NULL || fault.rule == CODE_OK) {
		abort(); /* a refusal says why */
	}
	free(work);
	free(text);
	free(image);
	return 0;
}

/* Copy one instruction of the sample, or some bytes, over another place. */
static void splice(uint8_t *data, size_t size, unsigned seed)
{
	struct x86_insn in;
	size_t from = seed / 7 % sizeof(sample), to = seed / 997 % size;

	if (!x86_decode(&in, sample + from, sizeof(sample) - from))
		return;
	if (in.len <= size - to)
		memcpy(data + to, sample + from, in.len);
}

size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed)
{
	if (sizeof(sample) <= max &&
	    (size <= LAST_OFF || seed % FROM_SEED == 0)) {
		memcpy(data, sample, sizeof(sample));
		size = sizeof(sample);
	}
	if (size > 0 && seed / FROM_SEED % SPLICE == 0) {
		splice(data, size, seed);
		return size;
	}
	return LLVMFuzzerMutate(data, size, max);
}
