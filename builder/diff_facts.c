/* What there is to know of a system, in words. */
#include "diff.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "abi/rights.h"
#include "authority.h"
#include "driver.h"
#include "fileio.h"
#include "keys.h"
#include "manifest.h"
#include "manifest_value.h"
#include "system.h"

enum { HASH_SHOWN = 12 /* digits */, SHA256_SIZE = 32 };

/* Facts of one subject while they are collected. */
struct teller {
	struct diff_facts *out;
	enum diff_section section;
	const char *subject;
	enum diff_source source;
};

__attribute__((format(printf, 3, 4))) static void tell(
    const struct teller *t, const char *key, const char *fmt, ...)
{
	struct diff_facts *out = t->out;
	struct diff_fact *fact;
	va_list args;
	char *value;

	va_start(args, fmt);
	value = xvasprintf(fmt, args);
	va_end(args);
	out->at =
	    arena_push(out->arena, out->at, &out->count, sizeof(*out->at));
	fact = &out->at[out->count - 1];
	fact->section = t->section;
	fact->source = t->source;
	fact->subject = arena_strdup(out->arena, t->subject);
	fact->key = arena_strdup(out->arena, key);
	fact->value = arena_strdup(out->arena, value);
	free(value);
}

static void tell_text(const struct teller *t, const char *key, const char *text)
{
	if (text != NULL)
		tell(t, key, "%s", text);
}

static void tell_size(const struct teller *t, const char *key, uint64_t bytes)
{
	char *text = value_size_text(bytes);

	if (bytes != 0)
		tell(t, key, "%s", text);
	free(text);
}

static void tell_time(const struct teller *t, const char *key, uint64_t ns)
{
	char *text = value_duration_text(ns);

	if (ns != 0)
		tell(t, key, "%s", text);
	free(text);
}

static void tell_yes(const struct teller *t, const char *key, bool is)
{
	if (is)
		tell(t, key, "yes");
}

/* Two durations with something between them; nothing for none. */
static void tell_times(const struct teller *t, const char *key, uint64_t one,
    const char *between, uint64_t two)
{
	char *first = value_duration_text(one);
	char *second = value_duration_text(two);

	if (two != 0)
		tell(t, key, "%s%s%s", first, between, second);
	free(first);
	free(second);
}

/* Control characters of arguments stay out of terminals. */
static void add_plain(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == '\177')
			buf_printf(out, "\\x%02x", (unsigned char)*text);
		else
			buf_putc(out, *text);
}

static void tell_strings(const struct teller *t, const char *key,
    const struct manifest_string *at, size_t count)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < count; i++) {
		buf_puts(&list, i > 0 ? ", " : "");
		add_plain(&list, at[i].text);
	}
	if (count > 0)
		tell(t, key, "%s", list.at);
	buf_fini(&list);
}

static void tell_hash(const struct teller *t, const char *key,
    const struct system *s, uint32_t blob)
{
	const struct az_blob *b = &s->bundle.blobs[blob];
	char hex[2 * SHA256_SIZE + 1];

	file_hex(hex, b->sha256, SHA256_SIZE);
	tell(t, key, "%llu bytes %.*s", (unsigned long long)b->raw_size,
	    HASH_SHOWN, hex);
}

/* --- Authority --------------------------------------------------------- */

static void tell_claims(struct diff_facts *out, const struct manifest *m)
{
	struct teller t = { out, DIFF_AUTHORITY, "assert", DIFF_MANIFEST };

	for (size_t i = 0; i < m->claim_count; i++) {
		const struct manifest_claim *c = &m->claims[i];
		char *key = c->only ? xasprintf("only %s", c->right.text.text)
				    : xasprintf("never %s -> %s",
					  c->modules[0].module.text,
					  c->right.text.text);
		struct buf list = { 0 };

		for (size_t n = 0; c->only && n < c->module_count; n++)
			buf_printf(&list, "%s%s", n > 0 ? ", " : "",
			    c->modules[n].module.text);
		tell(&t, key, "%s", list.at != NULL ? list.at : "");
		buf_fini(&list);
		free(key);
	}
}

