#include "sup/report.h"

#include <stddef.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/trap.h"
#include "base/log.h"
#include "base/mem.h"
#include "task/domain.h"
#include "verify/image.h"

enum { FRAMES_MAX = 16, NAME_SHOWN_MAX = 96 };
enum { CALL_REL32 = 0xe8, CALL_REL32_LEN = 5 };

#define AZ_X(sym, text) text,
static const char *const trap_texts[AZ_TRAP_COUNT] = { AZ_TRAPS(AZ_X) };
#undef AZ_X

static report_line_fn *last_line_of;

const char *report_trap_text(uint32_t trap)
{
	return trap_texts[trap];
}

void report_set_last_line(report_line_fn *last_line)
{
	last_line_of = last_line;
}

/* The module's stack as far as it is mapped, and its text. */
struct walk {
	const struct image_view *v;
	uint64_t text;              /* address of the text */
	uint64_t sp, top;           /* what is left to look at */
	const struct az_func *func; /* of the frame below */
};

/* A name for a log line: printable ASCII, anything else as '?'. */
static const char *shown(
    char out[NAME_SHOWN_MAX + 1], const char *text, size_t len)
{
	size_t n = len < NAME_SHOWN_MAX ? len : NAME_SHOWN_MAX;

	for (size_t i = 0; i < n; i++) {
		bool plain = text[i] >= ' ' && text[i] < 0x7f &&
			     text[i] != '"' && text[i] != '\\';

		out[i] = plain ? text[i] : '?';
	}
	out[n] = 0;
	return out;
}

static const char *func_name(char out[NAME_SHOWN_MAX + 1],
    const struct image_view *v, const struct az_func *f)
{
	if (f == NULL)
		return shown(out, "-", 1);
	if (f->name_len == 0)
		return shown(out, "unnamed", 7);
	return shown(out, v->names + f->name, f->name_len);
}

/* Whether the call that ends at text offset ret goes to w's function. */
static bool calls_frame_below(const struct walk *w, uint32_t ret)
{
	int32_t rel;
	uint64_t target, thunk;

	if (ret < CALL_REL32_LEN || ret > w->v->head->text.count ||
	    w->v->text[ret - CALL_REL32_LEN] != CALL_REL32)
		return false;
	memcpy(&rel, w->v->text + ret - sizeof(rel), sizeof(rel));
	target = ret + (uint64_t)rel;
	if (target == w->func->off)
		return true;
	/* Through some table's thunk of the function's own signature. */
	thunk = target + AZ_TEXT_BASE - AZ_THUNK_BASE;
	return thunk % AZ_THUNK_STRIDE == 0 &&
	       thunk / AZ_THUNK_STRIDE < AZ_SIG_MAX &&
	       thunk / AZ_THUNK_STRIDE % w->v->head->sigs.count == w->func->sig;
}

/* The next return address up the stack, as an offset in text; false at the
 * stack's end. */
static bool walk_up(struct walk *w, uint32_t *ret)
{
	for (; w->sp < w->top; w->sp += 8) {
		uint64_t off = *(const uint64_t *)(uintptr_t)w->sp - w->text;

		if (off <= w->v->head->text.count &&
		    calls_frame_below(w, (uint32_t)off)) {
			*ret = (uint32_t)off;
			w->func = image_func_at(w->v, *ret - 1);
			w->sp += 8;
			return true;
		}
	}
	return false;
}

static void log_frames(const struct domain *d, struct walk *w, uint32_t off)
{
	char name[NAME_SHOWN_MAX + 1];

	for (int n = 0; n < FRAMES_MAX && w->func != NULL; n++) {
		log_error("sup", "frame module=%s n=%d func=\"%s\" off=0x%x",
		    d->name, n, func_name(name, w->v, w->func),
		    off - w->func->off);
		if (!walk_up(w, &off))
			return;
	}
}

void report_trap(
    const struct domain *d, uint32_t trap, const struct report_site *site)
{
	char name[NAME_SHOWN_MAX + 1], last[NAME_SHOWN_MAX + 1];
	const char *line = NULL;
	uint32_t line_len = 0;
	uint64_t text = d->slot + AZ_TEXT_BASE;
	uint64_t bottom = d->slot + AZ_STACK_TOP - d->module->stack;
	uint32_t off = (uint32_t)(site->rip - text) - site->after_call;
	struct walk w = {
		.v = d->image,
		.text = text,
		.sp = (site->sp > bottom ? site->sp : bottom) & ~7ull,
		.top = d->slot + AZ_STACK_TOP,
	};

	if (site->rip - text <= d->image->head->text.count)
		w.func = image_func_at(d->image, off);
	if (last_line_of != NULL)
		line = last_line_of(d, &line_len);
	log_error("sup",
	    "trap module=%s kind=\"%s\" func=\"%s\" pc=0x%llx memory=%llu "
	    "generation=%u%s last=\"%s\"",
	    d->name, report_trap_text(trap), func_name(name, d->image, w.func),
	    (unsigned long long)(site->rip != 0 ? site->rip - d->slot : 0),
	    (unsigned long long)d->memory_size, d->generation,
	    site->after_call ? " call=1" : "",
	    shown(last, line, line != NULL ? line_len : 0));
	if (site->has_addr)
		log_error("sup", "access module=%s address=0x%llx", d->name,
		    (unsigned long long)(site->addr - d->slot -
					 AZ_MEMORY_BASE));
	log_frames(d, &w, off);
}

uint32_t report_classify(const struct domain *d, const struct trap *trap)
{
	uint64_t at = trap->addr - d->slot;

	switch (trap->cause) {
	case TRAP_PAGE_FAULT:
		if (at >= AZ_MEMORY_BASE && at < AZ_SLOT_SIZE + AZ_PAGE_SIZE)
			return AZ_TRAP_OOB;
		if (at >= AZ_STACK_LIMIT && at < AZ_STACK_TOP)
			return AZ_TRAP_EXHAUSTION;
		return AZ_TRAP_MACHINE;
	case TRAP_DIVIDE:
		return AZ_TRAP_DIV_BY_ZERO;
	case TRAP_ILLEGAL:
		return AZ_TRAP_UNREACHABLE;
	default:
		return AZ_TRAP_MACHINE;
	}
}
