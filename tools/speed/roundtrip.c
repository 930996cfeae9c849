/* roundtrip: what Linux asks for a request and its answer, and for a process.
 *
 * roundtrip [BATCHES ROUNDS] measures each way below in batches of so many
 * rounds, the ways in turn, and prints "NAME LEAST MEDIAN": of one round,
 * both ends together, in ns of the monotonic clock. All is pinned to one CPU.
 * As the first process of a guest (tools/linux_guest.py) it counts in ticks of
 * the time-stamp counter, which are instructions under QEMU's -icount shift=0,
 * and ends the machine when it is done.
 *
 *   call       a plain indirect call
 *   syscall    getppid
 *   pipe       two processes, eight bytes each way by two pipes
 *   futex      two threads, each waits for the other's word
 *   uring-nop  an io_uring's NOP, submitted and waited for
 *   uring      two processes, each with a ring; MSG_RING into the other's and
 *              the wait for the answer are one io_uring_enter
 *   spawn      vfork, exec of a static program that exits, wait
 *   crash      the same, of one that writes to address 0
 *   recover    a server behind pipes crashes by a request; is waited for,
 *              started anew, asked again, and has answered
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum { BATCHES_MAX = 1000, WORD = 8, FEW = 20 };
enum { ANSWER = 1, CRASH = 2 }; /* requests */

static const char *self; /* this program's file */
static bool guest;

_Noreturn static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static long must(long result, const char *what)
{
	if (result < 0)
		fail(what);
	return result;
}

