#include "pool.h"

#include <stddef.h>
#include <stdint.h>

static char buffers[POOL_COUNT][POOL_SIZE];
static char *given_back[POOL_COUNT];
static uint32_t given_back_count, never_used = POOL_COUNT;

char *pool_take(void)
{
	if (given_back_count > 0)
		return given_back[--given_back_count];
	return never_used > 0 ? buffers[--never_used] : NULL;
}

void pool_give(char **buffer)
{
	if (*buffer != NULL)
		given_back[given_back_count++] = *buffer;
	*buffer = NULL;
}
