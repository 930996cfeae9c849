#include "load/program.h"

#include "arch/page.h"
#include "base/log.h"
#include "load/blob.h"
#include "mm/map.h"
#include "verify/code.h"
#include "verify/refuse.h"
#include "wasm/stub.h"

static struct program *programs;

static struct program *find(uint32_t blob)
{
	struct program *p = programs;

	while (p != NULL && p->blob != blob)
		p = p->next;
	return p;
}

static az_err make_stubs(struct program *p, uint64_t entry)
{
	p->stub_bytes = stub_size(&p->image);
	TRY(map_alloc(&p->stubs, p->stub_bytes));
	stub_write(p->stubs, &p->image, entry);
	map_protect(p->stubs, p->stub_bytes, PAGE_READ);
	return AZ_OK;
}

/* Whether floats pass through the image, though perhaps it names no register
 * that they lie in: what it was given or gives back goes to whoever can look. */
static bool has_floats(const struct image_view *v)
{
	for (uint32_t i = 0; i < v->head->sigs.count; i++)
		for (uint32_t k = 0;
		     k < v->sigs[i].param_count + v->sigs[i].result_count; k++)
			if (image_is_float(v->sigs[i].types[k]))
				return true;
	return false;
}

/* Whether the machine code stays in its box; where it does not is logged. */
static enum az_refusal check_code(struct image_view *v, const char **why)
{
	size_t size = code_work_size(v);
	struct code_fault fault;
	enum az_refusal refusal;
	void *work;

	*why = "no memory to check code";
	if (map_alloc(&work, size) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	refusal = code_check(v, work, size, &fault);
	map_free(&work, size);
	v->xmm = fault.xmm || has_floats(v);
	if (refusal == AZ_REFUSE_NONE)
		return AZ_REFUSE_NONE;
	*why = fault.text;
	log_error(
	    "load", "code function=%u offset=%u", fault.func, fault.offset);
	return refusal;
}

enum az_refusal program_get(
    struct program **out, uint32_t i, uint64_t entry, const char **why)
{
	struct image_view view;
	struct program *p;
	const uint8_t *bytes;
	uint64_t len;

	*out = find(i);
	if (*out != NULL)
		return AZ_REFUSE_NONE;
	bytes = blob_bytes(i, &len);
	PASS(image_open(&view, bytes, (size_t)len, why));
	/* From here on nobody writes the image, whose text will be mapped
	 * executable elsewhere, once it is known what it does. */
	map_protect((void *)bytes, (size_t)len, PAGE_READ);
	PASS(check_code(&view, why));
	*why = "no memory for stubs";
	if (map_array(&p, 1) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	*p = (struct program){ .image = view, .blob = i, .next = programs };
	if (make_stubs(p, entry) != AZ_OK) {
		map_array_free(&p, 1);
		return AZ_REFUSE_MEMORY;
	}
	programs = *out = p;
	return AZ_REFUSE_NONE;
}