/* Everybody who reaches what this hold is about. */
static void tell_reach(struct teller *t, const struct authority *a,
    const struct manifest_right *right, struct authority_reach *reach)
{
	authority_who(a, right, reach);
	for (size_t i = 0; i < a->m->module_count; i++) {
		struct buf chain = { 0 };

		if (reach[i].way == WAY_NONE)
			continue;
		authority_chain(&chain, a, reach, i, right);
		t->subject = a->m->modules[i].name.text;
		tell(t, right->text.text, "%s", chain.at);
		buf_fini(&chain);
	}
}

/* How many there may be of a kind of what is outside. */
static size_t width_of(const struct authority *a)
{
	const struct manifest *m = a->m;

	return 1 + m->file_count + m->device_count + m->secret_count +
	       a->place_count;
}

/* Is it something outside that was not met before? met: so many flags for each
 * kind. */
static bool is_new(const struct manifest_right *r, bool *met, size_t width)
{
	size_t flag =
	    r->kind * width + (authority_is_outward(r) ? r->index : 0);
	bool known = met[flag];

	met[flag] = true;
	return authority_is_outward(r) && !known;
}

static void tell_authority(struct diff_facts *out, const struct manifest *m)
{
	struct teller t = { out, DIFF_AUTHORITY, "", DIFF_BOTH };
	struct authority_reach *reach =
	    xcalloc(m->module_count, sizeof(*reach));
	struct authority a;
	size_t width;
	bool *met;

	authority_init(&a, m);
	width = width_of(&a);
	met = xcalloc((RIGHT_CONNECT + 1) * width, sizeof(*met));
	for (size_t i = 0; i < m->module_count; i++) {
		t.subject = m->modules[i].name.text;
		for (size_t n = a.first_hold[i]; n < a.first_hold[i + 1]; n++)
			tell(&t, a.holds[n].right.text.text, "%s",
			    a.holds[n].value);
	}
	t.section = DIFF_PATH;
	for (size_t n = 0; n < a.first_hold[m->module_count]; n++)
		if (is_new(&a.holds[n].right, met, width))
			tell_reach(&t, &a, &a.holds[n].right, reach);
	authority_fini(&a);
	free(reach);
	free(met);
	tell_claims(out, m);
}

/* --- Devices ----------------------------------------------------------- */

static void tell_match(const struct teller *t, const struct az_device *d)
{
	struct buf text = { 0 };

	buf_puts(&text, d->bus == AZ_BUS_ISA ? "isa" : "");
	for (int i = 0; i < AZ_IDS_MAX && d->ids[i] != 0; i++)
		buf_printf(&text, "%spci/%04x:%04x", i > 0 ? ", " : "",
		    d->ids[i] & 0xffff, d->ids[i] >> 16);
	if (d->class_mask != 0)
		buf_printf(&text, "%spci/class:%06x", text.len > 0 ? ", " : "",
		    d->class_code);
	tell(t, "match", "%s", text.at);
	buf_fini(&text);
}

static void tell_regions(const struct teller *t, const struct driver *d)
{
	static const char *const kinds[] = { "", "bar", "virtio", "ports" };

	for (size_t i = 0; i < d->region_count; i++) {
		const struct az_region *r = &d->regions[i];
		char *key = xasprintf("region %zu", i);

		tell(t, key, "%s 0x%x, %u bytes", kinds[r->kind], r->number,
		    r->size);
		free(key);
	}
}

/* By their places: an image has no names of them. */
static void tell_registers(const struct teller *t, const struct driver *d)
{
	static const char *const access[] = { "", ", doorbell", ", address",
		", forbidden" };

	for (size_t i = 0; i < d->register_count; i++) {
		const struct az_register *r = &d->registers[i];
		char *key =
		    xasprintf("register %u+0x%04x", r->region, r->offset);

		tell(t, key, "%u x %u bytes, read 0x%x, write 0x%x%s", r->count,
		    r->width, r->read_mask, r->write_mask, access[r->access]);
		free(key);
	}
}

