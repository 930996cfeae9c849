#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "verify/code.h"
#include "verify/image.h"

enum { NAME_SHOWN = 64 };

static void describe(char why[JUDGE_WHY_SIZE], const struct image_view *v,
    const struct code_fault *fault)
{
	const struct az_func *f;
	struct buf text = { 0 };

	if (fault->func != AZ_NONE) {
		f = &v->funcs[fault->func];
		buf_printf(&text, "function %u `%.*s` at 0x%x: ", f->wasm_index,
		    (int)(f->name_len < NAME_SHOWN ? f->name_len : NAME_SHOWN),
		    v->names + f->name, fault->offset);
	}
	buf_printf(&text, "%s", fault->text);
	for (size_t i = 0; i < fault->byte_count; i++)
		buf_printf(&text, "%s%02x", i == 0 ? ": " : " ",
		    (unsigned)fault->bytes[i]);
	snprintf(why, JUDGE_WHY_SIZE, "%s", text.at);
	buf_fini(&text);
}

enum az_refusal judge_image(struct image_view *out, const uint8_t *bytes,
    size_t size, char why[JUDGE_WHY_SIZE])
{
	const char *reason = "";
	enum az_refusal refusal = image_open(out, bytes, size, &reason);
	struct code_fault fault;
	void *work;

	snprintf(why, JUDGE_WHY_SIZE, "%s", reason);
	if (refusal != AZ_REFUSE_NONE)
		return refusal;
	work = xmalloc(code_work_size(out));
	refusal = code_check(out, work, code_work_size(out), &fault);
	free(work);
	if (refusal != AZ_REFUSE_NONE)
		describe(why, out, &fault);
	return refusal;
}
