#include "sigs.h"

#include <stdlib.h>
#include <string.h>

#include "abi/layout.h"
#include "mem.h"
#include "verify/image.h"
#include "wasm.h"

/* System V: the first six integers and eight floats go in registers. */
enum { INT_REGS = 6, FLOAT_REGS = 8, SLOT = 8 };

static struct az_sig make_sig(const struct wasm_type *t)
{
	uint32_t ints = 0, floats = 0, slots = 0;
	struct az_sig s = {
		.param_count = (uint8_t)t->param_count,
		.result_count = (uint8_t)t->result_count,
	};

	for (uint32_t i = 0; i < t->param_count; i++) {
		if (image_is_float(t->params[i]))
			slots += floats++ >= FLOAT_REGS;
		else
			slots += ints++ >= INT_REGS;
	}
	s.stack_args = (uint16_t)(slots * SLOT);
	memcpy(s.types, t->params, t->param_count);
	memcpy(s.types + t->param_count, t->results, t->result_count);
	return s;
}

/* A small open hash from types to tags; slots is a power of two. */
static uint32_t hash_sig(const struct az_sig *s)
{
	const uint8_t *p = (const uint8_t *)s;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sizeof(*s); i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

int sigs_init(struct sigs *s, const struct wasm_module *m)
{
	enum { SLOTS = 4 * AZ_SIG_MAX };
	uint32_t tables = m->table_count > 0 ? m->table_count : 1;
	uint32_t *slots = xcalloc(SLOTS, sizeof(*slots)); /* tag + 1 */
	int result = 0;

	*s = (struct sigs){
		.at = xcalloc(AZ_SIG_MAX, sizeof(*s->at)),
		.of_type = xcalloc(m->type_count, sizeof(*s->of_type)),
	};
	for (uint32_t i = 0; i < m->type_count; i++) {
		struct az_sig sig = make_sig(&m->types[i]);
		uint32_t at = hash_sig(&sig) % SLOTS;

		while (slots[at] != 0 &&
		       memcmp(&s->at[slots[at] - 1], &sig, sizeof(sig)) != 0)
			at = (at + 1) % SLOTS;
		if (slots[at] == 0 && (s->count + 1) * tables > AZ_SIG_MAX) {
			result = -1;
			break;
		}
		if (slots[at] == 0) {
			s->at[s->count] = sig;
			slots[at] = ++s->count;
		}
		s->of_type[i] = (uint16_t)(slots[at] - 1);
	}
	free(slots);
	if (result != 0)
		sigs_fini(s);
	return result;
}

void sigs_fini(struct sigs *s)
{
	free(s->at);
	free(s->of_type);
	*s = (struct sigs){ 0 };
}
