#include "verify/records.h"

#include "abi/image.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/refuse.h"
#include "verify/seen.h"
#include "verify/text.h"

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
	REQUIRE(blob->codec == AZ_CODEC_STORED || blob->codec == AZ_CODEC_ZLIB,
	    AZ_REFUSE_INDEX, "blob: unknown codec");
	REQUIRE(blob->reserved == 0, AZ_REFUSE_INDEX,
	    "blob: reserved field is not zero");
	REQUIRE(
	    blob->raw_size <= AZ_BLOB_MAX, AZ_REFUSE_LIMIT, "blob: too large");
	REQUIRE(blob->codec != AZ_CODEC_STORED ||
		    blob->raw_size == blob->stored_size,
	    AZ_REFUSE_INDEX, "blob: stored, but of two sizes");
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

	REQUIRE(s->name.len > 0 && records_text_plain(b, s->name, AZ_NAME_MAX),
	    AZ_REFUSE_INDEX, "system: malformed name");
	REQUIRE(records_text_plain(b, s->version, AZ_NAME_MAX), AZ_REFUSE_INDEX,
	    "system: malformed version");
	REQUIRE(records_text_plain(b, s->cmdline, AZ_CMDLINE_MAX),
	    AZ_REFUSE_INDEX, "system: malformed command line");
	REQUIRE((s->flags & ~(uint32_t)AZ_SYSTEM_DEV) == 0, AZ_REFUSE_INDEX,
	    "system: unknown flag");
	REQUIRE(s->reserved == 0, AZ_REFUSE_INDEX,
	    "system: reserved field is not zero");
	return AZ_REFUSE_NONE;
}

enum az_refusal strings_check(const struct bundle *b, const char **why)
{
	for (uint32_t i = 0; i < b->string_count; i++)
		REQUIRE(text_ok(b, b->strings[i]), AZ_REFUSE_INDEX,
		    "string: outside the text");
	return AZ_REFUSE_NONE;
}

/* argv or envp of a module: in bounds, and of a size that a module can hold. */
static enum az_refusal args_check(
    const struct bundle *b, struct az_run r, const char **why)
{
	uint64_t bytes = 0;

	REQUIRE(run_ok(r, b->string_count), AZ_REFUSE_INDEX,
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
		REQUIRE(key > 0 && key < t.len, AZ_REFUSE_INDEX,
		    "module: env entry without key");
	}
	return AZ_REFUSE_NONE;
}

static enum az_refusal module_blobs_check(
    const struct bundle *b, const struct az_module *m, const char **why)
{
	REQUIRE(m->blob < b->blob_count, AZ_REFUSE_INDEX,
	    "module: image is no blob");
	REQUIRE(b->blobs[m->blob].raw_size <= AZ_IMAGE_MAX, AZ_REFUSE_LIMIT,
	    "module: image too large");
	REQUIRE(m->stdin_kind <= AZ_STDIN_FILE, AZ_REFUSE_INDEX,
	    "module: unknown kind of stdin");
	if (m->stdin_kind == AZ_STDIN_FILE)
		REQUIRE(m->stdin_blob < b->blob_count, AZ_REFUSE_INDEX,
		    "module: stdin is no blob");
	else
		REQUIRE(m->stdin_blob == 0, AZ_REFUSE_INDEX,
		    "module: stdin has a blob it does not read");
	return AZ_REFUSE_NONE;
}

static enum az_refusal module_limits_check(
    const struct az_module *m, const char **why)
{
	REQUIRE(m->memory <= MEMORY_MAX && m->memory % AZ_WASM_PAGE == 0,
	    AZ_REFUSE_INDEX, "module: bad memory limit");
	REQUIRE(m->stack >= 2 * AZ_PAGE_SIZE && m->stack <= AZ_STACK_MAX &&
		    m->stack % AZ_PAGE_SIZE == 0,
	    AZ_REFUSE_INDEX, "module: bad stack size");
	REQUIRE(m->cpu_budget <= m->cpu_period &&
		    (m->cpu_budget == 0) == (m->cpu_period == 0),
	    AZ_REFUSE_INDEX, "module: bad cpu budget");
	REQUIRE(m->restart <= AZ_RESTART_PERMANENT, AZ_REFUSE_INDEX,
	    "module: unknown restart");
	REQUIRE(m->priority <= AZ_PRIORITY_URGENT, AZ_REFUSE_INDEX,
	    "module: unknown priority");
	REQUIRE(m->priority != AZ_PRIORITY_URGENT || m->cpu_budget > 0,
	    AZ_REFUSE_INDEX, "module: urgent without a cpu budget");
	REQUIRE(m->expect <= AZ_EXPECT_TRAP, AZ_REFUSE_INDEX,
	    "module: unknown expectation");
	REQUIRE(m->expect == AZ_EXPECT_EXIT || m->expect_code == 0,
	    AZ_REFUSE_INDEX, "module: exit status of a trap");
	REQUIRE(m->flags == 0 && m->reserved == 0, AZ_REFUSE_INDEX,
	    "module: reserved field is not zero");
	return AZ_REFUSE_NONE;
}

static enum az_refusal module_name_check(
    const struct bundle *b, uint32_t i, struct seen *seen, const char **why)
{
	const struct az_module *m = &b->modules[i];

	REQUIRE(records_is_name(b, m->name), AZ_REFUSE_INDEX,
	    "module: malformed name");
	REQUIRE(records_is_new(b, b->modules, sizeof(*m), i, seen),
	    AZ_REFUSE_INDEX, "module: name comes twice");
	REQUIRE(records_text_plain(b, m->version, AZ_NAME_MAX), AZ_REFUSE_INDEX,
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
