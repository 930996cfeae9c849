#include "object.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "sigs.h"

/* Where a section went: a displacement from the slot's start, or 0. */
struct place {
	uint32_t disp;
	uint32_t func; /* defined function, for text */
	bool is_text;
};

struct object {
	Elf *elf;
	size_t section_count, names_index;
	Elf_Data *symbols; /* NULL: none */
	size_t symbols_strings;
	struct place *places; /* by section */
};

struct reader {
	const struct flatten_job *job;
	struct object_code *out;
	struct object *objects;
	/* By defined function: the section that holds it. */
	struct source_section {
		struct object *object;
		size_t section;
	} * funcs;
	char *error;
};

__attribute__((format(printf, 2, 3))) static int fail(
    struct reader *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->error, FLATTEN_ERROR_SIZE, fmt, args);
	va_end(args);
	return -1;
}

static const char *section_name(struct object *o, const GElf_Shdr *head)
{
	const char *name = elf_strptr(o->elf, o->names_index, head->sh_name);

	return name != NULL ? name : "?";
}

/* The number behind prefix, when that is all of name; else -1. */
static int64_t indexed(const char *name, const char *prefix, uint32_t count)
{
	size_t len = strlen(prefix);
	char *end;
	unsigned long n;

	if (strncmp(name, prefix, len) != 0 || name[len] < '0' ||
	    name[len] > '9')
		return -1;
	n = strtoul(name + len, &end, 10);
	return *end == '\0' && n < count ? (int64_t)n : -1;
}

/* The defined function that a symbol or section suffix names, or -1. */
static int64_t func_of(const struct wasm_module *m, const char *name)
{
	int64_t n = indexed(name, "w2c_f", m->imported_funcs + m->func_count);

	return n >= m->imported_funcs ? n - m->imported_funcs : -1;
}

static void buf_align(struct buf *b, size_t align)
{
	while (b->len % align != 0)
		buf_putc(b, '\0');
}

/* Note where a function's section is; its place comes later, in order. */
static int note_func(
    struct reader *r, struct object *o, size_t section, const char *name)
{
	int64_t func = -1;

	if (strncmp(name, ".text.", 6) == 0)
		func = func_of(r->job->module, name + 6);
	if (func < 0)
		return fail(r, "unexpected code section `%s`", name);
	if (r->funcs[func].object != NULL)
		return fail(r, "`%s` is there twice", name);
	r->funcs[func] = (struct source_section){ o, section };
	return 0;
}

static int read_section(struct reader *r, struct object *o, size_t i)
{
	Elf_Scn *scn = elf_getscn(o->elf, i);
	Elf_Data *data;
	GElf_Shdr head;
	const char *name;

	if (scn == NULL || gelf_getshdr(scn, &head) == NULL)
		return fail(r, "section %zu: %s", i, elf_errmsg(-1));
	name = section_name(o, &head);
	if (head.sh_type == SHT_SYMTAB) {
		o->symbols = elf_getdata(scn, NULL);
		o->symbols_strings = head.sh_link;
	}
	if ((head.sh_flags & SHF_ALLOC) == 0 || head.sh_size == 0)
		return 0;
	if (head.sh_type != SHT_PROGBITS || (head.sh_flags & SHF_WRITE) != 0)
		return fail(r, "unexpected section `%s`", name);
	if ((head.sh_flags & SHF_EXECINSTR) != 0)
		return note_func(r, o, i, name);
	data = elf_getdata(scn, NULL);
	if (data == NULL || head.sh_addralign > AZ_PAGE_SIZE)
		return fail(r, "cannot read section `%s`", name);
	buf_align(&r->out->rodata,
	    head.sh_addralign > 0 ? (size_t)head.sh_addralign : 1);
	o->places[i].disp = AZ_RODATA_BASE + (uint32_t)r->out->rodata.len;
	buf_add(&r->out->rodata, data->d_buf, data->d_size);
	if (r->out->rodata.len > AZ_RODATA_MAX)
		return fail(
		    r, "constants are larger than %u bytes", AZ_RODATA_MAX);
	return 0;
}

static int open_object(
    struct reader *r, struct object *o, struct wasm_bytes bytes)
{
	GElf_Ehdr head;

