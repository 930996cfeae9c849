/* rudder: breaks. Starting it again does not help. */
#include <stdio.h>

int main(void)
{
	printf("hard to starboard\n");
	__builtin_trap();
}
