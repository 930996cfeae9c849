/* kvm: may runs use KVM?
 *
 * /dev/kvm can be there and be of no use: QEMU may abort under it or hang.
 * So a guest is tried, once for each boot of the host: the answer is kept in
 * the cache folder with the boot's id. `azoth doctor` always tries again.
 */
#ifndef BUILDER_KVM_H
#define BUILDER_KVM_H

#include <stdbool.h>

/* From the cache, or tried now. */
bool kvm_is_usable(void);
/* Try now and remember the answer. */
bool kvm_try(void);

#endif
