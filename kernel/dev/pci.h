/* dev/pci: the functions of the PCI buses.
 *
 * What a device says of itself is checked before it is used; that firmware
 * has placed the BARs where no memory is, is believed. After pci_init none
 * may use memory (bus mastering) until pci_master lets it.
 * Memory: a fixed table; mappings are for ever. Context: interrupts off.
 */
#ifndef AZ_DEV_PCI_H
#define AZ_DEV_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/io.h"

struct az_device;

enum {
	PCI_NONE = 0xffff,       /* no place */
	PCI_FUNCTIONS_MAX = 128, /* further ones are left alone */
	PCI_VENDOR_VIRTIO = 0x1af4,
	PCI_CAP_ID = 0xff, /* of a capability's head */
	PCI_CAP_VENDOR = 0x09,
	PCI_CAP_MSIX = 0x11,
};

/* Find all functions, and turn bus mastering off everywhere. */
void pci_init(void);

/* The function that d describes and that nobody has: it is taken, and what
 * it has decodes its addresses. PCI_NONE: there is none. */
uint32_t pci_take(const struct az_device *d);

/* Map [offset, offset + size) of a BAR: false when it does not have that. */
bool pci_map(struct io_space *out, uint32_t place, uint32_t bar,
    uint32_t offset, uint32_t size);

/* Where the first capability whose head is `wanted` under mask stands in the
 * configuration space, or 0. */
uint32_t pci_capability(uint32_t place, uint32_t mask, uint32_t wanted);

void pci_master(uint32_t place, bool on);
/* The wire: its pin (PCI_NONE for none), whether the function pulls it, and
 * whether it may; false: that cannot be told it. */
uint32_t pci_pin(uint32_t place);
bool pci_pulls(uint32_t place);
bool pci_let_pull(uint32_t place, bool on);

#endif
