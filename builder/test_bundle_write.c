/* Round trip: what the writer makes, the kernel's reader accepts and finds
 * as it was written. */
#include "bundle_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/trust.h"
#include "blob.h"
#include "diff.h"
#include "exit.h"
#include "fileio.h"
#include "files.h"
#include "index_read.h"
#include "index_write.h"
#include "kernel_elf.h"
#include "keys.h"
#include "manifest.h"
#include "system.h"
#include "verify/bundle.h"
#include "verify/inflate.h"

static char folder[] = "/tmp/azoth-bundle-XXXXXX";
static struct key_private key;
static struct az_trust_page page;

static int set_up(void **state)
{
	struct key_error why;

	(void)state;
	trust_page_init(&page);
	return mkdtemp(folder) == NULL ||
	       key_generate(&key, &why) != EXIT_DONE ||
	       !trust_page_add(&page, &key.public, "image", AZ_TRUST_DEV);
}

static int tear_down(void **state)
{
	(void)state;
	return !file_remove_tree(folder);
}

static void put_file(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);

	assert_true(file_write(path, text, strlen(text), 0644));
	free(path);
}

#define S(x)                                                                   \
	{                                                                      \
		.text = (x)                                                    \
	}

static struct manifest_string args[] = { S("-v"), S("") };
static struct manifest_string env[] = { S("A=1"), S("B=") };
static struct manifest_mount mounts[] = { { S("docs"), 0, S("/docs") } };
static struct manifest_files files[] = { { S("docs"), S("docs") } };
static size_t resets[] = { 1, 0 };
static struct manifest_module modules[] = {
	{ .name = S("one"),
	    .version = S("1.2"),
	    .args = args,
	    .arg_count = 2,
	    .env = env,
	    .env_count = 2,
	    .stdin_kind = AZ_STDIN_FILE,
	    .grants = { .log = AZ_LEVEL_INFO,
		.clock = 1000,
		.random = true,
		.observe = true,
		.power = AZ_POWER_HALT,
		.mounts = mounts,
		.mount_count = 1,
		.reset_modules = resets,
		.reset_count = 2 },
	    .memory = 16 << 20,
	    .stack = 1 << 20 },
	{ .name = S("two"),
	    .version = S("0"),
	    .memory = 16 << 20,
	    .stack = 1 << 20,
	    .cpu_budget = 1,
	    .cpu_period = 2,
	    .deadline = 3,
	    .watchdog = 6000000,
	    .expect = AZ_EXPECT_EXIT,
	    .expect_code = 7,
	    .restart = AZ_RESTART_PERMANENT,
	    .ready = 4,
	    .priority = AZ_PRIORITY_URGENT,
	    .state = 5 },
	{ .name = S("three"),
	    .version = S("0"),
	    .memory = 16 << 20,
	    .stack = 1 << 20 },
};
/* Out of order, as a manifest may name them. */
static struct manifest_end clients[] = { { S("three"), 2, 6 },
	{ S("one"), 0, 0 } };
static struct manifest_end reader[] = { { S("two"), 1, 0 } };
static struct manifest_method methods[] = {
	{ .name = S("put"),
	    .type = "ii:i",
	    .status = true,
	    .copies = { { 0, 1, AZ_COPY_IN, 64 } },
	    .copy_count = 1 },
	{ .name = S("get"), .type = ":F", .idempotent = true },
};
static struct manifest_channel channels[] = {
	{ .name = S("bell"),
	    .type = AZ_CHANNEL_SIGNAL,
	    .owner = { S("one"), 0, 0 },
	    .peers = reader,
	    .peer_count = 1 },
	{ .name = S("store"),
	    .type = AZ_CHANNEL_CALL,
	    .owner = { S("two"), 1, 8 },
	    .peers = clients,
	    .peer_count = 2,
	    .timeout = 1000000,
	    .on_failure = AZ_CHANNEL_TRAP,
	    .queue = 9,
	    .size = 4096,
	    .exclusive = true,
	    .methods = methods,
	    .method_count = 2 },
	{ .name = S("feed"),
	    .type = AZ_CHANNEL_RING,
	    .owner = { S("one"), 0, 0 },
	    .peers = reader,
	    .peer_count = 1,
	    .size = 8192,
	    .record = 16,
	    .keep = true },
};
static struct manifest_node nodes[] = {
	{ .name = S("root"),
	    .group = true,
	    .strategy = AZ_STRATEGY_ONE_FOR_ALL,
	    .intensity = 3,
	    .period = 7,
	    .backoff_min = 1,
	    .backoff_max = 2,
	    .escalate = AZ_ESCALATE_REBOOT },
	{ .name = S("three"), .module_index = 2 },
	{ .name = S("inner"), .group = true },
	{ .name = S("one"), .parent = 2, .module_index = 0 },
	{ .name = S("two"), .parent = 2, .module_index = 1 },
};
static struct manifest manifest = {
	.name = S("test"),
	.version = S("1"),
	.files = files,
	.file_count = 1,
	.modules = modules,
	.module_count = 3,
	.channels = channels,
	.channel_count = 3,
	.nodes = nodes,
	.node_count = 5,
	.memory = 128 << 20,
	.console_serial = true,
	.console_screen = true,
	.rollback = 9,
};

