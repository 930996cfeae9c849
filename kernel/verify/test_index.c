/* Signed nonsense: one change of one field a row, and the check that must
 * see it. Starts behind the signature. */
#include "verify/bundle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/image.h"
#include "abi/layout.h"
#include "test/forge.h"

/* The sample's tables, writable. */
struct view {
	struct az_bundle_head *head;
	struct az_index_head *index;
	struct az_index_table *t;
	struct az_system *sys;
	struct az_blob *blob;
	struct az_module *mod;
	struct az_text *str;
	struct az_grant *grant;
	struct az_fileset *set;
	struct az_file *file;
	struct az_channel *ch;
	struct az_peer *peer;
	struct az_method *meth;
	struct az_node *node;
	char *text;
};

#define ALL 0xffffffffu
#define ALL64 0xffffffffffffffffu

/* X(refusal without AZ_REFUSE_, text of the check, change of *v) */
#define BAD_CASES                                                              \
	X(INDEX, "wrong magic", v->index->magic[7] ^= 1)                       \
	X(ABI, "another ABI", v->index->abi = AZ_ABI_VERSION + 1)              \
	X(INDEX, "size of the index", v->index->size -= 8)                     \
	X(INDEX, "size of the index", v->index->size = ALL)                    \
	X(INDEX, "number of tables", v->index->kinds = 18)                     \
	X(INDEX, "reserved field of the index", v->index->reserved = 1)        \
	/* tables: out of order, overlapping, wrapping, lying */               \
	X(INDEX, "not where it must be", v->t[0].off += 8)                     \
	X(INDEX, "not where it must be", v->t[1].off -= 8)                     \
	X(INDEX, "not where it must be", v->t[4].off = v->t[3].off)            \
	X(INDEX, "not where it must be", v->t[7].off = ALL - 7)                \
	X(INDEX, "not where it must be", v->t[7].off += 1)                     \
	X(INDEX, "not where it must be", v->t[2].count++)                      \
	X(INDEX, "not where it must be", v->t[2].count--)                      \
	X(INDEX, "passes the end", v->t[16].count++)                           \
	X(INDEX, "behind the last table", v->t[16].count--)                    \
	X(INDEX, "gap between tables", v->t[7].count--)                        \
	X(INDEX, "not where it must be", v->t[8].count++)                      \
	X(LIMIT, "too many records", v->t[8].count = AZ_CHANNELS_MAX + 1)      \
	X(LIMIT, "too many records", v->t[9].count = AZ_PEERS_MAX + 1)         \
	X(LIMIT, "too many records", v->t[10].count = ALL)                     \
	X(LIMIT, "too many records", v->t[11].count = AZ_NODES_MAX + 1)        \
	X(INDEX, "passes the end", v->t[3].count = AZ_INDEX_MAX)               \
	X(LIMIT, "too many records", v->t[0].count = 2)                        \
	X(LIMIT, "too many records", v->t[1].count = AZ_BLOBS_MAX + 1)         \
	X(LIMIT, "too many records", v->t[2].count = AZ_MODULES_MAX + 1)       \
	X(LIMIT, "too many records", v->t[2].count = ALL)                      \
	X(LIMIT, "too many records", v->t[3].count = ALL)                      \
	X(LIMIT, "too many records", v->t[5].count = AZ_FILES_MAX + 1)         \
	X(LIMIT, "too many records", v->t[6].count = AZ_FILES_MAX + 1)         \
	X(LIMIT, "too many records", v->t[7].count = ALL)                      \
	X(INDEX, "not where it must be", v->t[0].count = 0)                    \
	X(INDEX, "not UTF-8", v->text[0] = (char)0xff)                         \
	X(INDEX, "not UTF-8", v->text[0] = 0)                                  \
	/* blobs */                                                            \
	X(SIZE, "passes the end of the bundle", v->blob[0].stored_size++)      \
	X(SIZE, "passes the end of the bundle",                                \
	    v->blob[1].stored_size = ALL64)                                    \
	X(SIZE, "passes the end of the bundle",                                \
	    v->blob[2].stored_size = (uint64_t)1 << 63)                        \
	X(SIZE, "behind the last blob", v->blob[2].stored_size--)              \
	X(INDEX, "of two sizes", v->blob[1].raw_size++)                        \
	X(INDEX, "of two sizes", v->blob[0].codec = AZ_CODEC_STORED)           \
	X(INDEX, "unknown codec", v->blob[0].codec = 2)                        \
	X(INDEX, "blob: reserved", v->blob[2].reserved = 1)                    \
	X(LIMIT, "too large", v->blob[2].raw_size = AZ_BLOB_MAX + 1)           \
	X(LIMIT, "too large", v->blob[2].raw_size = ALL64)                     \
	X(LIMIT, "than its stream", v->blob[2].raw_size = AZ_BLOB_MAX)         \
	X(LIMIT, "than its stream",                                            \
	    v->blob[2].raw_size =                                              \
		AZ_INFLATE_RATIO * (v->blob[2].stored_size + 1))               \
	/* the system */                                                       \
	X(INDEX, "system: malformed name", v->sys->name.len = 0)               \
	X(INDEX, "system: malformed name", v->sys->name.len = 64)              \
	X(INDEX, "system: malformed name", v->sys->name.off = ALL)             \
	X(INDEX, "system: malformed name", v->text[v->sys->name.off] = 27)     \
	X(INDEX, "system: malformed version", v->sys->version.off = ALL)       \
	X(INDEX, "system: malformed version",                                  \
	    v->sys->version.off = v->t[7].count - 2)                           \
	X(INDEX, "malformed command line", v->sys->cmdline.len = ALL)          \
	X(INDEX, "malformed command line",                                     \
	    v->text[v->sys->cmdline.off] = '\n')                               \
	X(INDEX, "unknown flag", v->sys->flags = 2)                            \
	X(INDEX, "unknown flag", v->sys->flags = 1u << 31)                     \
	X(INDEX, "system: reserved", v->sys->reserved = 1)                     \
	/* args and env; string 1 ends in an e with an accent */               \
	X(INDEX, "string: outside", v->str[1].off = ALL)                       \
	X(INDEX, "string: outside", v->str[1].len = ALL)                       \
	X(INDEX, "string: outside", v->str[1].len--)                           \
	X(INDEX, "string: outside", v->str[0].off = v->t[7].count + 1)         \
	X(INDEX, "args or env outside", v->mod[0].args.count = 4)              \
	X(INDEX, "args or env outside", v->mod[0].args.first = ALL)            \
	X(INDEX, "args or env outside", v->mod[1].env.first = 4)               \
	X(INDEX, "without key", v->str[2].len = 3)                             \
	X(INDEX, "without key", v->str[2].off += 3; v->str[2].len -= 3)        \
	X(INDEX, "without key", v->str[2].len = 0)                             \
	/* modules */                                                          \
	X(INDEX, "module: malformed name", v->mod[0].name.len = 0)             \
	X(INDEX, "module: malformed name", v->mod[0].name.len = ALL)           \
	X(INDEX, "module: malformed name", v->mod[0].name.off = ALL)           \
	X(INDEX, "module: malformed name", v->text[v->mod[0].name.off] = 'F')  \
	X(INDEX, "module: malformed name", v->text[v->mod[0].name.off] = '-')  \
	X(INDEX, "module: malformed name",                                     \
	    v->text[v->mod[0].name.off + 1] = '.')                             \
	X(INDEX, "module: malformed name",                                     \
	    memcpy(v->text + v->mod[0].name.off, "azoth", 5))                  \
	X(INDEX, "comes twice", v->mod[1].name = v->mod[0].name)               \
	X(INDEX, "module: malformed version", v->mod[1].version.len = 64)      \
	X(INDEX, "image is no blob", v->mod[1].blob = 3)                       \
	X(INDEX, "image is no blob", v->mod[1].blob = ALL)                     \
	X(INDEX, "kind of stdin", v->mod[0].stdin_kind = 3)                    \
	X(INDEX, "stdin is no blob", v->mod[0].stdin_blob = 3)                 \
	X(INDEX, "does not read", v->mod[1].stdin_blob = 1)                    \
	X(INDEX, "does not read", v->mod[0].stdin_kind = AZ_STDIN_CONSOLE)     \
	X(INDEX, "memory limit", v->mod[0].memory++)                           \
	X(INDEX, "memory limit",                                               \
	    v->mod[0].memory = ((uint64_t)1 << 32) + AZ_WASM_PAGE)             \
	X(INDEX, "stack size", v->mod[0].stack = 0)                            \
	X(INDEX, "stack size", v->mod[0].stack = AZ_PAGE_SIZE)                 \
	X(INDEX, "stack size", v->mod[0].stack++)                              \
	X(INDEX, "stack size", v->mod[0].stack = AZ_STACK_MAX + AZ_PAGE_SIZE)  \
	X(INDEX, "stack size", v->mod[0].stack = ALL64 - 0xfff)                \
	X(INDEX, "cpu budget", v->mod[0].cpu_budget = 0)                       \
	X(INDEX, "cpu budget", v->mod[0].cpu_period = 0)                       \
	X(INDEX, "cpu budget", v->mod[1].cpu_period = 1)                       \
	X(INDEX, "cpu budget",                                                 \
	    v->mod[0].cpu_budget = v->mod[0].cpu_period + 1)                   \
	X(INDEX, "unknown restart", v->mod[0].restart = 3)                     \
	X(INDEX, "unknown priority", v->mod[0].priority = 3)                   \
	X(INDEX, "without a cpu budget", v->mod[1].priority = 2)               \
	X(INDEX, "unknown expectation", v->mod[0].expect = 2)                  \
	X(INDEX, "exit status of a trap", v->mod[1].expect_code = 1)           \
	X(INDEX, "module: reserved", v->mod[0].flags = 1)                      \
	X(INDEX, "watchdog", v->mod[1].watchdog = AZ_WATCHDOG_MAX + 1)         \
	/* grants: log clock random files power, 3 more; log reset, 2 more */  \
	X(LIMIT, "too many grants",                                            \
	    v->mod[0].grants.count = AZ_GRANTS_MAX + 1)                        \
	X(GRANT, "out of order", v->mod[0].grants.first = 1)                   \
	X(GRANT, "out of order", v->mod[1].grants.first = 0)                   \
	X(GRANT, "out of order", v->mod[1].grants.count = 5)                   \
	X(GRANT, "without a module", v->mod[1].grants.count = 0)               \
	X(GRANT, "out of order", v->mod[0].grants.count = 7)                   \
	X(GRANT, "unknown kind", v->grant[0].kind = 0)                         \
	X(GRANT, "unknown kind", v->grant[0].kind = AZ_GRANT_KINDS)            \
	X(GRANT, "unknown kind", v->grant[0].kind = ALL)                       \
	X(GRANT, "grant: reserved", v->grant[0].reserved = 1)                  \
	X(GRANT, "value", v->grant[0].value = 0)                               \
	X(GRANT, "value", v->grant[0].value = AZ_LEVEL_DEBUG + 1)              \
	X(GRANT, "value", v->grant[1].value = 0)                               \
	X(GRANT, "value", v->grant[2].value = 1)                               \
	X(GRANT, "value", v->grant[3].value = 1)                               \
	X(GRANT, "value", v->grant[3].value = (uint64_t)1 << 32)               \
	X(GRANT, "value", v->grant[4].value = 0)                               \
	X(GRANT, "value", v->grant[4].value = 4)                               \
	X(GRANT, "value", v->grant[9].value = 2)                               \
	X(GRANT, "value", v->grant[11].value = 1)                              \
	X(GRANT, "malformed text", v->grant[9].text_len = 1)                   \
	X(GRANT, "comes twice", v->grant[8] = v->grant[9])                     \
	X(GRANT, "malformed text", v->grant[0].text_len = 1)                   \
	X(GRANT, "malformed text", v->grant[0].text_off = 1)                   \
	X(GRANT, "malformed text", v->grant[3].text_len = 0)                   \
	X(GRANT, "malformed text", v->grant[3].text_len = 6)                   \
	X(GRANT, "malformed text", v->grant[3].text_off++)                     \
	X(GRANT, "malformed text", v->grant[3].text_off = ALL)                 \
	X(GRANT, "malformed text", v->text[v->grant[3].text_off + 1] = '/')    \
	X(GRANT, "malformed text", v->text[v->grant[3].text_off + 1] = 7)      \
	X(GRANT, "malformed text",                                             \
	    memcpy(v->text + v->grant[3].text_off, "/./..data", 9);            \
	    v->grant[3].text_len = 9)                                          \
	X(GRANT, "malformed text",                                             \
	    memcpy(v->text + v->grant[3].text_off, "/dat/..", 7);              \
	    v->grant[3].text_len = 7)                                          \
	X(GRANT, "comes twice", v->grant[1].kind = AZ_GRANT_LOG;               \
	    v->grant[1].value = 1)                                             \
	X(GRANT, "comes twice", v->grant[4] = v->grant[3])                     \
	/* filesets: root, a.txt, dir, dir/b, dir/link */                      \
	X(FILES, "out of order", v->set[0].files.first = 1)                    \
	X(FILES, "out of order", v->set[0].files.count = 0)                    \
	X(FILES, "out of order", v->set[0].files.count = 6)                    \
	X(FILES, "out of order", v->set[0].files.count = ALL)                  \
	X(FILES, "without a fileset", v->set[0].files.count = 4)               \
	X(FILES, "fileset: malformed name", v->set[0].name.len = 0)            \
	X(FILES, "fileset: malformed name", v->set[0].name.len = 64)           \
	X(FILES, "are no blob", v->set[0].blob = 3)                            \
	X(FILES, "fileset: reserved", v->set[0].reserved = 1)                  \
	X(FILES, "root", v->file[0].kind = AZ_FILE_REGULAR)                    \
	X(FILES, "root", v->file[0].parent = 1)                                \
	X(FILES, "root", v->file[0].name = v->file[1].name)                    \
	X(FILES, "root", v->file[0].name.off = ALL)                            \
	X(FILES, "file: malformed name", v->file[1].name.len = 0)              \
	X(FILES, "file: malformed name", v->file[1].name.off = ALL)            \
	X(FILES, "file: malformed name", v->text[v->file[1].name.off] = '/')   \
	X(FILES, "file: malformed name", v->text[v->file[1].name.off] = 10)    \
	X(FILES, "file: malformed name", v->text[v->file[3].name.off] = '.')   \
	X(FILES, "file: malformed name", v->file[1].name = v->file[4].target;  \
	    v->file[1].name.len = 2)                                           \
	X(FILES, "no directory", v->file[1].parent = 1)                        \
	X(FILES, "no directory", v->file[1].parent = 2)                        \
	X(FILES, "no directory", v->file[3].parent = ALL)                      \
	X(FILES, "no directory", v->file[3].parent = 1)                        \
	X(FILES, "sorted by parent", v->file[4].parent = 0)                    \
	X(FILES, "sorted by name", v->text[v->file[1].name.off] = 'z')         \
	X(FILES, "sorted by name", v->file[2].name = v->file[1].name)          \
	X(FILES, "sorted by name", v->text[v->file[3].name.off] = 'z')         \
	X(FILES, "sorted by name", v->file[1].name = v->file[2].name;          \
	    v->file[2].name.len--)                                             \
	X(FILES, "unknown kind", v->file[1].kind = 0)                          \
	X(FILES, "unknown kind", v->file[1].kind = 4)                          \
	X(FILES, "outside its blob", v->file[1].size = 29)                     \
	X(FILES, "outside its blob", v->file[3].off = 14)                      \
	X(FILES, "outside its blob", v->file[3].off = ALL64)                   \
	X(FILES, "outside its blob", v->file[3].size = ALL64)                  \
	X(FILES, "has none", v->file[2].off = 1)                               \
	X(FILES, "has none", v->file[2].size = 1)                              \
	X(FILES, "has none", v->file[4].size = 1)                              \
	X(FILES, "malformed target", v->file[4].target.len = 0)                \
	X(FILES, "malformed target", v->file[4].target.len = ALL)              \
	X(FILES, "malformed target", v->text[v->file[4].target.off] = 1)       \
	X(FILES, "is no link", v->file[1].target = v->file[4].target)          \
	X(FILES, "is no link", v->file[1].target.off = ALL)

