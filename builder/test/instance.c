#include "instance.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "task/domain.h"
#include "task/memory.h"
#include "task/sched.h"
#include "task/tables.h"
#include "wasm/stub.h"
#include "wasm/table.h"

enum { STACK_SIZE = 1 << 20, LOW_PAGE = 0x10000000, ALT_STACK = 1 << 16 };

static struct {
	struct image_view view;
	uint8_t *slot; /* NULL: none is open */
	uint32_t pages;
	struct domain domain; /* what the kernel's tables are of */
	sigjmp_buf back;
} I;

/* What task/tables asks of the kernel. */
void sched_point(void)
{
}

void memory_move(void *to, const void *from, uint32_t len)
{
	memmove(to, from, len);
}

/* What a call of module code takes and gives; the assembly below knows the
 * offsets. */
struct frame {
	uint64_t entry, base, sp; /* 0, 8, 16 */
	uint64_t ints[6];         /* 24 */
	uint64_t floats[8];       /* 72 */
	uint64_t rax, rdx;        /* 136, 144 */
	uint64_t xmm[2];          /* 152 */
};

void instance_enter(struct frame *f);
__asm__(".globl instance_enter\n"
	"instance_enter:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14\n"
	"	push %r15\n"
	"	mov %rdi, %rbx\n"
	"	mov %rsp, %rbp\n"
	"	mov 8(%rbx), %r15\n"
	"	mov 16(%rbx), %rsp\n"
	"	mov 24(%rbx), %rdi\n"
	"	mov 32(%rbx), %rsi\n"
	"	mov 40(%rbx), %rdx\n"
	"	mov 48(%rbx), %rcx\n"
	"	mov 56(%rbx), %r8\n"
	"	mov 64(%rbx), %r9\n"
	"	movq 72(%rbx), %xmm0\n"
	"	movq 80(%rbx), %xmm1\n"
	"	movq 88(%rbx), %xmm2\n"
	"	movq 96(%rbx), %xmm3\n"
	"	movq 104(%rbx), %xmm4\n"
	"	movq 112(%rbx), %xmm5\n"
	"	movq 120(%rbx), %xmm6\n"
	"	movq 128(%rbx), %xmm7\n"
	"	call *(%rbx)\n"
	"	mov %rax, 136(%rbx)\n"
	"	mov %rdx, 144(%rbx)\n"
	"	movq %xmm0, 152(%rbx)\n"
	"	movq %xmm1, 160(%rbx)\n"
	"	mov %rbp, %rsp\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

_Noreturn static void trap(enum az_trap why)
{
	siglongjmp(I.back, (int)why);
}

static uint8_t *memory_range(uint32_t at, uint32_t len)
{
	if ((uint64_t)at + len > (uint64_t)I.pages * AZ_WASM_PAGE)
		trap(AZ_TRAP_OOB);
	return I.slot + AZ_MEMORY_BASE + at;
}

static void set_pages(uint32_t pages)
{
	I.pages = pages;
	if (pages > 0 &&
	    mprotect(I.slot + AZ_MEMORY_BASE, (size_t)pages * AZ_WASM_PAGE,
		PROT_READ | PROT_WRITE) != 0)
		abort();
}

static uint32_t grow_memory(uint32_t by)
{
	uint32_t old = I.pages;

	if ((uint64_t)old + by > I.view.head->mem_max)
		return UINT32_MAX;
	set_pages(old + by);
	return old;
}

static void init_memory(uint32_t index, uint32_t to, uint32_t from, uint32_t n)
{
	const struct az_segment *s = &I.view.segments[index];
	uint32_t size = I.domain.dropped[index] ? 0 : s->size;
	uint8_t *at = memory_range(to, n);

	if ((uint64_t)from + n > size)
		trap(AZ_TRAP_OOB);
	memcpy(at, I.view.seg_bytes + s->first + from, n);
}

_Noreturn static void refused(uint32_t index, uint32_t thunk)
{
	const struct table_entry *entry =
	    tables_at(&I.domain, thunk / I.view.head->sigs.count, index, 1);

	if (entry == NULL)
		trap(AZ_TRAP_UNDEFINED);
	trap(entry->tag == 0 ? AZ_TRAP_INDIRECT_NULL : AZ_TRAP_INDIRECT_TYPE);
}

static uint32_t table_op(uint32_t number, const uint32_t arg[TABLES_ARGS])
{
	uint32_t result = 0;

	if (!tables_op(&I.domain, number, arg, &result))
		trap(AZ_TRAP_TABLE_OOB);
	return result;
}

/* Behind every stub; number is what the stub put into eax. */
uint64_t instance_dispatch(uint32_t a, uint32_t b, uint32_t c, uint32_t d,
    uint32_t e, uint32_t number);
uint64_t instance_dispatch(
    uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t number)
{
	uint8_t *from;

	switch (number) {
	case AZ_HELP_MEM_SIZE:
		return I.pages;
	case AZ_HELP_MEM_GROW:
		return grow_memory(a);
	case AZ_HELP_MEM_FILL:
		memset(memory_range(a, c), (int)b, c);
		return 0;
	case AZ_HELP_MEM_COPY:
		from = memory_range(b, c);
		memmove(memory_range(a, c), from, c);
		return 0;
	case AZ_HELP_MEM_INIT:
		init_memory(a, b, c, d);
		return 0;
	case AZ_HELP_DATA_DROP:
		I.domain.dropped[a] = true;
		return 0;
	case AZ_HELP_TRAP_UNREACHABLE:
		trap(AZ_TRAP_UNREACHABLE);
	case AZ_HELP_TRAP_OOB:
		trap(AZ_TRAP_OOB);
	case AZ_HELP_TRAP_INT_OVERFLOW:
		trap(AZ_TRAP_INT_OVERFLOW);
	case AZ_HELP_TRAP_DIV_BY_ZERO:
		trap(AZ_TRAP_DIV_BY_ZERO);
	case AZ_HELP_TRAP_INVALID_CONVERSION:
		trap(AZ_TRAP_INVALID_CONVERSION);
	case AZ_HELP_TABLE_GET ... AZ_HELP_ELEM_DROP:
		return table_op(number, (const uint32_t[]){ a, b, c, d, e });
	case STUB_INDIRECT:
		refused(a, b);
	default:
		fprintf(stderr, "stub %#x was called\n", number);
		abort();
	}
}

static void on_fault(int signo, siginfo_t *info, void *context)
{
	const ucontext_t *u = context;
	uint8_t *at = info->si_addr;

	(void)signo;
	if (I.slot == NULL || at < I.slot || at >= I.slot + AZ_SLOT_SIZE) {
		fprintf(stderr, "fault at %p, rip %#llx\n", info->si_addr,
		    (unsigned long long)u->uc_mcontext.gregs[REG_RIP]);
		abort();
	}
	siglongjmp(I.back,
	    at < I.slot + AZ_MEMORY_BASE ? AZ_TRAP_EXHAUSTION : AZ_TRAP_OOB);
}

static void catch_faults(void)
{
	static uint8_t alt[ALT_STACK];
	const stack_t stack = { .ss_sp = alt, .ss_size = sizeof(alt) };
	struct sigaction act = { .sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &act, NULL);
}

/* Stubs jump to a 32-bit address: mov r9, rax; mov r11, dispatch; jmp r11. */
static void make_entry(void)
{
	static const uint8_t head[] = { 0x49, 0x89, 0xc1, 0x49, 0xbb };
	static const uint8_t tail[] = { 0x41, 0xff, 0xe3 };
	uint64_t to = (uintptr_t)instance_dispatch;
	uint8_t *at =
	    mmap((void *)LOW_PAGE, AZ_PAGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (at == MAP_FAILED)
		abort();
	memcpy(at, head, sizeof(head));
	memcpy(at + sizeof(head), &to, sizeof(to));
	memcpy(at + sizeof(head) + sizeof(to), tail, sizeof(tail));
	mprotect(at, AZ_PAGE_SIZE, PROT_READ | PROT_EXEC);
}

static size_t page_round(size_t n)
{
	return (n + AZ_PAGE_SIZE - 1) & ~(size_t)(AZ_PAGE_SIZE - 1);
}

static uint8_t *put(
    uint64_t disp, const void *bytes, size_t len, size_t size, int prot)
{
	uint8_t *at = I.slot + disp;

	if (size == 0)
		return at;
	if (mprotect(at, page_round(size), PROT_READ | PROT_WRITE) != 0)
		abort();
	if (len > 0)
		memcpy(at, bytes, len);
	if (prot != (PROT_READ | PROT_WRITE))
		mprotect(at, page_round(size), prot);
	return at;
}

static void map_slot(void)
{
	const size_t room = 2 * AZ_SLOT_SIZE;
	uint8_t *area = mmap(NULL, room, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED)
		abort();
	I.slot = (uint8_t *)(((uintptr_t)area + AZ_SLOT_SIZE - 1) &
			     ~(uintptr_t)(AZ_SLOT_SIZE - 1));
	/* What is left over stays mapped without access until the end. */
}

static void fill_slot(void)
{
	const struct az_image_head *h = I.view.head;
	size_t size = stub_size(&I.view);
	uint8_t *stubs;

	put(AZ_TEXT_BASE, I.view.text, h->text.count, h->text.count,
	    PROT_READ | PROT_EXEC);
	put(AZ_RODATA_BASE, I.view.rodata, h->rodata.count, h->rodata.count,
	    PROT_READ);
	put(AZ_DATA_BASE, I.view.data, h->data.count, h->data_mem_size,
	    PROT_READ | PROT_WRITE);
	put(AZ_STACK_TOP - STACK_SIZE, NULL, 0, STACK_SIZE,
	    PROT_READ | PROT_WRITE);
	put(table_gates_base(&I.view), NULL, 0,
	    table_gates(&I.view) * AZ_GATE_STRIDE + table_bytes(&I.view),
	    PROT_READ | PROT_WRITE);
	stubs = put(AZ_STUB_BASE, NULL, 0, size, PROT_READ | PROT_WRITE);
	stub_write(stubs, &I.view, LOW_PAGE);
	mprotect(stubs, size, PROT_READ | PROT_EXEC);
}

static void make_tables(void)
{
	const struct az_image_head *h = I.view.head;

	I.domain = (struct domain){
		.image = &I.view,
		.slot = (uintptr_t)I.slot,
		.tables = (void *)(I.slot + table_base(&I.view)),
		.dropped = calloc(h->segments.count + h->elems.count + 1u, 1),
	};
	for (uint32_t i = 0; i < h->tables.count; i++)
		I.domain.table_size[i] = I.view.tables[i].size;
}

static void fill_tables(void)
{
	for (uint32_t i = 0; i < I.view.head->elems.count; i++) {
		const struct az_elem *e = &I.view.elems[i];
		uint32_t init[] = { e->dest, 0, e->count, e->table, i };

		if (e->mode == AZ_ACTIVE)
			(void)table_op(AZ_HELP_TABLE_INIT, init);
		if (e->mode != AZ_PASSIVE)
			I.domain.dropped[I.view.head->segments.count + i] = 1;
	}
}

static enum az_trap initialize(void)
{
	struct instance_call none = { 0 };
	int why = sigsetjmp(I.back, 1);

	if (why != 0)
		return (enum az_trap)why;
	fill_tables();
	for (uint32_t i = 0; i < I.view.head->segments.count; i++) {
		const struct az_segment *s = &I.view.segments[i];

		if (s->mode == AZ_ACTIVE)
			memcpy(memory_range(s->dest, s->size),
			    I.view.seg_bytes + s->first, s->size);
		I.domain.dropped[i] = s->mode == AZ_ACTIVE;
	}
	if (I.view.head->start_func != AZ_NONE)
		return instance_call(I.view.head->start_func, &none);
	return AZ_TRAP_NONE;
}

enum az_trap instance_open(const uint8_t *bytes, uint32_t size)
{
	static bool ready;
	const char *why;

	if (!ready) {
		catch_faults();
		make_entry();
		ready = true;
	}
	if (image_open(&I.view, bytes, size, &why) != AZ_REFUSE_NONE) {
		fprintf(stderr, "image refused: %s\n", why);
		abort();
	}
	map_slot();
	fill_slot();
	make_tables();
	set_pages(I.view.head->mem_min);
	return initialize();
}

void instance_close(void)
{
	if (I.slot == NULL)
		return;
	munmap(I.slot, AZ_SLOT_SIZE);
	free(I.domain.dropped);
	I.slot = NULL;
}

const struct image_view *instance_view(void)
{
	return &I.view;
}

static bool is_float(uint8_t type)
{
	return type == AZ_F32 || type == AZ_F64;
}

/* Put the arguments where the System V ABI wants them. */
static void place_args(
    struct frame *f, const struct az_sig *sig, const uint64_t *args)
{
	uint32_t ints = 0, floats = 0;
	uint64_t *sp;

	f->sp = (uintptr_t)I.slot + AZ_STACK_TOP - 64;
	f->sp = (f->sp - sig->stack_args) & ~UINT64_C(15);
	sp = (uint64_t *)(uintptr_t)f->sp;
	for (uint32_t i = 0; i < sig->param_count; i++) {
		if (is_float(sig->types[i]) && floats < 8)
			f->floats[floats++] = args[i];
		else if (!is_float(sig->types[i]) && ints < 6)
			f->ints[ints++] = args[i];
		else
			*sp++ = args[i];
	}
}

/* A pair of results is a C struct: two words of eight bytes, or one when both
 * have four; a word is a float when nothing else is in it. */
static void take_results(
    const struct frame *f, const struct az_sig *sig, uint64_t *out)
{
	const uint8_t *types = sig->types + sig->param_count;
	uint32_t ints = 0, floats = 0;
	const uint64_t int_regs[] = { f->rax, f->rdx };
	bool small = sig->result_count == 2 &&
		     (types[0] == AZ_I32 || types[0] == AZ_F32) &&
		     (types[1] == AZ_I32 || types[1] == AZ_F32);

	if (small) {
		bool both = is_float(types[0]) && is_float(types[1]);
		uint64_t word = both ? f->xmm[0] : f->rax;

		out[0] = (uint32_t)word;
		out[1] = word >> 32;
		return;
	}
	for (uint32_t i = 0; i < sig->result_count; i++) {
		out[i] =
		    is_float(types[i]) ? f->xmm[floats++] : int_regs[ints++];
		if (types[i] == AZ_I32 || types[i] == AZ_F32)
			out[i] = (uint32_t)out[i];
	}
}

enum az_trap instance_call(uint32_t func, struct instance_call *call)
{
	const struct az_func *af = &I.view.funcs[func];
	const struct az_sig *sig = &I.view.sigs[af->sig];
	struct frame f = {
		.entry = (uintptr_t)I.slot + AZ_TEXT_BASE + af->off,
		.base = (uintptr_t)I.slot + AZ_MEMORY_BASE,
	};
	int why = sigsetjmp(I.back, 1);

	if (why != 0)
		return (enum az_trap)why;
	place_args(&f, sig, call->args);
	instance_enter(&f);
	take_results(&f, sig, call->results);
	return AZ_TRAP_NONE;
}
