/* till: adds up what is laid before it. */
#include <azoth.h>

enum { ITEMS_MAX = 16 };

static int32_t items[ITEMS_MAX], item_count;

static int32_t total(void)
{
	int32_t sum = 0;

	for (int32_t i = 0; i < item_count; i++)
		sum += items[i];
	return sum;
}

/* How many items there are now, or -100 when there is no room. */
AZ_EXPORT("lay") int32_t lay(int32_t price)
{
	if (item_count == ITEMS_MAX)
		return -100;
	items[item_count++] = price;
	return item_count;
}

/* The sum of what was laid; the till is empty afterwards. */
AZ_EXPORT("pay") int32_t pay(void)
{
	int32_t sum = total();

	item_count = 0;
	return sum;
}
