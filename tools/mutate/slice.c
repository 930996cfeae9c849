#include "slice.h"

#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "chance.h"
#include "verify/x86_64/decode.h"

enum { PICK_TRIES = 40, RECORD_ALIGN = 4, REL_SIZE = 4, RIP_MODRM = 5 };

static uint32_t align(size_t at, uint32_t to)
{
	return (uint32_t)((at + to - 1) / to * to);
}

static bool is_picked(const struct slice *s, uint32_t count, uint32_t func)
{
	for (uint32_t i = 0; i < count; i++) {
		if (s->picks[i] == func)
			return true;
	}
	return false;
}

/* Random functions as long as they fit; the bytes of all in *text. */
static uint32_t pick(struct slice *s, const struct image_view *from,
    struct chance *chance, uint32_t *text)
{
	uint32_t count = 0;

	*text = 0;
	for (int i = 0; i < PICK_TRIES && count < SLICE_FUNCS_MAX; i++) {
		uint32_t f = chance_below(chance, from->head->funcs.count);

		if (*text + from->funcs[f].len > SLICE_TEXT_MAX ||
		    is_picked(s, count, f))
			continue;
		s->picks[count++] = f;
		*text += from->funcs[f].len;
	}
	return count;
}

static uint32_t put_span(struct slice *s, struct az_span *span, uint32_t count,
    uint32_t size, uint32_t to)
{
	span->off = align(s->size, to);
	span->count = count;
	s->size = span->off + (size_t)count * size;
	return span->off;
}

static void copy_span(struct slice *s, struct az_span *span,
    const struct az_span *from, const uint8_t *bytes, uint32_t size)
{
	uint32_t to = size == 1 ? AZ_PAGE_SIZE : RECORD_ALIGN;
	uint32_t off = put_span(s, span, from->count, size, to);

	memcpy(s->bytes + off, bytes + from->off, (size_t)from->count * size);
}

/* The head and all records but those of functions. */
static void lay_out(struct slice *s, const struct image_view *from,
    uint32_t text, uint32_t funcs)
{
	const struct az_image_head *old = from->head;
	struct az_image_head *h = (void *)s->bytes;

	*h = *old;
	s->size = sizeof(*h);
	put_span(s, &h->text, text, 1, AZ_PAGE_SIZE);
	copy_span(s, &h->rodata, &old->rodata, from->bytes, 1);
	copy_span(s, &h->data, &old->data, from->bytes, 1);
	put_span(s, &h->funcs, funcs, sizeof(struct az_func), RECORD_ALIGN);
	copy_span(s, &h->sigs, &old->sigs, from->bytes, sizeof(struct az_sig));
	copy_span(s, &h->imports, &old->imports, from->bytes,
	    sizeof(struct az_import));
	put_span(s, &h->exports, 0, 1, RECORD_ALIGN);
	copy_span(
	    s, &h->tables, &old->tables, from->bytes, sizeof(struct az_table));
	put_span(s, &h->elems, 0, 1, RECORD_ALIGN);
	put_span(s, &h->entries, 0, 1, RECORD_ALIGN);
	put_span(s, &h->segments, 0, 1, RECORD_ALIGN);
	put_span(s, &h->bytes, 0, 1, 1);
	put_span(s, &h->names, 0, 1, 1);
	h->start_func = AZ_NONE;
	h->size = (uint32_t)s->size;
}

static void copy_funcs(
    struct slice *s, const struct image_view *from, uint32_t count)
{
	const struct az_image_head *h = (const void *)s->bytes;
	struct az_func *out = (void *)(s->bytes + h->funcs.off);
	uint32_t off = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct az_func *f = &from->funcs[s->picks[i]];

		out[i] = (struct az_func){ .off = off,
			.len = f->len,
			.sig = f->sig,
			.stack_args = f->stack_args };
		memcpy(
		    s->bytes + h->text.off + off, from->text + f->off, f->len);
		off += f->len;
	}
}

/* Where a call of the program's function goes now: AZ_STUB_BASE, the first
 * helper, when no function of the slice will do. */
