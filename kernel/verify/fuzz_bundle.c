/* The index and its blobs, behind the signature. The input is what follows
 * the head of a bundle; whatever is accepted is used in every way there is. */
#include "verify/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "test/forge.h"
#include "test/mutate.h"
#include "verify/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);

enum { DECODE_MAX = 1 << 20 };

static volatile char sink;

/* Read every byte of a text: ASan knows where the bundle ends. */
static void use_text(const struct bundle *b, struct az_text t)
{
	struct bundle_text text = bundle_text(b, t);

	for (uint32_t i = 0; i < text.len; i++)
		sink = text.at[i];
}

static void use_module(const struct bundle *b, const struct az_module *m)
{
	use_text(b, m->name);
	use_text(b, m->version);
	for (uint32_t i = 0; i < m->args.count; i++)
		use_text(b, b->strings[m->args.first + i]);
	for (uint32_t i = 0; i < m->env.count; i++)
		use_text(b, b->strings[m->env.first + i]);
	for (uint32_t i = 0; i < m->grants.count; i++) {
		const struct az_grant *g = &b->grants[m->grants.first + i];

		use_text(b, (struct az_text){ g->text_off, g->text_len });
		if (g->kind == AZ_GRANT_FILES)
			use_text(b, b->filesets[g->value].name);
		if (g->kind == AZ_GRANT_DEVICE &&
		    &b->modules[b->channels[b->devices[g->value].channel]
				    .owner] != m)
			abort(); /* another's device */
		if ((g->kind == AZ_GRANT_LISTEN ||
			g->kind == AZ_GRANT_CONNECT) &&
		    bundle_end(b, &b->channels[g->value],
			(uint32_t)(m - b->modules)) == NULL)
			abort(); /* another's sockets */
	}
	sink = (char)b->blobs[m->blob].sha256[0];
	sink = (char)b->blobs[m->stdin_blob].sha256[0];
}

static void use_files(const struct bundle *b, const struct az_fileset *set)
{
	const struct az_file *files = b->files + set->files.first;

	for (uint32_t i = 0; i < set->files.count; i++) {
		uint32_t at = i, depth = 0;

		use_text(b, files[i].name);
		use_text(b, files[i].target);
		while (at != 0 && depth++ < set->files.count)
			at = files[at].parent;
		if (at != 0)
			abort(); /* a file that the root does not hold */
	}
}

static void use_method(const struct bundle *b, const struct az_method *m)
{
	struct bundle_text type = bundle_text(b, m->type);

	use_text(b, m->name);
	use_text(b, m->type);
	for (uint32_t i = 0; i < m->copy_count; i++)
		if (type.at[m->copies[i].pointer] != 'i')
			abort(); /* bytes where no address is */
}

static void use_channel(const struct bundle *b, const struct az_channel *c)
{
	struct bundle_text name = bundle_text(b, c->name);

	use_text(b, c->name);
	if (bundle_channel(b, name.at, name.len) != c)
		abort(); /* another has its name */
	for (uint32_t i = 0; i < c->peers.count; i++) {
		const struct az_peer *end = &b->peers[c->peers.first + i];

		use_text(b, b->modules[end->module].name);
		if (bundle_end(b, c, end->module) != end)
			abort(); /* a module with two ends */
	}
	for (uint32_t i = 0; i < c->methods.count; i++)
		use_method(b, &b->methods[c->methods.first + i]);
}

/* Follow what a module calls: none may be met again on its own way. */
static void use_calls(const struct bundle *b, uint32_t module, uint8_t *seen)
{
	enum { NEW, ON_THE_WAY, DONE };

	if (seen[module] == ON_THE_WAY)
		abort(); /* calls in a circle */
	if (seen[module] == DONE)
		return;
	seen[module] = ON_THE_WAY;
	for (uint32_t i = 0; i < b->channel_count; i++) {
		const struct az_channel *c = &b->channels[i];

		if (c->type == AZ_CHANNEL_CALL && c->owner != module &&
		    bundle_end(b, c, module))
			use_calls(b, c->owner, seen);
	}
	seen[module] = DONE;
}

/* Every byte of a region is of one register, and none a driver's that the
 * kernel writes addresses to. */
