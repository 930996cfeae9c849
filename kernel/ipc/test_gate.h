/* ipc/test_gate: four domains with gates between them, over the real machine
 * code of gate.inc, stubs and entry. The clients are C on stacks of their own;
 * what they call is test/gate_code, at its place in a slot. Include it once a
 * program, of which each test starts with set_up and the group with
 * set_up_all. */
#ifndef AZ_IPC_TEST_GATE_H
#define AZ_IPC_TEST_GATE_H

#include "ipc/gate.h"

#include <asm/prctl.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/power.h"
#include "cap/cap.h"
#include "ipc/call.h"
#include "ipc/channel.h"
#include "ipc/test_slot.h"
#include "mm/frame.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "test/fake.h"
#include "test/gate_code.h"
#include "verify/bundle.h"
#include "verify/image.h"
#include "wasm/stub.h"
#include "wasm/table.h"

/* Slots that Linux has to spare. */
#define SLOTS UINT64_C(0x110000000000)
enum { MS = 1000000, RAM = 64 << 20, STACK = 1 << 16 };

/* --- What is called ------------------------------------------------------------ */

enum { CLIENT, OTHER, MIDDLE, SERVER, DOMAINS };

/* test/gate_code's functions: nap(ms) sleeps in the kernel or ends there;
 * down(ms) is the middle's way to the server's nap. */
enum { ADD, NAP, DOWN, MIX, METHODS };
enum { DIE = 1000, TRAPPED = AZ_TRAP_UNREACHABLE };
static const char *const names[METHODS] = { "add", "nap", "down", "mix" };

/* Import 0 is the host's; then each method of each channel. */
enum {
	CHAN_MIDDLE,
	CHAN_HARD, /* nothing of it has a status */
	CHAN_SERVER,
	CHAN_TIMED,
	CHAN_RETRY,
	CHAN_HELD, /* by handle */
	CHANNELS,
	OFFERED = 3,
	IMPORTS = 1 + OFFERED * CHANNELS,
	TIMEOUT = 20 * MS,
};
static const uint8_t offered[OFFERED] = { NAP, ADD, MIX };

static struct {
	struct domain domains[DOMAINS];
	struct az_module modules[DOMAINS];
	struct image_view view;
	struct az_image_head head;
	struct az_sig sigs[5];
	struct az_func funcs[METHODS];
	struct az_export exports[METHODS];
	struct az_import imports[IMPORTS];
	struct bundle bundle;
	struct az_channel channels[CHANNELS];
	struct az_method methods[OFFERED * CHANNELS];
	char text[256];
} w;

static struct az_text text(const char *words)
{
	size_t at = strlen(w.text);

	/* One text behind the other: NUL is none. */
	assert_true(at + strlen(words) < sizeof(w.text));
	strcat(w.text, words);
	return (struct az_text){ (uint32_t)at, (uint32_t)strlen(words) };
}

static void make_image(void)
{
	static const struct az_sig sigs[] = {
		{ 1, 1, 0, { AZ_I32, AZ_I32 } },
		{ 2, 1, 0, { AZ_I32, AZ_I32, AZ_I32 } },
		{ 3, 1, 0, { AZ_I32, AZ_F64, AZ_F64, AZ_F64 } },
		{ 3, 1, 0, { AZ_I32, AZ_I32, AZ_I32, AZ_I32 } },
		{ 4, 1, 0, { AZ_I32, AZ_I32, AZ_F64, AZ_F64, AZ_F64 } },
	};

	memcpy(w.sigs, sigs, sizeof(sigs));
	w.head.text.count = AZ_PAGE_SIZE;
	w.head.sigs.count = sizeof(sigs) / sizeof(sigs[0]);
	w.head.funcs.count = w.head.exports.count = METHODS;
	w.head.imports.count = IMPORTS;
	w.head.start_func = AZ_NONE;
	for (uint32_t i = 0; i < METHODS; i++) {
		struct az_text t = text(names[i]);

		w.funcs[i] = (struct az_func){ .off = GATE_CODE_SIZE * i };
		w.exports[i] =
		    (struct az_export){ t.off, t.len, AZ_EXPORT_FUNC, i };
	}
	w.view = (struct image_view){
		.head = &w.head,
		.sigs = w.sigs,
		.funcs = w.funcs,
		.exports = w.exports,
		.imports = w.imports,
		.names = w.text,
		.xmm = true,
	};
}

