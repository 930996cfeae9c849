/* host/input: console input, line by line, shared by all modules.
 *
 * CR is taken as LF; ^D (0x04) is one end of file, and what stands before it
 * is a line.
 * There is no echo and no editing: the terminal at the other end does both;
 * what a keyboard types (input_type) is echoed, and \b takes a byte back.
 * Whoever asks first gets a line. When INPUT_MAX bytes wait, what follows is
 * dropped, and the bytes that wait count as a line.
 * Context: any; kernel code runs with interrupts off.
 */
#ifndef AZ_HOST_INPUT_H
#define AZ_HOST_INPUT_H

#include <stdbool.h>
#include <stdint.h>

enum { INPUT_MAX = 1024 };

/* Take what the console has. True when a reader would not wait. */
bool input_poll(void);

/* The same for what is typed here. */
void input_type(const uint8_t *typed, uint32_t len);

/* Bytes that input_take would give; 0 at an end of file. */
uint32_t input_ready(void);

/* Move up to len > 0 bytes of the first line to out. 0: end of file, which
 * has now been seen. input_poll() was true. */
uint32_t input_take(uint8_t *out, uint32_t len);

#endif
