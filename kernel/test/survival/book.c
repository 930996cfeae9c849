/* Never dies: each page of it remembers how often it was turned. */
#include "survival.h"

#include "book.server.h"

uint32_t book_turn(uint32_t page)
{
	static uint32_t turned[PAGES];

	return page < PAGES ? turned[page]++ : 0;
}
