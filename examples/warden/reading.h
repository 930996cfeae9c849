/* reading: what meter puts into the ring, and clerk takes out of it. */
#ifndef WARDEN_READING_H
#define WARDEN_READING_H

#include <azoth_ring.h>

enum { FLOW_SIZE = 4096 };

struct reading {
	uint32_t number, value;
};

static inline uint32_t reading_value(uint32_t number)
{
	return number * 2654435761u;
}

#endif
