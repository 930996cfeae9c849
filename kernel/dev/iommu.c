/* Sections are those of Intel's "Virtualization Technology for Directed I/O,
 * Architecture Specification", revision 3.3. Tables are of the legacy mode. */
#include "dev/iommu.h"

#include "arch/clock.h"
#include "arch/io.h"
#include "arch/page.h"
#include "base/log.h"
#include "dev/device_impl.h"
#include "dev/pci.h"
#include "mm/frame.h"

enum {
	/* Registers (11.4); of those with 64 bits also the upper half. */
	CAPABILITY = 0x08,
	EXTENDED = 0x10,
	COMMAND = 0x18,
	STATE = 0x1c,
	ROOT = 0x20,
	CONTEXT = 0x28,
	FAULT_STATE = 0x34,
	FAULT_EVENT = 0x38,
	FAULT_MESSAGE = 0x3c, /* data, address */
	REGISTERS = 0x1000,
	UPPER = 4,

	/* CAPABILITY (11.4.2): 2^(4+2n) domains, widths, fault records */
	DOMAINS_MASK = 7,
	DOMAINS_LEAST = 2, /* for AZ_DEVICES_MAX of them, and number 0 */
	WIDTHS_SHIFT = 8,
	WIDTH_39 = 1 << 1, /* levels of tables: 3 */
	WIDTH_48 = 1 << 2, /* 4 */
	FAULTS_SHIFT = 24, /* in 16 bytes */
	FAULTS_MASK = 0x3ff,
	FAULT_COUNT_SHIFT = 8, /* upper half */
	BUFFER_SHIFT = 8,      /* EXTENDED (11.4.3): of the translations */
	BUFFER_MASK = 0x3ff,
	UNIT = 16,
	BUFFER = 8,

	/* COMMAND and STATE (11.4.4) */
	TRANSLATE = (int)(1u << 31),
	SET_ROOT = 1 << 30,
	QUEUE = 1 << 26,
	REMAP_INTERRUPTS = 1 << 25,
	KEPT = (int)0x96ffffff, /* all but what happens once */
	/* Upper halves: forget everything (11.4.6, 11.4.8) */
	FORGET = (int)(1u << 31),
	FORGET_CONTEXTS = 1 << 29,
	FORGET_BUFFER = 1 << 28 | 1 << 17 | 1 << 16,

	EVENT_MASKED = (int)(1u << 31),
	FAULT_ALL = 3, /* FAULT_STATE: records were lost, or are there */
	/* A record (11.4.14), in words of 32 bits: address, source, kind */
	FAULT = (int)(1u << 31),
	FAULT_READ = 1 << 30,

	UNITS = 8,
	PRESENT = 1,    /* an entry for a bus, or a function (9.1, 9.3) */
	READ_WRITE = 3, /* of a table of pages (9.8) */
	DOMAIN_SHIFT = 8,
	ENTRY = 2,       /* words of 64 bits, of bus and function */
	FUNCTIONS = 256, /* of a bus */
	TABLE_BITS = 9,
	TABLE_MASK = (1 << TABLE_BITS) - 1,
	LIMIT_NS = 10000000,
};
#define ADDRESS (~(uint64_t)(PAGE_SIZE - 1))

struct unit {
	struct io_space at;
	uint32_t buffer, faults, fault_count;
};

static struct unit units[UNITS];
static uint32_t unit_count;
static uint32_t levels;  /* of the tables of pages */
static uint64_t root;    /* the table of buses: a frame */
static uint32_t domains; /* functions with tables */

static uint32_t get(const struct unit *u, uint32_t reg)
{
	return io_read(&u->at, reg, 4);
}

static void put(const struct unit *u, uint32_t reg, uint32_t value)
{
	io_write(&u->at, reg, 4, value);
}

/* --- Tables ---------------------------------------------------------------- */

/* The table that an entry leads to, made when there is none; or NULL. */
static uint64_t *table_of(uint64_t *entry, uint64_t bits)
{
	if (*entry == 0)
		*entry = frame_alloc();
	if (*entry == 0)
		return NULL;
	*entry |= bits;
	return page_direct(*entry & ADDRESS);
}

/* The uppermost table of pages of a function, which has one domain. */
static uint64_t *pages_of(uint32_t place)
{
	uint64_t *at = table_of(
	    (uint64_t *)page_direct(root) + place / FUNCTIONS * ENTRY, PRESENT);

	if (at == NULL)
		return NULL;
	at += place % FUNCTIONS * ENTRY;
	if (*at == 0)
		at[1] = (levels - 2) | (uint64_t)++domains << DOMAIN_SHIFT;
	return table_of(at, PRESENT);
}

static az_err allow_page(uint32_t place, uint64_t phys)
{
	uint64_t *at = pages_of(place);
	uint32_t shift = PAGE_SHIFT + TABLE_BITS * levels;

	while (at != NULL) {
		shift -= TABLE_BITS;
		at += phys >> shift & TABLE_MASK;
		if (shift == PAGE_SHIFT) {
			*at = phys | READ_WRITE;
			return AZ_OK;
		}
		at = table_of(at, READ_WRITE);
	}
	return AZ_ENOMEM;
}

az_err iommu_allow(uint32_t place, const void *run, size_t size)
{
	uint64_t at = (uint64_t)run;

	if (unit_count == 0 || place == PCI_NONE)
		return AZ_OK;
	for (uint64_t end = at + size; at < end; at += PAGE_SIZE)
		TRY(allow_page(place, page_lookup(at, NULL, NULL)));
	return AZ_OK;
}

