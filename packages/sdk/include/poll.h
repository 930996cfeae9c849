/* poll: wasi-libc's, and the event that never comes. */
#ifndef AZOTH_POLL_H
#define AZOTH_POLL_H

#include_next <poll.h>

#ifndef POLLPRI
#define POLLPRI 0x0100
#endif

#endif
