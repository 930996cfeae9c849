/* The table's part of hardware, networks and secrets. */
#include "abi/index.h"
#include "abi/layout.h"
#include "abi/socket.h"
#include "manifest_table_impl.h"

static const struct field SHARE_ITEM[] = {
	{ .name = "*",
	    .type = FIELD_NAME,
	    .max = AZ_NAME_MAX,
	    .example = "net",
	    .help = "A module that sees the device's memory and waits for its "
		    "interrupts beside the driver." },
	END
};

static const struct field DEVICE_KEYS[] = {
	{ .name = "match",
	    .type = FIELD_TEXT,
	    .max = AZ_NAME_MAX,
	    .example = "pci/virtio-net",
	    .help = "The bus and the driver that says what it is: "
		    "`pci/DRIVER`, or `isa/DRIVER@PORT` with the first port in "
		    "hexadecimal digits." },
	{ .name = "driver",
	    .type = FIELD_PATH,
	    .max = TEXT_MAX,
	    .example = "src/card/device.yaml",
	    .help = "A device.yaml of one's own, in place of `match`." },
	{ .name = "nth",
	    .type = FIELD_INTEGER,
	    .fallback = "0",
	    .max = 255,
	    .example = "1",
	    .help = "Which one, where the machine has several: from 0." },
	{ .name = "irq",
	    .type = FIELD_INTEGER,
	    .min = 1,
	    .max = 15,
	    .example = "4",
	    .help = "The interrupt line of an ISA device." },
	{ .name = "dma",
	    .type = FIELD_SIZE,
	    .min = AZ_PAGE_SIZE,
	    .max = AZ_SHARED_MAX,
	    .granule = AZ_PAGE_SIZE,
	    .example = "1MiB",
	    .help = "Memory for the device, the only one that it reaches: the "
		    "driver's window `AZ_WINDOW(dma, SIZE)`." },
	{ .name = "share",
	    .type = FIELD_LIST,
	    .children = SHARE_ITEM,
	    .max = 16,
	    .example = "[ net ]",
	    .help = "Modules that have the same memory in a window `dma` of "
		    "their own." },
	END
};

const struct field TABLE_DEVICE[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = DEVICE_KEYS,
	    .example = "{ match: pci/virtio-net, dma: 1MiB }",
	    .help = "One device." },
	END
};

static const struct field NETWORK_KEYS[] = {
	{ .name = "stack",
	    .type = FIELD_NAME,
	    .required = true,
	    .max = AZ_NAME_MAX,
	    .example = "net",
	    .help = "The module that serves its sockets." },
	{ .name = "address",
	    .type = FIELD_ADDRESS,
	    .fallback = "dhcp",
	    .example = "10.0.2.15/24",
	    .help = "The machine's own: from DHCP, or an address and the bits "
		    "of its network." },
	{ .name = "gateway",
	    .type = FIELD_IP,
	    .example = "10.0.2.2",
	    .help = "The way to all other networks." },
	{ .name = "dns",
	    .type = FIELD_HOST,
	    .example = "10.0.2.3",
	    .help = "Who knows names." },
	{ .name = "mac",
	    .type = FIELD_MAC,
	    .example = "52:54:00:12:34:56",
	    .help = "The card's address, if not its own." },
	END
};

const struct field TABLE_NETWORK[] = { { .name = "*",
					   .type = FIELD_MAP,
					   .children = NETWORK_KEYS,
					   .example =
					       "{ stack: net, address: dhcp }",
					   .help = "One network." },
	END };

static const struct field SECRET_KEYS[] = {
	{ .name = "max",
	    .type = FIELD_SIZE,
	    .fallback = "4KiB",
	    .min = KIB,
	    .max = AZ_SECRET_MAX,
	    .example = "4KiB",
	    .help = "Bytes that it has at most." },
	END
};

const struct field TABLE_SECRET[] = { { .name = "*",
					  .type = FIELD_MAP,
					  .children = SECRET_KEYS,
					  .example = "{ max: 4KiB }",
					  .help = "One secret." },
	END };

static const struct field HELD_KEYS[] = {
	{ .name = "lease",
	    .type = FIELD_DURATION,
	    .min = MS,
	    .max = 8760 * HOUR,
	    .example = "10s",
	    .help = "How long after its start the module has the device." },
	END
};

const struct field TABLE_HELD[] = {
	{ .name = "*",
	    .type = FIELD_MAP,
	    .children = HELD_KEYS,
	    .example = "{}",
	    .help = "A device of which the module is the driver." },
	END
};

const struct field TABLE_PLACE[] = {
	{ .name = "*",
	    .type = FIELD_PLACE,
	    .max = AZ_PLACE_MAX,
	    .example = "tcp/lan:8080",
	    .help = "`tcp/NETWORK:PORT` or `udp/NETWORK:PORT`." },
	END
};

const struct field TABLE_TARGET[] = {
	{ .name = "*",
	    .type = FIELD_PLACE,
	    .max = AZ_PLACE_MAX,
	    .example = "tcp/lan:example.org:443",
	    .help = "`tcp/NETWORK:HOST:PORT` or `udp/NETWORK:HOST:PORT`; HOST "
		    "and PORT may be `any`." },
	END
};

const struct field TABLE_KNOWN[] = { { .name = "*",
					 .type = FIELD_NAME,
					 .max = AZ_NAME_MAX,
					 .example = "tls-key",
					 .help = "An entry of `secrets`." },
	END };

const struct field TABLE_SOCKETS[] = {
	{ .name = "count",
	    .type = FIELD_INTEGER,
	    .fallback = "64",
	    .min = 4,
	    .max = AZ_SOCKETS_MAX,
	    .example = "256",
	    .help = "Connections at a time. Three of four are for those that "
		    "come in, where the module listens and connects." },
	{ .name = "send",
	    .type = FIELD_SIZE,
	    .fallback = "16KiB",
	    .min = AZ_SOCKET_BUFFER_MIN,
	    .max = AZ_SOCKET_BUFFER_MAX,
	    .power_of_two = true,
	    .example = "16KiB",
	    .help = "Bytes of each that may be on their way." },
	{ .name = "receive",
	    .type = FIELD_SIZE,
	    .fallback = "4KiB",
	    .min = AZ_SOCKET_BUFFER_MIN,
	    .max = AZ_SOCKET_BUFFER_MAX,
	    .power_of_two = true,
	    .example = "4KiB",
	    .help = "Bytes of each that the module need not have read yet." },
	END
};