static void write_sample(struct buf *out, struct file_tree *tree)
{
	struct span nowhere = { 0 };
	struct diags *list = diags_new();
	struct blob images[3], stdins[3] = { 0 }, contents;
	struct system_parts parts = { .manifest = &manifest,
		.images = images,
		.stdins = stdins,
		.trees = tree,
		.tree_blobs = &contents,
		.epoch = 42,
		.dev = true };
	const char *why = NULL;
	char zeros[5000] = { 0 };

	assert_true(file_tree_read(tree, folder, nowhere, list));
	diags_free(list);
	blob_pack(&images[0], zeros, sizeof(zeros));
	blob_pack(&images[1], zeros, sizeof(zeros));
	blob_pack(&images[2], zeros, sizeof(zeros));
	blob_pack(&stdins[0], "abc", 3);
	blob_pack(&contents, tree->contents.at, tree->contents.len);
	assert_true(bundle_write(out, &parts, &key, &why));
	assert_null(why);
	blob_fini(&images[0]);
	blob_fini(&images[1]);
	blob_fini(&images[2]);
	blob_fini(&stdins[0]);
	blob_fini(&contents);
}

static void expect_text(
    const struct bundle *b, struct az_text t, const char *want)
{
	struct bundle_text text = bundle_text(b, t);

	assert_int_equal(text.len, strlen(want));
	assert_memory_equal(text.at, want, text.len);
}

static void test_round_trip(void **state)
{
	struct buf bytes = { 0 }, again = { 0 };
	struct file_tree tree;
	struct bundle b;
	static uint8_t raw[5000], work[INFLATE_WORK_SIZE];

	(void)state;
	put_file("b.txt", "bee");
	put_file("a.txt", "");
	write_sample(&bytes, &tree);
	assert_int_equal(
	    bundle_open(&b, (const uint8_t *)bytes.at, bytes.len, &page, NULL),
	    AZ_REFUSE_NONE);
	expect_text(&b, b.system->name, "test");
	expect_text(&b, b.system->cmdline, "console=serial,screen log=info");
	assert_int_equal(b.system->serial, 9);
	assert_int_equal(b.system->epoch, 42);
	assert_int_equal(b.system->flags, AZ_SYSTEM_DEV);
	assert_int_equal(b.module_count, 3);
	expect_text(&b, b.modules[0].name, "one");
	assert_int_equal(b.modules[0].args.count, 3);
	expect_text(&b, b.strings[b.modules[0].args.first], "one");
	expect_text(&b, b.strings[b.modules[0].args.first + 2], "");
	expect_text(&b, b.strings[b.modules[0].env.first + 1], "B=");
	assert_int_equal(b.modules[0].grants.count, 8);
	assert_int_equal(b.grants[5].kind, AZ_GRANT_RESET);
	assert_int_equal(b.grants[5].value, 1);
	assert_int_equal(b.grants[7].kind, AZ_GRANT_OBSERVE);
	assert_int_equal(b.modules[1].grants.count, 0);
	assert_int_equal(b.modules[1].expect_code, 7);
	/* Equal images are one blob: image, stdin, contents. */
	assert_int_equal(b.modules[0].blob, b.modules[1].blob);
	assert_int_equal(b.blob_count, 3);
	assert_int_equal(bundle_decode_blob(&b, b.modules[0].blob, raw, work),
	    AZ_REFUSE_NONE);
	assert_int_equal(b.file_count, 3);
	expect_text(&b, b.files[1].name, "a.txt");
	assert_int_equal(b.files[2].size, 3);
	file_tree_fini(&tree);

	write_sample(&again, &tree);
	assert_int_equal(bytes.len, again.len);
	assert_memory_equal(bytes.at, again.at, bytes.len);
	file_tree_fini(&tree);
	buf_fini(&bytes);
	buf_fini(&again);
}

