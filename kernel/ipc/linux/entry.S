/* ipc/linux/entry: the entry of a Linux process. */
#include "arch/linux/gate.inc"
#include "ipc/x86_64/entry.inc"
