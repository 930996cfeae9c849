#include "inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "abi/trust.h"
#include "artifact.h"
#include "fileio.h"
#include "keys.h"
#include "verify/bundle.h"
#include "verify/trust.h"

static const char *const level_names[] = { "none", "error", "warn", "info",
	"debug" };
static const char *const stdin_names[] = { "empty", "console", "file" };
static const char *const restart_names[] = { "temporary", "transient",
	"permanent" };
static const char *const priority_names[] = { "background", "normal",
	"urgent" };
static const char *const channel_names[] = { "", "call", "ring", "signal",
	"socket", "device" };
static const char *const engine_names[] = { "none", "virtio", "rings",
	"transfer" };
static const char *const strategy_names[] = { "one_for_one", "one_for_all",
	"rest_for_one" };
static const char *const kind_names[] = { "unknown", "iso", "kernel", "bundle",
	"wasm" };

static void put(json_t *to, const char *key, json_t *value)
{
	json_object_set_new(to, key, value);
}

static void put_int(json_t *to, const char *key, uint64_t value)
{
	put(to, key, json_integer((json_int_t)value));
}

static void put_hex(
    json_t *to, const char *key, const uint8_t *bytes, size_t len)
{
	char hex[65];

	file_hex(hex, bytes, len);
	put(to, key, json_string(hex));
}

static json_t *text_json(const struct bundle *b, struct az_text t)
{
	struct bundle_text text = bundle_text(b, t);

	return json_stringn(text.at, text.len);
}

static json_t *strings_json(const struct bundle *b, struct az_run run)
{
	json_t *out = json_array();

	for (uint32_t i = 0; i < run.count; i++)
		json_array_append_new(
		    out, text_json(b, b->strings[run.first + i]));
	return out;
}

static void put_power(json_t *to, uint64_t ops)
{
	json_t *out = json_array();

	if (ops & AZ_POWER_HALT)
		json_array_append_new(out, json_string("halt"));
	if (ops & AZ_POWER_REBOOT)
		json_array_append_new(out, json_string("reboot"));
	put(to, "power", out);
}

static void put_mount(
    json_t *to, const struct bundle *b, const struct az_grant *g)
{
	struct az_text mount = { g->text_off, g->text_len };
	struct bundle_text name = bundle_text(b, b->filesets[g->value].name);
	char *key = xstrndup(name.at, name.len);

	put(to, key, text_json(b, mount));
	free(key);
}

/* One more of the array that `to` has under key. */
static void append(json_t *to, const char *key, json_t *value)
{
	json_t *list = json_object_get(to, key);

	if (list == NULL) {
		list = json_array();
		put(to, key, list);
	}
	json_array_append_new(list, value);
}

static json_t *grant_text(const struct bundle *b, const struct az_grant *g)
{
	return text_json(b, (struct az_text){ g->text_off, g->text_len });
}

static struct az_text device_name(const struct bundle *b, uint64_t i)
{
	return b->channels[b->devices[i].channel].name;
}

static json_t *grants_json(const struct bundle *b, struct az_run run)
{
	json_t *out = json_object(), *files = json_object();

	for (uint32_t i = 0; i < run.count; i++) {
		const struct az_grant *g = &b->grants[run.first + i];

		switch ((enum az_grant_kind)g->kind) {
		case AZ_GRANT_LOG:
			put(out, "log", json_string(level_names[g->value]));
			break;
		case AZ_GRANT_CLOCK:
			put_int(out, "clock_ns", g->value);
			break;
		case AZ_GRANT_RANDOM:
			put(out, "random", json_true());
			break;
		case AZ_GRANT_FILES:
			put_mount(files, b, g);
			break;
		case AZ_GRANT_POWER:
			put_power(out, g->value);
			break;
		case AZ_GRANT_RESET:
			append(out, "reset",
			    text_json(b, b->modules[g->value].name));
			break;
		case AZ_GRANT_DEVICE:
			append(out, "device",
			    text_json(b, device_name(b, g->value)));
			break;
		case AZ_GRANT_LISTEN:
			append(out, "listen", grant_text(b, g));
			break;
		case AZ_GRANT_CONNECT:
			append(out, "connect", grant_text(b, g));
			break;
		case AZ_GRANT_SECRET:
			append(out, "secret", grant_text(b, g));
			break;
		case AZ_GRANT_OBSERVE:
			put(out, "observe", json_true());
			break;
		case AZ_GRANT_KINDS:
			break;
		}
	}
	if (json_object_size(files) > 0)
		json_object_set(out, "files", files);
	json_decref(files);
	return out;
}

static void put_blob(
    json_t *to, const struct bundle *b, uint32_t i, const char *prefix)
{
	char *size = xasprintf("%s_size", prefix);
	char *stored = xasprintf("%s_stored", prefix);
	char *hash = xasprintf("%s_sha256", prefix);

	put_int(to, size, b->blobs[i].raw_size);
	put_int(to, stored, b->blobs[i].stored_size);
	put_hex(to, hash, b->blobs[i].sha256, 32);
	free(size);
	free(stored);
	free(hash);
}

