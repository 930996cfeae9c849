/* windows: memory that this stack shares: with the card's driver, and with the
 * kernel, which writes for its clients. A unit of its own, since what makes a
 * window is said to the assembler, and the others are compiled as one. */
#ifndef NET_WINDOWS_H
#define NET_WINDOWS_H

#include "azoth.h"

#ifndef WINDOW_DMA_SIZE /* tests have less, to run out of it */
#define WINDOW_DMA_SIZE 1048576
#endif
enum { WINDOW_DMA = WINDOW_DMA_SIZE, WINDOW_SOCKETS = 16777216 };
extern uint8_t AZ_WINDOW_AT(dma)[WINDOW_DMA];
extern uint8_t AZ_WINDOW_AT(sockets)[WINDOW_SOCKETS];

#endif