/* What the format allows besides the sample. */
#define GOOD_CASES                                                             \
	X(NONE, "", v->sys->flags = 0)                                         \
	X(NONE, "", v->sys->version.len = 0)                                   \
	X(NONE, "", v->sys->cmdline.len = 0)                                   \
	X(NONE, "", v->mod[0].memory = (uint64_t)1 << 32)                      \
	X(NONE, "", v->mod[0].stack = 2 * AZ_PAGE_SIZE)                        \
	X(NONE, "", v->mod[0].stack = AZ_STACK_MAX)                            \
	X(NONE, "", v->mod[0].cpu_budget = v->mod[0].cpu_period)               \
	X(NONE, "", v->mod[0].expect_code = ALL)                               \
	X(NONE, "", v->mod[1].env.first = 3)                                   \
	X(NONE, "", v->grant[1].value = ALL64)                                 \
	X(NONE, "", v->grant[4].value = 3)                                     \
	X(NONE, "", v->grant[3].text_len = 1)                                  \
	X(NONE, "", v->file[3].size = 0; v->file[3].off = 28)                  \
	X(NONE, "", v->text[v->str[1].off] = '\t')                             \
	X(NONE, "", v->text[v->file[1].name.off] = '.')

#define CASES BAD_CASES GOOD_CASES
#include "verify/test_cases.h"

