#include "verify/records.h"

#include "abi/image.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/refuse.h"
#include "verify/seen.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_INDEX

/* The largest linear memory limit: all that 32 bits can address. */
#define MEMORY_MAX ((uint64_t)1 << 32)

static bool text_ok(const struct bundle *b, struct az_text t)
{
	return text_holds(b->text, b->text_size, t.off, t.len);
}

bool records_text_plain(const struct bundle *b, struct az_text t, uint32_t max)
{
	return t.len <= max && text_ok(b, t) &&
	       text_is_plain(b->text + t.off, t.len);
}

static bool run_ok(struct az_run r, uint32_t count)
{
	return r.first <= count && r.count <= count - r.first;
}

bool records_is_name(const struct bundle *b, struct az_text t)
{
	return text_ok(b, t) && text_is_name(b->text + t.off, t.len);
}

bool records_is_new(const struct bundle *b, const void *records, size_t size,
    uint32_t i, struct seen *seen)
{
	const uint8_t *at = records;
	struct az_text own = *(const struct az_text *)(at + i * size);
	const char *name = b->text + own.off;

	if (!seen_before(seen, seen_hash(name, own.len)))
		return true;
	for (uint32_t j = 0; j < i; j++, at += size) {
		struct az_text other = *(const struct az_text *)at;

		if (other.len == own.len &&
		    memcmp(b->text + other.off, name, own.len) == 0)
			return false;
	}
	return true;
}

bool records_follow(struct az_run r, uint32_t *next, uint32_t count)
{
	if (r.count == 0)
		return r.first == 0;
	if (r.first != *next || r.count > count - *next)
		return false;
	*next += r.count;
	return true;
}

static enum az_refusal blob_check(const struct az_blob *blob, const char **why)
{
	MUST(blob->codec == AZ_CODEC_STORED || blob->codec == AZ_CODEC_ZLIB,
	    "blob: unknown codec");
	MUST(blob->reserved == 0, "blob: reserved field is not zero");
	REQUIRE(
	    blob->raw_size <= AZ_BLOB_MAX, AZ_REFUSE_LIMIT, "blob: too large");
	MUST(blob->codec != AZ_CODEC_STORED ||
		 blob->raw_size == blob->stored_size,
	    "blob: stored, but of two sizes");
	/* Memory is set aside by raw_size: a small stream that promises much
	 * is refused before that. stored_size is at most the bundle's. */
	REQUIRE(blob->raw_size / AZ_INFLATE_RATIO <= blob->stored_size,
	    AZ_REFUSE_LIMIT, "blob: larger than its stream can give");
	return AZ_REFUSE_NONE;
}

enum az_refusal blobs_check(const struct bundle *b, const char **why)
{
	uint64_t left = b->size - AZ_BUNDLE_HEAD_SIZE - b->head->index_size;

	for (uint32_t i = 0; i < b->blob_count; i++) {
		REQUIRE(b->blobs[i].stored_size <= left, AZ_REFUSE_SIZE,
		    "blob passes the end of the bundle");
		left -= b->blobs[i].stored_size;
		PASS(blob_check(&b->blobs[i], why));
	}
	REQUIRE(left == 0, AZ_REFUSE_SIZE, "bytes behind the last blob");
	return AZ_REFUSE_NONE;
}

enum az_refusal system_check(const struct bundle *b, const char **why)
{
	const struct az_system *s = b->system;

	MUST(s->name.len > 0 && records_text_plain(b, s->name, AZ_NAME_MAX),
	    "system: malformed name");
	MUST(records_text_plain(b, s->version, AZ_NAME_MAX),
	    "system: malformed version");
	MUST(records_text_plain(b, s->cmdline, AZ_CMDLINE_MAX),
	    "system: malformed command line");
	MUST(
	    (s->flags & ~(uint32_t)AZ_SYSTEM_DEV) == 0, "system: unknown flag");
	MUST(s->reserved == 0, "system: reserved field is not zero");
	return AZ_REFUSE_NONE;
}

enum az_refusal strings_check(const struct bundle *b, const char **why)
{
	for (uint32_t i = 0; i < b->string_count; i++)
		MUST(text_ok(b, b->strings[i]), "string: outside the text");
	return AZ_REFUSE_NONE;
}

