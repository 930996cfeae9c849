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

/* What is left to look at of a stack. */
struct walk {
	const struct image_view *v;
	uint64_t text; /* address of the text */
	const uint64_t *sp, *top;
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
	while (w->sp < w->top) {
		uint64_t off = *w->sp++ - w->text;

		if (off <= w->v->head->text.count &&
		    calls_frame_below(w, (uint32_t)off)) {
			*ret = (uint32_t)off;
			w->func = image_func_at(w->v, *ret - 1);
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

void report_take(struct report *out, const struct domain *d, uint32_t trap,
    const struct report_site *site)
{
	uint64_t top = d->slot + AZ_STACK_TOP, sp = site->sp;

	if (sp < top - d->module->stack)
		sp = top - d->module->stack;
	sp = sp < top ? sp & ~UINT64_C(7) : top;
	*out = (struct report){
		.domain = d,
		.trap = trap,
		.generation = d->generation,
		.site = *site,
		.memory_size = d->memory_size,
		.stack = (const uint64_t *)sp,
		.words = (uint32_t)((top - sp) / sizeof(uint64_t)),
	};
	if (last_line_of != NULL)
		out->last = last_line_of(d, &out->last_len);
}

void report_print(const struct report *r)
{
	char name[NAME_SHOWN_MAX + 1], last[NAME_SHOWN_MAX + 1];
	const struct domain *d = r->domain;
	const struct report_site *site = &r->site;
	uint64_t text = d->slot + AZ_TEXT_BASE;
	uint32_t off = (uint32_t)(site->rip - text) - site->after_call;
	struct walk w = {
		.v = d->image,
		.text = text,
		.sp = r->stack,
		.top = r->stack + r->words,
	};

	if (site->rip - text <= d->image->head->text.count)
		w.func = image_func_at(d->image, off);
	log_error("sup",
	    "trap module=%s kind=\"%s\" func=\"%s\" pc=0x%lx memory=%lu "
	    "generation=%u%s last=\"%s\"",
	    d->name, report_trap_text(r->trap),
	    func_name(name, d->image, w.func),
	    site->rip != 0 ? site->rip - d->slot : 0, r->memory_size,
	    r->generation, site->after_call ? " call=1" : "",
	    shown(last, r->last, r->last != NULL ? r->last_len : 0));
	if (site->has_addr)
		log_error("sup", "access module=%s address=0x%lx", d->name,
		    (uint64_t)(site->addr - d->slot - AZ_MEMORY_BASE));
	log_frames(d, &w, off);
}

uint32_t report_classify(const struct domain *d, const struct trap *trap)
{
	uint64_t at = trap->addr - d->slot;

	switch (trap->cause) {
	case TRAP_PAGE_FAULT:
		if (at >= AZ_MEMORY_BASE && at < AZ_SLOT_SIZE)
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
