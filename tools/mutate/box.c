#include "box.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/layout.h"
#include "box_judge.h"
#include "chance.h"

enum {
	STACK_SIZE = 4 * AZ_PAGE_SIZE,
	MEMORY_SIZE = 2 * AZ_PAGE_SIZE,
	REGION_COUNT = 5,
	MAPPINGS_MAX = 256,
	TICK_US = 250,
	TICKS_MAX = 2,
	BOUND_NS = 200000, /* of a run, on its own clock */
	RESUMES_MAX = 6,   /* stubs that come back in one run */
	RETURN_SLOT = 8,
	FLAGS_RANDOM = 0x8d5, /* carry to overflow, those of arithmetic */
	FLAGS_FIXED = 0x202,
	INT3 = 0xcc,
	MXCSR_START = 0x1f80,
	RSEQ_SIZE = 32,
};

struct region {
	uint64_t disp; /* from the slot's start */
	size_t size;
	int prot;
	uint8_t *mine; /* the tracer's mapping */
};

enum { TEXT, RODATA, DATA, STACK, MEMORY };

static struct {
	pid_t pid;
	int fd;
	uint8_t *mine;
	size_t size;
	struct region regions[REGION_COUNT];
	uint8_t *pristine; /* data, stack and memory, one behind the other */
	struct user_regs_struct regs;
	struct box_judge judge;
	clockid_t clock; /* the time that the process has run */
	volatile sig_atomic_t running, ticks;
} B;

static size_t page_round(size_t n)
{
	return (n + AZ_PAGE_SIZE - 1) & ~(size_t)(AZ_PAGE_SIZE - 1);
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

/* Of a run that lasts, every tick but the first stops it. */
static void on_tick(int signo)
{
	(void)signo;
	if (B.running && ++B.ticks >= TICKS_MAX)
		kill(B.pid, SIGUSR1);
}

static void start_ticks(void)
{
	const struct itimerval every = { { 0, TICK_US }, { 0, TICK_US } };
	struct sigaction act = { .sa_handler = on_tick,
		.sa_flags = SA_RESTART };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static void lay_out(const struct az_image_head *h)
{
	const struct region regions[REGION_COUNT] = {
		[TEXT] = { AZ_TEXT_BASE, page_round(h->text.count),
		    PROT_READ | PROT_EXEC, NULL },
		[RODATA] = { AZ_RODATA_BASE, page_round(h->rodata.count),
		    PROT_READ, NULL },
		[DATA] = { AZ_DATA_BASE, page_round(h->data_mem_size),
		    PROT_READ | PROT_WRITE, NULL },
		[STACK] = { AZ_STACK_TOP - STACK_SIZE, STACK_SIZE,
		    PROT_READ | PROT_WRITE, NULL },
		[MEMORY] = { AZ_MEMORY_BASE, MEMORY_SIZE,
		    PROT_READ | PROT_WRITE, NULL },
	};

	memcpy(B.regions, regions, sizeof(regions));
	B.size = 0;
	for (int i = 0; i < REGION_COUNT; i++)
		B.size += regions[i].size;
}

static void share_regions(void)
{
	size_t off = 0;

	B.fd = memfd_create("box", MFD_CLOEXEC);
	must(B.fd >= 0 && ftruncate(B.fd, (off_t)B.size) == 0, "memfd");
	B.mine =
	    mmap(NULL, B.size, PROT_READ | PROT_WRITE, MAP_SHARED, B.fd, 0);
	must(B.mine != MAP_FAILED, "mmap");
	for (int i = 0; i < REGION_COUNT; i++) {
		B.regions[i].mine = B.mine + off;
		off += B.regions[i].size;
	}
}

/* Hostile contents of what the module may write, kept to start each run
 * from. */
static void fill_regions(const struct image_view *v, struct chance *chance)
{
	uint8_t *from = B.regions[DATA].mine;
	size_t size = (size_t)(B.mine + B.size - from);

	memset(B.regions[TEXT].mine, INT3, B.regions[TEXT].size);
	memcpy(B.regions[RODATA].mine, v->rodata, v->head->rodata.count);
	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word = box_judge_word(chance);

		memcpy(from + i, &word, sizeof(word));
	}
	memcpy(from, v->data, v->head->data.count);
	B.pristine = malloc(size);
	must(B.pristine != NULL, "malloc");
	memcpy(B.pristine, from, size);
}

/* In the new process: its regions, then wait for the tracer to take
 * everything else away. The kernel must not write there either. */
_Noreturn static void child_main(void)
{
	off_t off = 0;

	for (int i = 0; i < REGION_COUNT; i++) {
		const struct region *r = &B.regions[i];

		must(r->size == 0 ||
			 mmap((void *)(BOX_SLOT + r->disp), r->size, r->prot,
			     MAP_SHARED | MAP_FIXED_NOREPLACE, B.fd,
			     off) != MAP_FAILED,
		    "mmap in the box");
		off += (off_t)r->size;
	}
	if (__rseq_size > 0)
		syscall(SYS_rseq,
		    (char *)__builtin_thread_pointer() + __rseq_offset,
		    RSEQ_SIZE, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	abort();
}

static int wait_stop(void)
{
	int status;

	while (waitpid(B.pid, &status, 0) != B.pid)
		must(errno == EINTR, "waitpid");
	return status;
}

static void box_munmap(uint64_t from, uint64_t to)
{
	struct user_regs_struct regs = B.regs;

	regs.rip = BOX_SLOT + AZ_TEXT_BASE;
	regs.rax = SYS_munmap;
	regs.rdi = from;
	regs.rsi = to - from;
	regs.orig_rax = UINT64_MAX;
	ptrace(PTRACE_SETREGS, B.pid, NULL, &regs);
	ptrace(PTRACE_SINGLESTEP, B.pid, NULL, NULL);
	must(WIFSTOPPED(wait_stop()), "munmap in the box");
	ptrace(PTRACE_GETREGS, B.pid, NULL, &regs);
	must(regs.rax == 0, "munmap in the box");
}

/* The process's mappings outside its regions; the vsyscall page, which is
 * none of them, stays. Returns how many. */
static unsigned foreign_mappings(uint64_t (*out)[2])
{
	char path[64], line[512];
	unsigned count = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)B.pid);
	maps = fopen(path, "r");
	must(maps != NULL, path);
	while (fgets(line, sizeof(line), maps) != NULL) {
		uint64_t from = 0, to = 0;

		sscanf(line, "%lx-%lx", &from, &to);
		if ((from >= BOX_SLOT && to <= BOX_SLOT + AZ_SLOT_SIZE) ||
		    from >> 63 != 0)
			continue;
		must(count < MAPPINGS_MAX, "too many mappings");
		out[count][0] = from;
		out[count++][1] = to;
	}
	fclose(maps);
	return count;
}