static struct view view_of(uint8_t *bytes)
{
	struct bundle b;

	if (bundle_check_index(&b, bytes, sample_size, NULL) != AZ_REFUSE_NONE)
		abort();
	return (struct view){
		.head = (void *)b.head,
		.index = (void *)b.index,
		.t = ((struct az_index_head *)b.index)->tables,
		.sys = (void *)b.system,
		.blob = (void *)b.blobs,
		.mod = (void *)b.modules,
		.str = (void *)b.strings,
		.grant = (void *)b.grants,
		.set = (void *)b.filesets,
		.file = (void *)b.files,
		.ch = (void *)b.channels,
		.peer = (void *)b.peers,
		.meth = (void *)b.methods,
		.node = (void *)b.nodes,
		.text = (void *)b.text,
	};
}

static enum az_refusal judge(const uint8_t *bytes, const char **why)
{
	struct bundle b;

	return bundle_check_index(&b, bytes, sample_size, why);
}

/* Bits that no table accounts for: alignment gaps. */
static void test_gaps(void **state)
{
	struct view v = view_of(sample);
	struct bundle b;
	uint8_t *gap = (uint8_t *)v.index + v.t[AZ_TABLE_STRING].off +
		       v.t[AZ_TABLE_STRING].count * sizeof(struct az_text);
	static const struct az_system system = { .name = { 0, 1 } };
	static const struct az_text strings[] = { { 0, 1 } };
	const struct forge_parts parts = {
		.tables = { { &system, 1 }, [AZ_TABLE_STRING] = { strings, 1 },
		    [AZ_TABLE_TEXT] = { "x", 1 } },
	};
	uint8_t *bytes;
	size_t size;

	(void)state;
	/* All records are multiples of 8, so that only a table of text could
	 * leave a gap, and it is the last: the rule is for tables to come. */
	assert_ptr_equal(gap, v.grant);
	bytes = forge_bundle(&parts, &size);
	assert_int_equal(bundle_check_index(&b, bytes, size, NULL), 0);
	assert_int_equal(b.module_count, 0);
	free(bytes);
}

