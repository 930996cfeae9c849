/* part: does nothing wrong. What stands behind it is started once it is
 * ready; then it waits for work that never comes. */
#include <azoth.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("in place\n");
	az_ready();
	for (;;)
		sleep(3600);
}
