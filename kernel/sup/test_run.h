/* sup/test_run: a bundle of two modules that a test may change before it loads
 * them, over the fake arch, for the tests of sup/run. Include it once a program.
 *
 * Each case runs in a process of its own, for what is loaded stays for good.
 * The unit itself is compiled here, with slots that Linux has to spare: its
 * own lie under the sanitizer's shadow. */
#ifndef AZ_SUP_TEST_RUN_H
#define AZ_SUP_TEST_RUN_H

#include "abi/layout.h"
#undef AZ_SLOT_SIZE
#define AZ_SLOT_SIZE UINT64_C(0x110000000000)
#include "sup/run.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/image.h"
#include "arch/console.h"
#include "arch/page.h"
#include "crypto/hash.h"
#include "host/host.h"
#include "ipc/channel.h"
#include "load/window.h"
#include "mm/frame.h"
#include "test/fake.h"
#include "test/forge.h"
#include "wasm/table.h"

enum {
	RAM = 32 << 20,
	IMAGE_MAX = 8 * AZ_PAGE_SIZE,
	STACK = 4 * AZ_PAGE_SIZE,
	FAILED = 1, /* a child's exit status; cmocka's own are others */
	SLEPT = 2,
};

static const char text[] = "samplefirstsecond/data";
static const struct az_text name_system = { 0, 6 };
static const struct az_text name_first = { 6, 5 }, name_second = { 11, 6 };

/* Two modules of one image; what a test changes before it loads them. */
static struct {
	struct bundle bundle;
	struct {
		struct az_bundle_head head;
		uint8_t image[IMAGE_MAX];
	} file;
	struct az_system system;
	struct az_blob blob;
	struct az_module modules[2];
	struct az_grant grants[5];
	struct az_fileset fileset;
	struct az_file root;
	struct az_node nodes[3];
} sys;

/* What a child says of itself. */
static struct {
	enum az_refusal refusal;
	char why[64], who[64];
	char failed[256];
} * told;

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			snprintf(told->failed, sizeof(told->failed),           \
			    "%s:%d: %s", __FILE__, __LINE__, #cond);           \
			_exit(FAILED);                                         \
		}                                                              \
	} while (0)

static struct az_image_head *image_head(void)
{
	return (void *)sys.file.image;
}

static void *image_at(struct az_span span)
{
	return sys.file.image + span.off;
}

static void make_image(void)
{
	size_t size;
	uint8_t *image = forge_image(&size);

	assert_true(size <= IMAGE_MAX);
	memcpy(sys.file.image, image, size);
	free(image);
}

/* After every change of the image. */
static void seal(void)
{
	sys.blob.stored_size = sys.blob.raw_size = image_head()->size;
	hash_sha256(sys.blob.sha256, sys.file.image, sys.blob.stored_size);
}

static const uint8_t *blobs_of_run(uint32_t blob, uint64_t *len)
{
	return blob_bytes(blob, len);
}

static int set_up(void **state)
{
	(void)state;
	memset(&sys, 0, sizeof(sys));
	memset(told, 0, sizeof(*told));
	sys.system = (struct az_system){ .name = name_system };
	sys.modules[0] = (struct az_module){ .name = name_first,
		.memory = 4 * AZ_WASM_PAGE,
		.stack = STACK,
		.grants = { 0, 4 },
		.deadline = 1000000000 };
	sys.modules[1] = (struct az_module){ .name = name_second,
		.memory = 1 * AZ_WASM_PAGE,
		.stack = 2 * STACK,
		.grants = { 4, 1 },
		.expect = AZ_EXPECT_TRAP };
	sys.grants[0] = (struct az_grant){ .kind = AZ_GRANT_LOG, .value = 3 };
	sys.grants[1] = (struct az_grant){ .kind = AZ_GRANT_CLOCK, .value = 7 };
	sys.grants[2] = (struct az_grant){ .kind = AZ_GRANT_RANDOM };
	sys.grants[3] = (struct az_grant){
		.kind = AZ_GRANT_FILES, .text_off = 17, .text_len = 5
	};
	sys.grants[4] = (struct az_grant){ .kind = AZ_GRANT_POWER, .value = 1 };
	sys.fileset = (struct az_fileset){ .files = { 0, 1 } };
	sys.root.kind = AZ_FILE_DIR;
	sys.nodes[0] = (struct az_node){ .name = name_system };
	for (uint32_t i = 0; i < 2; i++)
		sys.nodes[i + 1] =
		    (struct az_node){ .kind = AZ_NODE_MODULE, .module = i };
	make_image();
	seal();
	sys.bundle = (struct bundle){
		.bytes = (const uint8_t *)&sys.file,
		.head = &sys.file.head,
		.system = &sys.system,
		.blobs = &sys.blob,
		.blob_count = 1,
		.modules = sys.modules,
		.module_count = 2,
		.grants = sys.grants,
		.grant_count = 5,
		.filesets = &sys.fileset,
		.fileset_count = 1,
		.files = &sys.root,
		.file_count = 1,
		.nodes = sys.nodes,
		.node_count = 3,
		.text = text,
		.text_size = sizeof(text) - 1,
	};
	fake_memory(RAM);
	clock_start();
	if (channel_init(&sys.bundle) != AZ_OK)
		abort();
	host_init(&sys.bundle, blobs_of_run);
	return 0;
}

static void begin_and_exit(void)
{
	sched_exit(7);
}

static void finish_child(enum az_end end)
{
	_exit(end);
}

static void go_on(enum az_end end)
{
	(void)end;
}

static void renew_host(struct domain *d, bool all)
{
	host_renew(d, all);
}

static void evict_nobody(struct domain *d, enum az_status why)
{
	(void)d;
	(void)why;
}

static struct run_hooks hooks = {
	.entry = UINT64_C(0xffffffff80001000),
	.begin = begin_and_exit,
	.attach = host_attach,
	.detach = host_detach,
	.renew = renew_host,
	.evict = evict_nobody,
	.expects = host_expects,
	.finish = finish_child,
};

/* Run fn in a child; its exit status. */
static int in_child(void (*fn)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (told->failed[0] != 0)
		fail_msg("%s", told->failed);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void load(void)
{
	const char *why = "", *who = "";

	if (window_init(&sys.bundle) != AZ_OK)
		abort();
	told->refusal = run_load(&sys.bundle, &hooks, &why, &who);
	snprintf(told->why, sizeof(told->why), "%s", why);
	snprintf(told->who, sizeof(told->who), "%s", who);
}

static void load_whole(void)
{
	load();
	CHECK(told->refusal == AZ_REFUSE_NONE);
}

static bool absent(uint64_t virt)
{
	return page_lookup(virt, NULL, NULL) == 0;
}

static int share_told(void)
{
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return told != MAP_FAILED ? 0 : FAILED;
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

#endif
