#include "arch/handed.h"

int64_t handed_read(const char *name, void *out, uint32_t max)
{
	(void)name, (void)out, (void)max;
	return -1;
}
