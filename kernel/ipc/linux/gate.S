/* ipc/linux/gate: gates of a Linux process. */
#include "arch/linux/gate.inc"
#include "ipc/x86_64/gate.inc"
