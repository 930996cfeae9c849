/* ipc/x86_64/gate: gates of ring 0. */
#include "arch/x86_64/gate.inc"
#include "ipc/x86_64/gate.inc"