/* The manifest that the index amounts to says what the first one says. */
static void test_read_back(void **state)
{
	struct buf bytes = { 0 };
	struct file_tree tree;
	struct system written = { .m = &manifest };
	struct system back = { .image = true };
	struct diff_facts before, after;
	struct diff_change *changes;
	size_t count, index = 0;

	(void)state;
	write_sample(&bytes, &tree);
	assert_int_equal(bundle_open(&back.bundle, (const uint8_t *)bytes.at,
			     bytes.len, &page, NULL),
	    AZ_REFUSE_NONE);
	back.m = index_read(&back.bundle);
	assert_true(manifest_find_module(back.m, "two", &index));
	assert_int_equal(index, 1);
	assert_false(manifest_find_module(back.m, "four", &index));
	diff_facts_init(&before, &written);
	diff_facts_init(&after, &back);
	changes = diff_compare(&count, &before, &after);
	assert_int_equal(count, 0);
	free(changes);
	back.m->modules[1].grants.log = AZ_LEVEL_INFO;
	diff_facts_fini(&after);
	diff_facts_init(&after, &back);
	changes = diff_compare(&count, &before, &after);
	/* Two has it, and three, its client; one did before. */
	assert_int_equal(count, 3);
	assert_string_equal(changes[0].after->key, "log");
	assert_null(changes[0].before);
	assert_string_equal(
	    changes[1].after->value, "three -> store -> two -> log");
	assert_string_equal(changes[2].after->value, "two -> log");
	free(changes);
	diff_facts_fini(&before);
	diff_facts_fini(&after);
	manifest_free(back.m);
	file_tree_fini(&tree);
	buf_fini(&bytes);
}

/* What modules have in common, as the index has it. */
static void test_channels_and_tree(void **state)
{
	struct buf bytes = { 0 };
	const struct az_channel *c;
	const struct az_node *n;
	struct file_tree tree;
	struct bundle b;

	(void)state;
	write_sample(&bytes, &tree);
	assert_int_equal(
	    bundle_open(&b, (const uint8_t *)bytes.at, bytes.len, &page, NULL),
	    AZ_REFUSE_NONE);
	assert_int_equal(b.modules[1].restart, AZ_RESTART_PERMANENT);
	assert_int_equal(b.modules[1].ready, 4);
	assert_int_equal(b.modules[1].priority, AZ_PRIORITY_URGENT);
	assert_int_equal(b.modules[1].state, 5);
	c = bundle_channel(&b, "store", 5);
	assert_non_null(c);
	assert_int_equal(c->flags, AZ_CHANNEL_TRAP | AZ_CHANNEL_EXCLUSIVE);
	assert_int_equal(c->timeout, 1000000);
	assert_int_equal(c->queue, 9);
	assert_int_equal(c->size, 4096);
	assert_int_equal(bundle_end(&b, c, 1)->rights, 0);
	assert_int_equal(bundle_end(&b, c, 1)->lease, 8);
	assert_int_equal(
	    bundle_end(&b, c, 0)->rights, AZ_RIGHT_CALL | AZ_RIGHT_LEND);
	assert_int_equal(bundle_end(&b, c, 2)->lease, 6);
	expect_text(&b, bundle_method(&b, c, "put", 3)->type, "ii:i");
	assert_int_equal(
	    bundle_method(&b, c, "put", 3)->flags, AZ_METHOD_STATUS);
	assert_int_equal(bundle_method(&b, c, "put", 3)->copies[0].max, 64);
	assert_int_equal(
	    bundle_method(&b, c, "get", 3)->flags, AZ_METHOD_IDEMPOTENT);
	c = bundle_channel(&b, "feed", 4);
	assert_int_equal(c->flags, AZ_CHANNEL_KEEP);
	assert_int_equal(c->record, 16);
	assert_int_equal(
	    bundle_end(&b, c, 0)->rights, AZ_RIGHT_WRITE | AZ_RIGHT_LEND);
	assert_int_equal(
	    bundle_end(&b, c, 1)->rights, AZ_RIGHT_READ | AZ_RIGHT_LEND);
	n = b.nodes;
	assert_int_equal(b.node_count, 5);
	assert_int_equal(n[0].strategy, AZ_STRATEGY_ONE_FOR_ALL);
	assert_int_equal(n[0].escalate, AZ_ESCALATE_REBOOT);
	assert_int_equal(n[0].backoff_max, 2);
	assert_int_equal(n[1].module, 2);
	expect_text(&b, n[2].name, "inner");
	assert_int_equal(n[4].parent, 2);
	file_tree_fini(&tree);
	buf_fini(&bytes);
}

