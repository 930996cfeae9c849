/* lines: the bytes of a request's head, before anybody gives them a meaning.
 *
 * Two readers of one connection must never see different requests in it. So
 * whatever readers differ about is refused here: a line ends in CR LF and in
 * nothing else, no line goes on in the next, no control characters, nothing
 * between a field's name and its colon, one space between the words of the
 * first line. What passes is given to llhttp.
 */
#ifndef HTTPD_LINES_H
#define HTTPD_LINES_H

#include <stdbool.h>
#include <stdint.h>

enum { LINES_TARGET_MAX = 2048, LINES_METHOD_MAX = 24 };

/* Look for the head's end in bytes[0, length), from *scanned on, which goes
 * on: its length with the empty line; 0 when it is not there yet. *status
 * becomes 400 for a byte that is in no head, else it stays. */
uint32_t lines_find_end(
    const char *bytes, uint32_t length, uint32_t *scanned, uint32_t *status);

/* Of a whole head: 0, or the status to refuse it with. */
uint32_t lines_check(const char *bytes, uint32_t length);

/* Of a head that has no end yet and found no more room. */
uint32_t lines_too_long(const char *bytes, uint32_t length);

/* What a method or a field's name is made of. */
bool lines_is_token(char c);

#endif