static void tell_ring(const struct teller *t, const struct az_ring *r)
{
	static const char *const does[] = { "", "reads", "writes",
		"reads and writes" };

	tell(t, "", "the device %s", does[r->direction]);
	tell(t, "entries", "%u", r->entries);
	if (r->least != 0)
		tell(t, "room", "%u", r->least);
	if (r->window_size != 0)
		tell(t, "window", "0x%x, %u bytes, start 0x%x", r->window,
		    r->window_size, r->start);
	if (r->done == 0)
		return; /* of virtio */
	tell(t, "descriptor", "address %u, length %u, command %u, status %u",
	    r->address_at, r->length_at, r->command_at, r->status_at);
	tell(t, "bits", "done 0x%x, always 0x%x, last 0x%x, allowed 0x%x",
	    r->done, r->command, r->last, r->allowed);
	tell(t, "registers", "%d %d %d %d %d", (int)r->base_low,
	    (int)r->base_high, (int)r->bytes, (int)r->head, (int)r->tail);
}

static void tell_rings(struct teller t, const struct driver *d)
{
	const char *device = t.subject;

	for (size_t i = 0; i < d->ring_count; i++) {
		char *subject = xasprintf("%s ring %zu", device, i);

		t.subject = subject;
		tell_ring(&t, &d->rings[i]);
		free(subject);
	}
}

static void tell_reset(const struct teller *t, const struct driver *d)
{
	static const char *const ops[] = { "", "write", "wait", "delay" };

	for (size_t i = 0; i < d->reset_count; i++) {
		const struct az_step *s = &d->reset[i];
		char *key = xasprintf("reset %02zu", i);

		tell(t, key, "%s %u 0x%x/0x%x %uus", ops[s->op], s->target,
		    s->value, s->mask, s->limit);
		free(key);
	}
}

/* What a driver may do to its device is authority too. */
static void tell_device(struct diff_facts *out, const struct manifest_device *m)
{
	static const char *const engines[] = { "none", "virtio", "rings",
		"transfer" };
	static const char *const interrupts[] = { "none", "pci", "isa" };
	char *subject = xasprintf("device/%s", m->name.text);
	struct teller t = { out, DIFF_AUTHORITY, subject, DIFF_BOTH };
	const struct az_device *d;

	if (m->driver != NULL) {
		d = &m->driver->device;
		tell(&t, "", "%s", "");
		tell_match(&t, d);
		tell(&t, "nth", "%u", m->nth);
		tell_text(&t, "engine", engines[d->engine]);
		tell(&t, "interrupt", "%s, line %u, %u a second",
		    interrupts[d->interrupt], m->line, d->rate);
		tell_yes(&t, "entropy", d->flags & AZ_DEVICE_ENTROPY);
		tell_yes(&t, "keyboard", d->flags & AZ_DEVICE_KEYBOARD);
		tell_regions(&t, m->driver);
		tell_registers(&t, m->driver);
		tell_rings(t, m->driver);
		tell_reset(&t, m->driver);
	}
	tell_size(&t, "memory", m->pool);
	free(subject);
}

/* --- The rest ---------------------------------------------------------- */

static void tell_origin(
    struct teller t, const struct manifest_module *m, const struct system *s)
{
	size_t index = (size_t)(m - s->m->modules);
	const struct az_module *record;

	t.source = s->image ? DIFF_IMAGE : DIFF_MANIFEST;
	if (s->image) {
		record = &s->bundle.modules[index];
		tell_hash(&t, "code", s, record->blob);
		if (record->stdin_kind == AZ_STDIN_FILE)
			tell_hash(&t, "stdin", s, record->stdin_blob);
		return;
	}
	tell_text(&t, "source", m->source.text);
	tell_text(&t, "package", m->package.text);
	tell_text(&t, "digest", m->digest.text);
	if (m->stdin_kind == AZ_STDIN_FILE)
		tell_text(&t, "stdin", m->stdin_path.text);
	for (size_t i = 0; i < m->link_count; i++) {
		char *key = xasprintf("link %s", m->links[i].name.text);

		tell_text(&t, key, m->links[i].path.text);
		free(key);
	}
}

