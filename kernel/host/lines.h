/* host/lines: the output of modules as console lines, an interface:
 *
 *	NAME | text		stdout, ended by a newline
 *	NAME ! text		stderr, likewise
 *	NAME |+ text		stdout without its newline: more may follow
 *	NAME !+ text		stderr, likewise
 *	NAME # LEVEL text	azoth.log (error, warn, info, debug)
 *
 * A piece with + is printed when a line passes LINES_TEXT_MAX bytes, when the
 * module waits for console input, and when it ends.
 *
 * Text is exact and harmless: tab and printable UTF-8 stand for themselves;
 * every byte of a control character (C0, DEL, C1), of a line or direction
 * control (U+2028-2029, U+202A-202E, U+2066-2069) or of what is not UTF-8 is
 * \xNN, and a \x before two hex digits is \x5cx. So a reader turns \xNN of
 * each piece back into its byte, and then joins the pieces.
 *
 * Memory: one buffer a stream, in the domain's host_state; one shared buffer
 * for the line being written (kernel code is not preempted; a second CPU
 * would need a lock there).
 */
#ifndef AZ_HOST_LINES_H
#define AZ_HOST_LINES_H

#include <stdint.h>

enum { LINES_TEXT_MAX = 1000 }; /* bytes of a piece, before escapes */

/* One stream's unfinished line. After a line is printed its bytes stay until
 * the next one begins: kept is their number. */
struct lines {
	uint16_t len;
	uint16_t kept;
	char text[LINES_TEXT_MAX];
};

/* Add output of the stream that mark ('|' or '!') stands for. */
void lines_put(struct lines *to, const char *name, char mark, const char *text,
    uint32_t len);
/* Print what has no newline yet. */
void lines_flush(struct lines *to, const char *name, char mark);
/* Print one message of azoth.log; len <= LINES_TEXT_MAX. */
void lines_message(
    const char *name, const char *level, const char *text, uint32_t len);

/* Escape text into out, which has 4 * len bytes or more; returns its size. */
uint32_t lines_escape(char *out, const char *text, uint32_t len);

#endif
