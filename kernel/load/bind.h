/* load/bind: the signed grants become a domain's authority. What an image may
 * import because of them is verify/fit's question.
 */
#ifndef AZ_LOAD_BIND_H
#define AZ_LOAD_BIND_H

#include <stdint.h>

struct bundle;
struct domain;

/* Copy the grants of module i of b into d, which holds none yet. */
void bind_grants(struct domain *d, const struct bundle *b, uint32_t i);

#endif
