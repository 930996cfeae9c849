/* host/test_fake: the world around host/ for its tests: one domain in plain
 * memory, a small file system, and weak stand-ins for the layers below.
 * Include it once a program; call fake_start first in every test.
 */
#ifndef AZ_HOST_TEST_FAKE_H
#define AZ_HOST_TEST_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/index.h"
#include "abi/observe.h"
#include "arch/clock.h"
#include "arch/console.h"
#include "base/err.h"
#include "base/log.h"
#include "base/panic.h"
#include "crypto/random.h"
#include "host/files.h"
#include "host/host.h"
#include "host/state.h"
#include "host/wasi/wasi.h"
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "ipc/turn.h"
#include "load/window.h"
#include "mm/map.h"
#include "sup/run.h"
#include "task/domain.h"
#include "task/memory.h"
#include "task/sched.h"
#include "verify/bundle.h"

#define FAKE __attribute__((weak))

enum {
	FAKE_MEMORY = AZ_WASM_PAGE,
	FAKE_LOG = 1 << 16,
	FAKE_EPOCH = 1000000000,
	/* Positions in the fileset, see fake_tree. */
	AT_ROOT = 0,
	AT_ABS,
	AT_DANGLING,
	AT_DIR,
	AT_EMPTY,
	AT_FILE,
	AT_LOOP,
	AT_OUT,
	AT_TODIR,
	AT_TOFILE,
	AT_DEEP,
	AT_INNER,
	AT_LEAF,
	FAKE_FILES,
	FAKE_CHANNELS = 6,
	FAKE_PEER = 1, /* the other module */
};

static const struct {
	const char *name;
	uint32_t parent, kind;
	const char *content; /* or target */
} fake_tree[FAKE_FILES] = {
	[AT_ROOT] = { "", 0, AZ_FILE_DIR, "" },
	[AT_ABS] = { "abs", 0, AZ_FILE_SYMLINK, "/file" },
	[AT_DANGLING] = { "dangling", 0, AZ_FILE_SYMLINK, "nothing" },
	[AT_DIR] = { "dir", 0, AZ_FILE_DIR, "" },
	[AT_EMPTY] = { "empty", 0, AZ_FILE_DIR, "" },
	[AT_FILE] = { "file", 0, AZ_FILE_REGULAR, "contents of file" },
	[AT_LOOP] = { "loop", 0, AZ_FILE_SYMLINK, "./loop" },
	[AT_OUT] = { "out", 0, AZ_FILE_SYMLINK, "dir/../../file" },
	[AT_TODIR] = { "todir", 0, AZ_FILE_SYMLINK, "dir" },
	[AT_TOFILE] = { "tofile", 0, AZ_FILE_SYMLINK, "dir//inner" },
	[AT_DEEP] = { "deep", AT_DIR, AZ_FILE_DIR, "" },
	[AT_INNER] = { "inner", AT_DIR, AZ_FILE_REGULAR, "inner" },
	[AT_LEAF] = { "leaf", AT_DEEP, AZ_FILE_REGULAR, "" },
};

/* What tests set and look at. */
static struct {
	uint64_t now, wall, slept_until;
	uint32_t points, yields, wakes, pages;
	bool random_ready, no_memory, lasting;
	const char *input; /* what the console gives, and when */
	uint64_t input_at;
	void (*on_input)(void);
	char log[FAKE_LOG];
	size_t log_len;
	jmp_buf end;
	uint32_t status;
	struct bundle bundle;
	struct az_system system;
	struct az_module module;
	struct az_fileset sets[2];
	struct az_file files[FAKE_FILES + 1];
	struct az_grant grants[AZ_PREOPENS_MAX + 1];
	struct az_text strings[4];
	char text[512];
	char blob[128];
	size_t text_len, blob_len;
	struct domain domain;
	/* It may raise `tick`, calls through `store`, reads from `pipe` and
	 * waits for `duo`; a module called peer has the other ends, but for
	 * one of `far`. */
	struct az_channel channels[FAKE_CHANNELS];
	struct az_peer peers[2 * FAKE_CHANNELS];
	struct domain peer;
	uint8_t *shared; /* memory of a socket channel */
} fake;

