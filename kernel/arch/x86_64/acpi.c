#include "arch/x86_64/acpi.h"

#include <stddef.h>

#include "arch/boot.h"
#include "arch/page.h"
#include "base/mem.h"

enum {
	HEADER_SIZE = 36, /* of every table */
	HEADER_LENGTH = 4,
	TABLE_MAX = 4 << 20,

	FADT_DSDT = 40,
	FADT_SCI = 46,
	FADT_SMI_COMMAND = 48,
	FADT_ACPI_ENABLE = 52,
	FADT_PM1A_EVENT = 56,
	FADT_PM1A_CONTROL = 64,
	FADT_PM1B_CONTROL = 68,
	FADT_PM_TIMER = 76,
	FADT_PM1_EVENT_SIZE = 88,
	FADT_FLAGS = 112,
	FADT_RESET = 116, /* a generic address: space, width, 2, address */
	FADT_RESET_VALUE = 128,
	FADT_SIZE_1 = 116, /* of ACPI 1.0: without reset register */
	FADT_FLAG_NO_BUTTON = 1 << 4,
	FADT_FLAG_TIMER_WIDE = 1 << 8,
	FADT_FLAG_RESET = 1 << 10,
	GAS_IO = 1,
	GAS_ADDRESS = 4,

	DMAR_ENTRIES = 48,
	DMAR_UNIT = 0,
	DMAR_UNIT_SIZE = 16,
	DMAR_UNIT_BASE = 8,

	MADT_LAPIC = 36,
	MADT_ENTRIES = 44,
	MADT_IOAPIC = 1,
	MADT_IOAPIC_SIZE = 12,
	MADT_OVERRIDE = 2,
	MADT_OVERRIDE_SIZE = 10,
	MADT_LAPIC_WIDE = 5,
	MADT_LAPIC_WIDE_SIZE = 12,
	POLARITY_MASK = 3,
	POLARITY_LOW = 3,
	TRIGGER_MASK = 3 << 2,
	TRIGGER_LEVEL = 3 << 2,
	ISA_LINES = 16,

	AML_ZERO = 0x00,
	AML_ONE = 0x01,
	AML_BYTE = 0x0a,
	AML_WORD = 0x0b,
	AML_NAME = 0x08,
	AML_ROOT = 0x5c,
	AML_PACKAGE = 0x12,

	BIOS_EBDA_SEGMENT = 0x40e,
	BIOS_EBDA_SCAN = 1024,
	BIOS_START = 0xe0000,
	BIOS_END = 0x100000,
	RSDP_STEP = 16,
	RSDP_SIZE = 36,
};
#define REACH UINT64_C(0x100000000) /* of the loader's page tables */
#define LAPIC_USUAL 0xfee00000u
#define IOAPIC_USUAL 0xfec00000u

struct acpi_info acpi_info;

struct table {
	const uint8_t *at; /* NULL: absent or broken */
	uint32_t len;
};

static struct table table_open(uint64_t phys)
{
	struct table t = { NULL, 0 };
	const uint8_t *at;
	uint8_t sum = 0;
	uint32_t len;

	if (phys == 0 || phys > REACH - HEADER_SIZE)
		return t;
	at = page_direct(phys);
	len = mem_get32(at + HEADER_LENGTH);
	if (len < HEADER_SIZE || len > TABLE_MAX || len > REACH - phys)
		return t;
	for (uint32_t n = 0; n < len; n++)
		sum = (uint8_t)(sum + at[n]);
	if (sum != 0)
		return t;
	t.at = at;
	t.len = len;
	return t;
}

static bool table_is(struct table t, const char *signature)
{
	return t.at != NULL && memcmp(t.at, signature, 4) == 0;
}

static struct table table_find(struct table root, const char *signature)
{
	uint32_t width = table_is(root, "XSDT") ? 8 : 4;

	for (uint32_t at = HEADER_SIZE; root.len - at >= width; at += width) {
		uint64_t phys = width == 8 ? mem_get64(root.at + at)
					   : mem_get32(root.at + at);
		/* Look at the signature before summing a whole table. */
		if (phys == 0 || phys > REACH - HEADER_SIZE ||
		    memcmp(page_direct(phys), signature, 4) != 0)
			continue;
		return table_open(phys);
	}
	return (struct table){ NULL, 0 };
}

static uint64_t scan_rsdp(uint64_t start, uint64_t end)
{
	for (; start + RSDP_SIZE <= end; start += RSDP_STEP) {
		uint64_t sdt = boot_parse_rsdp(page_direct(start), RSDP_SIZE);
		if (sdt != 0)
			return sdt;
	}
	return 0;
}

/* The two places where a BIOS keeps it. */
static uint64_t find_rsdp(void)
{
	uint16_t segment;
	uint64_t ebda, sdt = 0;

	memcpy(&segment, page_direct(BIOS_EBDA_SEGMENT), sizeof(segment));
	ebda = (uint64_t)segment << 4;
	if (ebda != 0)
		sdt = scan_rsdp(ebda, ebda + BIOS_EBDA_SCAN);
	return sdt != 0 ? sdt : scan_rsdp(BIOS_START, BIOS_END);
}

/* One small integer of AML at *at; -1 when it is anything else. */
static int aml_integer(const uint8_t **at, const uint8_t *end)
{
	uint8_t op;

	if (end - *at < 3)
		return -1;
	op = *(*at)++;
	if (op == AML_ZERO || op == AML_ONE)
		return op;
	if (op != AML_BYTE && op != AML_WORD)
		return -1;
	op = **at;
	*at += (*at)[-1] == AML_BYTE ? 1 : 2;
	return op;
}