static void tell_module(struct diff_facts *out, const struct system *s,
    const struct manifest_module *m)
{
	static const char *const restart[] = { "temporary", "transient",
		"permanent" };
	static const char *const priority[] = { "background", "normal",
		"urgent" };
	struct teller t = { out, DIFF_MODULES, m->name.text, DIFF_BOTH };

	tell(&t, "", "%s", "");
	tell_text(&t, "version", m->version.text);
	tell_strings(&t, "args", m->args, m->arg_count);
	tell_strings(&t, "env", m->env, manifest_own_variables(m));
	tell_size(&t, "memory", m->memory);
	tell_size(&t, "stack", m->stack);
	tell_times(&t, "cpu", m->cpu_budget, "/", m->cpu_period);
	tell_time(&t, "deadline", m->deadline);
	tell_time(&t, "watchdog", m->watchdog);
	if (m->expect == AZ_EXPECT_TRAP)
		tell(&t, "expect", "trap");
	else
		tell(&t, "expect", "exit %u", m->expect_code);
	tell_text(&t, "restart", restart[m->restart]);
	tell_text(&t, "priority", priority[m->priority]);
	tell_time(&t, "ready", m->ready);
	if (m->state != 0)
		tell(&t, "state", "v%u", m->state);
	tell_origin(t, m, s);
}

static void tell_methods(struct teller t, const struct manifest_channel *c)
{
	t.source = DIFF_IMAGE;
	for (size_t i = 0; i < c->method_count; i++) {
		char *key = xasprintf("function %s", c->methods[i].name.text);

		tell_text(&t, key, c->methods[i].type);
		free(key);
	}
}

static void tell_channel(struct diff_facts *out, const struct system *s,
    const struct manifest_channel *c)
{
	static const char *const types[] = { "", "call", "ring", "signal",
		"socket" };
	struct teller t = { out, DIFF_CHANNELS, c->name.text, DIFF_BOTH };
	bool call = c->type == AZ_CHANNEL_CALL;

	if (c->type == AZ_CHANNEL_DEVICE)
		return;
	if (c->type == AZ_CHANNEL_SOCKET)
		tell(&t, "sockets", "%u", c->queue);
	tell(&t, "", "%s", types[c->type]);
	if (call) {
		tell(&t, "on_failure", "%s",
		    c->on_failure == AZ_CHANNEL_RETRY  ? "retry"
		    : c->on_failure == AZ_CHANNEL_TRAP ? "trap"
						       : "error");
		tell(&t, "queue", "%u", c->queue);
	}
	tell_time(&t, "timeout", c->timeout);
	tell_size(&t, call ? "arena" : "size", c->size);
	if (c->record != 0)
		tell(&t, "record", "%u", c->record);
	if (c->type == AZ_CHANNEL_RING)
		tell(&t, "on_restart", "%s", c->keep ? "keep" : "drop");
	tell_yes(&t, "exclusive", c->exclusive);
	if (s->image)
		tell_methods(t, c);
	t.source = DIFF_MANIFEST;
	tell_text(&t, "interface", c->interface.text);
}

static void tell_group(
    struct diff_facts *out, const struct manifest *m, size_t group)
{
	static const char *const strategies[] = { "one_for_one", "one_for_all",
		"rest_for_one" };
	const struct manifest_node *n = &m->nodes[group];
	struct teller t = { out, DIFF_SUPERVISION, n->name.text, DIFF_BOTH };
	char *period = value_duration_text(n->period);
	struct buf children = { 0 };