/* --- Units ----------------------------------------------------------------- */

/* What widths of addresses the unit at phys can do; 0: it is of no use. */
static uint32_t unit_find(struct unit *u, uint64_t phys)
{
	uint32_t low, high;

	u->at.memory = io_map(phys, REGISTERS);
	if (u->at.memory == NULL)
		return 0;
	low = get(u, CAPABILITY);
	high = get(u, CAPABILITY + UPPER);
	u->faults =
	    (low >> FAULTS_SHIFT | high << (32 - FAULTS_SHIFT)) & FAULTS_MASK;
	u->faults *= UNIT;
	u->fault_count = (high >> FAULT_COUNT_SHIFT & 0xff) + 1;
	u->buffer = (get(u, EXTENDED) >> BUFFER_SHIFT & BUFFER_MASK) * UNIT;
	if ((low & DOMAINS_MASK) < DOMAINS_LEAST ||
	    u->buffer > REGISTERS - UNIT ||
	    u->faults > REGISTERS - u->fault_count * UNIT)
		return 0;
	return low >> WIDTHS_SHIFT & (WIDTH_39 | WIDTH_48);
}

az_err iommu_init(void)
{
	uint32_t widths = WIDTH_39 | WIDTH_48, n = 0;
	uint64_t phys;

	unit_count = domains = 0;
	while (n < UNITS && (phys = io_remapper(n)) != 0)
		widths &= unit_find(&units[n++], phys);
	if (n > 0 && widths == 0)
		log_warn("dev", "iommu-unusable units=%u", n);
	if (n == 0 || widths == 0)
		return AZ_OK;
	root = frame_alloc();
	if (root == 0)
		return AZ_ENOMEM;
	levels = widths & WIDTH_39 ? 3 : 4;
	unit_count = n;
	return AZ_OK;
}

static bool await(
    const struct unit *u, uint32_t reg, uint32_t mask, uint32_t wanted)
{
	uint64_t until = clock_now() + LIMIT_NS;

	while ((get(u, reg) & mask) != wanted)
		if (!device_pause(until))
			return false;
	return true;
}

static bool command(const struct unit *u, int bit, bool on)
{
	uint32_t mask = (uint32_t)bit, state = get(u, STATE) & (uint32_t)KEPT;

	put(u, COMMAND, on ? state | mask : state & ~mask);
	return await(u, STATE, mask, on ? mask : 0);
}

static bool forget(const struct unit *u, uint32_t reg, uint32_t what)
{
	put(u, reg, 0);
	put(u, reg + UPPER, (uint32_t)FORGET | what);
	return await(u, reg + UPPER, (uint32_t)FORGET, 0);
}

/* Firmware may have left it at work (11.4.4, 6.6). */
static bool unit_start(const struct unit *u)
{
	struct io_message m = io_message(INTR_LINES - 1);

	put(u, FAULT_EVENT, (uint32_t)EVENT_MASKED);
	put(u, FAULT_MESSAGE, m.data);
	put(u, FAULT_MESSAGE + 4, (uint32_t)m.address);
	put(u, FAULT_MESSAGE + 8, (uint32_t)(m.address >> 32));
	if (!command(u, TRANSLATE, false) ||
	    !command(u, REMAP_INTERRUPTS, false) || !command(u, QUEUE, false))
		return false;
	put(u, ROOT, (uint32_t)root);
	put(u, ROOT + UPPER, (uint32_t)(root >> 32));
	return command(u, SET_ROOT, true) &&
	       forget(u, CONTEXT, FORGET_CONTEXTS) &&
	       forget(u, u->buffer + BUFFER, FORGET_BUFFER) &&
	       command(u, TRANSLATE, true);
}

void iommu_start(void)
{
	io_write_back();
	for (uint32_t i = 0; i < unit_count; i++)
		if (unit_start(&units[i]))
			log_info("dev", "iommu unit=%u domains=%u", i, domains);
		else
			log_error("dev", "iommu-stuck unit=%u", i);
}

/* --- Faults ---------------------------------------------------------------- */

/* Empty a unit's records (7.3); tell: say what the first is about. */
static void faults_take(const struct unit *u, bool tell)
{
	uint32_t at = u->faults;

	for (uint32_t i = 0; i < u->fault_count; i++, at += UNIT) {
		uint32_t kind = get(u, at + 12);

		if ((kind & (uint32_t)FAULT) == 0)
			continue;
		if (tell)
			log_warn("dev",
			    "blocked place=%x address=0x%lx write=%d reason=%u",
			    get(u, at + 8) & 0xffff,
			    (uint64_t)get(u, at + 4) << 32 | get(u, at),
			    (kind & FAULT_READ) == 0, kind & 0xff);
		tell = false;
		put(u, at + 12, (uint32_t)FAULT);
	}
	put(u, FAULT_STATE, FAULT_ALL);
}

void iommu_watch(void)
{
	for (uint32_t i = 0; i < unit_count; i++) {
		faults_take(&units[i], false);
		put(&units[i], FAULT_EVENT, 0);
	}
}

void iommu_report(void)
{
	for (uint32_t i = 0; i < unit_count; i++) {
		put(&units[i], FAULT_EVENT, (uint32_t)EVENT_MASKED);
		faults_take(&units[i], true);
	}
}
