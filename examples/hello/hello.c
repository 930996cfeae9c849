/* hello: an ordinary C program, unaware of Azoth. */
#include <stdio.h>

int main(void)
{
	printf("Hello from a WebAssembly module in ring 0.\n");
	return 0;
}