/* No system record: every table is where it must be, only empty. */
static void test_no_system(void **state)
{
	const struct forge_parts parts = { .blob_count = 0 };
	const char *why = "";
	struct bundle b;
	size_t size;
	uint8_t *bytes = forge_bundle(&parts, &size);

	(void)state;
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, &why), AZ_REFUSE_INDEX);
	assert_non_null(strstr(why, "no system record"));
	free(bytes);
}

/* A bundle of n modules, all named by name_of, nothing else. */
static uint8_t *many_modules(
    uint32_t n, size_t *size, void (*name_of)(char out[8], uint32_t i))
{
	struct az_module *modules = calloc(n, sizeof(*modules));
	struct az_system system = { .name = { 0, 8 } };
	struct az_blob blob = { .codec = AZ_CODEC_STORED };
	char *text = malloc(8 * (size_t)n + 1);
	struct forge_parts parts = {
		.tables = { { &system, 1 }, { &blob, 1 },
		    { modules, n }, [AZ_TABLE_TEXT] = { text, 8 * n } },
	};
	uint8_t *out;

	for (uint32_t i = 0; i < n; i++) {
		modules[i] = (struct az_module){
			.name = { 8 * i, 8 },
			.stack = 2 * AZ_PAGE_SIZE,
		};
		name_of(text + 8 * i, i);
	}
	out = forge_bundle(&parts, size);
	free(modules);
	free(text);
	return out;
}

