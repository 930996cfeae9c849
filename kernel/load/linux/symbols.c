#include "load/linux/symbols.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/index.h"
#include "abi/layout.h"
#include "base/panic.h"
#include "verify/image.h"
#include "verify/x86_64/decode.h"
#include "wasm/stub.h"

/* Where entry functions return to. A debugger looks a return address up by
 * the byte before it. */
enum { ENTRY_RETURN = AZ_HELPER_BASE + STUB_RETURN * AZ_HELPER_STRIDE };

enum section { NONE, STUBS, TEXT, FRAMES, SYMBOLS, STRINGS, SECTIONS };

struct bytes {
	uint8_t *at;
	size_t len, room;
};

/* A file while it is written. */
struct file {
	const struct image_view *v;
	const char *module;
	uint64_t slot;
	struct bytes section[SECTIONS];
	struct bytes moves; /* of the stack, in the function being walked */
	uint16_t *marks;    /* a word per byte of that function */
};

static void put(struct bytes *b, const void *from, size_t len)
{
	if (b->len + len > b->room) {
		b->room = 2 * (b->len + len);
		b->at = realloc(b->at, b->room);
		if (b->at == NULL)
			panic("no memory for symbols");
	}
	memcpy(b->at + b->len, from, len);
	b->len += len;
}

/* --- Names ---------------------------------------------------------------- */
/* MODULE::NAME as C++ mangles it, so that a debugger finds it by its last
 * part, too; what is no letter of an identifier becomes one. */
static void add_symbol(struct file *f, enum section section, uint32_t base,
    uint32_t len, const char *name, uint32_t name_len)
{
	Elf64_Sym symbol = {
		.st_name = (Elf64_Word)f->section[STRINGS].len,
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_shndx = (Elf64_Half)section,
		.st_value = f->slot + base,
		.st_size = len,
	};
	char head[AZ_NAME_MAX + 32];
	int n = snprintf(head, sizeof(head), "_ZN%zu%s%u", strlen(f->module),
	    f->module, name_len);

	for (char *c = strchr(head, '-'); c != NULL; c = strchr(c, '-'))
		*c = '_';
	put(&f->section[SYMBOLS], &symbol, sizeof(symbol));
	put(&f->section[STRINGS], head, (size_t)n);
	put(&f->section[STRINGS], name, name_len);
	put(&f->section[STRINGS], "E", sizeof("E"));
}

static void add_func(struct file *f, const struct az_func *func)
{
	const char *name = f->v->names + func->name;
	uint32_t len = func->name_len;
	char number[16];

	if (len == 0) {
		name = number;
		len = (uint32_t)snprintf(
		    number, sizeof(number), "f%u", func->wasm_index);
	}
	add_symbol(f, TEXT, AZ_TEXT_BASE + func->off, func->len, name, len);
}

static void add_stub(
    struct file *f, uint32_t base, uint32_t size, const char *name)
{
	add_symbol(f, STUBS, base, size, name, (uint32_t)strlen(name));
}

#define X(sym, module, name, type, grant) name,
static const char *const call_names[AZ_CALL_COUNT] = { AZ_CALLS };
#undef X
#define AZ_X(sym, name, type, returns) name,
static const char *const helper_names[AZ_HELP_COUNT] = { AZ_HELPERS(AZ_X) };
#undef AZ_X

static void add_stubs(struct file *f)
{
	add_stub(f, ENTRY_RETURN - 1, AZ_HELPER_STRIDE, "az_return");
	for (uint32_t i = 0; i < AZ_HELP_COUNT; i++)
		add_stub(f, AZ_HELPER_BASE + i * AZ_HELPER_STRIDE,
		    AZ_HELPER_STRIDE, helper_names[i]);
	for (uint32_t i = 0; i < f->v->head->imports.count; i++)
		add_stub(f, AZ_IMPORT_BASE + i * AZ_IMPORT_STRIDE,
		    AZ_IMPORT_STRIDE, call_names[f->v->imports[i].call]);
}

/* --- Frames: DWARF 4, sections 6.4 and 7.23 ------------------------------- */
enum { NOP, ADVANCE4 = 0x04, UNDEFINED = 0x07, DEF_CFA_OFFSET = 0x0e };
enum { RETURN_ADDRESS = 16, SLOT = 8, LEB_BITS = 7, LEB_MORE = 0x80 };

/* Where a function starts. Registers are not followed up the stack. */
static const uint8_t frame_common[] = { 28, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
	/* version 1, units of 1 and -8 */ 1, 0, 1, 0x78, RETURN_ADDRESS,
	/* rsp + 8, and what is below */ 0x0c, 7, 8, 0x80 | RETURN_ADDRESS, 1,
	/* rbx, rbp, r12 to r14 */ UNDEFINED, 3, UNDEFINED, 6, UNDEFINED, 12,
	UNDEFINED, 13, UNDEFINED, 14, NOP, NOP, NOP, NOP };
_Static_assert(sizeof(frame_common) == 28 + 4, "its length");

/* The frames in len bytes of code at displacement base, as f->moves says. */
static void add_frame(struct file *f, uint32_t base, uint32_t len)
{
	struct bytes *out = &f->section[FRAMES];
	uint64_t head[] = { 0, f->slot + base, len };

	while (f->moves.len % SLOT != 0)
		put(&f->moves, &(uint8_t){ NOP }, 1);
	/* Of what follows the length itself; then 0, frame_common's place. */
	head[0] = sizeof(head) - sizeof(uint32_t) + f->moves.len;
	put(out, head, sizeof(head));
	put(out, f->moves.at, f->moves.len);
	f->moves.len = 0;
}