/* Every bit counts: head, index and blobs. */
static void test_every_byte_counts(void **state)
{
	struct buf bytes = { 0 };
	struct file_tree tree;
	struct bundle b;
	enum az_refusal first;

	(void)state;
	write_sample(&bytes, &tree);
	for (size_t i = 0; i < bytes.len; i += i < 128 ? 1 : 37) {
		bytes.at[i] ^= 0x40;
		first = bundle_open(
		    &b, (const uint8_t *)bytes.at, bytes.len, &page, NULL);
		for (uint32_t j = 0;
		     first == AZ_REFUSE_NONE && j < b.blob_count; j++)
			first = bundle_check_blob(&b, j);
		assert_int_not_equal(first, AZ_REFUSE_NONE);
		bytes.at[i] ^= 0x40;
	}
	file_tree_fini(&tree);
	buf_fini(&bytes);
}

/* A bundle that the kernel would refuse is never handed out. */
static void test_never_ships_refused(void **state)
{
	struct blob image, contents = { 0 };
	struct file_tree tree = { 0 };
	struct system_parts parts = { .manifest = &manifest,
		.images = &image,
		.stdins = &image,
		.trees = &tree,
		.tree_blobs = &contents };
	struct buf out = { 0 };
	const char *why = NULL;
	uint64_t stack = modules[0].stack;

	(void)state;
	manifest.module_count = 1;
	manifest.channel_count = 0;
	manifest.file_count = 0;
	modules[0].grants.mount_count = 0;
	modules[0].stack = 100;
	blob_pack(&image, "x", 1);
	assert_false(bundle_write(&out, &parts, &key, &why));
	assert_string_equal(why, "module: bad stack size");
	modules[0].stack = stack;
	modules[0].grants.mount_count = 1;
	manifest.module_count = 3;
	manifest.channel_count = 3;
	manifest.file_count = 1;
	blob_fini(&image);
	buf_fini(&out);
}

static void test_special_files_refused(void **state)
{
	struct span nowhere = { 0 };
	struct diags *list = diags_new();
	struct file_tree tree;
	char *fifo = xasprintf("%s/fifo", folder);
	char *name = xasprintf("%s/\xff", folder);
	char *link = xasprintf("%s/link", folder);
	char *sub = xasprintf("%s/a", folder);

	(void)state;
	assert_int_equal(mkdir(sub, 0755), 0);
	assert_int_equal(symlink("b.txt", link), 0);
	assert_true(file_tree_read(&tree, folder, nowhere, list));
	assert_int_equal(tree.entries[1].kind, AZ_FILE_DIR);
	assert_int_equal(tree.entries[tree.count - 1].kind, AZ_FILE_SYMLINK);
	file_tree_fini(&tree);
	assert_int_equal(mkfifo(fifo, 0644), 0);
	assert_int_equal(symlink("x", name), 0);
	assert_false(file_tree_read(&tree, folder, nowhere, list));
	assert_int_equal(diags_errors(list), 2);
	file_tree_fini(&tree);
	diags_free(list);
	unlink(fifo);
	unlink(name);
	free(fifo);
	free(name);
	free(link);
	free(sub);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_channels_and_tree),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_never_ships_refused),
		cmocka_unit_test(test_special_files_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
