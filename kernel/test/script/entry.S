/* test/script/entry of ring 0. */
#include "arch/x86_64/gate.inc"
#include "test/script/entry.inc"