static void make_channel(uint32_t c, const char *name, const char *import)
{
	struct az_text t = text(name), of = import != NULL ? text(import) : t;

	w.channels[c] = (struct az_channel){
		.name = t,
		.type = AZ_CHANNEL_CALL,
		.queue = 2,
		.owner = c == CHAN_MIDDLE ? MIDDLE : SERVER,
		.methods = { OFFERED * c, OFFERED },
		.timeout = c == CHAN_TIMED ? TIMEOUT : 0,
		.flags = c == CHAN_RETRY ? AZ_CHANNEL_RETRY : 0,
	};
	for (uint32_t k = 0; k < OFFERED; k++) {
		uint32_t m = offered[k];
		struct az_text n;
		bool status;

		if (c == CHAN_MIDDLE && m == MIX)
			m = DOWN;
		status = c != CHAN_HARD && m != MIX;
		n = (struct az_text){ w.exports[m].name,
			w.exports[m].name_len };
		w.methods[OFFERED * c + k] = (struct az_method){ .name = n,
			.flags = (status ? AZ_METHOD_STATUS : 0) |
				 (m != ADD ? AZ_METHOD_IDEMPOTENT : 0) };
		w.imports[1 + OFFERED * c + k] = (struct az_import){
			.kind = AZ_IMPORT_CHANNEL,
			.sig = (uint16_t)(m == DOWN        ? 0
					  : m == NAP       ? c == CHAN_HELD
					  : c == CHAN_HELD ? k + 2
							   : k),
			.module = of.off,
			.module_len = of.len,
			.name = n.off,
			.name_len = n.len,
		};
	}
}

static void make_bundle(void)
{
	w.imports[0] =
	    (struct az_import){ .kind = AZ_IMPORT_HOST, .call = AZ_CALL_POWER };
	make_channel(CHAN_MIDDLE, "middle", NULL);
	make_channel(CHAN_HARD, "hard", NULL);
	make_channel(CHAN_SERVER, "server", NULL);
	make_channel(CHAN_TIMED, "timed", NULL);
	make_channel(CHAN_RETRY, "again", NULL);
	make_channel(CHAN_HELD, "held", "handle:held");
	w.bundle = (struct bundle){
		.channels = w.channels,
		.methods = w.methods,
		.text = w.text,
		.channel_count = CHANNELS,
		.method_count = OFFERED * CHANNELS,
	};
}

/* --- Capabilities ----------------------------------------------------------------- */

static struct {
	cap_ended_fn *on_end;
	struct cap root, held; /* of the client */
	uint32_t lost;         /* a channel of which it has no end */
} caps;

void channel_on_end(uint32_t kind, cap_ended_fn *fn)
{
	assert_int_equal(kind, AZ_CHANNEL_CALL);
	caps.on_end = fn;
}

struct domain *channel_domain(uint32_t module)
{
	return &w.domains[module];
}

bool channel_held(const struct domain *d, uint32_t channel)
{
	return d->id != CLIENT || channel != caps.lost;
}

uint32_t cap_handle(const struct cap *c)
{
	return c->generation;
}

int32_t cap_find_any(struct cap **out, uint32_t holder, uint32_t handle)
{
	(void)out;
	(void)holder;
	(void)handle;
	return AZ_BAD_HANDLE;
}

int32_t cap_find(struct cap **out, uint32_t holder, uint32_t handle,
    uint32_t kind, uint32_t rights)
{
	assert_int_equal(holder, CLIENT);
	assert_int_equal(rights, AZ_RIGHT_CALL);
	*out = &caps.held;
	return handle == caps.held.generation && kind == caps.held.kind
		   ? 0
		   : AZ_BAD_HANDLE;
}

/* --- The slots ------------------------------------------------------------------- */