static json_t *expect_json(const struct az_module *m)
{
	char text[32];

	if (m->expect == AZ_EXPECT_TRAP)
		return json_string("trap");
	snprintf(text, sizeof(text), "exit %u", m->expect_code);
	return json_string(text);
}

static json_t *module_json(const struct bundle *b, uint32_t i)
{
	const struct az_module *m = &b->modules[i];
	json_t *out = json_object();

	put(out, "name", text_json(b, m->name));
	put(out, "version", text_json(b, m->version));
	put_blob(out, b, m->blob, "image");
	put(out, "args", strings_json(b, m->args));
	if (m->env.count > 0)
		put(out, "env", strings_json(b, m->env));
	put(out, "stdin", json_string(stdin_names[m->stdin_kind]));
	if (m->stdin_kind == AZ_STDIN_FILE)
		put_blob(out, b, m->stdin_blob, "stdin");
	put_int(out, "memory", m->memory);
	put_int(out, "stack", m->stack);
	if (m->cpu_period != 0) {
		put_int(out, "cpu_budget_ns", m->cpu_budget);
		put_int(out, "cpu_period_ns", m->cpu_period);
	}
	if (m->deadline != 0)
		put_int(out, "deadline_ns", m->deadline);
	if (m->watchdog != 0)
		put_int(out, "watchdog_ms", m->watchdog);
	put(out, "expect", expect_json(m));
	put(out, "restart", json_string(restart_names[m->restart]));
	put(out, "priority", json_string(priority_names[m->priority]));
	if (m->ready != 0)
		put_int(out, "ready_ns", m->ready);
	if (m->state != 0)
		put_int(out, "state", m->state);
	put(out, "grants", grants_json(b, m->grants));
	return out;
}

static json_t *ends_json(const struct bundle *b, const struct az_channel *c)
{
	const struct az_peer *peers = b->peers + c->peers.first;
	json_t *out = json_array(), *end;

	for (uint32_t i = 0; i < c->peers.count; i++) {
		end = json_object();
		put(end, "module",
		    text_json(b, b->modules[peers[i].module].name));
		put_int(end, "rights", peers[i].rights);
		if (peers[i].lease != 0)
			put_int(end, "lease_ns", peers[i].lease);
		json_array_append_new(out, end);
	}
	return out;
}

static json_t *methods_json(const struct bundle *b, const struct az_channel *c)
{
	json_t *out = json_object();

	for (uint32_t i = 0; i < c->methods.count; i++) {
		const struct az_method *m = &b->methods[c->methods.first + i];
		struct bundle_text name = bundle_text(b, m->name);
		char *key = xstrndup(name.at, name.len);

		put(out, key, text_json(b, m->type));
		free(key);
	}
	return out;
}

static json_t *channel_json(const struct bundle *b, uint32_t i)
{
	const struct az_channel *c = &b->channels[i];
	json_t *out = json_object();

	put(out, "name", text_json(b, c->name));
	put(out, "type", json_string(channel_names[c->type]));
	put_int(out, "flags", c->flags);
	put(out, "ends", ends_json(b, c));
	if (c->type == AZ_CHANNEL_CALL) {
		put(out, "methods", methods_json(b, c));
		put_int(out, "queue", c->queue);
		put_int(out, "timeout_ns", c->timeout);
	}
	if (c->size != 0)
		put_int(out, "size", c->size);
	if (c->record != 0)
		put_int(out, "record", c->record);
	return out;
}

static json_t *device_json(const struct bundle *b, uint32_t i)
{
	const struct az_device *d = &b->devices[i];
	json_t *out = json_object();

	put(out, "name", text_json(b, device_name(b, i)));
	put(out, "bus", json_string(d->bus == AZ_BUS_PCI ? "pci" : "isa"));
	for (uint32_t k = 0; k < AZ_IDS_MAX && d->ids[k] != 0; k++)
		append(out, "ids", json_integer(d->ids[k]));
	put_int(out, "class", d->class_code);
	put_int(out, "class_mask", d->class_mask);
	put_int(out, "nth", d->nth);
	put(out, "engine", json_string(engine_names[d->engine]));
	put_int(out, "regions", d->regions.count);
	put_int(out, "registers", d->registers.count);
	put_int(out, "rings", d->rings.count);
	put_int(out, "interrupts_per_second", d->rate);
	return out;
}

static json_t *node_json(const struct bundle *b, uint32_t i)
{
	const struct az_node *n = &b->nodes[i];
	json_t *out = json_object();

	if (n->kind == AZ_NODE_MODULE) {
		put(out, "module", text_json(b, b->modules[n->module].name));
	} else {
		put(out, "group", text_json(b, n->name));
		put(out, "strategy", json_string(strategy_names[n->strategy]));
		put_int(out, "intensity", n->intensity);
		put_int(out, "period_ns", n->period);
		put_int(out, "backoff_min_ns", n->backoff_min);
		put_int(out, "backoff_max_ns", n->backoff_max);
	}
	if (i == 0)
		put(out, "escalate",
		    json_string(
			n->escalate == AZ_ESCALATE_REBOOT ? "reboot" : "halt"));
	else
		put_int(out, "parent", n->parent);
	return out;
}

