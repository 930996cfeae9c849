/* ipc/test_channel: four modules and what they have in common, for tests of
 * channels and signals. Include it once a program. */
#ifndef AZ_IPC_TEST_CHANNEL_H
#define AZ_IPC_TEST_CHANNEL_H

#include <string.h>

#include "abi/rights.h"
#include "ipc/channel.h"
#include "task/domain.h"
#include "test/fake.h"
#include "verify/bundle.h"

enum { A, B, C, D, MODULES };
enum { TICK, STORE, PIPE, DUO, CHANNELS };
enum { RAM = 16 << 20, PEERS_MAX = 16 };

static struct bundle world;
static struct az_channel channels[CHANNELS];
static struct az_peer peers[PEERS_MAX];
static struct domain domains[MODULES];
static struct az_module module_record;
static char channel_names[64];

static void add_channel(uint32_t at, const char *name, uint32_t type,
    const struct az_peer *ends, uint32_t count)
{
	struct az_channel *c = &channels[at];

	c->name.off = (uint32_t)strlen(channel_names);
	c->name.len = (uint32_t)strlen(name);
	strcat(channel_names, name);
	c->type = type;
	c->owner = ends[0].module;
	c->peers = (struct az_run){ world.peer_count, count };
	memcpy(&peers[world.peer_count], ends, count * sizeof(*ends));
	world.peer_count += count;
}

/* tick: A raises it for B, C and D. store: B serves A and C. pipe: a ring
 * from A to B. duo: A raises it for B, and both may lend. */
static void make_world(void)
{
	const struct az_peer tick[] = { { A, AZ_RIGHT_WRITE, 0 },
		{ B, AZ_RIGHT_READ, 0 }, { C, AZ_RIGHT_READ, 0 },
		{ D, AZ_RIGHT_READ | AZ_RIGHT_LEND, 0 } };
	const struct az_peer store[] = { { B, 0, 0 }, { A, AZ_RIGHT_CALL, 0 },
		{ C, AZ_RIGHT_CALL | AZ_RIGHT_LEND, 5000000 } };
	const struct az_peer pipe[] = { { A, AZ_RIGHT_WRITE | AZ_RIGHT_LEND,
					    0 },
		{ B, AZ_RIGHT_READ, 0 } };
	const struct az_peer duo[] = { { A, AZ_RIGHT_WRITE | AZ_RIGHT_LEND, 0 },
		{ B, AZ_RIGHT_READ | AZ_RIGHT_LEND, 0 } };

	(void)fake_memory(RAM);
	memset(channels, 0, sizeof(channels));
	memset(channel_names, 0, sizeof(channel_names));
	memset(domains, 0, sizeof(domains));
	memset(&world, 0, sizeof(world));
	world.channels = channels;
	world.peers = peers;
	world.text = channel_names;
	world.channel_count = CHANNELS;
	world.module_count = MODULES;
	add_channel(TICK, "tick", AZ_CHANNEL_SIGNAL, tick, 4);
	add_channel(STORE, "store", AZ_CHANNEL_CALL, store, 3);
	add_channel(PIPE, "pipe", AZ_CHANNEL_RING, pipe, 2);
	add_channel(DUO, "duo", AZ_CHANNEL_SIGNAL, duo, 2);
	for (uint32_t i = 0; i < MODULES; i++) {
		domains[i].id = i;
		domains[i].module = &module_record;
		domains[i].name[0] = (char)('a' + i);
	}
}

/* d dies, and lives again. */
static inline void live_again(struct domain *d)
{
	cap_clear(d->id);
	channel_begin(d);
}

static uint32_t handle_of(uint32_t module, uint32_t channel)
{
	const struct az_text *name = &channels[channel].name;

	return (uint32_t)channel_handle(
	    &domains[module], channel_names + name->off, name->len);
}

static inline int32_t derive(uint32_t module, uint32_t handle, uint32_t rights)
{
	struct channel_part part = { handle, rights, 0 };

	return channel_derive(&domains[module], &part);
}

static inline int32_t lend(
    uint32_t module, uint32_t handle, uint32_t over, uint32_t rights)
{
	struct channel_part part = { handle, rights, 0 };

	return channel_lend(&domains[module], &part, over);
}

#endif
