/* The keys of device.yaml. */
#include "abi/device.h"
#include "abi/layout.h"
#include "driver.h"
#include "manifest_table_impl.h"

static const char *const ENGINES[] = { "none", "virtio", "rings", "transfer",
	NULL };
static const char *const INTERRUPTS[] = { "none", "pci", "isa", NULL };
static const char *const ACCESSES[] = { "plain", "doorbell", "address",
	"forbidden", NULL };
static const char *const DIRECTIONS[] = { "read", "write", "both", NULL };
static const char *const PARTS[] = { "config", NULL };

static const struct field MATCH_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_TEXT,
	    .max = 64,
	    .example = "pci/1af4:1041",
	    .help = "`pci/VENDOR:DEVICE` or `pci/class:CCSSPP`, in hexadecimal "
		    "digits, or `isa`." },
	END
};

static const struct field REGION_KEYS[] = {
	{ .name = "bar",
	    .type = FIELD_INTEGER,
	    .max = 5,
	    .example = "0",
	    .help = "The base address register of PCI." },
	{ .name = "virtio",
	    .type = FIELD_WORD,
	    .words = PARTS,
	    .example = "config",
	    .help = "The part of a virtio device that is its driver's." },
	{ .name = "ports",
	    .type = FIELD_BITS,
	    .max = UINT16_MAX,
	    .example = "0x3f8",
	    .help = "The first I/O port of an ISA device." },
	{ .name = "size",
	    .type = FIELD_INTEGER,
	    .required = true,
	    .min = 1,
	    .max = 16 * MIB,
	    .example = "4096",
	    .help = "Bytes that it has at least." },
	END
};

static const struct field REGION_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = REGION_KEYS,
	    .example = "{ bar: 0, size: 4096 }",
	    .help = "A part of the device's address space." },
	END
};

static const struct field REGISTER_KEYS[] = { { .name = "region",
						  .type = FIELD_NAME,
						  .required = true,
						  .max = AZ_NAME_MAX,
						  .example = "regs",
						  .help = "Where it lies." },
	{ .name = "offset",
	    .type = FIELD_BITS,
	    .required = true,
	    .max = 16 * MIB,
	    .example = "0x100",
	    .help = "Bytes from the region's start, a multiple of `width`." },
	{ .name = "width",
	    .type = FIELD_INTEGER,
	    .required = true,
	    .min = 1,
	    .max = 4,
	    .power_of_two = true,
	    .example = "4",
	    .help = "Bytes: 1, 2 or 4." },
	{ .name = "count",
	    .type = FIELD_INTEGER,
	    .fallback = "1",
	    .min = 1,
	    .max = UINT16_MAX,
	    .example = "128",
	    .help = "How many there are, one after the other." },
	{ .name = "stride",
	    .type = FIELD_INTEGER,
	    .fallback = "0",
	    .max = UINT16_MAX,
	    .example = "4",
	    .help = "Bytes from one to the next." },
	{ .name = "read",
	    .type = FIELD_BITS,
	    .fallback = "0",
	    .max = UINT32_MAX,
	    .example = "0xff",
	    .help = "The bits that the driver sees; the others read as 0." },
	{ .name = "write",
	    .type = FIELD_BITS,
	    .fallback = "0",
	    .max = UINT32_MAX,
	    .example = "0xff",
	    .help = "The bits that the driver may set." },
	{ .name = "access",
	    .type = FIELD_WORD,
	    .words = ACCESSES,
	    .fallback = "plain",
	    .example = "address",
	    .help = "`plain`: the driver's. `doorbell`, `address`: written by "
		    "the kernel alone. `forbidden`: nobody's." },
	END };

static const struct field REGISTER_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = REGISTER_KEYS,
	    .example = "{ region: regs, offset: 0, width: 4, read: 0xff }",
	    .help = "A register, or an array of them." },
	END
};

#define BYTE_AT(key, text)                                                     \
	{                                                                      \
		.name = key, .type = FIELD_INTEGER, .fallback = "0",           \
		.max = AZ_DESCRIPTOR_SIZE - 1, .example = "8", .help = text    \
	}
