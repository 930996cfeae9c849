/* test/script/entry of a Linux process. */
#include "arch/linux/gate.inc"
#include "test/script/entry.inc"
