/* test/trials: a kernel that breaks its own rules on request.
 *
 * The same layers as the real one, under another main: it brings the machine
 * up, does what the command line's one word names, and must be stopped for
 * it. Built and booted by tools/boot-trials only; it verifies nothing and
 * runs no module, and says so.
 */
#include <stddef.h>
#include <stdint.h>

#include "abi/trust.h"
#include "arch/boot.h"
#include "arch/clock.h"
#include "arch/console.h"
#include "arch/cpu.h"
#include "arch/page.h"
#include "arch/power.h"
#include "arch/trap.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "mm/frame.h"
#include "mm/map.h"

void kernel_main(void);

extern const struct az_trust_page trust_page;

#define UNUSED_PHYS (UINT64_C(1) << 38) /* no machine of ours has it */
enum { NS_PER_MS = 1000000, LOW_KERNEL = 1 << 20, RET = 0xc3 };

static struct boot_info info;
static uint8_t data_page[PAGE_SIZE] = { RET };
static bool timer_came;

static void store(const volatile void *at)
{
	*(volatile uint8_t *)(uintptr_t)at = RET;
}

static void call(const void *at)
{
	((void (*)(void))(uintptr_t)at)();
}

static void read_unmapped(void)
{
	(void)*(volatile uint64_t *)page_direct(UNUSED_PHYS);
}

static void read_null(void)
{
	uintptr_t zero = 0;

	__asm__("" : "+r"(zero));
	(void)*(volatile uint64_t *)zero;
}

static void read_low_kernel(void)
{
	(void)*(volatile uint64_t *)(uintptr_t)LOW_KERNEL;
}

static void write_text(void)
{
	store((const void *)(uintptr_t)&kernel_main);
}

static void write_trust(void)
{
	store(&trust_page);
}

static void run_data(void)
{
	call(data_page);
}

static void run_direct_map(void)
{
	uint64_t frame = frame_alloc();

	memset(page_direct(frame), RET, PAGE_SIZE);
	call(page_direct(frame));
}

static void write_protected_run(void)
{
	void *run = NULL;

	invariant(map_alloc(&run, PAGE_SIZE) == AZ_OK);
	store(run);
	map_protect(run, PAGE_SIZE, PAGE_READ);
	store(run);
}

static void read_freed_run(void)
{
	void *run = NULL;
	volatile uint8_t *stale;

	invariant(map_alloc(&run, PAGE_SIZE) == AZ_OK);
	stale = run;
	store(stale);
	map_free(&run, PAGE_SIZE);
	(void)*stale;
}

static void free_frame_twice(void)
{
	uint64_t frame = frame_alloc();

	frame_free(frame);
	frame_free(frame);
}

static void illegal(void)
{
	__asm__ volatile("ud2");
}

static void divide(void)
{
	__asm__ volatile("xor %%ecx, %%ecx; div %%ecx"
			 :
			 :
			 : "eax", "ecx", "edx");
}

static int deep(volatile int *n)
{
	volatile int mine = *n + 1;

	return mine < 0 ? 0 : deep(&mine) + mine;
}

static void overflow_stack(void)
{
	volatile int n = 0;

	(void)deep(&n);
}

static void broken_invariant(void)
{
	invariant(info.ram_count == 0);
}

static void on_timer(void)
{
	timer_came = true;
}

/* The timer wakes an idle machine, once, and not early. */
static void timer(void)
{
	uint64_t until;

	clock_calibrate();
	clock_set_handler(on_timer);
	until = clock_now() + 50 * NS_PER_MS;
	clock_arm(until);
	while (!timer_came)
		cpu_idle();
	invariant(clock_now() >= until);
	power_end(AZ_END_OK);
}

static void power_off(void)
{
	power_end(AZ_END_OK);
}

static void reboot(void)
{
	power_end(AZ_END_REBOOT);
}

static const struct {
	const char *name;
	void (*run)(void);
} trials[] = {
	{ "read-unmapped", read_unmapped },
	{ "read-null", read_null },
	{ "read-low-kernel", read_low_kernel },
	{ "write-text", write_text },
	{ "write-trust", write_trust },
	{ "run-data", run_data },
	{ "run-direct-map", run_direct_map },
	{ "write-protected-run", write_protected_run },
	{ "read-freed-run", read_freed_run },
	{ "free-frame-twice", free_frame_twice },
	{ "illegal", illegal },
	{ "divide", divide },
	{ "overflow-stack", overflow_stack },
	{ "broken-invariant", broken_invariant },
	{ "timer", timer },
	{ "power-off", power_off },
	{ "reboot", reboot },
};

static void stop_after_panic(void)
{
	power_end(AZ_END_PANIC);
}

static void init_machine(void)
{
	console_init_serial();
	log_set_sink(console_write);
	log_set_clock(clock_now);
	panic_set_stop(stop_after_panic);
	trap_init();
	if (boot_read(&info) != AZ_OK)
		panic("boot information");
	frame_init(&info);
	page_set_frames(frame_alloc, frame_free);
	if (page_init(&info) != AZ_OK || trap_init_irq() != AZ_OK)
		panic("no memory to start with");
	clock_start();
}

void kernel_main(void)
{
	init_machine();
	log_warn("trial", "test kernel: nothing is verified");
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		size_t len = strlen(trials[i].name);

		if (len == info.cmdline_len &&
		    memcmp(info.cmdline, trials[i].name, len) == 0) {
			log_info("trial", "start name=%s", trials[i].name);
			trials[i].run();
		}
	}
	log_error("trial", "survived");
	power_end(AZ_END_FAILED);
}