#define BITS_OF(key, text)                                                     \
	{                                                                      \
		.name = key, .type = FIELD_BITS, .fallback = "0",              \
		.max = UINT8_MAX, .example = "0x01", .help = text              \
	}
static const struct field DESCRIPTOR_KEYS[] = {
	BYTE_AT("address", "The byte at which its address begins."),
	BYTE_AT("length", "The byte at which its length begins."),
	BYTE_AT("command", "The byte of its command."),
	BYTE_AT("status", "The byte of its status."),
	BITS_OF("done", "Bits of the status that say that it is done."),
	BITS_OF("always", "Bits of each command."),
	BITS_OF("last", "More bits of the last one of a frame."),
	BITS_OF("allowed", "Bits of the command that the driver may add."), END
};

#define REGISTER_OF(key, text)                                                 \
	{                                                                      \
		.name = key, .type = FIELD_NAME, .max = AZ_NAME_MAX,           \
		.example = "rdt", .help = text                                 \
	}
static const struct field RING_REGISTERS[] = {
	REGISTER_OF("base_low", "Its address, or the low half of it."),
	REGISTER_OF("base_high", "The high half, if there is one."),
	REGISTER_OF("bytes", "Its length."),
	REGISTER_OF("head", "Where the device is."),
	REGISTER_OF("tail", "Where the driver is; of a transfer: the command."),
	END
};

static const struct field RING_KEYS[] = { { .name = "entries",
					      .type = FIELD_INTEGER,
					      .fallback = "0",
					      .max = AZ_ENTRIES_MAX,
					      .example = "256",
					      .help =
						  "At most; a power of two." },
	{ .name = "direction",
	    .type = FIELD_WORD,
	    .words = DIRECTIONS,
	    .required = true,
	    .example = "write",
	    .help = "What the device does with the driver's memory." },
	{ .name = "room",
	    .type = FIELD_INTEGER,
	    .fallback = "0",
	    .max = AZ_PAGE_SIZE,
	    .example = "2048",
	    .help = "Bytes that the device may write to each buffer, whatever "
		    "its descriptor says: shorter ones are refused." },
	{ .name = "descriptor",
	    .type = FIELD_MAP,
	    .children = DESCRIPTOR_KEYS,
	    .example = "{ address: 0, length: 8, command: 11, status: 12 }",
	    .help = "What a descriptor of 16 bytes holds where." },
	{ .name = "registers",
	    .type = FIELD_MAP,
	    .children = RING_REGISTERS,
	    .example =
		"{ base_low: rdbal, bytes: rdlen, head: rdh, tail: rdt }",
	    .help = "The registers that say where it is." },
	{ .name = "window",
	    .type = FIELD_BITS,
	    .fallback = "0",
	    .max = UINT32_MAX,
	    .example = "0x40000",
	    .help = "The device's own addresses, of a transfer." },
	{ .name = "window_size",
	    .type = FIELD_INTEGER,
	    .fallback = "0",
	    .max = UINT32_MAX,
	    .example = "4096",
	    .help = "And how many bytes of them there are." },
	{ .name = "start",
	    .type = FIELD_BITS,
	    .fallback = "0",
	    .max = UINT32_MAX,
	    .example = "0x1",
	    .help = "The command that begins a transfer." },
	END };

static const struct field RING_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = RING_KEYS,
	    .example = "{ entries: 256, direction: write }",
	    .help = "A ring of descriptors, or a way to transfer." },
	END
};