static void *fake_lasting[FAKE_CHANNELS];
static uint32_t fake_lasting_count;

/* --- The layers below ----------------------------------------------------- */
FAKE uint64_t clock_now(void)
{
	return fake.now;
}

FAKE uint64_t clock_wall(void)
{
	return fake.wall + fake.now;
}

FAKE int console_read(void)
{
	if (fake.input == NULL || *fake.input == '\0' ||
	    fake.now < fake.input_at)
		return -1;
	return (unsigned char)*fake.input++;
}

FAKE void memory_move(void *to, const void *from, uint32_t len)
{
	if (len > 0)
		memmove(to, from, len);
}

FAKE void console_set_handler(void (*on_input)(void))
{
	fake.on_input = on_input;
}

FAKE void log_raw(const char *text, size_t len)
{
	if (fake.log_len + len + 1 > FAKE_LOG)
		return;
	memcpy(fake.log + fake.log_len, text, len);
	fake.log_len += len;
	fake.log[fake.log_len] = '\0';
}

FAKE void console_write(const char *text, size_t len)
{
	log_raw(text, len);
}

FAKE void log_line(enum az_level level, const char *layer, const char *fmt, ...)
{
	char line[256];
	int at = snprintf(line, sizeof line, "azoth %s ", layer);
	va_list args;

	(void)level;
	va_start(args, fmt);
	at += vsnprintf(line + at, sizeof line - (size_t)at, fmt, args);
	va_end(args);
	line[at++] = '\n';
	log_raw(line, (size_t)at);
}