/* From `by` bytes of code further on, depth bytes are pushed. */
static void add_move(struct file *f, uint32_t by, uint32_t depth)
{
	uint32_t cfa = depth + SLOT;
	const uint8_t offset[] = { DEF_CFA_OFFSET, (uint8_t)(cfa | LEB_MORE),
		(uint8_t)(cfa >> LEB_BITS | LEB_MORE),
		(uint8_t)(cfa >> 2 * LEB_BITS) };

	put(&f->moves, &(uint8_t){ ADVANCE4 }, 1);
	put(&f->moves, &by, sizeof(by));
	put(&f->moves, offset, sizeof(offset));
}

/* The depths of the stack through a function, which verify/code has proved
 * to be the same on all ways: one pass, a mark for the depth at each place
 * that code before it jumps to, a guess behind a ret. */
static void walk(struct file *f, const uint8_t *text, uint32_t len)
{
	uint32_t depth = 0, guess = 0, told = 0, told_at = 0;
	struct x86_insn in;
	int64_t to;

	memset(f->marks, 0, len * sizeof(*f->marks));
	for (uint32_t at = 0; at < len; at += in.len) {
		invariant(x86_decode(&in, text + at, len - at));
		if (f->marks[at] != 0)
			depth = (f->marks[at] - 1u) * SLOT;
		if (depth != told) {
			add_move(f, at - told_at, depth);
			told = depth;
			told_at = at;
		}
		depth = (uint32_t)(depth + x86_lowers(&in));
		if (in.kind == X86_RET)
			depth = guess;
		if (in.kind != X86_JMP && in.kind != X86_JCC &&
		    in.kind != X86_CALL)
			continue;
		guess = depth;
		to = (int64_t)at + in.len + in.imm;
		if (in.kind != X86_CALL && to > at && to < len)
			f->marks[to] = (uint16_t)(depth / SLOT + 1);
	}
}

static void add_frames(struct file *f)
{
	const struct image_view *v = f->v;
	uint32_t last = ENTRY_RETURN - 1, next = last + AZ_HELPER_STRIDE;
	uint32_t end = AZ_STUB_BASE + (uint32_t)stub_size(v);

	put(&f->section[FRAMES], frame_common, sizeof(frame_common));
	for (uint32_t i = 0; i < v->head->funcs.count; i++) {
		const struct az_func *func = &v->funcs[i];

		walk(f, v->text + func->off, func->len);
		add_frame(f, AZ_TEXT_BASE + func->off, func->len);
	}
	/* Stubs leave the stack alone; at ENTRY_RETURN it ends. */
	add_frame(f, AZ_STUB_BASE, last - AZ_STUB_BASE);
	put(&f->moves, (const uint8_t[]){ UNDEFINED, RETURN_ADDRESS }, 2);
	add_frame(f, last, AZ_HELPER_STRIDE);
	add_frame(f, next, end - next);
}

/* --- The file ------------------------------------------------------------- */
static struct bytes assemble(struct file *f)
{
	static const char names[] =
	    "\0.stubs\0.text\0.debug_frame\0.symtab\0.strtab";
	Elf64_Shdr s[SECTIONS] = {
		[STUBS] = { .sh_type = SHT_NOBITS,
		    .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		    .sh_addr = f->slot + AZ_STUB_BASE,
		    .sh_size = stub_size(f->v) },
		[TEXT] = { .sh_type = SHT_NOBITS,
		    .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		    .sh_addr = f->slot + AZ_TEXT_BASE,
		    .sh_size = f->v->head->text.count },
		[FRAMES] = { .sh_type = SHT_PROGBITS },
		[SYMBOLS] = { .sh_type = SHT_SYMTAB,
		    .sh_link = STRINGS,
		    .sh_info = 1, /* the first that is not local */
		    .sh_entsize = sizeof(Elf64_Sym) },
		[STRINGS] = { .sh_type = SHT_STRTAB },
	};
	Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
		    ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = sizeof(head),
		.e_ehsize = sizeof(head),
		.e_shentsize = sizeof(*s),
		.e_shnum = SECTIONS,
		.e_shstrndx = STRINGS,
	};
	struct bytes out = { 0 };
	uint64_t at = sizeof(head) + sizeof(s);

	for (uint32_t i = STUBS, name = 1; i < SECTIONS; i++) {
		s[i].sh_name = (Elf64_Word)(f->section[STRINGS].len + name);
		name += (uint32_t)strlen(names + name) + 1;
	}
	put(&f->section[STRINGS], names, sizeof(names));
	put(&out, &head, sizeof(head));
	for (uint32_t i = FRAMES; i < SECTIONS; i++) {
		s[i].sh_offset = at;
		s[i].sh_size = f->section[i].len;
		at += f->section[i].len;
	}
	put(&out, s, sizeof(s));
	for (uint32_t i = FRAMES; i < SECTIONS; i++) {
		put(&out, f->section[i].at, f->section[i].len);
		free(f->section[i].at);
	}
	return out;
}

uint8_t *symbols_make(
    const char *name, uint64_t slot, const struct image_view *v, size_t *size)
{
	struct file f = { .v = v, .module = name, .slot = slot };
	struct bytes out;

	put(&f.section[STRINGS], "", 1);
	put(&f.section[SYMBOLS], &(Elf64_Sym){ 0 }, sizeof(Elf64_Sym));
	for (uint32_t i = 0; i < v->head->funcs.count; i++)
		add_func(&f, &v->funcs[i]);
	add_stubs(&f);
	f.marks = malloc(v->head->text.count * sizeof(*f.marks));
	invariant(f.marks != NULL);
	add_frames(&f);
	out = assemble(&f);
	free(f.moves.at);
	free(f.marks);
	*size = out.len;
	return out.at;
}
