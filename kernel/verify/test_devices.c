/* Signed devices that break one rule of abi/device each; starts behind the
 * signature. The sample's device is a card with rings (test/forge). */
#include "verify/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/image.h"
#include "abi/layout.h"
#include "abi/socket.h"
#include "test/forge.h"

/* The sample's tables, writable. */
struct view {
	struct az_grant *grant;
	struct az_channel *ch;
	struct az_peer *peer;
	struct az_device *dev;
	struct az_region *area;
	struct az_register *reg;
	struct az_ring *ring;
	struct az_step *step;
	struct az_index_table *t;
	char *text;
};

#define ALL 0xffffffffu

/* Bytes of two rings and three steps, in steps. */
enum { STEPS = 2 * sizeof(struct az_ring) / sizeof(struct az_step) + 3 };

static void ports(struct view *v, uint32_t first, uint32_t size)
{
	*v->dev = (struct az_device){ .channel = 4,
		.bus = AZ_BUS_ISA,
		.interrupt = AZ_INTERRUPT_ISA,
		.line = 3,
		.rate = 1,
		.regions = { 0, 1 },
		.registers = { 0, 7 } };
	*v->area = (struct az_region){
		.kind = AZ_REGION_PORTS, .number = first, .size = size
	};
	for (uint32_t i = 0; i < 7; i++)
		v->reg[i] = (struct az_register){
			.offset = i, .width = 1, .count = 1, .read_mask = 0xff
		};
	/* Where the rings were are steps now. */
	v->t[AZ_TABLE_RING].count = 0;
	v->t[AZ_TABLE_STEP].off = v->t[AZ_TABLE_RING].off;
	v->t[AZ_TABLE_STEP].count = v->dev->reset.count = STEPS;
	for (uint32_t i = 0; i < STEPS; i++)
		((struct az_step *)(void *)v->ring)[i] =
		    (struct az_step){ .op = AZ_STEP_DELAY };
}

/* One port, with one register; the others become steps. */
static void port(struct view *v, uint32_t number, uint32_t write_mask)
{
	ports(v, number, 1);
	v->reg[0].write_mask = write_mask;
	v->t[AZ_TABLE_REGISTER].count = v->dev->registers.count = 1;
	v->t[AZ_TABLE_STEP].off =
	    v->t[AZ_TABLE_REGISTER].off + (uint32_t)sizeof(*v->reg);
	v->t[AZ_TABLE_RING].off = v->t[AZ_TABLE_STEP].off;
	v->t[AZ_TABLE_STEP].count = v->dev->reset.count = STEPS + 6;
	for (uint32_t i = 1; i < 7; i++)
		((struct az_step *)(void *)v->reg)[i] =
		    (struct az_step){ .op = AZ_STEP_DELAY };
}

static void virtio(struct view *v)
{
	v->dev->engine = AZ_ENGINE_VIRTIO;
	v->area->kind = AZ_REGION_VIRTIO;
	v->area->number = AZ_VIRTIO_CONFIG;
	for (uint32_t i = 0; i < 2; i++)
		v->ring[i] = (struct az_ring){ .entries = 64,
			.direction = AZ_DMA_READ | AZ_DMA_WRITE };
}

static void transfer(struct view *v)
{
	v->dev->engine = AZ_ENGINE_TRANSFER;
	for (uint32_t i = 0; i < 2; i++)
		v->ring[i] = (struct az_ring){ .direction = AZ_DMA_READ << i,
			.done = 1,
			.base_low = 1,
			.base_high = 2,
			.bytes = 3,
			.head = 4,
			.tail = 5,
			.window = 0x40000,
			.window_size = 0x1000,
			.start = 1 };
}

