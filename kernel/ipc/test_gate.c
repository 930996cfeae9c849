/* Gates between four domains over the real machine code of gate.inc, stubs and
 * entry: the fast path, taken back at each of its instructions, and every way
 * in which a call can end otherwise. The clients are C on stacks of their own;
 * what they call is the code below, at its place in a slot. */
#include "ipc/gate.h"

#include <asm/prctl.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/power.h"
#include "arch/trap.h"
#include "cap/cap.h"
#include "ipc/call.h"
#include "ipc/channel.h"
#include "ipc/x86_64/gate.h"
#include "mm/frame.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "test/fake.h"
#include "verify/bundle.h"
#include "verify/image.h"
#include "wasm/stub.h"

/* Slots that Linux has to spare. */
#define SLOTS UINT64_C(0x110000000000)
#define TRAP_FLAG UINT64_C(0x100)
enum { MS = 1000000, RAM = 64 << 20, STACK = 1 << 16, KEPT = 5, XMM = 16 };

/* --- What is called ------------------------------------------------------------ */

enum { CLIENT, OTHER, MIDDLE, SERVER, DOMAINS };

/* add(a, b) looks at all registers that hold no argument, and leaves garbage
 * in all that it may; mix likewise, with floats. nap(ms) sleeps in the kernel
 * or ends there; down(ms) is the middle's way to the server's nap. */
__asm__(
    ".pushsection .text\n"
    ".globl test_code, test_code_end\n"
    ".macro garbage\n"
    "	mov $-1, %rbx\n"
    "	.irp r, rbp, r12, r13, r14, rcx, rdx, rsi, rdi, r8, r9, r10, r11\n"
    "	mov %rbx, %\\r\n"
    "	.endr\n"
    "	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "	movq %rbx, %xmm\\n\n"
    "	.endr\n"
    ".endm\n"
    ".macro look\n"
    "	.irp r, rbx, rbp, r10, r12, r13, r14, rdx, rcx, r8, r9\n"
    "	or %\\r, %rax\n"
    "	.endr\n"
    "	.irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
    "	movq %xmm\\n, %rbx\n"
    "	or %rbx, %rax\n"
    "	.endr\n"
    ".endm\n"
    "test_code:\n"
    "	.balign 32\n"
    "1:	look\n"
    "	movq %xmm0, %rbx\n"
    "	or %rbx, %rax\n"
    "	movq %xmm1, %rbx\n"
    "	or %rbx, %rax\n"
    "	mov %rax, -0x5ffffff8(%r15)\n"
    "	incq -0x60000000(%r15)\n"
    "	lea (%rdi,%rsi), %rax\n"
    "	garbage\n"
    "	movq %rbx, %xmm0\n"
    "	ret\n"
    "	.balign 512\n"
    "	lea -0x7feff000(%r15), %rax\n"
    "	call *%rax\n"
    "	ret\n"
    "	.balign 512\n"
    "	lea -0x7feff000+32*7(%r15), %rax\n"
    "	call *%rax\n"
    "	add $1000, %eax\n"
    "	ret\n"
    "	.balign 512\n"
    "	or %rsi, %rax\n"
    "	look\n"
    "	mov %rax, -0x5ffffff8(%r15)\n"
    "	cvtsi2sd %edi, %xmm2\n"
    "	addsd %xmm1, %xmm0\n"
    "	addsd %xmm2, %xmm0\n"
    "	garbage\n"
    "	mov %rbx, %rax\n"
    "	ret\n"
    "test_code_end:\n"
    ".popsection\n");
extern const char test_code[], test_code_end[];

enum { ADD, NAP, DOWN, MIX, METHODS };
enum { CODE_SIZE = 512, DIE = 1000, TRAPPED = AZ_TRAP_UNREACHABLE };
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
	w.head.sigs.count = sizeof(sigs) / sizeof(sigs[0]);
	w.head.funcs.count = w.head.exports.count = METHODS;
	w.head.imports.count = IMPORTS;
	w.head.start_func = AZ_NONE;
	for (uint32_t i = 0; i < METHODS; i++) {
		struct az_text t = text(names[i]);

		w.funcs[i] = (struct az_func){ .off = CODE_SIZE * i };
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
			.flags = status ? AZ_METHOD_STATUS : 0 };
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

