/* mishap: trusts a length that it was told, and writes past its memory. Shows
 * what becomes of a module that goes wrong: it is stopped and reported, and
 * its neighbours notice nothing. */
#include <stdint.h>
#include <stdio.h>

#define APART __attribute__((noinline))

struct parcel {
	uint32_t length;
	uint8_t *contents;
};

static APART void seal(struct parcel *p)
{
	p->contents[p->length - 1] = 0;
}

static APART void send(struct parcel *p)
{
	printf("sealing a parcel of %u bytes\n", p->length);
	seal(p);
	printf("sent\n");
}

int main(void)
{
	static uint8_t room[64];
	struct parcel honest = { sizeof room, room };
	struct parcel liar = { 0x70000000, room };

	send(&honest);
	send(&liar);
	return 0;
}