static void use_device(const struct bundle *b, const struct az_device *d)
{
	const struct az_register *registers = b->registers + d->registers.first;
	const struct az_region *regions = b->regions + d->regions.first;
	uint64_t before = 0;

	if (b->channels[d->channel].type != AZ_CHANNEL_DEVICE)
		abort();
	for (uint32_t i = 0; i < d->registers.count; i++) {
		const struct az_register *r = &registers[i];
		uint64_t place = (uint64_t)r->region << 32;
		uint64_t end =
		    r->offset + r->stride * (r->count - 1ull) + r->width;

		if (end > regions[r->region].size || place + r->offset < before)
			abort();
		before = place + end;
	}
	for (uint32_t i = 0; i < d->rings.count; i++) {
		const struct az_ring *r = &b->rings[d->rings.first + i];

		if (d->engine >= AZ_ENGINE_RINGS &&
		    registers[r->base_low].write_mask != 0)
			abort(); /* an address that a driver chooses */
	}
	for (uint32_t i = 0; i < d->reset.count; i++) {
		const struct az_step *s = &b->steps[d->reset.first + i];

		if (s->op != AZ_STEP_DELAY &&
		    registers[s->target].access >= AZ_ACCESS_ADDRESS)
			abort();
	}
}

static void use_tree(const struct bundle *b)
{
	uint32_t leaves = 0;

	for (uint32_t i = 0; i < b->node_count; i++) {
		uint32_t at = i, depth = 0;

		use_text(b, b->nodes[i].name);
		while (at != 0 && depth++ < AZ_DEPTH_MAX)
			at = b->nodes[at].parent;
		if (at != 0)
			abort(); /* a node that the root does not hold */
		leaves += b->nodes[i].kind == AZ_NODE_MODULE;
	}
	if (leaves != b->module_count)
		abort();
}

static void use_blobs(const struct bundle *b)
{
	static uint8_t work[INFLATE_WORK_SIZE];

	for (uint32_t i = 0; i < b->blob_count; i++) {
		uint64_t raw = b->blobs[i].raw_size;
		uint8_t *out;

		if (raw > DECODE_MAX)
			continue;
		out = malloc(raw);
		(void)bundle_decode_blob(b, i, out, work);
		free(out);
	}
}

static void use(const struct bundle *b)
{
	static uint8_t seen[AZ_MODULES_MAX];

	use_text(b, b->system->name);
	use_text(b, b->system->version);
	(void)bundle_check_cmdline(b, "console=serial", 14);
	for (uint32_t i = 0; i < b->module_count; i++)
		use_module(b, &b->modules[i]);
	for (uint32_t i = 0; i < b->fileset_count; i++)
		use_files(b, &b->filesets[i]);
	for (uint32_t i = 0; i < b->channel_count; i++)
		use_channel(b, &b->channels[i]);
	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < b->module_count; i++)
		use_calls(b, i, seen);
	for (uint32_t i = 0; i < b->device_count; i++)
		use_device(b, &b->devices[i]);
	use_tree(b);
	use_blobs(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct az_bundle_head head = { .head_size = AZ_BUNDLE_HEAD_SIZE };
	size_t total = sizeof(head) + size;
	const char *why = "";
	struct bundle b;
	uint8_t *bytes;

	if (size < sizeof(struct az_index_head))
		return 0;
	/* The signed size of the index, as far as there are bytes for it. */
	memcpy(&head.index_size, data + offsetof(struct az_index_head, size),
	    sizeof(head.index_size));
	if (head.index_size < sizeof(struct az_index_head) ||
	    head.index_size > size)
		head.index_size = (uint32_t)size;
	head.total_size = total;
	memcpy(head.magic, AZ_BUNDLE_MAGIC, sizeof(head.magic));
	bytes = malloc(total);
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), data, size);
	if (bundle_check_index(&b, bytes, total, &why) == AZ_REFUSE_NONE)
		use(&b);
	else if (*why == 0)
		abort(); /* a refusal says why */
	free(bytes);
	return 0;
}

size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static uint8_t *sample;
	static size_t sample_size;

	if (!sample)
		sample = forge_sample(&sample_size);
	return mutate_record(data, size, max, seed,
	    sample + AZ_BUNDLE_HEAD_SIZE, sample_size - AZ_BUNDLE_HEAD_SIZE);
}
