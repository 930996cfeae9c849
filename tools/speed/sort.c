/* Quicksort of records of any size with a comparator, as qsort has it. Not
 * the libraries' own: they differ in method. */
#include <stddef.h>
#include <string.h>

#include "speed.h"

enum { COUNT = 40000, SMALL = 12 };

struct person {
	uint32_t key, age;
	double weight;
};

typedef int compare(const void *x, const void *y);

static struct person start[COUNT], people[COUNT];

static int by_key(const void *x, const void *y)
{
	const struct person *a = x, *b = y;

	return (a->key > b->key) - (a->key < b->key);
}

static int by_weight(const void *x, const void *y)
{
	const struct person *a = x, *b = y;

	return (a->weight > b->weight) - (a->weight < b->weight);
}

static compare *const orders[] = { by_key, by_weight };

static void swap(char *x, char *y, size_t size)
{
	while (size >= sizeof(uint64_t)) {
		uint64_t a, b;

		memcpy(&a, x, sizeof a);
		memcpy(&b, y, sizeof b);
		memcpy(x, &b, sizeof b);
		memcpy(y, &a, sizeof a);
		x += sizeof a;
		y += sizeof b;
		size -= sizeof a;
	}
	while (size-- > 0) {
		char t = *x;

		*x++ = *y;
		*y++ = t;
	}
}

static void insert_sort(char *base, size_t count, size_t size, compare *order)
{
	for (char *at = base + size; at < base + count * size; at += size)
		for (char *to = at; to > base && order(to - size, to) > 0;
		     to -= size)
			swap(to - size, to, size);
}

static void sort(char *base, size_t count, size_t size, compare *order)
{
	while (count > SMALL) {
		char *low = base, *high = base + (count - 1) * size;
		char *middle = base + count / 2 * size;
		size_t left;

		if (order(low, middle) > 0)
			swap(low, middle, size);
		if (order(middle, high) > 0)
			swap(middle, high, size);
		if (order(low, middle) > 0)
			swap(low, middle, size);
		/* The pivot waits at the start. */
		swap(base, middle, size);
		high += size;
		for (;;) {
			do
				low += size;
			while (low < high && order(low, base) < 0);
			do
				high -= size;
			while (order(base, high) < 0);
			if (low >= high)
				break;
			swap(low, high, size);
		}
		swap(base, high, size);
		left = (size_t)(high - base) / size;
		sort(base, left, size, order);
		base = high + size;
		count -= left + 1;
	}
	if (count > 1)
		insert_sort(base, count, size, order);
}

void speed_setup(void)
{
	for (int n = 0; n < COUNT; n++) {
		start[n].key = speed_random();
		start[n].age = speed_random() % 100;
		start[n].weight = speed_random() % 10000 / 64.0;
	}
}

uint32_t speed_round(void)
{
	uint32_t sum = 0;

	for (size_t n = 0; n < sizeof orders / sizeof orders[0]; n++) {
		memcpy(people, start, sizeof people);
		sort((char *)people, COUNT, sizeof people[0], orders[n]);
		for (int i = 0; i < COUNT; i += 7)
			sum = sum * 31 + (n ? (uint32_t)(people[i].weight * 64)
					    : people[i].key);
	}
	return sum;
}
