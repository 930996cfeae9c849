/* arch/x86_64/acpi: what the kernel needs from the firmware's tables, read
 * once at boot while the loader's page tables reach them (below 4 GiB).
 *
 * The tables are the machine's own, yet nothing in them is believed without
 * a check of length and checksum: a broken one counts as absent.
 */
#ifndef AZ_X86_64_ACPI_H
#define AZ_X86_64_ACPI_H

#include <stdbool.h>
#include <stdint.h>

struct boot_info;

enum { ACPI_REMAPPERS = 8 };

struct acpi_info {
	/* From the FADT; a port of 0 means that it is unknown. */
	uint16_t pm_timer;
	bool pm_timer_wide; /* 32 bits instead of 24 */
	uint16_t pm1a_control, pm1b_control;
	uint16_t pm1a_event; /* 0 also when it has no power button */
	uint8_t pm1_event_size;
	uint16_t sci; /* ISA line of the machine's own interrupt */
	uint16_t smi_command;
	uint8_t acpi_enable; /* what to write there */
	uint16_t reset_port;
	uint8_t reset_value;

	/* From the DSDT: sleep types of S5. */
	bool s5_known;
	uint8_t s5_a, s5_b;

	/* From the MADT, else the usual. */
	uint64_t lapic, ioapic;
	uint32_t ioapic_base;            /* its first interrupt */
	uint32_t isa_irq[16];            /* global interrupt of each ISA line */
	bool isa_level[16], isa_low[16]; /* trigger and polarity */

	/* From the DMAR: registers of the units of VT-d. */
	uint64_t remappers[ACPI_REMAPPERS];
	uint32_t remapper_count;
};

extern struct acpi_info acpi_info;

/* Find and read the tables; before page_init. sdt: see arch/boot.h. */
void acpi_init(uint64_t sdt);

#endif
