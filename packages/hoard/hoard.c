/* hoard: leaks: takes a page of 64 KiB more every half second, and traps when
 * there is none. Whoever starts it again finds it small. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAUSE_US = 500000, REFUSED = -1 };

int main(void)
{
	while ((int)__builtin_wasm_memory_grow(0, 1) != REFUSED)
		(void)usleep(PAUSE_US);
	printf("all of it is mine\n");
	(void)fflush(stdout);
	abort();
}
