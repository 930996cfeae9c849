/* instance: one flat image run inside a Linux process, for tests.
 *
 * Lays a slot out as abi/layout says, with the kernel's own stubs and tables,
 * and stands for the kernel behind the stubs. A trap ends the call, not the
 * process. One instance at a time; one thread.
 */
#ifndef BUILDER_TEST_INSTANCE_H
#define BUILDER_TEST_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/fault.h"
#include "verify/image.h"

/* Values by their bits, whatever their type. */
struct instance_call {
	uint64_t args[AZ_PARAMS_MAX], results[2];
};

/* Map the image and fill memory, table and globals. The bytes must outlive
 * the instance. AZ_TRAP_NONE, or how the instantiation trapped. */
enum az_trap instance_open(const uint8_t *bytes, uint32_t size);
void instance_close(void);

const struct image_view *instance_view(void);

/* Call a function of the open instance. */
enum az_trap instance_call(uint32_t func, struct instance_call *call);

#endif
