/* A WASI command: what it prints goes to the console, because azoth.yaml
 * grants it `log: info`. Without that line it could say nothing. */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("hello, %s\n", argc > 1 ? argv[1] : "nobody");
	return 0;
}
