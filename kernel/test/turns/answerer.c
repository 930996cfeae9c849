/* answerer: answers notes; now and then so late that nobody waits any more, and
 * now and then it breaks over one. */
#include "turns.h"

AZ_RING_WINDOW(there, SIZE);
AZ_RING_WINDOW(back, SIZE);

static void compute(void)
{
	for (volatile uint32_t n = 0; n < 3000000; n++)
		;
}

int main(void)
{
	struct az_ring in, out;
	struct note note;
	uint32_t count = 0;

	az_ring_open(&in, AZ_WINDOW_AT(there), SIZE, AZ_RING_READER,
	    az_channel("there", 5));
	az_ring_open(&out, AZ_WINDOW_AT(back), SIZE, AZ_RING_WRITER,
	    az_channel("back", 4));
	for (;;) {
		while (!az_ring_take64(&in, &note))
			az_ring_turn(in.handle, AZ_FOR_EVER);
		if (++count % 30000 == 0)
			compute();
		if (count % 70000 == 0)
			__builtin_trap();
		note.answer = answer_to(&note);
		(void)az_ring_put64(&out, &note);
	}
}