static void make_slots(void)
{
	for (uint32_t i = 0; i < DOMAINS; i++) {
		uint64_t slot = SLOTS + i * AZ_SLOT_SIZE;

		stub_write(map_at(slot + AZ_STUB_BASE, stub_size(&w.view)),
		    &w.view, trampoline());
		map_at(slot + table_gates_base(&w.view), AZ_PAGE_SIZE);
		memcpy(map_at(slot + AZ_TEXT_BASE, AZ_PAGE_SIZE), gate_code,
		    (size_t)(gate_code_end - gate_code));
		map_at(slot + AZ_DATA_BASE, AZ_PAGE_SIZE);
		map_at(slot + AZ_STACK_TOP - STACK, STACK);
	}
}

/* What add and mix found in registers that are not theirs, of domain d. */
static uint64_t *looked(const struct domain *d)
{
	return (uint64_t *)(uintptr_t)(d->slot + AZ_DATA_BASE);
}

/* --- A client's call ---------------------------------------------------------------- */
static struct gate_code_after after;

static uint32_t import_of(uint32_t channel, uint32_t k)
{
	return 1 + OFFERED * channel + k;
}

enum { DO_NAP, DO_ADD, DO_MIX, DO_DOWN = 2 };

/* Call as a module would whose registers are full, and look at them after. */
static uint64_t call_as(const struct domain *d, uint32_t channel, uint32_t k,
    uint64_t a, uint64_t b, uint64_t flags)
{
	struct gate_code_regs in = {
		.arg = { a, b, 3, 4, 5, 6 },
		.f = { 0.5, 0.25, 1, 1, 1, 1, 1, 1 },
		.kept = { 0x1b, 0x1c, 0x1d, 0x1e, 0x1f },
		.home = d->slot + AZ_MEMORY_BASE,
		.target = d->slot + AZ_IMPORT_BASE +
			  AZ_IMPORT_STRIDE * import_of(channel, k),
		.flags = flags,
	};
	struct gate_code_after out;
	uint64_t top = (uint64_t)(uintptr_t)sched_thread();

	/* Kernel frames end without returning, which nobody tells ASan. */
	__asan_unpoison_memory_region(
	    (void *)(uintptr_t)(top + THREAD_ALIGN - THREAD_SIZE),
	    THREAD_SIZE - THREAD_ALIGN);
	gate_code_call(&in, &out);
	after = out;
	assert_memory_equal(out.kept, in.kept, sizeof(in.kept));
	assert_int_equal(out.home, in.home);
	for (uint32_t i = 0; i < GATE_CODE_CLEARED; i++)
		assert_int_equal(out.cleared[i], 0);
	for (uint32_t i = k == DO_MIX && channel != CHAN_MIDDLE;
	     i < GATE_CODE_XMM; i++)
		assert_int_equal(out.xmm[i], 0);
	assert_int_equal(looked(&w.domains[SERVER])[1], 0);
	assert_int_equal(looked(&w.domains[MIDDLE])[1], 0);
	return out.rax;
}

static int32_t ask(uint32_t channel, uint32_t k, uint64_t a)
{
	return (int32_t)call_as(sched_domain(), channel, k, a, 2, 0);
}

/* --- The machine ------------------------------------------------------------------------ */

static struct {
	void (*run[DOMAINS])(void); /* of clients */
	uint32_t restarts;          /* that the server still has */
	uint64_t pause;             /* ns that each takes */
	bool gives_up;              /* behind the pause */
	uint32_t clients;           /* that still run */
	int32_t got[DOMAINS];
	uint64_t at[DOMAINS]; /* when a client's run was over */
	uint64_t napped;      /* ms slept through to the end */
	bool wakeful;         /* naps are spent with work */
} play;

static uint64_t host_nap(struct domain *d, const uint64_t *arg)
{
	if (arg[0] == DIE && d != &w.domains[CLIENT])
		sched_trap(TRAPPED);
	if (play.wakeful)
		fake_advance(arg[0] * MS);
	else
		sched_sleep_until(clock_now() + arg[0] * MS);
	play.napped += arg[0];
	return arg[0];
}

static void begin(void)
{
	uint32_t i = sched_domain()->id;

	sched_way_out();
	if (i >= MIDDLE)
		gate_park();
	play.run[i]();
	play.at[i] = clock_now();
	sched_exit(0);
}