static uint32_t callee(const struct slice *s, const struct image_view *from,
    uint32_t target, struct chance *chance)
{
	const struct az_func *old = image_func_at(from, target - AZ_TEXT_BASE);
	uint32_t count = s->view.head->funcs.count;
	uint32_t first = chance_below(chance, count);

	for (uint32_t i = 0; i < count; i++) {
		if (&from->funcs[s->picks[i]] == old)
			return AZ_TEXT_BASE + s->view.funcs[i].off;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct az_func *f = &s->view.funcs[(first + i) % count];

		if (f->stack_args <= old->stack_args)
			return AZ_TEXT_BASE + f->off;
	}
	return AZ_STUB_BASE;
}

/* The displacement of an operand behind rip comes last, or before an
 * immediate of 1, 2 or 4 bytes; ModRM is before it. */
static void move_rip(uint8_t *insn, const struct x86_insn *in, int32_t by)
{
	static const uint8_t behind[] = { 0, 1, 2, 4 };
	int32_t disp = in->disp + by;

	for (unsigned i = 0; i < sizeof(behind); i++) {
		int at = in->len - REL_SIZE - behind[i];

		if (at < 1 || (insn[at - 1] & 0xc7) != RIP_MODRM ||
		    memcmp(insn + at, &in->disp, REL_SIZE) != 0)
			continue;
		memcpy(insn + at, &disp, sizeof(disp));
		return;
	}
}

static void relocate(struct slice *s, const struct image_view *from,
    uint32_t func, struct chance *chance)
{
	const struct az_func *f = &s->view.funcs[func];
	uint32_t old = from->funcs[s->picks[func]].off;
	uint8_t *text = slice_text(s) + f->off;
	struct x86_insn in;

	for (uint32_t at = 0; at < f->len; at += in.len) {
		uint32_t end, target;
		int32_t rel;

		if (!x86_decode(&in, text + at, f->len - at))
			return;
		end = AZ_TEXT_BASE + old + at + in.len;
		target = end + (uint32_t)in.imm;
		if (in.mode == X86_RIP)
			move_rip(text + at, &in, (int32_t)(old - f->off));
		if (in.kind != X86_CALL)
			continue;
		if (target >= AZ_TEXT_BASE)
			target = callee(s, from, target, chance);
		rel = (int32_t)(target - (end - old + f->off));
		memcpy(text + at + in.len - REL_SIZE, &rel, sizeof(rel));
	}
}

bool slice_make(
    struct slice *out, const struct image_view *from, struct chance *chance)
{
	struct slice s = { 0 };
	uint32_t text, count = pick(&s, from, chance, &text);

	if (count == 0)
		return false;
	s.bytes = calloc(
	    1, from->head->size + SLICE_TEXT_MAX + (size_t)8 * AZ_PAGE_SIZE);
	if (s.bytes == NULL)
		abort();
	lay_out(&s, from, text, count);
	copy_funcs(&s, from, count);
	if (image_open(&s.view, s.bytes, s.size, NULL) != AZ_REFUSE_NONE)
		abort();
	for (uint32_t i = 0; i < count; i++)
		relocate(&s, from, i, chance);
	s.pristine = malloc(s.size);
	if (s.pristine == NULL)
		abort();
	memcpy(s.pristine, s.bytes, s.size);
	*out = s;
	return true;
}

void slice_free(struct slice *s)
{
	free(s->bytes);
	free(s->pristine);
	*s = (struct slice){ 0 };
}

void slice_restore(struct slice *s)
{
	const struct az_image_head *h = s->view.head;
	uint32_t funcs = h->funcs.off, end = h->imports.off;

	memcpy(
	    s->bytes + h->text.off, s->pristine + h->text.off, h->text.count);
	memcpy(s->bytes + funcs, s->pristine + funcs, end - funcs);
}

uint8_t *slice_text(const struct slice *s)
{
	return s->bytes + s->view.head->text.off;
}

struct az_func *slice_funcs(const struct slice *s)
{
	return (void *)(s->bytes + s->view.head->funcs.off);
}

struct az_sig *slice_sigs(const struct slice *s)
{
	return (void *)(s->bytes + s->view.head->sigs.off);
}
