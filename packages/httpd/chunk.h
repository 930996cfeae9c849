/* chunk: the frame of a chunked body, read a second time beside llhttp.
 *
 * Only sizes of 1 to 8 hex digits without anything behind them, CR LF for
 * every end of a line, and an empty trailer: extensions and trailers are where
 * readers differ, and nobody needs them. Both readers have to see the body end
 * at the same byte (head.c).
 */
#ifndef HTTPD_CHUNK_H
#define HTTPD_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

struct chunk {
	uint32_t left;  /* of the chunk's size, or of its data */
	uint8_t state;  /* chunk.c */
	uint8_t digits; /* of the size so far */
};

/* Begin a body. */
void chunk_init(struct chunk *c);

/* Read on: how many of the bytes belong to the body, all of them until it
 * ends. *bad: it is not as it should be. */
uint32_t chunk_read(
    struct chunk *c, const char *bytes, uint32_t length, bool *bad);

bool chunk_is_over(const struct chunk *c);

#endif