static const struct field STEP_KEYS[] = {
	{ .name = "write",
	    .type = FIELD_NAME,
	    .max = AZ_NAME_MAX,
	    .example = "ctrl",
	    .help = "Write `value` to a register." },
	{ .name = "wait",
	    .type = FIELD_NAME,
	    .max = AZ_NAME_MAX,
	    .example = "ctrl",
	    .help = "Wait until the bits of `mask` of a register are those of "
		    "`value`, for `limit` at most." },
	{ .name = "delay",
	    .type = FIELD_DURATION,
	    .min = US,
	    .max = (uint64_t)AZ_STEP_LIMIT_MAX * US,
	    .example = "10us",
	    .help = "Do nothing for so long." },
	{ .name = "mask",
	    .type = FIELD_BITS,
	    .fallback = "0",
	    .max = UINT32_MAX,
	    .example = "0x1",
	    .help = "Bits to look at." },
	{ .name = "value",
	    .type = FIELD_BITS,
	    .fallback = "0",
	    .max = UINT32_MAX,
	    .example = "0x1",
	    .help = "What to write, or to wait for." },
	{ .name = "limit",
	    .type = FIELD_DURATION,
	    .min = US,
	    .max = (uint64_t)AZ_STEP_LIMIT_MAX * US,
	    .example = "10ms",
	    .help = "How long to wait." },
	END
};

static const struct field STEP_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = STEP_KEYS,
	    .example = "{ write: ctrl, value: 0 }",
	    .help = "One step: `write`, `wait` or `delay`." },
	END
};

static const struct field KEYS[] = { { .name = "azoth-device",
					 .type = FIELD_INTEGER,
					 .required = true,
					 .min = 1,
					 .max = 1,
					 .example = "1",
					 .help =
					     "The version of this format: 1." },
	{ .name = "name",
	    .type = FIELD_NAME,
	    .required = true,
	    .max = AZ_NAME_MAX,
	    .example = "virtio-net",
	    .help = "What manifests call such a device." },
	{ .name = "match",
	    .type = FIELD_LIST,
	    .children = MATCH_ITEM,
	    .required = true,
	    .min = 1,
	    .max = AZ_IDS_MAX,
	    .example = "[ \"pci/1af4:1041\" ]",
	    .help = "How the machine names it: any of these." },
	{ .name = "engine",
	    .type = FIELD_WORD,
	    .words = ENGINES,
	    .fallback = "none",
	    .example = "virtio",
	    .help = "How it reaches memory: not at all, by virtio's split "
		    "rings, by rings of its own, or by single transfers." },
	{ .name = "interrupt",
	    .type = FIELD_WORD,
	    .words = INTERRUPTS,
	    .fallback = "none",
	    .example = "pci",
	    .help = "How it interrupts." },
	{ .name = "rate",
	    .type = FIELD_INTEGER,
	    .fallback = "20000",
	    .min = 1,
	    .max = AZ_RATE_MAX,
	    .example = "20000",
	    .help = "Interrupts in a second above which it is silenced." },
	{ .name = "entropy",
	    .type = FIELD_BOOL,
	    .fallback = "false",
	    .example = "true",
	    .help = "Its driver may feed the kernel's random generator." },
	{ .name = "keyboard",
	    .type = FIELD_BOOL,
	    .fallback = "false",
	    .example = "true",
	    .help = "Its driver may type on the console." },
	{ .name = "regions",
	    .type = FIELD_NAMED,
	    .children = REGION_ITEM,
	    .max = 16,
	    .example = "{ regs: { bar: 0, size: 4096 } }",
	    .help = "The parts of its address space." },
	{ .name = "registers",
	    .type = FIELD_NAMED,
	    .children = REGISTER_ITEM,
	    .max = 1024,
	    .example =
		"{ id: { region: regs, offset: 0, width: 4, read: 0xff } }",
	    .help = "Its registers, of which the driver uses the names." },
	{ .name = "rings",
	    .type = FIELD_NAMED,
	    .children = RING_ITEM,
	    .max = 64,
	    .example = "{ receive: { entries: 256, direction: write } }",
	    .help = "Its rings, in the order of their numbers." },
	{ .name = "reset",
	    .type = FIELD_LIST,
	    .children = STEP_ITEM,
	    .max = 64,
	    .example = "[ { write: ctrl, value: 0 } ]",
	    .help = "What makes it forget all, before its driver has it and "
		    "after that has ended. A virtio device needs none." },
	END };

static const struct field ROOT = { .name = "device.yaml",
	.type = FIELD_MAP,
	.children = KEYS,
	.example = "{ azoth-device: 1, name: card }",
	.help = "A device, as its driver describes it." };

const struct field *driver_field(void)
{
	return &ROOT;
}