/* Name(_S5_, Package { a, b, ... }) at `at`, just behind the name. */
static bool read_s5(const uint8_t *at, const uint8_t *end)
{
	int a, b;

	if (end - at < 8 || *at++ != AML_PACKAGE)
		return false;
	at += 1 + (*at >> 6); /* package length: 1 to 4 bytes */
	at += 1;              /* number of elements */
	a = aml_integer(&at, end);
	b = aml_integer(&at, end);
	if (a < 0 || b < 0)
		return false;
	acpi_info.s5_a = a & 7;
	acpi_info.s5_b = b & 7;
	return true;
}

static void find_s5(struct table dsdt)
{
	const uint8_t *end = dsdt.at + dsdt.len;

	if (dsdt.at == NULL)
		return;
	for (const uint8_t *at = dsdt.at + HEADER_SIZE; end - at > 4; at++) {
		if (at[0] != '_' || memcmp(at, "_S5_", 4) != 0)
			continue;
		if (at[-1] != AML_NAME &&
		    !(at[-1] == AML_ROOT && at[-2] == AML_NAME))
			continue;
		acpi_info.s5_known = read_s5(at + 4, end);
		return;
	}
}

static void read_fadt(struct table t)
{
	struct acpi_info *a = &acpi_info;
	uint32_t flags;

	if (t.at == NULL || t.len < FADT_SIZE_1)
		return;
	flags = mem_get32(t.at + FADT_FLAGS);
	a->pm_timer = (uint16_t)mem_get32(t.at + FADT_PM_TIMER);
	a->pm_timer_wide = flags & FADT_FLAG_TIMER_WIDE;
	a->pm1a_control = (uint16_t)mem_get32(t.at + FADT_PM1A_CONTROL);
	a->pm1b_control = (uint16_t)mem_get32(t.at + FADT_PM1B_CONTROL);
	a->smi_command = (uint16_t)mem_get32(t.at + FADT_SMI_COMMAND);
	a->acpi_enable = t.at[FADT_ACPI_ENABLE];
	a->sci = (uint16_t)mem_get32(t.at + FADT_SCI);
	a->pm1_event_size = t.at[FADT_PM1_EVENT_SIZE];
	if ((flags & FADT_FLAG_NO_BUTTON) == 0)
		a->pm1a_event = (uint16_t)mem_get32(t.at + FADT_PM1A_EVENT);
	if (flags & FADT_FLAG_RESET && t.len > FADT_RESET_VALUE &&
	    t.at[FADT_RESET] == GAS_IO) {
		a->reset_port =
		    (uint16_t)mem_get64(t.at + FADT_RESET + GAS_ADDRESS);
		a->reset_value = t.at[FADT_RESET_VALUE];
	}
	find_s5(table_open(mem_get32(t.at + FADT_DSDT)));
}

static void read_override(const uint8_t *entry)
{
	struct acpi_info *a = &acpi_info;
	uint8_t line = entry[3];
	unsigned flags = entry[8];

	if (line >= ISA_LINES)
		return;
	a->isa_irq[line] = mem_get32(entry + 4);
	a->isa_low[line] = (flags & POLARITY_MASK) == POLARITY_LOW;
	a->isa_level[line] = (flags & TRIGGER_MASK) == TRIGGER_LEVEL;
}

static void read_madt(struct table t)
{
	struct acpi_info *a = &acpi_info;
	uint32_t at = MADT_ENTRIES;
	bool have_ioapic = false;

	if (t.at == NULL || t.len < MADT_ENTRIES)
		return;
	a->lapic = mem_get32(t.at + MADT_LAPIC);
	while (t.len - at >= 2) {
		const uint8_t *entry = t.at + at;
		uint8_t len = entry[1];

		if (len < 2 || len > t.len - at)
			return;
		/* The ISA lines are on the first IOAPIC. */
		if (entry[0] == MADT_IOAPIC && len >= MADT_IOAPIC_SIZE &&
		    !have_ioapic) {
			a->ioapic = mem_get32(entry + 4);
			a->ioapic_base = mem_get32(entry + 8);
			have_ioapic = true;
		}
		if (entry[0] == MADT_OVERRIDE && len >= MADT_OVERRIDE_SIZE)
			read_override(entry);
		if (entry[0] == MADT_LAPIC_WIDE &&
		    len >= MADT_LAPIC_WIDE_SIZE &&
		    mem_get64(entry + 4) < BOOT_PHYS_MAX - PAGE_SIZE)
			a->lapic = mem_get64(entry + 4);
		at += len;
	}
}

/* Entries: kind and length, 16 bits each (VT-d, 8.2 and 8.3). */
static void read_dmar(struct table t)
{
	struct acpi_info *a = &acpi_info;
	uint32_t at = DMAR_ENTRIES;

	while (t.at != NULL && at < t.len && t.len - at >= DMAR_UNIT_SIZE) {
		uint32_t head = mem_get32(t.at + at), len = head >> 16;

		if (len < 4 || len > t.len - at)
			return;
		if ((head & 0xffff) == DMAR_UNIT && len >= DMAR_UNIT_SIZE &&
		    a->remapper_count < ACPI_REMAPPERS)
			a->remappers[a->remapper_count++] =
			    mem_get64(t.at + at + DMAR_UNIT_BASE);
		at += len;
	}
}

void acpi_init(uint64_t sdt)
{
	struct table root;

	acpi_info.lapic = LAPIC_USUAL;
	acpi_info.ioapic = IOAPIC_USUAL;
	for (uint32_t n = 0; n < ISA_LINES; n++)
		acpi_info.isa_irq[n] = n;
	root = table_open(sdt != 0 ? sdt : find_rsdp());
	if (!table_is(root, "RSDT") && !table_is(root, "XSDT"))
		return;
	read_fadt(table_find(root, "FACP"));
	read_madt(table_find(root, "APIC"));
	read_dmar(table_find(root, "DMAR"));
}
