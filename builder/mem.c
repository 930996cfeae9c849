#include "mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"

enum { CHUNK_SIZE = 1 << 16, ALIGN = 16 };

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(ALIGN) char bytes[];
};

struct arena {
	struct chunk *chunks; /* the newest first */
};

static _Noreturn void exhausted(void)
{
	fputs("azoth: out of memory\n", stderr);
	exit(EXIT_HOST);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (p == NULL)
		exhausted();
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (p == NULL)
		exhausted();
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (p == NULL)
		exhausted();
	return p;
}

char *xstrndup(const char *text, size_t len)
{
	char *copy = xmalloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xvasprintf(const char *fmt, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		exhausted();
	text = xmalloc((size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	return text;
}

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	struct chunk *c, *next;

	if (a == NULL)
		return;
	for (c = a->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;
	size_t room;
	void *p;

	if (size > SIZE_MAX / 2)
		exhausted();
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (c == NULL || c->size - c->used < size) {
		room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
		c = xcalloc(1, sizeof(*c) + room);
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	p = c->bytes + c->used;
	c->used += size;
	return p;
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *text, *copy;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	copy = arena_strdup(a, text);
	free(text);
	return copy;
}

void *arena_push(struct arena *a, void *array, size_t *count, size_t size)
{
	void *grown;

	/* Full at every power of two; the old copy stays in the arena. */
	if ((*count & (*count - 1)) == 0) {
		grown = arena_alloc(a, (*count ? *count * 2 : 1) * size);
		if (*count != 0)
			memcpy(grown, array, *count * size);
		array = grown;
	}
	(*count)++;
	return array;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (b->cap - b->len <= len) {
		if (len > SIZE_MAX / 4 || b->cap > SIZE_MAX / 4)
			exhausted();
		b->cap = b->cap * 2 + len + 64;
		b->at = xrealloc(b->at, b->cap);
	}
	if (len != 0)
		memcpy(b->at + b->len, bytes, len);
	b->len += len;
	b->at[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	buf_puts(b, text);
	free(text);
}

char *buf_take(struct buf *b)
{
	char *text = b->at != NULL ? b->at : xstrdup("");

	*b = (struct buf){ 0 };
	return text;
}

void buf_fini(struct buf *b)
{
	free(b->at);
	*b = (struct buf){ 0 };
}