uint32_t cap_handle(const struct cap *c)
{
	return c->generation;
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

static uint8_t *map_at(uint64_t at, size_t size)
{
	void *want = (void *)(uintptr_t)at;

	assert_ptr_equal(
	    mmap(want, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
	    want);
	return want;
}

/* Where stubs jump to must have an address of 32 bits. */
static uint64_t trampoline(void)
{
	static uint8_t *at;
	uint64_t to = (uint64_t)(uintptr_t)&call_entry;

	if (at == NULL)
		at =
		    mmap(NULL, AZ_PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_true(at != MAP_FAILED);
	memcpy(at, "\x49\xbb", 2); /* mov r11, to; jmp r11 */
	memcpy(at + 2, &to, 8);
	memcpy(at + 10, "\x41\xff\xe3", 3);
	return (uint64_t)(uintptr_t)at;
}

static void make_slots(void)
{
	for (uint32_t i = 0; i < DOMAINS; i++) {
		uint64_t slot = SLOTS + i * AZ_SLOT_SIZE;

		stub_write(map_at(slot + AZ_STUB_BASE, stub_size(&w.view)),
		    &w.view, trampoline());
		map_at(slot + AZ_GATE_BASE, AZ_PAGE_SIZE);
		memcpy(map_at(slot + AZ_TEXT_BASE, AZ_PAGE_SIZE), test_code,
		    (size_t)(test_code_end - test_code));
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

struct regs {
	uint64_t arg[INT_ARGS];
	double f[FLOAT_ARGS];
	uint64_t kept[KEPT]; /* rbx rbp r12 r13 r14 */
	uint64_t home, target, flags;
};

struct after {
	uint64_t rax, kept[KEPT], home;
	uint64_t cleared[8]; /* rcx rdx rsi rdi r8 r9 r10 r11 */
	uint64_t xmm[XMM];
};

void test_call(const struct regs *in, struct after *out);
extern const char test_returned[];

__asm__(".pushsection .text\n"
	".globl test_call, test_returned\n"
	"test_call:\n"
	"	.irp r, rbx, rbp, r12, r13, r14, r15, rsi\n"
	"	push %\\r\n"
	"	.endr\n"
	"	mov %rdi, %rax\n"
	"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7\n"
	"	movsd 48+8*\\n(%rax), %xmm\\n\n"
	"	.endr\n"
	"	.irp n, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"	movsd 48(%rax), %xmm\\n\n"
	"	.endr\n"
	"	mov 112(%rax), %rbx\n mov 120(%rax), %rbp\n"
	"	mov 128(%rax), %r12\n mov 136(%rax), %r13\n"
	"	mov 144(%rax), %r14\n mov 152(%rax), %r15\n"
	"	mov 8(%rax), %rsi\n mov 16(%rax), %rdx\n mov 24(%rax), %rcx\n"
	"	mov 32(%rax), %r8\n mov 40(%rax), %r9\n mov (%rax), %rdi\n"
	"	mov 160(%rax), %r10\n"
	"	pushf\n mov 168(%rax), %r11\n or %r11, (%rsp)\n popf\n"
	"	call *%r10\n"
	"test_returned:\n"
	"	pushf\n andq $~0x100, (%rsp)\n popf\n"
	"	push %r11\n"
	"	mov 8(%rsp), %r11\n"
	"	mov %rax, (%r11)\n"
	"	mov %rbx, 8(%r11)\n mov %rbp, 16(%r11)\n mov %r12, 24(%r11)\n"
	"	mov %r13, 32(%r11)\n mov %r14, 40(%r11)\n mov %r15, 48(%r11)\n"
	"	mov %rcx, 56(%r11)\n mov %rdx, 64(%r11)\n mov %rsi, 72(%r11)\n"
	"	mov %rdi, 80(%r11)\n mov %r8, 88(%r11)\n mov %r9, 96(%r11)\n"
	"	mov %r10, 104(%r11)\n pop %rax\n mov %rax, 112(%r11)\n"
	"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"	movq %xmm\\n, 120+8*\\n(%r11)\n"
	"	.endr\n"
	"	pop %rsi\n"
	"	.irp r, r15, r14, r13, r12, rbp, rbx\n"
	"	pop %\\r\n"
	"	.endr\n"
	"	ret\n"
	".popsection\n");

static struct after after;

static uint32_t import_of(uint32_t channel, uint32_t k)
{
	return 1 + OFFERED * channel + k;
}

enum { DO_NAP, DO_ADD, DO_MIX, DO_DOWN = 2 };

/* Call as a module would whose registers are full, and look at them after. */
static uint64_t call_as(const struct domain *d, uint32_t channel, uint32_t k,
    uint64_t a, uint64_t b, uint64_t flags)
{
	struct regs in = {
		.arg = { a, b, 3, 4, 5, 6 },
		.f = { 0.5, 0.25, 1, 1, 1, 1, 1, 1 },
		.kept = { 0x1b, 0x1c, 0x1d, 0x1e, 0x1f },
		.home = d->slot + AZ_MEMORY_BASE,
		.target = d->slot + AZ_IMPORT_BASE +
			  AZ_IMPORT_STRIDE * import_of(channel, k),
		.flags = flags,
	};
	struct after out;
	uint64_t top = thread_stack_top(sched_thread());

	/* Kernel frames end without returning, which nobody tells ASan. */
	__asan_unpoison_memory_region(
	    (void *)(uintptr_t)(top + THREAD_ALIGN - THREAD_SIZE),
	    THREAD_SIZE - THREAD_ALIGN);
	test_call(&in, &out);
	after = out;
	assert_memory_equal(out.kept, in.kept, sizeof(in.kept));
	assert_int_equal(out.home, in.home);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(out.cleared[i], 0);
	for (uint32_t i = k == DO_MIX && channel != CHAN_MIDDLE; i < XMM; i++)
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
	uint32_t clients;           /* that still run */
	int32_t got[DOMAINS];
	uint64_t at[DOMAINS]; /* when a client's run was over */
	uint64_t napped;      /* ms slept through to the end */
} play;

static uint64_t host_nap(struct domain *d, const uint64_t *arg)
{
	if (arg[0] == DIE && d != &w.domains[CLIENT])
		sched_trap(TRAPPED);
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

static void reap(struct domain *d)
{
	if (d->id == SERVER && play.restarts > 0) {
		play.restarts--;
		gate_evict(d, AZ_PEER_DIED);
		sched_halt(d->thread);
		thread_renew(d->thread, begin, false);
		d->end = DOMAIN_RUNNING;
		start(d);
		sched_start(d->thread, CLOCK_NEVER);
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

/* --- Interrupts ------------------------------------------------------------------------------ */

static struct {
	uint64_t at, seen; /* which instruction of the gate; how many so far */
	bool done, in_call, in_return;
	const struct gate *gate;
	uint64_t arg[INT_ARGS], result;
} step;

static const int reg_index[15] = { REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI,
	REG_RDI, REG_RBP, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13,
	REG_R14, REG_R15 };

static bool in_gate(uint64_t rip)
{
	return rip >= (uint64_t)(uintptr_t)gate_first &&
	       rip < (uint64_t)(uintptr_t)gate_end;
}

/* As if the call had not been made. */
static void check_caller(const struct trap_frame *f)
{
	static const uint8_t args[INT_ARGS] = { 5, 4, 3, 2, 7, 8 };
	static const uint8_t kept[KEPT] = { 1, 6, 11, 12, 13 };
	const struct thread *t = sched_thread();
	uint64_t i = (uint64_t)(step.gate - w.domains[CLIENT].gates);

	assert_int_equal(f->rip,
	    w.domains[CLIENT].slot + AZ_IMPORT_BASE + AZ_IMPORT_STRIDE * i);
	assert_int_equal(*(const uint64_t *)(uintptr_t)f->rsp,
	    (uint64_t)(uintptr_t)test_returned);
	assert_int_equal(f->reg[14], w.domains[CLIENT].slot + AZ_MEMORY_BASE);
	for (uint64_t n = 0; n < KEPT; n++)
		assert_int_equal(f->reg[kept[n]], 0x1b + n);
	for (uint32_t n = 0; n < INT_ARGS; n++)
		assert_int_equal(f->reg[args[n]], step.arg[n]);
	assert_ptr_equal(cpu_local()->record, t->records + 1);
	assert_null(step.gate->callee->entered);
	step.in_call = true;
}

/* As if the callee had not returned. */
static void check_callee(const struct trap_frame *f)
{
	const struct domain *d = step.gate->callee;
	const struct thread *t = sched_thread();

	assert_int_equal(f->rip,
	    d->slot + AZ_HELPER_BASE + AZ_HELPER_STRIDE * STUB_GATE_RETURN);
	assert_int_equal(f->rsp, domain_stack(d));
	assert_int_equal(f->reg[14], d->slot + AZ_MEMORY_BASE);
	assert_int_equal(f->reg[0] & step.gate->mask, step.result);
	assert_ptr_equal(cpu_local()->record, t->records + 2);
	assert_ptr_equal(d->entered, t->records + 1);
	step.in_return = true;
}

static void on_step(int signo, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct trap_frame f = { .rip = (uint64_t)g[REG_RIP],
		.rsp = (uint64_t)g[REG_RSP] };

	(void)signo;
	(void)info;
	if (!in_gate(f.rip) || step.seen++ != step.at)
		return;
	for (int n = 0; n < 15; n++)
		f.reg[n] = (uint64_t)g[reg_index[n]];
	gate_rewind(&f);
	if (domain_owns(&w.domains[CLIENT], f.rip))
		check_caller(&f);
	else
		check_callee(&f);
	for (int n = 0; n < 15; n++)
		g[reg_index[n]] = (greg_t)f.reg[n];
	g[REG_RIP] = (greg_t)f.rip;
	g[REG_RSP] = (greg_t)f.rsp;
	g[REG_EFL] &= ~(greg_t)TRAP_FLAG;
	step.done = true;
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

		d->gates = (struct gate *)(uintptr_t)(d->slot + AZ_GATE_BASE);
		memset(looked(d), 0, 16);
	}
	gate_init(&w.bundle);
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
	static uint8_t handler_stack[STACK];
	const stack_t stack = { .ss_sp = handler_stack, .ss_size = STACK };
	const struct sigaction act = { .sa_sigaction = on_step,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };

	(void)state;
	make_image();
	make_bundle();
	make_slots();
	call_set_table(table);
	sched_set_tick(gate_stamp);
	assert_int_equal(sigaltstack(&stack, NULL), 0);
	assert_int_equal(sigaction(SIGTRAP, &act, NULL), 0);
	return (int)syscall(SYS_arch_prctl, ARCH_SET_GS, cpu_local());
}

/* --- Tests -------------------------------------------------------------------------------- */

static void sums(void)
{
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 40), 42);
	assert_int_equal(ask(CHAN_MIDDLE, DO_ADD, 50), 52);
	(void)ask(CHAN_SERVER, DO_MIX, 7);
	assert_int_equal(after.xmm[0], 0x401f000000000000); /* 7.75 */
	assert_int_equal(after.rax, 0);
	assert_int_equal(ask(CHAN_RETRY, DO_ADD, 60), 62);
	(void)ask(CHAN_RETRY, DO_MIX, 7);
	assert_int_equal(after.xmm[0], 0x401f000000000000);
}

static void registers_of_each_side_stay_its_own(void **state)
{
	(void)state;
	run(sums, NULL);
}

static uint64_t adds(void)
{
	return looked(&w.domains[SERVER])[0];
}

/* Interrupt a call at each of its instructions in turn. */
static void step_through(uint32_t channel, uint32_t k, const uint64_t *args)
{
	struct domain *d = &w.domains[CLIENT];
	uint64_t first = channel == CHAN_HELD, sum, steps;

	memset(&step, 0, sizeof(step));
	step.gate = &d->gates[import_of(channel, k)];
	memcpy(step.arg, args, sizeof(step.arg));
	step.result = k == DO_ADD ? args[first] + args[first + 1] : 0;
	for (steps = 0;; steps++) {
		uint64_t before = adds();

		step.at = steps;
		step.seen = 0;
		step.done = false;
		sum = call_as(d, channel, k, args[0], args[1], TRAP_FLAG);
		assert_int_equal(sum, step.result);
		assert_int_equal(adds() - before, k == DO_ADD);
		if (k == DO_MIX)
			assert_int_equal(after.xmm[0],
			    channel == CHAN_HELD ? 0x4006000000000000
						 : 0x401f000000000000);
		if (!step.done)
			break;
	}
	assert_true(step.in_call && step.in_return);
	assert_in_range(steps, 50, 120);
}

static void step_plain(void)
{
	step_through(CHAN_SERVER, DO_ADD,
	    (const uint64_t[INT_ARGS]){ 40, 2, 0, 0, 0, 0 });
	step_through(CHAN_SERVER, DO_MIX,
	    (const uint64_t[INT_ARGS]){ 7, 0, 0, 0, 0, 0 });
}

static void step_held(void)
{
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0x408), AZ_BAD_HANDLE);
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0), AZ_BAD_HANDLE);
	step_through(CHAN_HELD, DO_ADD,
	    (const uint64_t[INT_ARGS]){ 0x407, 2, 3, 0, 0, 0 });
	step_through(CHAN_HELD, DO_MIX,
	    (const uint64_t[INT_ARGS]){ 0x407, 2, 0, 0, 0, 0 });
	caps.on_end(&caps.held, CAP_REVOKED);
	caps.held.kind = 0;
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0x407), AZ_BAD_HANDLE);
}

