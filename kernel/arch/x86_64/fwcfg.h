/* arch/x86_64/fwcfg: the machine's configuration as QEMU gives it. */
#ifndef AZ_X86_64_FWCFG_H
#define AZ_X86_64_FWCFG_H

#include <stdbool.h>

/* Whether there is one: it also proves that this is QEMU. */
bool fwcfg_present(void);

#endif