	/* libelf only reads, but its prototype does not say so. */
	o->elf = elf_memory((char *)(uintptr_t)bytes.at, bytes.len);
	if (o->elf == NULL || gelf_getehdr(o->elf, &head) == NULL ||
	    head.e_type != ET_REL || head.e_machine != EM_X86_64 ||
	    elf_getshdrnum(o->elf, &o->section_count) != 0 ||
	    elf_getshdrstrndx(o->elf, &o->names_index) != 0)
		return fail(r, "not a relocatable x86-64 object");
	o->places = xcalloc(o->section_count, sizeof(*o->places));
	for (size_t i = 1; i < o->section_count; i++) {
		if (read_section(r, o, i) != 0)
			return -1;
	}
	return 0;
}

/* Fill with the longest of the recommended multi-byte nops. */
static void put_nops(struct buf *b, size_t len)
{
	static const char *const nops[] = { "", "\x90", "\x66\x90",
		"\x0f\x1f\x00", "\x0f\x1f\x40\x00", "\x0f\x1f\x44\x00\x00",
		"\x66\x0f\x1f\x44\x00\x00", "\x0f\x1f\x80\x00\x00\x00\x00",
		"\x0f\x1f\x84\x00\x00\x00\x00\x00",
		"\x66\x0f\x1f\x84\x00\x00\x00\x00\x00" };
	const size_t longest = sizeof(nops) / sizeof(nops[0]) - 1;

	while (len > 0) {
		size_t n = len < longest ? len : longest;

		buf_add(b, nops[n], n);
		len -= n;
	}
}

static int place_func(struct reader *r, uint32_t func)
{
	struct source_section *s = &r->funcs[func];
	struct buf *text = &r->out->text;
	uint32_t off = (uint32_t)text->len;
	Elf_Data *data;

	if (s->object == NULL)
		return fail(r, "function %u was not compiled",
		    r->job->module->imported_funcs + func);
	data = elf_getdata(elf_getscn(s->object->elf, s->section), NULL);
	if (data == NULL || data->d_size == 0)
		return fail(r, "function %u has no code",
		    r->job->module->imported_funcs + func);
	buf_add(text, data->d_buf, data->d_size);
	put_nops(text, -text->len % OBJECT_FUNC_ALIGN);
	if (text->len > AZ_TEXT_MAX)
		return fail(r, "code is larger than %u bytes", AZ_TEXT_MAX);
	s->object->places[s->section] = (struct place){
		.disp = AZ_TEXT_BASE + off, .func = func, .is_text = true
	};
	r->out->funcs[func] =
	    (struct object_func){ off, (uint32_t)text->len - off };
	return 0;
}

/* What a relocation refers to, as a displacement. */
struct target {
	uint32_t disp;
	bool code;
};

static const char *const helper_names[] = {
#define AZ_X(sym, name, type, returns) name,
	AZ_HELPERS(AZ_X)
#undef AZ_X
};

static bool find_named(
    const struct reader *r, const char *name, struct target *out)
{
	const struct wasm_module *m = r->job->module;
	int64_t n;

	if (strcmp(name, "az_I") == 0) {
		*out = (struct target){ AZ_DATA_BASE, false };
		return true;
	}
	out->code = true;
	n = func_of(m, name);
	if (n >= 0) {
		out->disp = AZ_TEXT_BASE + r->out->funcs[n].off;
		return true;
	}
	n = indexed(name, "az_import_", m->import_count);
	if (n >= 0) {
		out->disp = AZ_IMPORT_BASE + (uint32_t)n * AZ_IMPORT_STRIDE;
		return true;
	}
	n = indexed(name, "az_thunk_", m->table_count * r->job->sigs->count);
	if (n >= 0) {
		out->disp = AZ_THUNK_BASE + (uint32_t)n * AZ_THUNK_STRIDE;
		return true;
	}
	for (uint32_t i = 0; i < AZ_HELP_COUNT; i++) {
		if (strcmp(name, helper_names[i]) == 0) {
			out->disp = AZ_HELPER_BASE + i * AZ_HELPER_STRIDE;
			return true;
		}
	}
	return false;
}

static int find_target(struct reader *r, struct object *o,
    const GElf_Sym *symbol, struct target *out)
{
	const char *name =
	    elf_strptr(o->elf, o->symbols_strings, symbol->st_name);

	if (name != NULL && find_named(r, name, out))
		return 0;
	if (symbol->st_shndx == SHN_UNDEF ||
	    symbol->st_shndx >= o->section_count ||
	    o->places[symbol->st_shndx].disp == 0)
		return fail(
		    r, "unknown symbol `%s`", name != NULL ? name : "?");
	out->disp =
	    o->places[symbol->st_shndx].disp + (uint32_t)symbol->st_value;
	out->code = o->places[symbol->st_shndx].is_text;
	return 0;
}