static void interrupts_find_caller_or_callee(void **state)
{
	(void)state;
	run(step_plain, NULL);
}

static void handles_are_looked_at(void **state)
{
	(void)state;
	run(step_held, NULL);
}

static void nap_10(void)
{
	play.got[sched_domain()->id] = ask(CHAN_SERVER, DO_NAP, 10);
}

static void nap_10_late(void)
{
	sched_sleep_until(clock_now() + 1 * MS);
	nap_10();
}

static void a_busy_callee_is_waited_for(void **state)
{
	(void)state;
	run(nap_10, nap_10_late);
	assert_int_equal(play.got[CLIENT], 10);
	assert_int_equal(play.got[OTHER], 10);
	assert_int_equal(play.at[CLIENT], 10 * MS);
	assert_int_equal(play.at[OTHER], 20 * MS);
}

static void held_later(void)
{
	assert_int_equal(ask(CHAN_HELD, DO_ADD, 0x407), 5);
	sched_sleep_until(clock_now() + 2 * MS);
	play.got[CLIENT] = ask(CHAN_HELD, DO_ADD, 0x407);
}

static void a_handle_waits_as_well(void **state)
{
	(void)state;
	caps.held.kind = AZ_CHANNEL_CALL;
	run(held_later, nap_10_late);
	assert_int_equal(play.got[OTHER], 10);
	assert_int_equal(play.got[CLIENT], 5);
}

