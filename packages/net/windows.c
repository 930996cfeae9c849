/* windows: windows.h. */
#include "windows.h"

#include "azoth.h"

AZ_WINDOW(dma, WINDOW_DMA_SIZE);
AZ_WINDOW(sockets, 16777216);
_Static_assert(sizeof(AZ_WINDOW_AT(dma)) == WINDOW_DMA, "dma");
_Static_assert(sizeof(AZ_WINDOW_AT(sockets)) == WINDOW_SOCKETS, "sockets");