	for (size_t i = group + 1; i < m->node_count; i++)
		if (m->nodes[i].parent == group)
			buf_printf(&children, "%s%s",
			    children.len > 0 ? ", " : "",
			    m->nodes[i].name.text);
	tell(&t, "", "%s", "");
	tell_text(&t, "strategy", strategies[n->strategy]);
	tell(&t, "intensity", "%u in %s", n->intensity, period);
	tell_times(&t, "backoff", n->backoff_min, "..", n->backoff_max);
	tell(&t, "children", "%s", children.at != NULL ? children.at : "");
	if (group == 0)
		tell(&t, "escalate", "%s",
		    n->escalate == AZ_ESCALATE_REBOOT ? "reboot" : "halt");
	buf_fini(&children);
	free(period);
}

static void tell_files(struct diff_facts *out, const struct system *s, size_t i)
{
	const struct manifest_files *f = &s->m->files[i];
	char *subject = xasprintf("files/%s", f->name.text);
	struct teller t = { out, DIFF_SYSTEM, subject, DIFF_BOTH };

	tell(&t, "", "%s", "");
	t.source = s->image ? DIFF_IMAGE : DIFF_MANIFEST;
	if (s->image)
		tell_hash(&t, "content", s, s->bundle.filesets[i].blob);
	else
		tell_text(&t, "path", f->path.text);
	free(subject);
}

static void tell_system(struct diff_facts *out, const struct system *s)
{
	struct teller t = { out, DIFF_SYSTEM, "", DIFF_BOTH };
	char signer[KEY_FINGERPRINT_SIZE], hex[2 * SHA256_SIZE + 1];
	const struct buf *kernel = &s->file.kernel;
	struct bundle_text line;
	uint8_t hash[SHA256_SIZE];

	tell_text(&t, "name", s->m->name.text);
	tell_text(&t, "version", s->m->version.text);
	tell_size(&t, "memory", s->m->memory);
	tell(&t, "rollback", "%llu", (unsigned long long)s->m->rollback);
	if (!s->image)
		return;
	t.source = DIFF_IMAGE;
	key_fingerprint(signer, s->bundle.head->key_id);
	tell_text(&t, "signer", signer);
	tell_yes(
	    &t, "development", (s->bundle.system->flags & AZ_SYSTEM_DEV) != 0);
	line = bundle_text(&s->bundle, s->bundle.system->cmdline);
	tell(&t, "command line", "%.*s", (int)line.len, line.at);
	if (kernel->len == 0)
		return;
	file_sha256(hash, kernel->at, kernel->len);
	file_hex(hex, hash, SHA256_SIZE);
	tell(&t, "kernel", "%zu bytes %.*s", kernel->len, HASH_SHOWN, hex);
}

/* Facts that differ in nothing but the value keep their order. */
static int compare_facts(const void *left, const void *right)
{
	const struct diff_fact *a = left, *b = right;
	int order = (int)a->section - (int)b->section;

	if (order == 0)
		order = strcmp(a->subject, b->subject);
	if (order == 0)
		order = strcmp(a->key, b->key);
	return order != 0 ? order : strcmp(a->value, b->value);
}

void diff_facts_init(struct diff_facts *out, const struct system *s)
{
	const struct manifest *m = s->m;

	*out = (struct diff_facts){ .arena = arena_new(), .image = s->image };
	tell_authority(out, m);
	for (size_t i = 0; i < m->module_count; i++)
		tell_module(out, s, &m->modules[i]);
	for (size_t i = 0; i < m->channel_count; i++)
		tell_channel(out, s, &m->channels[i]);
	for (size_t i = 0; i < m->device_count; i++)
		if (m->devices[i].owner != SIZE_MAX)
			tell_device(out, &m->devices[i]);
	for (size_t i = 0; i < m->node_count; i++)
		if (m->nodes[i].group)
			tell_group(out, m, i);
	for (size_t i = 0; i < m->file_count; i++)
		tell_files(out, s, i);
	tell_system(out, s);
	qsort(out->at, out->count, sizeof(*out->at), compare_facts);
}

void diff_facts_fini(struct diff_facts *f)
{
	arena_free(f->arena);
	*f = (struct diff_facts){ 0 };
}