static void a_full_queue_is_an_answer(void **state)
{
	(void)state;
	w.channels[CHAN_SERVER].queue = 0;
	run(nap_10, nap_10_late);
	w.channels[CHAN_SERVER].queue = 2;
	assert_int_equal(play.got[CLIENT], 10);
	assert_int_equal(play.got[OTHER], AZ_PEER_BUSY);
	assert_int_equal(play.at[OTHER], 1 * MS);
}

static void down_10(void)
{
	play.got[sched_domain()->id] = ask(CHAN_MIDDLE, DO_DOWN, 10);
}

static void calls_go_through_others(void **state)
{
	(void)state;
	run(down_10, nap_10_late);
	assert_int_equal(play.got[CLIENT], 1010);
	assert_int_equal(play.got[OTHER], 10);
	assert_int_equal(play.at[OTHER], 20 * MS);
}

static void die(void)
{
	struct domain *self = sched_domain();

	play.got[self->id] = ask(CHAN_SERVER, DO_NAP, DIE);
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), AZ_PEER_GONE);
}

static void die_waiting(void)
{
	sched_sleep_until(clock_now() + 1 * MS);
	play.got[sched_domain()->id] = ask(CHAN_SERVER, DO_ADD, 1);
}

static void nap_and_die(void)
{
	assert_int_equal(ask(CHAN_SERVER, DO_NAP, 10), 10);
	play.got[sched_domain()->id] = ask(CHAN_SERVER, DO_NAP, DIE);
}

