/* host/wasi/args: arguments and environment, from the signed record. */
#include <stddef.h>

#include "abi/index.h"
#include "base/mem.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "task/domain.h"
#include "verify/bundle.h"

static struct bundle_text get_string(struct az_run run, uint32_t i)
{
	const struct bundle *b = state_bundle();

	return bundle_text(b, b->strings[run.first + i]);
}

/* Bytes of all strings, each with its NUL. */
static uint64_t total_size(struct az_run run)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < run.count; i++)
		size += (uint64_t)get_string(run, i).len + 1;
	return size;
}

/* Write an array of addresses at arg[0], and what they point to at arg[1]. */
static uint64_t put_strings(
    struct domain *d, struct az_run run, const uint64_t *arg)
{
	uint32_t at = (uint32_t)arg[1];
	void *array, *text;

	WASI_TRY(memory_get(&array, d, arg[0], run.count * sizeof at));
	WASI_TRY(memory_get(&text, d, arg[1], total_size(run)));
	for (uint32_t i = 0; i < run.count; i++) {
		struct bundle_text string = get_string(run, i);

		memory_put(d, arg[0] + i * sizeof at, &at, sizeof at);
		memory_put(d, at, string.at, string.len);
		memory_put(d, at + string.len, "", 1);
		at += string.len + 1;
	}
	return WASI_SUCCESS;
}

static uint64_t put_sizes(
    struct domain *d, struct az_run run, const uint64_t *arg)
{
	uint32_t size = (uint32_t)total_size(run);
	void *at;

	WASI_TRY(memory_get(&at, d, arg[0], sizeof run.count));
	WASI_TRY(memory_get(&at, d, arg[1], sizeof size));
	memory_put(d, arg[0], &run.count, sizeof run.count);
	memory_put(d, arg[1], &size, sizeof size);
	return WASI_SUCCESS;
}

#define STRINGS_CALL(sym, put, field)                                          \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		return put(d, d->module->field, arg);                          \
	}
STRINGS_CALL(ARGS_GET, put_strings, args)
STRINGS_CALL(ARGS_SIZES_GET, put_sizes, args)
STRINGS_CALL(ENVIRON_GET, put_strings, env)
STRINGS_CALL(ENVIRON_SIZES_GET, put_sizes, env)