static void unmap_rest(void)
{
	static const uint8_t syscall_insn[] = { 0x0f, 0x05 };
	uint64_t mappings[MAPPINGS_MAX][2];
	unsigned count = foreign_mappings(mappings);

	memcpy(B.regions[TEXT].mine, syscall_insn, sizeof(syscall_insn));
	for (unsigned i = 0; i < count; i++)
		box_munmap(mappings[i][0], mappings[i][1]);
	must(foreign_mappings(mappings) == 0, "something is left in the box");
}

static void fill_floats(struct chance *chance)
{
	struct user_fpregs_struct floats;
	uint8_t *at = (uint8_t *)floats.xmm_space;

	ptrace(PTRACE_GETFPREGS, B.pid, NULL, &floats);
	for (size_t i = 0; i < sizeof(floats.xmm_space); i += 8) {
		uint64_t word = box_judge_word(chance);

		memcpy(at + i, &word, sizeof(word));
	}
	floats.mxcsr = MXCSR_START;
	ptrace(PTRACE_SETFPREGS, B.pid, NULL, &floats);
}

void box_open(const struct image_view *v, struct chance *chance)
{
	lay_out(v->head);
	share_regions();
	fill_regions(v, chance);
	B.pid = fork();
	must(B.pid >= 0, "fork");
	if (B.pid == 0)
		child_main();
	must(WIFSTOPPED(wait_stop()), "the box did not start");
	ptrace(PTRACE_SETOPTIONS, B.pid, NULL,
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	ptrace(PTRACE_GETREGS, B.pid, NULL, &B.regs);
	must(clock_getcpuclockid(B.pid, &B.clock) == 0, "clock of the box");
	B.regs.fs_base = 0;
	B.regs.gs_base = 0;
	unmap_rest();
	fill_floats(chance);
	start_ticks();
}

void box_close(void)
{
	B.running = 0;
	kill(B.pid, SIGKILL);
	waitpid(B.pid, NULL, 0);
	munmap(B.mine, B.size);
	close(B.fd);
	free(B.pristine);
}

void box_load(const struct image_view *v)
{
	memcpy(B.regions[TEXT].mine, v->text, v->head->text.count);
	B.judge = (struct box_judge){
		.v = v,
		.memory_size = MEMORY_SIZE,
		.stack_base = AZ_STACK_TOP - STACK_SIZE,
		.stack = B.regions[STACK].mine,
	};
}

/* The stack at the start: nothing above the arguments that the function
 * declares, up to the alignment of calls, but unmapped memory. */
static void place_stack(const struct box_start *start)
{
	const struct az_func *f = &B.judge.v->funcs[start->func];
	uint64_t slot = AZ_STACK_TOP - f->stack_args - RETURN_SLOT;
	uint64_t back =
	    BOX_SLOT + AZ_HELPER_BASE + (uint64_t)AZ_HELPER_STRIDE * BOX_RETURN;

	if (slot % 16 == 0)
		slot -= RETURN_SLOT;
	memcpy(B.regions[STACK].mine + (slot - B.judge.stack_base), &back,
	    sizeof(back));
	B.judge.return_slot = slot;
}

static void start_regs(struct user_regs_struct *regs,
    const struct box_start *start, struct chance *chance)
{
	/* By their numbers in instructions. */
	unsigned long long *const general[] = { &regs->rax, &regs->rcx,
		&regs->rdx, &regs->rbx, &regs->rsp, &regs->rbp, &regs->rsi,
		&regs->rdi, &regs->r8, &regs->r9, &regs->r10, &regs->r11,
		&regs->r12, &regs->r13, &regs->r14 };

	*regs = B.regs;
	for (size_t i = 0; i < sizeof(general) / sizeof(*general); i++) {
		*general[i] = start->file == BOX_ONES ? UINT64_MAX
			      : start->file == BOX_POINTERS
				  ? box_judge_pointer(chance)
				  : box_judge_word(chance);
		if (start->clean >> i & 1)
			*general[i] &= UINT32_MAX;
	}
	regs->r15 = BOX_SLOT + AZ_MEMORY_BASE;
	regs->rsp = BOX_SLOT + B.judge.return_slot - start->depth;
	regs->rip = BOX_SLOT + AZ_TEXT_BASE +
		    B.judge.v->funcs[start->func].off + start->at;
	regs->eflags = FLAGS_FIXED | (chance_next(chance) & FLAGS_RANDOM);
	regs->orig_rax = UINT64_MAX;
}

static int64_t cpu_ns(void)
{
	struct timespec now;

	must(clock_gettime(B.clock, &now) == 0, "clock of the box");
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Let the process run until it stops by itself, or a tick finds that it has
 * run long enough since `started`. A tick may also come late, when the run it
 * was meant for had stopped: that costs nothing but the way round. */
static int run_until_stop(struct user_regs_struct *regs, int64_t started)
{
	int status;

	ptrace(PTRACE_SETREGS, B.pid, NULL, regs);
	do {
		B.ticks = 0;
		B.running = 1;
		must(ptrace(PTRACE_SYSEMU, B.pid, NULL, NULL) == 0, "resume");
		status = wait_stop();
		B.running = 0;
	} while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1 &&
		 cpu_ns() - started < BOUND_NS);
	if (WIFSTOPPED(status))
		ptrace(PTRACE_GETREGS, B.pid, NULL, regs);
	return status;
}

static bool canaries_hold(void)
{
	const struct region *data = &B.regions[DATA];
	size_t used = B.judge.v->head->data_mem_size;

	return memcmp(data->mine + used, B.pristine + used,
		   data->size - used) == 0 &&
	       box_judge_slot_holds(&B.judge);
}

struct box_result box_run(const struct box_start *start, struct chance *chance)
{
	struct box_result result = { .end = BOX_CALLS };
	struct user_regs_struct regs;
	uint8_t *from = B.regions[DATA].mine;
	int64_t started;

	memcpy(from, B.pristine, (size_t)(B.mine + B.size - from));
	place_stack(start);
	start_regs(&regs, start, chance);
	started = cpu_ns();
	for (int i = 0; i < RESUMES_MAX; i++) {
		siginfo_t info = { 0 };
		int status = run_until_stop(&regs, started);

		ptrace(PTRACE_GETSIGINFO, B.pid, NULL, &info);
		result = (struct box_result){ .end = BOX_CALLS,
			.rip = regs.rip,
			.address = (uintptr_t)info.si_addr };
		if (!box_judge_stop(
			&B.judge, &result, status, &info, &regs, chance))
			break;
	}
	if (result.end != BOX_ESCAPED && !canaries_hold()) {
		result.end = BOX_ESCAPED;
		result.why = "a canary was touched";
	}
	return result;
}