static void start(struct domain *d)
{
	gate_bind(d);
	gate_open(d);
}

static void begin_again(struct timer *t)
{
	struct domain *d = &w.domains[SERVER];

	(void)t;
	if (play.gives_up) {
		gate_evict(d, AZ_PEER_GONE);
		return;
	}
	thread_renew(d->thread, begin, false);
	d->end = DOMAIN_RUNNING;
	start(d);
	sched_start(d->thread, CLOCK_NEVER);
}

static void reap(struct domain *d)
{
	static struct timer pause = { .fire = begin_again };

	if (d->id == SERVER && play.restarts > 0) {
		play.restarts--;
		gate_evict(d, AZ_PEER_DIED);
		sched_halt(d->thread);
		if (play.pause > 0)
			timer_set(&pause, clock_now() + play.pause);
		else
			begin_again(NULL);
		return;
	}
	gate_evict(d, AZ_PEER_GONE);
	sched_halt(d->thread);
	if (d->id < MIDDLE && --play.clients == 0)
		power_end(AZ_END_OK);
}

static void chores(void)
{
}

static void run_all(void *unused)
{
	(void)unused;
	for (uint32_t i = DOMAINS; i-- > 0;) {
		struct domain *d = &w.domains[i];

		if (i < MIDDLE && play.run[i] == NULL)
			continue;
		assert_int_equal(thread_alloc(&d->thread, d, begin), AZ_OK);
		start(d);
		sched_start(d->thread, CLOCK_NEVER);
		play.clients += i < MIDDLE;
	}
	sched_run(reap, chores);
}

static void run(void (*client)(void), void (*other)(void))
{
	uint64_t before = frame_count_free();
	enum az_end end;

	play.run[CLIENT] = client;
	play.run[OTHER] = other;
	assert_true(fake_catch(run_all, NULL, &end));
	assert_int_equal(end, AZ_END_OK);
	for (uint32_t i = 0; i < DOMAINS; i++) {
		struct domain *d = &w.domains[i];

		if (d->thread == NULL)
			continue;
		gate_evict(d, AZ_PEER_GONE);
		assert_null(d->callers);
		sched_halt(d->thread);
		thread_free(&d->thread);
	}
	assert_int_equal(frame_count_free(), before);
}

static int set_up(void **state)
{
	(void)state;
	memset(&play, 0, sizeof(play));
	memset(w.domains, 0, sizeof(w.domains));
	fake_memory(RAM);
	clock_start();
	for (uint32_t i = 0; i < DOMAINS; i++) {
		struct domain *d = &w.domains[i];

		d->id = i;
		d->slot = SLOTS + i * AZ_SLOT_SIZE;
		d->memory = (uint8_t *)(uintptr_t)(d->slot + AZ_MEMORY_BASE);
		d->module = &w.modules[i];
		d->image = &w.view;

		d->gates =
		    (struct gate *)(uintptr_t)(d->slot +
					       table_gates_base(&w.view));
		memset(looked(d), 0, 16);
	}
	gate_init(&w.bundle);
	caps.lost = CHANNELS;
	caps.root = (struct cap){ .object = CHAN_SERVER };
	caps.held = (struct cap){ .object = CHAN_HELD,
		.generation = 0x407,
		.kind = AZ_CHANNEL_CALL,
		.parent = &caps.root };
	return 0;
}

static int set_up_all(void **state)
{
	static call_fn *table[AZ_CALL_COUNT] = { [AZ_CALL_POWER] = host_nap };

	(void)state;
	make_image();
	make_bundle();
	make_slots();
	call_init(table, NULL, NULL);
	sched_set_tick(gate_stamp);
	return (int)syscall(SYS_arch_prctl, ARCH_SET_GS, cpu_local());
}

/* --- What clients do, in several tests ------------------------------------------ */

static void nap_10(void)
{
	play.got[sched_domain()->id] = ask(CHAN_SERVER, DO_NAP, 10);
}

static void down_10(void)
{
	play.got[sched_domain()->id] = ask(CHAN_MIDDLE, DO_DOWN, 10);
}

#endif
