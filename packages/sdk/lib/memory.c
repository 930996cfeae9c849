/* memory: memcpy, memmove, memset, memcmp and memchr for modules, in place of
 * wasi-libc's, which look for aligned addresses and go by single bytes where
 * there are none. Linear memory is read and written at any address for the
 * same price, so this goes by eight bytes, and ends by the last eight again
 * rather than by single ones. wasm-cc compiles it and links it before libc;
 * weak, so that a program may still bring its own.
 *
 * Invariant: nothing outside the given ranges is touched, and all that a step
 * may overwrite has been read before it; so memcpy bears an overlap, too.
 */
#include <stddef.h>
#include <stdint.h>

#define ANY __attribute__((aligned(1), may_alias))
typedef uint16_t ANY any16;
typedef uint32_t ANY any32;
typedef uint64_t ANY any64;

enum { PAIR = 16, BLOCK = 64 }; /* bytes of a step */

struct pair {
	uint64_t low, high;
};

struct block {
	any64 words[BLOCK / 8];
};

/* The same address, which the compiler knows nothing of: what lies around it
 * is then reached by displacements of the accesses, not by additions before. */
#define UNKNOWN(at)                                                            \
	({                                                                     \
		__typeof__(at) at_ = (at);                                     \
		__asm__("" : "+r"(at_));                                       \
		at_;                                                           \
	})

#define WEAK __attribute__((weak))
WEAK void *memcpy(void *to, const void *from, size_t len);
WEAK void *memmove(void *to, const void *from, size_t len);
WEAK void *memset(void *to, int byte, size_t len);
WEAK int memcmp(const void *left, const void *right, size_t len);
WEAK void *memchr(const void *from, int byte, size_t len);

static inline struct pair get_pair(const char *from)
{
	return (
	    struct pair){ *(const any64 *)from, *(const any64 *)(from + 8) };
}

static inline void put_pair(char *to, struct pair p)
{
	*(any64 *)to = p.low;
	*(any64 *)(to + 8) = p.high;
}

/* At most a pair. */
#define COPY_ENDS(type, to, from, len)                                         \
	do {                                                                   \
		type first_ = *(const type *)(from);                           \
		type last_ = *(const type *)((from) + (len) - sizeof(type));   \
		*(type *)(to) = first_;                                        \
		*(type *)((to) + (len) - sizeof(type)) = last_;                \
	} while (0)

static inline void copy_short(char *to, const char *from, size_t len)
{
	if (len >= 8)
		COPY_ENDS(any64, to, from, len);
	else if (len >= 4)
		COPY_ENDS(any32, to, from, len);
	else if (len >= 2)
		COPY_ENDS(any16, to, from, len);
	else if (len == 1)
		*to = *from;
}

static inline void copy_block(char *to, const char *from)
{
	const struct block *f = (const struct block *)UNKNOWN(from);
	struct block *t = (struct block *)UNKNOWN(to);
	uint64_t words[BLOCK / 8];

	for (int i = 0; i < BLOCK / 8; i++)
		words[i] = f->words[i];
	for (int i = 0; i < BLOCK / 8; i++)
		t->words[i] = words[i];
}

static inline void copy_up(char *to, const char *from, size_t len)
{
	struct pair last = get_pair(from + len - PAIR);
	char *end = to + len - PAIR;

	for (; end - to >= BLOCK; to += BLOCK, from += BLOCK)
		copy_block(to, from);
	for (; to < end; to += PAIR, from += PAIR)
		put_pair(UNKNOWN(to), get_pair(UNKNOWN(from)));
	put_pair(end, last);
}

static inline void copy_down(char *to, const char *from, size_t len)
{
	struct pair first = get_pair(from);

	for (; len > PAIR; len -= PAIR)
		put_pair(to + len - PAIR, get_pair(from + len - PAIR));
	put_pair(to, first);
}

void *memcpy(void *to, const void *from, size_t len)
{
	if (len <= PAIR)
		copy_short(to, from, len);
	else
		copy_up(to, from, len);
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	if (len <= PAIR)
		copy_short(to, from, len);
	else if ((uintptr_t)to - (uintptr_t)from >= len)
		copy_up(to, from, len);
	else
		copy_down(to, from, len);
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	uint64_t all = (uint8_t)byte * UINT64_C(0x0101010101010101);
	char *at = to, *end = at + len;

	if (len >= 8) {
		for (; end - at > 8; at += 8)
			*(any64 *)at = all;
		*(any64 *)(end - 8) = all;
	} else if (len >= 4) {
		*(any32 *)at = (uint32_t)all;
		*(any32 *)(end - 4) = (uint32_t)all;
	} else {
		while (at < end)
			*at++ = (char)byte;
	}
	return to;
}

/* As the bytes at the lowest addresses that differ. */
static inline int order(uint64_t a, uint64_t b)
{
	if (a == b)
		return 0;
	return __builtin_bswap64(a) < __builtin_bswap64(b) ? -1 : 1;
}

/* Four to eight bytes, in their order; some of them twice. */
static inline uint64_t get_ends(const char *from, size_t len)
{
	uint64_t last = *(const any32 *)(from + len - 4);

	return last << 32 | *(const any32 *)from;
}

int memcmp(const void *left, const void *right, size_t len)
{
	const char *a = left, *b = right;

	if (len < 4) {
		for (; len > 0; a++, b++, len--)
			if (*a != *b)
				return (uint8_t)*a - (uint8_t)*b;
		return 0;
	}
	if (len <= 8)
		return order(get_ends(a, len), get_ends(b, len));
	for (; len > 8; a += 8, b += 8, len -= 8)
		if (*(const any64 *)a != *(const any64 *)b)
			return order(*(const any64 *)a, *(const any64 *)b);
	return order(
	    *(const any64 *)(a + len - 8), *(const any64 *)(b + len - 8));
}

void *memchr(const void *from, int byte, size_t len)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	const char *at = from;

	for (; len >= 8; at += 8, len -= 8) {
		uint64_t others = *(const any64 *)at ^ (uint8_t)byte * each;
		/* The lowest bit that is set is the first such byte's. */
		uint64_t found = (others - each) & ~others & each << 7;

		if (found != 0)
			return (char *)(uintptr_t)at +
			       __builtin_ctzll(found) / 8;
	}
	for (; len > 0; at++, len--)
		if (*at == (char)byte)
			return (char *)(uintptr_t)at;
	return NULL;
}