static json_t *fileset_json(const struct bundle *b, uint32_t i)
{
	const struct az_fileset *set = &b->filesets[i];
	json_t *out = json_object();

	put(out, "name", text_json(b, set->name));
	put_int(out, "entries", set->files.count);
	put_blob(out, b, set->blob, "contents");
	return out;
}

static json_t *trust_json(const struct az_trust_page *page)
{
	json_t *out = json_array();

	for (uint32_t i = 0; i < page->key_count; i++) {
		const struct az_trust_key *key = &page->keys[i];
		char text[KEY_FINGERPRINT_SIZE];
		json_t *one = json_object();
		uint8_t id[TRUST_ID_SIZE];

		trust_key_id(id, key);
		key_fingerprint(text, id);
		put(one, "name",
		    json_stringn((const char *)key->name,
			strnlen((const char *)key->name, sizeof(key->name))));
		put(one, "fingerprint", json_string(text));
		put(one, "development",
		    json_boolean(key->flags & AZ_TRUST_DEV));
		json_array_append_new(out, one);
	}
	return out;
}

static void put_bundle(json_t *to, const struct bundle *b)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];
	json_t *modules = json_array(), *files = json_array();
	json_t *channels = json_array(), *tree = json_array();

	key_fingerprint(fingerprint, b->head->key_id);
	put(to, "name", text_json(b, b->system->name));
	put(to, "version", text_json(b, b->system->version));
	put_int(to, "abi", b->index->abi);
	put_int(to, "serial", b->system->serial);
	put_int(to, "epoch", b->system->epoch);
	put_int(to, "memory", b->system->memory);
	put(to, "cmdline", text_json(b, b->system->cmdline));
	put(to, "development", json_boolean(b->system->flags & AZ_SYSTEM_DEV));
	put(to, "signer", json_string(fingerprint));
	put_hex(to, "key_id", b->head->key_id, sizeof(b->head->key_id));
	put_int(to, "index_size", b->head->index_size);
	put_int(to, "bundle_size", b->size);
	for (uint32_t i = 0; i < b->module_count; i++)
		json_array_append_new(modules, module_json(b, i));
	for (uint32_t i = 0; i < b->fileset_count; i++)
		json_array_append_new(files, fileset_json(b, i));
	for (uint32_t i = 0; i < b->channel_count; i++)
		json_array_append_new(channels, channel_json(b, i));
	for (uint32_t i = 0; i < b->node_count; i++)
		json_array_append_new(tree, node_json(b, i));
	put(to, "modules", modules);
	put(to, "files", files);
	put(to, "channels", channels);
	put(to, "supervision", tree);
	for (uint32_t i = 0; i < b->device_count; i++)
		append(to, "devices", device_json(b, i));
}

/* By the keys of its own kernel: whether they are the right ones is what
 * `azoth verify` tells. */
static const char *judge(const struct artifact *a)
{
	enum az_refusal refusal;
	struct artifact_verdict verdict;
	struct bundle b;

	if (a->trust == NULL || trust_check(a->trust, NULL) != AZ_REFUSE_NONE)
		return "not checked";
	refusal = artifact_verify(a, a->trust, &b, &verdict);
	return refusal == AZ_REFUSE_NONE ? "good by its own kernel's keys"
					 : artifact_refusal_name(refusal);
}

json_t *inspect_artifact(const struct artifact *a, char why[INSPECT_WHY_SIZE])
{
	const char *reason = "it is no image and no module";
	json_t *out;
	struct bundle b;

	if (a->kind == ARTIFACT_WASM)
		return inspect_wasm(a, why);
	if (a->kind == ARTIFACT_UNKNOWN ||
	    (artifact_index(a, &b, &reason) != AZ_REFUSE_NONE &&
		(a->trust == NULL || a->bundle.len > 0))) {
		snprintf(why, INSPECT_WHY_SIZE, "%s", reason);
		return NULL;
	}
	out = json_object();
	put(out, "schema", json_string("azoth.inspect/1"));
	put(out, "kind", json_string(kind_names[a->kind]));
	put_int(out, "size", a->file.len);
	if (a->kernel.len > 0)
		put_int(out, "kernel_size", a->kernel.len);
	if (a->stored_kernel > 0)
		put_int(out, "kernel_stored", a->stored_kernel);
	if (a->bundle.len > 0) {
		put(out, "signature", json_string(judge(a)));
		put_bundle(out, &b);
	}
	if (a->trust != NULL && trust_check(a->trust, NULL) == AZ_REFUSE_NONE)
		put(out, "trust", trust_json(a->trust));
	return out;
}