static int resolve(struct reader *r, struct object *o,
    const struct place *place, const GElf_Rela *rela)
{
	struct object_func *f = &r->out->funcs[place->func];
	uint32_t type = (uint32_t)GELF_R_TYPE(rela->r_info);
	struct target target = { 0 };
	GElf_Sym symbol;
	int32_t value;

	if (type != R_X86_64_PC32 && type != R_X86_64_PLT32)
		return fail(r, "relocation of type %u in function %u", type,
		    r->job->module->imported_funcs + place->func);
	if (o->symbols == NULL ||
	    gelf_getsym(o->symbols, (int)GELF_R_SYM(rela->r_info), &symbol) ==
		NULL)
		return fail(r, "relocation without a symbol");
	if (find_target(r, o, &symbol, &target) != 0)
		return -1;
	if (target.code != (type == R_X86_64_PLT32))
		return fail(r, "function %u uses code as data",
		    r->job->module->imported_funcs + place->func);
	if (f->len < 4 || rela->r_offset > f->len - 4)
		return fail(r, "relocation outside its function");
	/* Both lie in the first 2 GiB of the slot: the difference fits. */
	value = (int32_t)((int64_t)target.disp + rela->r_addend -
			  (int64_t)place->disp - (int64_t)rela->r_offset);
	memcpy(
	    r->out->text.at + f->off + rela->r_offset, &value, sizeof(value));
	return 0;
}

static int resolve_section(struct reader *r, struct object *o, size_t i)
{
	Elf_Scn *scn = elf_getscn(o->elf, i);
	GElf_Shdr head;
	Elf_Data *data;

	if (gelf_getshdr(scn, &head) == NULL ||
	    (head.sh_type != SHT_RELA && head.sh_type != SHT_REL))
		return 0;
	if (head.sh_type == SHT_REL || head.sh_info >= o->section_count ||
	    !o->places[head.sh_info].is_text)
		return fail(r, "relocations in `%s`", section_name(o, &head));
	data = elf_getdata(scn, NULL);
	if (data == NULL || head.sh_entsize == 0)
		return fail(r, "cannot read relocations");
	for (size_t n = 0; n < head.sh_size / head.sh_entsize; n++) {
		GElf_Rela rela;

		if (gelf_getrela(data, (int)n, &rela) == NULL)
			return fail(r, "cannot read a relocation");
		if (resolve(r, o, &o->places[head.sh_info], &rela) != 0)
			return -1;
	}
	return 0;
}

static int read_all(struct reader *r)
{
	const struct flatten_job *job = r->job;

	for (size_t i = 0; i < job->object_count; i++) {
		if (open_object(r, &r->objects[i], job->objects[i]) != 0)
			return -1;
	}
	for (uint32_t i = 0; i < job->module->func_count; i++) {
		if (place_func(r, i) != 0)
			return -1;
	}
	for (size_t i = 0; i < job->object_count; i++) {
		struct object *o = &r->objects[i];

		for (size_t n = 1; n < o->section_count; n++) {
			if (resolve_section(r, o, n) != 0)
				return -1;
		}
	}
	return 0;
}

int object_read(struct object_code *out, const struct flatten_job *job,
    char error[FLATTEN_ERROR_SIZE])
{
	uint32_t funcs = job->module->func_count;
	struct reader r = {
		.job = job,
		.out = out,
		.objects = xcalloc(job->object_count, sizeof(*r.objects)),
		.funcs = xcalloc(funcs, sizeof(*r.funcs)),
		.error = error,
	};
	int result;

	*out = (struct object_code){
		.funcs = xcalloc(funcs, sizeof(*out->funcs)),
	};
	if (elf_version(EV_CURRENT) == EV_NONE)
		result = fail(&r, "libelf is too old");
	else
		result = read_all(&r);
	for (size_t i = 0; i < job->object_count; i++) {
		elf_end(r.objects[i].elf);
		free(r.objects[i].places);
	}
	free(r.objects);
	free(r.funcs);
	return result;
}

void object_code_fini(struct object_code *c)
{
	buf_fini(&c->text);
	buf_fini(&c->rodata);
	free(c->funcs);
	*c = (struct object_code){ 0 };
}
