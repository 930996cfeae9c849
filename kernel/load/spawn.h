/* load/spawn: an instance of a program in a slot of its own.
 *
 * spawn_map builds everything that the module's code will see, at the
 * displacements of abi/layout: shared stubs, text and rodata; private data,
 * tables, stack and linear memory with its segments. All or nothing:
 * a failure leaves no frame behind. Nothing runs yet.
 */
#ifndef AZ_LOAD_SPAWN_H
#define AZ_LOAD_SPAWN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct domain;
struct program;

/* d has slot, module and image set, and memory_max from the signed record.
 * AZ_ENOMEM: no frames, or more memory at start than was granted. AZ_ERANGE:
 * an element or data segment does not fit, which is a trap of the
 * instantiation: end_code. */
az_err spawn_map(struct domain *d, const struct program *p);

/* Make what spawn_map built as it was then; only pages that were written are
 * written again. all: also what the instance shares with others and a restart
 * keeps. */
void spawn_restore(struct domain *d, bool all);

/* Undo spawn_map: unmap the slot and free the instance's own frames. */
void spawn_unmap(struct domain *d, const struct program *p);

#endif