/* argv or envp of a module: in bounds, and of a size that a module can hold. */
static enum az_refusal args_check(
    const struct bundle *b, struct az_run r, const char **why)
{
	uint64_t bytes = 0;

	MUST(run_ok(r, b->string_count),
	    "module: args or env outside their table");
	REQUIRE(r.count <= AZ_ARGS_MAX, AZ_REFUSE_LIMIT,
	    "module: too many args or env");
	for (uint32_t i = 0; i < r.count; i++)
		bytes += (uint64_t)b->strings[r.first + i].len + 1;
	REQUIRE(bytes <= AZ_ARGS_BYTES_MAX, AZ_REFUSE_LIMIT,
	    "module: args or env too long");
	return AZ_REFUSE_NONE;
}

/* Every entry is KEY=value with a KEY. */
static enum az_refusal env_check(
    const struct bundle *b, struct az_run r, const char **why)
{
	PASS(args_check(b, r, why));
	for (uint32_t i = 0; i < r.count; i++) {
		struct bundle_text t = bundle_text(b, b->strings[r.first + i]);
		uint32_t key = 0;

		while (key < t.len && t.at[key] != '=')
			key++;
		MUST(key > 0 && key < t.len, "module: env entry without key");
	}
	return AZ_REFUSE_NONE;
}

static enum az_refusal module_blobs_check(
    const struct bundle *b, const struct az_module *m, const char **why)
{
	MUST(m->blob < b->blob_count, "module: image is no blob");
	REQUIRE(b->blobs[m->blob].raw_size <= AZ_IMAGE_MAX, AZ_REFUSE_LIMIT,
	    "module: image too large");
	MUST(m->stdin_kind <= AZ_STDIN_FILE, "module: unknown kind of stdin");
	if (m->stdin_kind == AZ_STDIN_FILE)
		MUST(m->stdin_blob < b->blob_count, "module: stdin is no blob");
	else
		MUST(m->stdin_blob == 0,
		    "module: stdin has a blob it does not read");
	return AZ_REFUSE_NONE;
}

static enum az_refusal module_limits_check(
    const struct az_module *m, const char **why)
{
	MUST(m->memory <= MEMORY_MAX && m->memory % AZ_WASM_PAGE == 0,
	    "module: bad memory limit");
	MUST(m->stack >= 2 * AZ_PAGE_SIZE && m->stack <= AZ_STACK_MAX &&
		 m->stack % AZ_PAGE_SIZE == 0,
	    "module: bad stack size");
	MUST(m->cpu_budget <= m->cpu_period &&
		 (m->cpu_budget == 0) == (m->cpu_period == 0),
	    "module: bad cpu budget");
	MUST(m->restart <= AZ_RESTART_PERMANENT, "module: unknown restart");
	MUST(m->priority <= AZ_PRIORITY_URGENT, "module: unknown priority");
	MUST(m->priority != AZ_PRIORITY_URGENT || m->cpu_budget > 0,
	    "module: urgent without a cpu budget");
	MUST(m->expect <= AZ_EXPECT_TRAP, "module: unknown expectation");
	MUST(m->expect == AZ_EXPECT_EXIT || m->expect_code == 0,
	    "module: exit status of a trap");
	MUST(m->watchdog <= AZ_WATCHDOG_MAX, "module: bad watchdog");
	MUST(m->flags == 0, "module: reserved field is not zero");
	return AZ_REFUSE_NONE;
}

static enum az_refusal module_name_check(
    const struct bundle *b, uint32_t i, struct seen *seen, const char **why)
{
	const struct az_module *m = &b->modules[i];

	MUST(records_is_name(b, m->name), "module: malformed name");
	MUST(records_is_new(b, b->modules, sizeof(*m), i, seen),
	    "module: name comes twice");
	MUST(records_text_plain(b, m->version, AZ_NAME_MAX),
	    "module: malformed version");
	return AZ_REFUSE_NONE;
}

enum az_refusal modules_check(const struct bundle *b, const char **why)
{
	struct seen seen = { 0 };

	for (uint32_t i = 0; i < b->module_count; i++) {
		const struct az_module *m = &b->modules[i];

		PASS(module_name_check(b, i, &seen, why));
		PASS(args_check(b, m->args, why));
		PASS(env_check(b, m->env, why));
		PASS(module_blobs_check(b, m, why));
		PASS(module_limits_check(m, why));
	}
	return AZ_REFUSE_NONE;
}
