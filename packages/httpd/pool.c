#include "pool.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static char *given_back[POOL_COUNT];
static uint32_t given_back_count, never_used = POOL_COUNT;

char *pool_take(void)
{
	char *buffer = NULL;

	if (given_back_count > 0)
		return given_back[--given_back_count];
	if (never_used > 0)
		buffer = malloc(POOL_SIZE);
	never_used -= buffer != NULL;
	return buffer;
}

void pool_give(char **buffer)
{
	if (*buffer != NULL)
		given_back[given_back_count++] = *buffer;
	*buffer = NULL;
}