/* X(refusal without AZ_REFUSE_, text of the check, change of *v) */
#define CASES                                                                  \
	/* the channel and its ends */                                         \
	X(DEVICE, "next channel", v->dev->channel = 3)                         \
	X(DEVICE, "next channel", v->dev->channel = ALL)                       \
	X(DEVICE, "next channel", v->ch[4].type = AZ_CHANNEL_SOCKET;           \
	    v->ch[4].queue = v->ch[3].queue;                                   \
	    v->ch[4].record = v->ch[3].record; v->ch[4].size = v->ch[3].size;  \
	    v->ch[4].name = v->ch[3].name; v->text[v->ch[3].name.off] = 'm';   \
	    v->ch[3].name = v->ch[4].name; v->ch[3].name.len--;                \
	    v->ch[4].peers.count = 2)                                          \
	X(DEVICE, "channel without a device", v->ch[3].name.off += 4;          \
	    v->ch[3].name.len -= 4; v->ch[3].type = AZ_CHANNEL_DEVICE;         \
	    v->ch[3].queue = v->ch[3].record = 0; v->dev->channel = 3)         \
	X(CHANNEL, "bad size", v->ch[4].size++)                                \
	X(CHANNEL, "bad size", v->ch[3].size++)                                \
	X(CHANNEL, "bad size", v->ch[3].size += 0x1000)                        \
	X(CHANNEL, "bad size", v->ch[3].queue = 0)                             \
	X(CHANNEL, "queue", v->ch[3].queue = AZ_SOCKETS_MAX + 1)               \
	X(CHANNEL, "bad size", v->ch[3].record = 1536)                         \
	X(CHANNEL, "bad size", v->ch[3].record = 512)                          \
	X(CHANNEL, "bad size", v->ch[3].record = 1u << 31)                     \
	X(CHANNEL, "rights", v->peer[8].rights = AZ_RIGHT_WRITE)               \
	X(CHANNEL, "rights", v->peer[6].rights = AZ_RIGHT_READ)                \
	X(CHANNEL, "rights", v->peer[9].rights |= AZ_RIGHT_WRITE)              \
	X(CHANNEL, "number of ends", v->ch[4].peers = (struct az_run){ 0 })    \
	X(CHANNEL, "malformed name", v->text[v->ch[3].name.off + 3] = '-')     \
	X(CHANNEL, "malformed name", v->ch[3].name.len = 4)                    \
	X(CHANNEL, "malformed name", v->ch[3].name.len = 0)                    \
	X(CHANNEL, "malformed name", v->ch[3].name.off += 3;                   \
	    v->ch[3].name.len -= 3)                                            \
	X(CHANNEL, "malformed name", v->ch[3].name.off = ALL)                  \
	X(CHANNEL, "malformed name", v->ch[4].name = v->ch[3].name)            \
	/* who is granted it: 5 listen, 6 connect, 7 secret, 10 device */      \
	X(GRANT, "value", v->grant[10].value = 1)                              \
	X(GRANT, "another module's", v->grant[10].kind = AZ_GRANT_LISTEN;      \
	    v->grant[10].value = 3;                                            \
	    v->grant[10].text_off = v->grant[5].text_off;                      \
	    v->grant[10].text_len = 10)                                        \
	X(GRANT, "is not granted", v->grant[10] = v->grant[9];                 \
	    v->grant[10].value = 1)                                            \
	X(GRANT, "another module's", v->grant[7] = v->grant[10])               \
	X(GRANT, "another module's", v->grant[5].value = 2)                    \
	X(GRANT, "value", v->grant[6].value = 5)                               \
	X(GRANT, "value", v->grant[7].value = 0)                               \
	X(GRANT, "value", v->grant[7].value = AZ_SECRET_MAX + 1)               \
	X(GRANT, "malformed text", v->grant[7].text_len = 0)                   \
	X(GRANT, "malformed text", v->grant[10].text_len = 1)                  \
	X(GRANT, "malformed text", v->grant[5].text_len = 3)                   \
	X(GRANT, "malformed text", v->text[v->grant[5].text_off + 8] = 'x')    \
	X(GRANT, "malformed text", v->text[v->grant[5].text_off + 8] = '0';    \
	    v->text[v->grant[5].text_off + 9] = '0')                           \
	X(GRANT, "malformed text",                                             \
	    v->grant[5].text_off = v->grant[6].text_off;                       \
	    v->grant[5].text_len = v->grant[6].text_len)                       \
	X(GRANT, "malformed text", v->grant[5].text_len = 8)                   \
	X(GRANT, "malformed text", v->grant[5].text_off = ALL)                 \
	X(GRANT, "malformed text", v->text[v->grant[5].text_off] = 'q')        \
	X(GRANT, "malformed text", v->text[v->grant[5].text_off + 4] = ':')    \
	X(GRANT, "malformed text", v->text[v->grant[5].text_off + 9] = 7)      \
	X(GRANT, "comes twice", v->grant[6] = v->grant[5])                     \
	X(GRANT, "comes twice", v->grant[6] = v->grant[7])                     \
	/* what it is */                                                       \
	X(DEVICE, "match", v->dev->bus = 0)                                    \
	X(DEVICE, "match", v->dev->bus = 3)                                    \
	X(DEVICE, "match", v->dev->bus = AZ_BUS_ISA)                           \
	X(DEVICE, "match", v->dev->ids[0] = 0)                                 \
	X(DEVICE, "match", v->dev->ids[3] = 1)                                 \
	X(DEVICE, "match", v->dev->class_mask = 1 << 24)                       \
	X(DEVICE, "match", v->dev->class_mask = 0)                             \
	X(DEVICE, "match", v->dev->nth = 256)                                  \
	X(DEVICE, "match", memset(v->dev->ids, 0, 16);                         \
	    v->dev->class_code = v->dev->class_mask = 0)                       \
	X(DEVICE, "interrupt", v->dev->interrupt = 3)                          \
	X(DEVICE, "interrupt", v->dev->interrupt = AZ_INTERRUPT_ISA)           \
	X(DEVICE, "interrupt", v->dev->interrupt = 0)                          \
	X(DEVICE, "interrupt", v->dev->line = 1)                               \
	X(DEVICE, "interrupt", v->dev->rate = 0)                               \
	X(DEVICE, "interrupt", v->dev->rate = AZ_RATE_MAX + 1)                 \
	X(DEVICE, "flag", v->dev->flags = 4)                                   \
	X(DEVICE, "engine", v->dev->engine = 4)                                \
	X(DEVICE, "engine", v->ch[4].size = 0)                                 \
	X(DEVICE, "parts out of order", v->dev->regions.first = 1)             \
	X(DEVICE, "parts out of order", v->dev->regions.count = 2)             \
	X(DEVICE, "parts out of order", v->dev->registers.count = ALL)         \
	X(DEVICE, "parts out of order", v->dev->rings.first = ALL)             \
	X(DEVICE, "parts out of order", v->dev->reset.count++)                 \
	X(DEVICE, "part without", v->dev->reset.count--)                       \
	/* where it is */                                                      \
	X(DEVICE, "region", v->area->kind = 0)                                 \
	X(DEVICE, "region", v->area->kind = 4)                                 \
	X(DEVICE, "region", v->area->kind = AZ_REGION_PORTS)                   \
	X(DEVICE, "region", v->area->kind = AZ_REGION_VIRTIO;                  \
	    v->area->number = AZ_VIRTIO_CONFIG)                                \
	X(DEVICE, "region", v->area->number = 6)                               \
	X(DEVICE, "region", v->area->size = 0)                                 \
	X(DEVICE, "region", v->area->size = ALL)                               \
	X(DEVICE, "region", v->area->reserved = 1)                             \
	X(DEVICE, "region", virtio(v); v->area->number = 1)                    \
	X(DEVICE, "region", virtio(v); v->area->kind = AZ_REGION_BAR)          \
	X(DEVICE, "region", ports(v, 0xcf8, 8))                                \
	X(DEVICE, "region", ports(v, 0x3f8, 8))                                \
	X(DEVICE, "region", ports(v, 0x1f8, 16))                               \
	X(DEVICE, "region", ports(v, 0x2f8, 0x80))                             \
	X(DEVICE, "region", ports(v, ALL - 7, 8))                              \
	X(DEVICE, "region", ports(v, 0x60, 2))                                 \
	X(DEVICE, "region", ports(v, 0x61, 1))                                 \
	X(DEVICE, "masks", port(v, 0x64, 1))                                   \
	X(NONE, "", port(v, 0x64, 0))                                          \
	X(NONE, "", port(v, 0x60, 1))                                          \
	X(DEVICE, "interrupt", ports(v, 0x2f8, 8); v->dev->line = 16)          \
	X(DEVICE, "engine", ports(v, 0x2f8, 8); v->dev->engine = 1)            \
	/* registers: control, five of the kernel's, a table */                \
	X(DEVICE, "outside", v->reg[0].region = 1)                             \
	X(DEVICE, "outside", v->reg[0].width = 3)                              \
	X(DEVICE, "outside", v->reg[0].width = 8)                              \
	X(DEVICE, "outside", v->reg[0].width = 0)                              \
	X(DEVICE, "outside", v->reg[0].offset = 2)                             \
	X(DEVICE, "outside", v->reg[0].count = 0)                              \
	X(DEVICE, "outside", v->reg[0].stride = 4)                             \
	X(DEVICE, "outside", v->reg[6].stride = 0)                             \
	X(DEVICE, "outside", v->reg[6].stride = 3)                             \
	X(DEVICE, "outside", v->reg[6].offset = 0x1fffe)                       \
	X(DEVICE, "outside", v->reg[6].offset = ALL - 1)                       \
	X(DEVICE, "outside", v->reg[6].count = 0xffff)                         \
	X(DEVICE, "sorted", v->reg[2].offset = 0x2800)                         \
	X(DEVICE, "sorted", v->reg[0].count = 2; v->reg[0].stride = 0x2800)    \
	X(DEVICE, "sorted", v->reg[6].offset = 0x2818)                         \
	X(DEVICE, "masks", v->reg[6].write_mask = 0x10000)                     \
	X(DEVICE, "masks", v->reg[6].read_mask = ALL)                          \
	X(DEVICE, "masks", v->reg[1].read_mask = 1)                            \
	X(DEVICE, "masks", v->reg[5].write_mask = 1)                           \
	X(DEVICE, "masks", v->reg[0].access = 4)                               \
	X(DEVICE, "masks", v->reg[0].access = AZ_ACCESS_FORBIDDEN)             \
	/* rings */                                                            \
	X(DEVICE, "ring", v->ring[0].entries = 512)                            \
	X(DEVICE, "ring", v->ring[0].entries = 4)                              \
	X(DEVICE, "ring", v->ring[0].entries = 65)                             \
	X(DEVICE, "ring", v->ring[0].direction = 0)                            \
	X(DEVICE, "ring", v->ring[0].direction = 3)                            \
	X(DEVICE, "ring", v->ring[0].done = 0)                                 \
	X(DEVICE, "ring", v->ring[0].address_at = 9)                           \
	X(DEVICE, "ring", v->ring[0].length_at = 7)                            \
	X(DEVICE, "ring", v->ring[0].length_at = 15)                           \
	X(DEVICE, "ring", v->ring[0].length_at = 255)                          \
	X(DEVICE, "ring", v->ring[0].command_at = 9)                           \
	X(DEVICE, "ring", v->ring[0].status_at = 11)                           \
	X(DEVICE, "ring", v->ring[0].status_at = 16)                           \
	X(DEVICE, "ring", v->ring[1].allowed = 1)                              \
	X(DEVICE, "ring", v->ring[0].base_low = 0)                             \
	X(DEVICE, "ring", v->ring[0].base_low = AZ_NONE)                       \
	X(DEVICE, "ring", v->ring[0].base_high = 6)                            \
	X(DEVICE, "ring", v->ring[0].bytes = 7)                                \
	X(DEVICE, "ring", v->ring[0].head = 6)                                 \
	X(DEVICE, "ring", v->ring[0].tail = 0)                                 \
	X(DEVICE, "ring", v->ring[0].window = 1)                               \
	X(DEVICE, "ring", v->ring[0].least = 4097)                             \
	X(DEVICE, "ring", v->dev->engine = AZ_ENGINE_NONE)                     \
	X(DEVICE, "ring", virtio(v); v->ring[0].done = 1)                      \
	X(DEVICE, "ring", virtio(v); v->ring[0].direction = 4)                 \
	X(DEVICE, "ring", virtio(v); v->ring[1].tail = 5)                      \
	X(DEVICE, "ring", transfer(v); v->ring[0].window_size = 0)             \
	X(DEVICE, "ring", transfer(v); v->ring[0].window = ALL - 0xffe)        \
	X(DEVICE, "ring", transfer(v); v->ring[0].start = 0)                   \
	X(DEVICE, "ring", transfer(v); v->ring[0].entries = 8)                 \
	X(DEVICE, "ring", transfer(v); v->ring[0].command = 8)                 \
	X(DEVICE, "ring", transfer(v); v->ring[0].least = 1)                   \
	X(DEVICE, "ring", transfer(v); v->ring[0].head = 0)                    \
	/* steps: write, delay, wait */                                        \
	X(DEVICE, "step", v->step[0].op = 0)                                   \
	X(DEVICE, "step", v->step[0].op = 4)                                   \
	X(DEVICE, "step", v->step[0].target = 1)                               \
	X(DEVICE, "step", v->step[0].target = 7)                               \
	X(DEVICE, "step", v->step[0].target = ALL)                             \
	X(DEVICE, "step", v->step[0].target = 6)                               \
	X(DEVICE, "step", v->step[0].limit = 1)                                \
	X(DEVICE, "step", v->step[0].mask = 1)                                 \
	X(DEVICE, "step", v->step[1].value = 1)                                \
	X(DEVICE, "step", v->step[1].limit = AZ_STEP_LIMIT_MAX + 1)            \
	X(DEVICE, "too long", v->step[1].limit = AZ_STEP_LIMIT_MAX - 9)        \
	X(DEVICE, "step", v->step[2].value = 1)                                \
	X(DEVICE, "step", v->step[2].reserved = 1)                             \
	/* what is right */                                                    \
	X(NONE, "", (void)v)                                                   \
	X(NONE, "", v->ring[0].least = 4096)                                   \
	X(NONE, "", virtio(v))                                                 \
	X(NONE, "", transfer(v))                                               \
	X(NONE, "", ports(v, 0x2f8, 8))                                        \
	X(NONE, "", memset(v->dev->ids, 0, 16))                                \
	X(NONE, "", v->dev->interrupt = 0; v->dev->rate = 0)                   \
	X(NONE, "", v->step[1].limit = AZ_STEP_LIMIT_MAX - 10)                 \
	X(NONE, "", v->dev->flags = AZ_DEVICE_ENTROPY)                         \
	X(NONE, "",                                                            \
	    memcpy(v->text + v->grant[6].text_off, "tcp/lan:a:any", 13);       \
	    v->grant[6].text_len = 13)

#include "verify/test_cases.h"

static struct view view_of(uint8_t *bytes)
{
	struct bundle b;

	if (bundle_check_index(&b, bytes, sample_size, NULL) != AZ_REFUSE_NONE)
		abort();
	return (struct view){
		.grant = (void *)b.grants,
		.ch = (void *)b.channels,
		.peer = (void *)b.peers,
		.dev = (void *)b.devices,
		.area = (void *)b.regions,
		.reg = (void *)b.registers,
		.ring = (void *)b.rings,
		.step = (void *)b.steps,
		.t = ((struct az_index_head *)b.index)->tables,
		.text = (void *)b.text,
	};
}

static enum az_refusal judge(const uint8_t *bytes, const char **why)
{
	struct bundle b;

	return bundle_check_index(&b, bytes, sample_size, why);
}

static int setup(void **state)
{
	(void)state;
	sample = forge_sample(&sample_size);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_change),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
