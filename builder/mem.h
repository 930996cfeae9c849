/* mem: memory for a program that runs once and ends.
 *
 * The x functions never return NULL: when memory is exhausted they say so and
 * leave with EXIT_HOST. An arena gives zeroed memory that is freed all at
 * once. A buf is a growing string, always followed by a NUL.
 */
#ifndef BUILDER_MEM_H
#define BUILDER_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list args)
    __attribute__((format(printf, 1, 0)));

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Add one zeroed element of `size` bytes to an array of *count that only this
 * function grows; returns the array, perhaps moved, and counts it. */
void *arena_push(struct arena *a, void *array, size_t *count, size_t size);

struct buf {
	char *at; /* NULL while empty */
	size_t len, cap;
};

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The text, to be freed by the caller; the buf is empty afterwards. */
char *buf_take(struct buf *b);
void buf_fini(struct buf *b);

#endif
