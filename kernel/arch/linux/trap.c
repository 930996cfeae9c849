#include "arch/trap.h"

#include <asm/prctl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/linux/irq.h"
#include "arch/linux/space.h"
#include "arch/x86_64/fault.h"
#include "base/panic.h"

enum { SIGNAL_STACK_SIZE = 1 << 18, RET_SIZE = 8 };

/* gate.inc: [first, last] of each way out to module text. */
struct window {
	uint64_t first, last;
};
extern const struct window __start_gate_windows[], __stop_gate_windows[];
/* Likewise: code between modules, where an interrupt is delivered. */
extern const struct window __start_gate_texts[], __stop_gate_texts[];
extern const char irq_resume_start[], irq_resume_late[]; /* context.S */

/* Whether a handler runs, signals held back; known to gate.inc. */
extern bool trap_inside;
bool trap_inside;
void trap_leave(void);

static const void *interrupted_fpu; /* while inside */
static uint8_t *signal_stack;       /* of all handlers */
static trap_fn *on_trap;
static trap_frame_fn *on_enter;
static trap_frame_fn *on_exit;

/* Where Linux has the registers, in a trap frame's order. */
static const int reg_index[] = { REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI,
	REG_RDI, REG_RBP, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13,
	REG_R14, REG_R15 };

void trap_set_handlers(
    trap_fn *trap, trap_frame_fn *enter, trap_frame_fn *leave)
{
	on_trap = trap;
	on_enter = enter;
	on_exit = leave;
}

/* Selectors are the process's own, for iretq. */
static void frame_load(struct trap_frame *f, const ucontext_t *u)
{
	const greg_t *g = u->uc_mcontext.gregs;

	for (int n = 0; n < 15; n++)
		f->reg[n] = (uint64_t)g[reg_index[n]];
	f->vector = (uint64_t)g[REG_TRAPNO];
	f->error = (uint64_t)g[REG_ERR];
	f->rip = (uint64_t)g[REG_RIP];
	f->rflags = (uint64_t)g[REG_EFL];
	f->rsp = (uint64_t)g[REG_RSP];
	__asm__("mov %%cs, %0" : "=r"(f->cs));
	__asm__("mov %%ss, %0" : "=r"(f->ss));
}

static void frame_store(const struct trap_frame *f, ucontext_t *u)
{
	greg_t *g = u->uc_mcontext.gregs;

	for (int n = 0; n < 15; n++)
		g[reg_index[n]] = (greg_t)f->reg[n];
	g[REG_RIP] = (greg_t)f->rip;
	g[REG_EFL] = (greg_t)f->rflags;
	g[REG_RSP] = (greg_t)f->rsp;
}

/* When the kernel was on its last steps to module text, finish them in the
 * frame: true, it is the module now that was interrupted. */
static bool complete_leave(struct trap_frame *f)
{
	const struct window *w = __start_gate_windows;

	if (f->rip >= (uint64_t)irq_resume_start &&
	    f->rip <= (uint64_t)irq_resume_late) {
		*f = *irq_resumed;
		return true;
	}
	for (; w < __stop_gate_windows; w++) {
		if (f->rip < w->first || f->rip > w->last)
			continue;
		f->rip = *(const uint64_t *)(uintptr_t)f->rsp;
		f->rsp += RET_SIZE;
		return true;
	}
	return false;
}

static bool in_gate(uint64_t rip)
{
	const struct window *w = __start_gate_texts;

	while (w < __stop_gate_texts && (rip < w->first || rip >= w->last))
		w++;
	return w < __stop_gate_texts;
}

static void exception(struct trap_frame *f, uint64_t addr)
{
	struct trap trap = { .cause = fault_cause(f), .frame = f };

	if (trap.cause == TRAP_PAGE_FAULT)
		trap.addr = addr;
	if (on_trap == NULL || !on_trap(&trap))
		fault_die(f, trap.addr);
}

static void begin(const ucontext_t *u)
{
	interrupted_fpu = u->uc_mcontext.fpregs;
	trap_inside = true;
}

static void end(void)
{
	trap_inside = false;
	interrupted_fpu = NULL;
}

static void on_interrupt(struct trap_frame *f, ucontext_t *u)
{
	begin(u);
	if (on_enter != NULL)
		on_enter(f);
	irq_deliver();
	if (on_exit != NULL)
		on_exit(f);
	frame_store(f, u);
	end();
}

/* SIGALRM and SIGIO. */
static void on_irq_signal(int signo, siginfo_t *info, void *context)
{
	struct trap_frame frame;

	(void)info;
	frame_load(&frame, context);
	irq_raise(signo == SIGIO ? IRQ_INPUT : IRQ_TIMER);
	if (space_is_slot(frame.rip) || in_gate(frame.rip) ||
	    complete_leave(&frame))
		on_interrupt(&frame, context);
}

static void on_fault_signal(int signo, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	struct trap_frame frame;

	if (signo == SIGSEGV && space_settle((uint64_t)info->si_addr))
		return;
	frame_load(&frame, u);
	if (signo == SIGILL && complete_leave(&frame)) {
		on_interrupt(&frame, u);
		return;
	}
	begin(u);
	exception(&frame, (uint64_t)u->uc_mcontext.gregs[REG_CR2]);
	frame_store(&frame, u);
	end();
}

/* From context_load, in a handler that will not return. */
void trap_leave(void)
{
	sigset_t none;

	end();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void context_fpu_save(void *area)
{
	if (interrupted_fpu != NULL)
		memcpy(area, interrupted_fpu, CONTEXT_FPU_SIZE);
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

/* A fault may come inside a handler: kernel code touches a page that is to
 * be settled. */
static void catch (
    int signo, void (*handler)(int, siginfo_t *, void *), int more)
{
	struct sigaction act = {
		.sa_sigaction = handler,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | more,
	};

	irq_signals(&act.sa_mask);
	invariant(sigaction(signo, &act, NULL) == 0);
}

void trap_init(void)
{
	sigset_t none;

	invariant(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu_first) == 0);
	catch (SIGSEGV, on_fault_signal, SA_NODEFER);
	catch (SIGBUS, on_fault_signal, SA_NODEFER);
	catch (SIGFPE, on_fault_signal, SA_NODEFER);
	catch (SIGILL, on_fault_signal, SA_NODEFER);
	catch (SIGALRM, on_irq_signal, 0);
	catch (SIGIO, on_irq_signal, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* One stack for all handlers, as deep as Linux's frame of vector registers
 * wants it, below it a page that is not mapped. */
az_err trap_init_irq(void)
{
	uint8_t *at = mmap(NULL, AZ_PAGE_SIZE + SIGNAL_STACK_SIZE,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const stack_t stack = { .ss_sp = at + AZ_PAGE_SIZE,
		.ss_size = SIGNAL_STACK_SIZE };

	if (at == MAP_FAILED || mprotect(at, AZ_PAGE_SIZE, PROT_NONE) != 0 ||
	    sigaltstack(&stack, NULL) != 0)
		return AZ_ENOMEM;
	signal_stack = stack.ss_sp;
	return AZ_OK;
}

void trap_forget(void)
{
	memset(signal_stack, 0, SIGNAL_STACK_SIZE);
}
