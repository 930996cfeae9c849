/* memory_calls: the SDK's lib/memory.c against loops of single bytes, at every
 * length up to some steps and every distance; nothing around may change. */
#include <stdio.h>
#include <string.h>

enum { SIZE = 256, COPY_MAX = 70, COMPARE_MAX = 40, SEED = 1 };

/* The functions through pointers, so that no compiler knows better. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

static unsigned char ours[SIZE], wanted[SIZE], before[SIZE];
static unsigned state = SEED, wrong;

static unsigned char next(void)
{
	state = state * 1664525u + 1013904223u;
	return (unsigned char)(state >> 16);
}

static void refill(void)
{
	for (int i = 0; i < SIZE; i++)
		ours[i] = wanted[i] = before[i] = next();
}

static void judge(const void *result, const void *to)
{
	wrong += result != to;
	for (int i = 0; i < SIZE; i++)
		wrong += ours[i] != wanted[i];
}

static void try_copies(int len, int from, int to)
{
	refill();
	for (int i = 0; i < len; i++)
		wanted[to + i] = before[from + i];
	judge(move(ours + to, ours + from, (size_t)len), ours + to);
	if (to < from + len && from < to + len)
		return;
	for (int i = 0; i < SIZE; i++)
		ours[i] = before[i];
	judge(copy(ours + to, ours + from, (size_t)len), ours + to);
}

static void try_set(int len, int to)
{
	unsigned char byte = next();

	refill();
	for (int i = 0; i < len; i++)
		wanted[to + i] = byte;
	judge(set(ours + to, byte + SIZE, (size_t)len), ours + to);
}

/* Equal up to `same`, anything behind. */
static void try_compare(int len, int at, int same)
{
	unsigned char *a = ours + at, *b = wanted + at / 2;
	int sign = 0, result;

	refill();
	for (int i = 0; i < same; i++)
		b[i] = a[i];
	for (int i = 0; i < len && sign == 0; i++)
		sign = (a[i] > b[i]) - (a[i] < b[i]);
	result = compare(a, b, (size_t)len);
	wrong += (result > 0) - (result < 0) != sign;
}

int main(void)
{
	for (int len = 0; len < COPY_MAX; len++)
		for (int to = 0; to < 2 * COPY_MAX; to++) {
			try_set(len, to);
			for (int from = COPY_MAX / 2; from < COPY_MAX; from++)
				try_copies(len, from, to);
		}
	for (int len = 0; len < COMPARE_MAX; len++)
		for (int same = 0; same <= COMPARE_MAX; same++)
			for (int at = 0; at < 32; at++)
				try_compare(len, at, same);
	printf("wrong: %u\n", wrong);
	return wrong != 0;
}
