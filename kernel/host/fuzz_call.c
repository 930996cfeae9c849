/* Any sequence of host calls with any arguments, in a domain that holds every
 * grant: nothing outside its memory is touched (ASan watches) and every call
 * but proc_exit comes back.
 *
 * Input: bytes for the module's memory up to MEMORY_PART, then calls: a byte
 * for its number, a byte whose bits choose between small and wide arguments,
 * and the arguments. */
#include "host/test_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_PART = 64, ARGS = 9, LOG_PART = 1024 };

struct reader {
	const uint8_t *at;
	size_t left;
};

static uint64_t take(struct reader *r, size_t bytes)
{
	uint64_t v = 0;

	if (bytes > r->left)
		bytes = r->left;
	memcpy(&v, r->at, bytes);
	r->at += bytes;
	r->left -= bytes;
	return v;
}

/* i32 arguments are zero-extended by the stubs; wide ones stand for i64. */
static void call_one(struct reader *r)
{
	static const char *const types[] = {
#define X(sym, module, name, type, grant) [sym] = type,
		AZ_CALLS
#undef X
	};
	uint64_t call = take(r, 1) % AZ_CALL_COUNT, wide = take(r, 1);
	uint64_t arg[ARGS + 1] = { 0 };

	for (int i = 0; types[call][i] != ':'; i++) {
		bool big = wide >> (i & 7) & 1;

		if (types[call][i] == 'I')
			arg[i] = take(r, big ? 8 : 2);
		else
			arg[i] = take(r, big ? 4 : 1) << (big ? 0 : 3);
	}
	(void)host_calls[call](&fake.domain, arg);
}

static void on_power(enum az_power_op op)
{
	(void)op;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = { data, size };
	struct domain *d = fake_start();

	d->power = AZ_POWER_HALT | AZ_POWER_REBOOT;
	host_set_power(on_power);
	fake.input = "a line\n\x04";
	memcpy(d->memory, data, size < MEMORY_PART ? size : MEMORY_PART);
	for (int i = 0; i < MEMORY_PART; i++)
		(void)take(&r, 1);
	if (setjmp(fake.end) == 0)
		while (r.left > 0 && fake.log_len < LOG_PART)
			call_one(&r);
	fake_stop();
	return 0;
}
