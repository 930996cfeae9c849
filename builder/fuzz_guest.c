/* The console of a guest is bytes of its choice. However they are cut into
 * pieces, the reader must see the same. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *ctx, const char *bytes, size_t len)
{
	size_t *sum = ctx;

	for (size_t i = 0; i < len; i++)
		*sum = *sum * 31 + (unsigned char)bytes[i];
}

static size_t play(struct guest *g, const char *bytes, size_t size, size_t step)
{
	size_t sum = 0;

	guest_init(g, &(struct guest_hooks){
			  .ctx = &sum, .module = "m", .output = count });
	for (size_t at = 0; at < size; at += step)
		guest_feed(g, bytes + at, size - at < step ? size - at : step);
	guest_finish(g);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest whole, pieces;
	const char *bytes = (const char *)data;

	if (play(&whole, bytes, size, size + 1) !=
		play(&pieces, bytes, size, 3) ||
	    whole.modules_ended != pieces.modules_ended ||
	    whole.crash.frame_count != pieces.crash.frame_count ||
	    strcmp(whole.crash.function, pieces.crash.function) != 0 ||
	    strcmp(whole.refusal, pieces.refusal) != 0)
		abort();
	guest_fini(&whole);
	guest_fini(&pieces);
	return 0;
}