static void name_number(char out[8], uint32_t i)
{
	char text[16];

	snprintf(text, sizeof(text), "m%07u", i);
	memcpy(out, text, 8);
}

/* All different but the last, which repeats the first. */
static void name_repeated(char out[8], uint32_t i)
{
	name_number(out, i == AZ_MODULES_MAX - 1 ? 0 : i);
}

static enum az_refusal check_many(
    uint32_t n, void (*name_of)(char out[8], uint32_t i))
{
	size_t size;
	uint8_t *bytes = many_modules(n, &size, name_of);
	struct bundle b;
	enum az_refusal r = bundle_check_index(&b, bytes, size, NULL);

	free(bytes);
	return r;
}

static void test_many_modules(void **state)
{
	(void)state;
	assert_int_equal(check_many(10000, name_number), AZ_REFUSE_LIMIT);
	assert_int_equal(
	    check_many(AZ_MODULES_MAX + 1, name_number), AZ_REFUSE_LIMIT);
	assert_int_equal(
	    check_many(AZ_MODULES_MAX, name_number), AZ_REFUSE_NONE);
	assert_int_equal(
	    check_many(AZ_MODULES_MAX, name_repeated), AZ_REFUSE_INDEX);
}

/* A fileset of AZ_FILES_MAX - 1 entries in a chain of folders, the longest
 * run of work that a tree can ask for. */
