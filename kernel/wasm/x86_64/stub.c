#include "wasm/stub.h"

#include "abi/call.h"
#include "abi/image.h"
#include "abi/layout.h"
#include "arch/page.h"
#include "base/mem.h"
#include "verify/image.h"
#include "wasm/table.h"

/* Integer arguments travel in these registers, by number (System V AMD64
 * ABI, 3.2.3); later ones on the stack, in order with spilled floats. */
static const uint8_t arg_regs[] = { 7, 6, 2, 1, 8, 9 };
enum { ARG_REGS = 6 };

/* A cursor over code being written. */
struct emit {
	uint8_t *base; /* of the whole stub area */
	uint32_t at;   /* displacement from base */
};

static void emit_bytes(struct emit *e, const void *bytes, uint32_t len)
{
	memcpy(e->base + e->at, bytes, len);
	e->at += len;
}

#define EMIT(e, ...)                                                           \
	emit_bytes(e, (const uint8_t[]){ __VA_ARGS__ },                        \
	    sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void emit_u32(struct emit *e, uint32_t value)
{
	emit_bytes(e, &value, sizeof(value));
}

static uint32_t int_count(const struct az_sig *sig)
{
	uint32_t ints = 0;

	for (uint32_t i = 0; i < sig->param_count; i++)
		ints += !image_is_float(sig->types[i]);
	return ints;
}

/* mov eax, number; mov r11, entry; jmp r11: 15 bytes. */
static void emit_kernel_jump(struct emit *e, uint32_t number, uint64_t entry)
{
	EMIT(e, 0xb8);
	emit_u32(e, number);
	EMIT(e, 0x49, 0xc7, 0xc3);
	emit_u32(e, (uint32_t)entry); /* sign-extends to the top 2 GiB */
	EMIT(e, 0x41, 0xff, 0xe3);
}

/* xchg rax, rdi; or eax, -1; mov r11, entry; jmp r11: 15 bytes. */
static void emit_gate_return(struct emit *e, uint64_t entry)
{
	EMIT(e, 0x48, 0x97, 0x83, 0xc8, 0xff, 0x49, 0xc7, 0xc3);
	emit_u32(e, (uint32_t)entry);
	EMIT(e, 0x41, 0xff, 0xe3);
}

/* Zero the integer registers that hold no argument of sig; lea r11, GATE;
 * jmp [r11]: the gate says where to. At most 24 bytes. */
static void emit_gate_jump(
    struct emit *e, const struct image_view *v, uint32_t import)
{
	const struct az_sig *sig = &v->sigs[v->imports[import].sig];

	for (uint32_t i = int_count(sig); i < ARG_REGS; i++) {
		uint8_t reg = arg_regs[i];

		if (reg >= 8)
			EMIT(e, 0x45);
		EMIT(e, 0x31, (uint8_t)(0xc0 | (reg & 7) << 3 | (reg & 7)));
	}
	EMIT(e, 0x4c, 0x8d, 0x1d);
	emit_u32(e, table_gates_base(v) + AZ_GATE_STRIDE * import -
			(AZ_STUB_BASE + e->at + 4));
	EMIT(e, 0x41, 0xff, 0x23);
}

/* mov eax, INDEX: the integer argument behind those of sig. */
static void emit_load_index(struct emit *e, const struct az_sig *sig)
{
	uint32_t ints = int_count(sig);

	if (ints < ARG_REGS) {
		uint8_t reg = arg_regs[ints];

		if (reg >= 8)
			EMIT(e, 0x44);
		EMIT(e, 0x89, (uint8_t)(0xc0 | (reg & 7) << 3));
	} else {
		EMIT(e, 0x8b, 0x84, 0x24);
		emit_u32(e, 8 + sig->stack_args);
	}
}

/* The thunk of that number:
 *	index against the table's slots -> refused; mask; tag against the
 *	entry's -> refused; jump. rax, r10 and r11 are scratch. The target
 *	finds its arguments where the caller put them and never looks at the
 *	index. */
static void emit_thunk(
    struct emit *e, const struct image_view *v, uint32_t number)
{
	uint32_t table = number / v->head->sigs.count;
	uint32_t tag = number % v->head->sigs.count + 1;
	const struct az_sig *sig = &v->sigs[tag - 1];
	uint32_t slots = table_slots(v, table), refused = e->at + 44;
	uint32_t base =
	    table_base(v) +
	    table_first(v, table) * (uint32_t)sizeof(struct table_entry);

	emit_load_index(e, sig);
	EMIT(e, 0x3d); /* cmp eax, slots */
	emit_u32(e, slots);
	EMIT(e, 0x73, (uint8_t)(refused - (e->at + 2))); /* jae refused */
	EMIT(e, 0x25);                                   /* and eax, mask */
	emit_u32(e, slots - 1);
	EMIT(e, 0xc1, 0xe0, 4);    /* shl eax, 4 */
	EMIT(e, 0x4c, 0x8d, 0x15); /* lea r10, [rip + table] */
	emit_u32(e, base - (AZ_STUB_BASE + e->at + 4));
	EMIT(e, 0x41, 0x81, 0x7c, 0x02, 8); /* cmp dword [r10+rax+8], tag */
	emit_u32(e, tag);
	EMIT(e, 0x75, (uint8_t)(refused - (e->at + 2))); /* jne refused */
	EMIT(e, 0x41, 0xff, 0x24, 0x02);                 /* jmp [r10+rax] */
	e->at = refused;
	emit_load_index(e, sig);
	EMIT(e, 0x89, 0xc7, 0xbe); /* mov edi, eax; mov esi, number */
	emit_u32(e, number);
	EMIT(e, 0xe9); /* jmp STUB_INDIRECT */
	emit_u32(e, AZ_HELPER_STRIDE * STUB_INDIRECT - (e->at + 4));
}

static uint32_t thunk_count(const struct image_view *v)
{
	return v->head->tables.count * v->head->sigs.count;
}

size_t stub_size(const struct image_view *v)
{
	uint32_t end = AZ_IMPORT_BASE - AZ_STUB_BASE +
		       v->head->imports.count * AZ_IMPORT_STRIDE;

	if (thunk_count(v) > 0)
		end = AZ_THUNK_BASE - AZ_STUB_BASE +
		      thunk_count(v) * AZ_THUNK_STRIDE;
	return page_whole(end);
}

void stub_write(uint8_t *out, const struct image_view *v, uint64_t entry)
{
	struct emit e = { .base = out };
	uint32_t imports = AZ_IMPORT_BASE - AZ_STUB_BASE;
	uint32_t thunks = AZ_THUNK_BASE - AZ_STUB_BASE;

	for (uint32_t i = 0; i < AZ_HELPER_MAX; i++) {
		e.at = i * AZ_HELPER_STRIDE;
		if (i == STUB_GATE_RETURN)
			emit_gate_return(&e, entry);
		else if (i < AZ_HELP_COUNT || i >= STUB_RETURN)
			emit_kernel_jump(&e, STUB_CALL_HELPER + i, entry);
		else
			EMIT(&e, 0x0f, 0x0b); /* ud2 */
	}
	for (uint32_t i = 0; i < v->head->imports.count; i++) {
		e.at = imports + i * AZ_IMPORT_STRIDE;
		if (image_has_gate(&v->imports[i]))
			emit_gate_jump(&e, v, i);
		else
			emit_kernel_jump(
			    &e, STUB_CALL_HOST + v->imports[i].call, entry);
	}
	for (uint32_t i = 0; i < thunk_count(v); i++) {
		e.at = thunks + i * AZ_THUNK_STRIDE;
		emit_thunk(&e, v, i);
	}
}