static uint64_t now(void)
{
	struct timespec t;

	if (guest)
		return __rdtsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put(int fd, uint64_t word)
{
	must(write(fd, &word, WORD), "write");
}

/* 0: the other end is closed. */
static uint64_t take(int fd)
{
	uint64_t word = 0;

	must(read(fd, &word, WORD), "read");
	return word;
}

/* --- One process ------------------------------------------------------------ */

static void nothing(void)
{
}

static void run_call(long rounds)
{
	void (*volatile slot)(void) = nothing;
	void (*function)(void) = slot;

	for (long i = 0; i < rounds; i++) {
		__asm__ volatile("" : "+r"(function));
		function();
	}
}

static void run_syscall(long rounds)
{
	for (long i = 0; i < rounds; i++)
		syscall(SYS_getppid);
}

/* --- A partner that answers --------------------------------------------------- */

static int there[2], back[2];
static pid_t partner;

static void start_partner(void (*serve)(void))
{
	partner = (pid_t)must(fork(), "fork");
	if (partner != 0)
		return;
	serve();
	_exit(0);
}

static void end_partner(void)
{
	kill(partner, SIGKILL);
	waitpid(partner, NULL, 0);
}

static void serve_pipe(void)
{
	while (take(there[0]) != 0)
		put(back[1], ANSWER);
}

static void run_pipe(long rounds)
{
	for (long i = 0; i < rounds; i++) {
		put(there[1], ANSWER);
		take(back[0]);
	}
}

static void open_pipe(void)
{
	must(pipe(there), "pipe");
	must(pipe(back), "pipe");
	start_partner(serve_pipe);
}

static void close_pipe(void)
{
	end_partner();
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

static _Atomic uint32_t asked, answered;
static pthread_t thread;

static void wait_while(_Atomic uint32_t *word, uint32_t old)
{
	while (atomic_load(word) == old)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, old, NULL);
}

static void raise_word(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

static void *serve_futex(void *unused)
{
	uint32_t seen = 0;

	for (;;) {
		wait_while(&asked, seen);
		seen++;
		raise_word(&answered);
	}
	return unused;
}

static void run_futex(long rounds)
{
	for (long i = 0; i < rounds; i++) {
		uint32_t old = atomic_load(&answered);

		raise_word(&asked);
		wait_while(&answered, old);
	}
}

static void open_futex(void)
{
	if (thread == 0 &&
	    pthread_create(&thread, NULL, serve_futex, NULL) != 0)
		fail("pthread_create");
}

/* --- io_uring ------------------------------------------------------------------ */

struct uring {
	int fd;
	_Atomic uint32_t *sq_tail, *cq_head, *cq_tail;
	uint32_t mask, *array;
	struct io_uring_sqe *sqes;
};

static struct uring urings[2];

static void *uring_map(int fd, size_t size, uint64_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_POPULATE, fd, (off_t)what);

	if (at == MAP_FAILED)
		fail("mmap of io_uring");
	return at;
}

/* False: this host has none, or not for us. */
static bool uring_open(struct uring *u)
{
	struct io_uring_params p = { 0 };
	uint8_t *rings;

	u->fd = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (u->fd < 0)
		return false;
	rings = uring_map(u->fd,
	    p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
	    IORING_OFF_SQ_RING);
	u->sq_tail = (void *)(rings + p.sq_off.tail);
	u->cq_head = (void *)(rings + p.cq_off.head);
	u->cq_tail = (void *)(rings + p.cq_off.tail);
	u->mask = *(uint32_t *)(void *)(rings + p.sq_off.ring_mask);
	u->array = (void *)(rings + p.sq_off.array);
	u->sqes =
	    uring_map(u->fd, p.sq_entries * sizeof(*u->sqes), IORING_OFF_SQES);
	return true;
}

static void uring_queue(struct uring *u, struct io_uring_sqe sqe)
{
	uint32_t tail = atomic_load_explicit(u->sq_tail, memory_order_relaxed);

	u->sqes[tail & u->mask] = sqe;
	u->array[tail & u->mask] = tail & u->mask;
	atomic_store_explicit(u->sq_tail, tail + 1, memory_order_release);
}

/* Submit what is queued, wait until something is done. */
static void uring_do(struct uring *u, uint32_t queued)
{
	must(syscall(SYS_io_uring_enter, u->fd, queued, 1,
		 IORING_ENTER_GETEVENTS, NULL, 0),
	    "io_uring_enter");
	atomic_store_explicit(u->cq_head,
	    atomic_load_explicit(u->cq_tail, memory_order_acquire),
	    memory_order_release);
}

static void run_uring_nop(long rounds)
{
	for (long i = 0; i < rounds; i++) {
		uring_queue(&urings[0],
		    (struct io_uring_sqe){ .opcode = IORING_OP_NOP });
		uring_do(&urings[0], 1);
	}
}

/* A message into the other's ring; then one has come into the own. */
static void uring_send(struct uring *own, const struct uring *other)
{
	uring_queue(own, (struct io_uring_sqe){
			     .opcode = IORING_OP_MSG_RING,
			     .flags = IOSQE_CQE_SKIP_SUCCESS,
			     .fd = other->fd,
			 });
	uring_do(own, 1);
}

static void serve_uring(void)
{
	uring_do(&urings[1], 0);
	for (;;)
		uring_send(&urings[1], &urings[0]);
}

static void run_uring(long rounds)
{
	for (long i = 0; i < rounds; i++)
		uring_send(&urings[0], &urings[1]);
}

static void open_uring(void)
{
	start_partner(serve_uring);
}

/* --- Processes ------------------------------------------------------------------ */

/* Start this program with another task; in and out become its 0 and 1. */
static pid_t spawn(const char *task, int in, int out)
{
	char *argv[] = { (char *)(uintptr_t)self, (char *)(uintptr_t)task,
		NULL };
	pid_t child = vfork();

	if (child == 0) {
		if (in >= 0) {
			dup2(in, 0);
			dup2(out, 1);
		}
		execv(self, argv);
		_exit(127);
	}
	return (pid_t)must(child, "vfork");
}

static void reap(pid_t child, int signal)
{
	int status;

	must(waitpid(child, &status, 0), "waitpid");
	if (signal == 0 ? status != 0
			: !WIFSIGNALED(status) || WTERMSIG(status) != signal)
		fail("another end than expected");
}

static void run_spawn(long rounds)
{
	for (long i = 0; i < rounds; i++)
		reap(spawn("exit", -1, -1), 0);
}

static void run_crash(long rounds)
{
	for (long i = 0; i < rounds; i++)
		reap(spawn("crash", -1, -1), SIGSEGV);
}

static void start_server(void)
{
	must(pipe2(there, O_CLOEXEC), "pipe");
	must(pipe2(back, O_CLOEXEC), "pipe");
	partner = spawn("serve", there[0], back[1]);
	close(there[0]);
	close(back[1]);
}

static void end_server(int signal)
{
	close(there[1]);
	close(back[0]);
	reap(partner, signal);
}

static void run_recover(long rounds)
{
	for (long i = 0; i < rounds; i++) {
		put(there[1], CRASH);
		if (take(back[0]) != 0)
			fail("a server that did not crash");
		end_server(SIGSEGV);
		start_server();
		put(there[1], ANSWER);
		if (take(back[0]) != ANSWER)
			fail("a server that did not answer");
	}
}

static void close_recover(void)
{
	end_server(0);
}

static void crash(void)
{
	static volatile int *volatile nowhere;

	*nowhere = 1;
}

static void serve(void)
{
	uint64_t word;

	while ((word = take(0)) != 0) {
		if (word == CRASH)
			crash();
		put(1, word);
	}
}

static void be_child(const char *task)
{
	if (strcmp(task, "crash") == 0)
		crash();
	if (strcmp(task, "serve") == 0)
		serve();
}

/* --- Measuring ------------------------------------------------------------------ */

static const struct way {
	const char *name;
	void (*open)(void), (*run)(long rounds), (*close)(void);
	bool slow;  /* only a few rounds in a batch */
	bool rings; /* may not be had */
} ways[] = {
	{ "call", nothing, run_call, nothing, false, false },
	{ "syscall", nothing, run_syscall, nothing, false, false },
	{ "pipe", open_pipe, run_pipe, close_pipe, false, false },
	{ "futex", open_futex, run_futex, nothing, false, false },
	{ "uring-nop", nothing, run_uring_nop, nothing, false, true },
	{ "uring", open_uring, run_uring, end_partner, false, true },
	{ "spawn", nothing, run_spawn, nothing, true, false },
	{ "crash", nothing, run_crash, nothing, true, false },
	{ "recover", start_server, run_recover, close_recover, true, false },
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static double found[WAYS][BATCHES_MAX];

static double measure(const struct way *w, long rounds)
{
	uint64_t start, took;

	if (w->slow)
		rounds = rounds / FEW + 1;
	w->open();
	w->run(rounds / FEW + 1);
	start = now();
	w->run(rounds);
	took = now() - start;
	w->close();
	return (double)took / (double)rounds;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure_all(int batches, long rounds)
{
	bool rings = uring_open(&urings[0]) && uring_open(&urings[1]);

	for (int b = 0; b < batches; b++)
		for (int i = 0; i < WAYS; i++)
			if (rings || !ways[i].rings)
				found[i][b] = measure(&ways[i], rounds);
	for (int i = 0; i < WAYS; i++) {
		qsort(found[i], (size_t)batches, sizeof(double), by_size);
		if (rings || !ways[i].rings)
			printf("roundtrip %s %.1f %.1f\n", ways[i].name,
			    found[i][0], found[i][batches / 2]);
	}
}

static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	must(sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
}

int main(int argc, char **argv)
{
	int batches = 9;
	long rounds = 2000;

	guest = getpid() == 1;
	self = guest ? argv[0] : "/proc/self/exe";
	if (argc == 2) {
		be_child(argv[1]);
		return 0;
	}
	if (argc == 3) {
		batches = atoi(argv[1]);
		rounds = atol(argv[2]);
	}
	if (batches < 1 || batches > BATCHES_MAX || rounds < 1)
		return 2;
	stay_on_one_cpu();
	measure_all(batches, rounds);
	if (guest)
		reboot(RB_AUTOBOOT);
	return 0;
}