static void test_many_files(void **state)
{
	enum { N = AZ_FILES_MAX };
	struct az_file *files = calloc(N, sizeof(*files));
	struct az_system system = { .name = { 0, 1 } };
	struct az_blob blob = { .codec = AZ_CODEC_STORED };
	struct az_fileset set = { .name = { 0, 1 }, .files = { 0, N } };
	struct forge_parts parts = {
		.tables = { { &system, 1 }, { &blob, 1 }, { NULL, 0 },
		    { NULL, 0 }, { NULL, 0 }, { &set, 1 }, { files, N },
		    { "x", 1 } },
	};
	struct bundle b;
	uint8_t *bytes;
	size_t size;

	(void)state;
	for (uint32_t i = 0; i < N; i++)
		files[i] = (struct az_file){
			.name = { 0, i > 0 },
			.kind = AZ_FILE_DIR,
			.parent = i > 0 ? i - 1 : 0,
		};
	bytes = forge_bundle(&parts, &size);
	assert_int_equal(bundle_check_index(&b, bytes, size, NULL), 0);
	free(bytes);
	free(files);
}

/* args whose texts add up to more than a module may be given. */
static void test_long_args(void **state)
{
	enum { N = AZ_ARGS_MAX, LEN = AZ_ARGS_BYTES_MAX / N };
	static struct az_text strings[N + 1];
	static char text[LEN];
	struct az_system system = { .name = { 0, 1 } };
	struct az_blob blob = { .codec = AZ_CODEC_STORED };
	struct az_module module = {
		.name = { 0, 1 }, .args = { 0, N }, .stack = 2 * AZ_PAGE_SIZE
	};
	struct forge_parts parts = {
		.tables = { { &system, 1 }, { &blob, 1 }, { &module, 1 },
		    { strings, N + 1 }, [AZ_TABLE_TEXT] = { text, LEN } },
	};
	struct bundle b;
	size_t size;
	uint8_t *bytes;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (int i = 0; i < N; i++)
		strings[i] = (struct az_text){ 0, LEN - 1 };
	bytes = forge_bundle(&parts, &size);
	assert_int_equal(bundle_check_index(&b, bytes, size, NULL), 0);
	((struct az_text *)b.strings)[N - 1].len++;
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_LIMIT);
	((struct az_text *)b.strings)[N - 1].len = 0;
	((struct az_module *)b.modules)->args.count = N + 1;
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_LIMIT);
	free(bytes);
}

/* An image blob of more than an image may have, in a blob that is allowed. */
static void test_large_image(void **state)
{
	enum { STORED = (AZ_IMAGE_MAX + 1) / AZ_INFLATE_RATIO + 1 };
	struct forge_blob stored = { calloc(1, STORED), STORED };
	struct az_system system = { .name = { 0, 1 } };
	struct az_blob blob = { .codec = AZ_CODEC_ZLIB,
		.stored_size = STORED,
		.raw_size = AZ_IMAGE_MAX };
	struct az_module module = { .name = { 0, 1 },
		.stack = 2 * AZ_PAGE_SIZE };
	struct forge_parts parts = {
		.tables = { { &system, 1 }, { &blob, 1 },
		    { &module, 1 }, [AZ_TABLE_TEXT] = { "m", 1 } },
		.blobs = &stored,
		.blob_count = 1,
	};
	struct bundle b;
	size_t size;
	uint8_t *bytes = forge_bundle(&parts, &size);

	(void)state;
	assert_int_equal(bundle_check_index(&b, bytes, size, NULL), 0);
	((struct az_blob *)b.blobs)->raw_size++;
	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_LIMIT);
	free(bytes);
	free((void *)stored.stored);
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
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_no_system),
		cmocka_unit_test(test_many_modules),
		cmocka_unit_test(test_many_files),
		cmocka_unit_test(test_long_args),
		cmocka_unit_test(test_large_image),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
