/* For tools/compare-decoder: reads encodings of 15 bytes, prints one line for
 * each: empty when the decoder refuses it, else "length kind mode base index
 * scale disp width imm", then "number:size" of each general register. */
#include <stdio.h>

#include "verify/x86_64/decode.h"

static void print_reg(const struct x86_insn *in, const struct x86_reg *reg)
{
	if (reg->class != X86_GPR && reg->class != X86_GPR8)
		return;
	if (reg->high)
		printf(" %d:h", reg->num - 4);
	else
		printf(
		    " %d:%d", reg->num, reg->class == X86_GPR8 ? 1 : in->size);
}

int main(void)
{
	static const char *const kinds[] = { "plain", "lea", "add", "sub",
		"push", "pop", "call", "jmp", "jcc", "ret", "nop" };
	uint8_t bytes[X86_INSN_MAX];
	struct x86_insn in;

	while (fread(bytes, sizeof(bytes), 1, stdin) == 1) {
		if (x86_decode(&in, bytes, sizeof(bytes))) {
			printf("%d %s %d %d %d %d %d %d %lld", in.len,
			    kinds[in.kind], in.mode, in.base, in.index,
			    in.scale, in.disp, in.width, (long long)in.imm);
			print_reg(&in, &in.reg);
			print_reg(&in, &in.rm);
		}
		putchar('\n');
	}
	return 0;
}