static void a_dead_callee_is_an_answer(void **state)
{
	(void)state;
	run(die, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(w.domains[SERVER].end, DOMAIN_TRAPPED);
	assert_int_equal(w.domains[SERVER].end_code, TRAPPED);
	assert_int_equal(w.domains[CLIENT].end, DOMAIN_EXITED);
}

static void hard(void)
{
	(void)ask(CHAN_HARD, DO_NAP, DIE);
	fail();
}

static void without_a_status_the_caller_traps(void **state)
{
	(void)state;
	run(hard, NULL);
	assert_int_equal(w.domains[CLIENT].end, DOMAIN_TRAPPED);
	assert_int_equal(w.domains[CLIENT].end_code, AZ_TRAP_PEER);
}

/* The middle has no status from the server, and dies of that. */
static void deaths_climb(void)
{
	w.domains[MIDDLE].gates[import_of(CHAN_SERVER, DO_NAP)].flags &=
	    (uint8_t)~GATE_STATUS;
	play.got[CLIENT] = ask(CHAN_MIDDLE, DO_DOWN, DIE);
}

static void a_death_climbs_as_far_as_it_must(void **state)
{
	(void)state;
	run(deaths_climb, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(w.domains[MIDDLE].end_code, AZ_TRAP_PEER);
	assert_int_equal(w.domains[SERVER].end_code, TRAPPED);
	assert_int_equal(w.domains[CLIENT].end, DOMAIN_EXITED);
}

/* The one that naps dies on waking: the other waits meanwhile. */
static void a_restarted_callee_answers_again(void **state)
{
	(void)state;
	play.restarts = 1;
	run(nap_and_die, die_waiting);
	assert_int_equal(play.got[OTHER], 3);
	assert_int_equal(play.got[CLIENT], AZ_PEER_DIED);
}

/* Dies once: the argument is too much for the first instance only. */
static void again(void)
{
	play.got[CLIENT] = ask(CHAN_RETRY, DO_NAP, 10);
}

static void kill_server(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	sched_end(&w.domains[SERVER], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
}

static void a_call_is_repeated(void **state)
{
	(void)state;
	play.restarts = 1;
	run(again, kill_server);
	assert_int_equal(play.got[CLIENT], 10);
	assert_int_equal(play.at[CLIENT], 15 * MS);
	play.at[CLIENT] = 0;
}

static void a_call_is_not_repeated_for_ever(void **state)
{
	(void)state;
	run(again, kill_server);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(play.at[CLIENT], 5 * MS);
}

static void timed(void)
{
	assert_int_equal(ask(CHAN_TIMED, DO_NAP, 19), 19);
	play.got[CLIENT] = ask(CHAN_TIMED, DO_NAP, 30);
	play.at[MIDDLE] = clock_now();
	/* The server is still at it, and then free again. */
	assert_int_equal(ask(CHAN_SERVER, DO_NAP, 1), 1);
}

static void a_call_has_its_time(void **state)
{
	(void)state;
	run(timed, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_TIMEOUT);
	assert_int_equal(play.at[MIDDLE], 39 * MS);
	assert_int_equal(play.at[CLIENT], 50 * MS);
	assert_int_equal(w.domains[SERVER].end, DOMAIN_RUNNING);
}

static void too_long(void)
{
	play.got[CLIENT] = ask(CHAN_TIMED, DO_NAP, 300);
	sched_sleep_until(clock_now() + 30 * MS);
}

static void left_alone_a_callee_has_as_much_again(void **state)
{
	(void)state;
	run(too_long, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_TIMEOUT);
	assert_int_equal(w.domains[SERVER].end_code, AZ_TRAP_DEADLINE);
	assert_int_equal(w.domains[SERVER].ended, 40 * MS);
}

static void wait_and_nap(void)
{
	sched_sleep_until(clock_now() + 1 * MS);
	play.got[OTHER] = ask(CHAN_TIMED, DO_NAP, 15);
}

static void waiting_is_of_the_time(void **state)
{
	(void)state;
	run(nap_10, wait_and_nap);
	assert_int_equal(play.at[CLIENT], 10 * MS);
	assert_int_equal(play.got[OTHER], AZ_PEER_TIMEOUT);
	assert_int_equal(play.at[OTHER], 21 * MS);
}

static void kill_client(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	sched_end(&w.domains[CLIENT], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
	play.got[OTHER] = ask(CHAN_SERVER, DO_NAP, 1);
}

static void a_callee_outlives_its_caller(void **state)
{
	(void)state;
	run(nap_10, kill_client);
	assert_int_equal(w.domains[CLIENT].end_code, AZ_TRAP_KILLED);
	assert_int_equal(play.got[OTHER], 1);
	assert_int_equal(play.at[OTHER], 11 * MS);
}

static void kill_middle(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	sched_end(&w.domains[MIDDLE], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
	play.got[OTHER] = ask(CHAN_SERVER, DO_NAP, 1);
}

static void down_10_and_on(void)
{
	down_10();
	play.at[MIDDLE] = clock_now();
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), 3);
}

static void a_chain_is_cut_in_its_middle(void **state)
{
	(void)state;
	run(down_10_and_on, kill_middle);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(play.at[MIDDLE], 5 * MS);
	assert_int_equal(play.got[OTHER], 1);
	assert_int_equal(play.napped, 11);
}

static void take_right(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	caps.on_end(&caps.root, CAP_REVOKED);
}

static void nap_10_twice(void)
{
	nap_10();
	play.at[MIDDLE] = clock_now();
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), AZ_PEER_REVOKED);
	assert_int_equal(ask(CHAN_RETRY, DO_ADD, 1), 3);
}

static void a_right_ends_in_the_call(void **state)
{
	(void)state;
	run(nap_10_twice, take_right);
	assert_int_equal(play.got[CLIENT], AZ_PEER_REVOKED);
	assert_int_equal(play.at[MIDDLE], 5 * MS);
}

static void too_deep(void)
{
	static struct gate within;
	struct thread *t = sched_thread();

	/* Records of calls that nobody made: only their number counts. */
	within.callee = sched_domain();
	for (uint32_t i = 1; i < RECORDS_MAX; i++)
		t->records[i].gate = &within;
	cpu_local()->record = t->records + RECORDS_MAX;
	within.callee->entered = cpu_local()->record - 1;
	(void)ask(CHAN_SERVER, DO_ADD, 1);
	fail();
}

static void chains_have_a_longest(void **state)
{
	(void)state;
	run(too_deep, NULL);
	assert_int_equal(w.domains[CLIENT].end_code, AZ_TRAP_EXHAUSTION);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_of_each_side_stay_its_own),
		TEST(interrupts_find_caller_or_callee),
		TEST(handles_are_looked_at),
		TEST(a_busy_callee_is_waited_for),
		TEST(a_full_queue_is_an_answer),
		TEST(calls_go_through_others),
		TEST(a_dead_callee_is_an_answer),
		TEST(without_a_status_the_caller_traps),
		TEST(a_death_climbs_as_far_as_it_must),
		TEST(a_restarted_callee_answers_again),
		TEST(a_call_is_repeated),
		TEST(a_call_is_not_repeated_for_ever),
		TEST(a_call_has_its_time),
		TEST(left_alone_a_callee_has_as_much_again),
		TEST(waiting_is_of_the_time),
		TEST(a_callee_outlives_its_caller),
		TEST(a_chain_is_cut_in_its_middle),
		TEST(a_right_ends_in_the_call),
		TEST(chains_have_a_longest),
		TEST(a_handle_waits_as_well),
	};

	return cmocka_run_group_tests_name("ipc/gate", tests, set_up_all, NULL);
}