FAKE void panic_at(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

FAKE bool random_ready(void)
{
	return fake.random_ready;
}

FAKE void random_feed(const void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
}

FAKE const char *random_why(void)
{
	return "no source";
}

FAKE az_err random_bytes(void *out, size_t len)
{
	memset(out, 0xa5, len);
	return AZ_OK;
}

FAKE az_err map_alloc(void **out, size_t size)
{
	if (fake.no_memory)
		return AZ_ENOMEM;
	*out = calloc(1, size);
	if (fake.lasting)
		fake_lasting[fake_lasting_count++] = *out;
	else
		fake.pages++;
	return AZ_OK;
}

FAKE void map_free(void **run, size_t size)
{
	(void)size;
	free(*run);
	*run = NULL;
	fake.pages--;
}

FAKE uint8_t *window_run(uint32_t channel)
{
	(void)channel;
	return fake.shared;
}

FAKE void sched_point(void)
{
	fake.points++;
}

FAKE void sched_pass(void)
{
	fake.yields++;
}

/* As the kernel's, which needs its threads. */
FAKE int32_t turn_take(const struct domain *d, uint32_t handle, uint64_t ns)
{
	int32_t status = signal_nudge(d, handle);

	return status != 0 ? status
			   : signal_wait(d, handle, AZ_CHANNEL_RING, ns);
}

/* Sleep until the time, or until input comes. */
FAKE bool sched_sleep_until(uint64_t ns)
{
	bool woken = fake.input != NULL && fake.input_at < ns &&
		     fake.input_at > fake.now;

	fake.slept_until = ns;
	fake.now = woken ? fake.input_at : ns;
	if (woken)
		fake.on_input();
	return woken;
}

FAKE struct thread *sched_thread(void)
{
	return NULL;
}

FAKE void sched_wake(struct thread *thread)
{
	(void)thread;
	fake.wakes++;
}

FAKE void sched_exit(uint32_t status)
{
	fake.status = status;
	longjmp(fake.end, 1);
}

FAKE void run_ready(struct domain *d)
{
	d->life = DOMAIN_READY;
}

FAKE int32_t run_reset(const struct domain *by, const char *name, uint32_t len)
{
	(void)by;
	return len == 4 && memcmp(name, "peer", len) == 0 ? 0 : AZ_DENIED;
}

FAKE int32_t run_observe(uint32_t node, struct az_seen *out)
{
	if (node > 0)
		return AZ_BAD_ARGUMENT;
	*out = (struct az_seen){ .name = "root" };
	return 0;
}

FAKE const struct az_module *bundle_module(
    const struct bundle *b, const char *name, size_t len)
{
	static const struct az_module module;

	(void)b;
	return len == 4 && memcmp(name, "twin", len) == 0 ? &module : NULL;
}

FAKE struct bundle_text bundle_text(const struct bundle *b, struct az_text t)
{
	return (struct bundle_text){ b->text + t.off, t.len };
}

/* --- Building the world --------------------------------------------------- */
static struct az_text fake_text(const char *text)
{
	struct az_text t = { (uint32_t)fake.text_len, (uint32_t)strlen(text) };

	memcpy(fake.text + t.off, text, t.len);
	fake.text_len += t.len;
	return t;
}

static const uint8_t *fake_blob(uint32_t blob, uint64_t *len)
{
	if (blob != 0)
		return NULL;
	*len = fake.blob_len;
	return (const uint8_t *)fake.blob;
}

static void fake_file(uint32_t at)
{
	const char *content = fake_tree[at].content;
	struct az_file *f = &fake.files[at];

	f->name = fake_text(fake_tree[at].name);
	f->parent = fake_tree[at].parent;
	f->kind = fake_tree[at].kind;
	if (f->kind == AZ_FILE_SYMLINK)
		f->target = fake_text(content);
	if (f->kind != AZ_FILE_REGULAR)
		return;
	f->off = fake.blob_len;
	f->size = strlen(content);
	memcpy(fake.blob + f->off, content, f->size);
	fake.blob_len += f->size;
}

static void fake_channel(
    uint32_t at, const char *name, uint32_t type, const struct az_peer ends[2])
{
	fake.channels[at] = (struct az_channel){ .name = fake_text(name),
		.type = type,
		.owner = ends[0].module,
		.peers = { 2 * at, 2 } };
	memcpy(&fake.peers[2 * at], ends, 2 * sizeof *ends);
}

static void fake_channels(void)
{
	enum {
		W = AZ_RIGHT_WRITE | AZ_RIGHT_LEND,
		R = AZ_RIGHT_READ | AZ_RIGHT_LEND,
		C = AZ_RIGHT_CALL | AZ_RIGHT_LEND
	};
	static const struct az_peer ends[FAKE_CHANNELS][2] = {
		{ { 0, W, 0 }, { FAKE_PEER, R, 0 } },
		{ { FAKE_PEER, 0, 0 }, { 0, C, 0 } },
		{ { FAKE_PEER, W, 0 }, { 0, R, 0 } },
		{ { FAKE_PEER, W, 0 }, { 0, R, 0 } },
		{ { FAKE_PEER, W, 0 }, { FAKE_PEER + 1, R, 0 } },
		{ { FAKE_PEER, 0, 0 }, { 0, R, 0 } },
	};

	fake_channel(0, "tick", AZ_CHANNEL_SIGNAL, ends[0]);
	fake_channel(1, "store", AZ_CHANNEL_CALL, ends[1]);
	fake_channel(2, "pipe", AZ_CHANNEL_RING, ends[2]);
	fake_channel(3, "duo", AZ_CHANNEL_SIGNAL, ends[3]);
	fake_channel(4, "far", AZ_CHANNEL_SIGNAL, ends[4]);
	/* A test's own. */
	fake_channel(5, "spare", AZ_CHANNEL_SIGNAL, ends[5]);
}

static void fake_index(void)
{
	struct az_text mount;

	for (uint32_t i = 0; i < FAKE_FILES; i++)
		fake_file(i);
	fake.sets[0].files = (struct az_run){ 0, FAKE_FILES };
	/* A second set: one directory over a blob that is not there. */
	fake.files[FAKE_FILES] = (struct az_file){ .kind = AZ_FILE_DIR };
	fake.sets[1] =
	    (struct az_fileset){ .blob = 1, .files = { FAKE_FILES, 1 } };
	mount = fake_text("/data");
	fake.grants[0] =
	    (struct az_grant){ .kind = AZ_GRANT_LOG, .value = AZ_LEVEL_INFO };
	for (uint32_t i = 1; i <= AZ_PREOPENS_MAX; i++)
		fake.grants[i] = (struct az_grant){ .kind = AZ_GRANT_FILES,
			.value = i == 2,
			.text_off = mount.off,
			.text_len = mount.len };
	fake.strings[0] = fake_text("prog");
	fake.strings[1] = fake_text("two words");
	fake.strings[2] = fake_text("KEY=value");
	fake_channels();
	fake.system.epoch = FAKE_EPOCH;
	fake.bundle = (struct bundle){ .system = &fake.system,
		.modules = &fake.module,
		.strings = fake.strings,
		.grants = fake.grants,
		.filesets = fake.sets,
		.files = fake.files,
		.channels = fake.channels,
		.peers = fake.peers,
		.module_count = FAKE_PEER + 2,
		.channel_count = FAKE_CHANNELS,
		.peer_count = 2 * FAKE_CHANNELS,
		.text = fake.text };
}

/* The ends of both modules, new. */
static void fake_connect(void)
{
	static bool ready;

	fake.peer.id = FAKE_PEER;
	strcpy(fake.peer.name, "peer");
	if (!ready && channel_init(&fake.bundle) != AZ_OK)
		abort();
	ready = true;
	/* Not every test comes to its end. */
	channel_detach(&fake.domain);
	channel_detach(&fake.peer);
	if (channel_attach(&fake.domain) != AZ_OK ||
	    channel_attach(&fake.peer) != AZ_OK)
		abort();
	channel_begin(&fake.domain);
	channel_begin(&fake.peer);
}

/* host/ takes what it has for ever: here, until the next time. */
static void fake_host(void)
{
	for (; fake_lasting_count > 0; fake_lasting_count--)
		free(fake_lasting[fake_lasting_count - 1]);
	fake.lasting = true;
	if (host_init(&fake.bundle, fake_blob) != AZ_OK)
		abort();
	fake.lasting = false;
}

/* A fresh world; the domain holds every grant, and one mount at fd 3. */
[[maybe_unused]] static struct domain *fake_start(void)
{
	struct domain *d = &fake.domain;

	free(d->memory);
	memset(&fake, 0, sizeof fake);
	fake_index();
	fake.module.args = (struct az_run){ 0, 2 };
	fake.module.env = (struct az_run){ 2, 1 };
	fake.module.grants = (struct az_run){ 0, 2 };
	fake.now = 5000;
	fake.wall = 1700000000000000000;
	fake.random_ready = true;
	strcpy(d->name, "mod");
	d->module = &fake.module;
	d->memory = calloc(1, FAKE_MEMORY);
	d->memory_size = FAKE_MEMORY;
	d->log_level = AZ_LEVEL_INFO;
	d->clock_res = 1000;
	d->random = true;
	fake_connect();
	fake.pages = 0; /* host_attach's are counted */
	fake_host();
	if (host_attach(d) != AZ_OK)
		abort();
	host_begin(d);
	return d;
}

[[maybe_unused]] static void fake_stop(void)
{
	host_detach(&fake.domain);
	if (fake.pages != 0)
		abort();
	free(fake.domain.memory);
	fake.domain.memory = NULL;
}

/* Call by name. */
#define CALL(sym, ...)                                                         \
	host_calls[AZ_CALL_##sym](                                             \
	    &fake.domain, (const uint64_t[10]){ __VA_ARGS__ })

/* Module memory. */
#define AT(addr) (fake.domain.memory + (addr))

static inline uint32_t get32(uint32_t addr)
{
	uint32_t v;

	memcpy(&v, AT(addr), sizeof v);
	return v;
}

static inline uint64_t get64(uint32_t addr)
{
	uint64_t v;

	memcpy(&v, AT(addr), sizeof v);
	return v;
}

static inline void put32(uint32_t addr, uint32_t v)
{
	memcpy(AT(addr), &v, sizeof v);
}

static inline void put64(uint32_t addr, uint64_t v)
{
	memcpy(AT(addr), &v, sizeof v);
}

#endif
