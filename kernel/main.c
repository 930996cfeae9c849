/* main: boot as a flat list of steps, and the hooks that lead upwards. */
#include "arch/boot.h"
#include "arch/clock.h"
#include "arch/console.h"
#include "arch/page.h"
#include "arch/power.h"
#include "arch/trap.h"
#include "base/cmdline.h"
#include "base/log.h"
#include "base/panic.h"
#include "mm/frame.h"

_Noreturn void kernel_main(void);

static struct boot_info boot;

static void stop_panicked(void)
{
	power_end(AZ_END_PANIC);
}

_Noreturn static void refuse(const char *reason)
{
	log_error("verify", "refused reason=%s", reason);
	power_end(AZ_END_REFUSED);
}

void kernel_main(void)
{
	struct cmdline options;

	console_init_serial();
	log_set_sink(console_write);
	log_set_clock(clock_now);
	panic_set_stop(stop_panicked);
	trap_init();
	if (boot_read(&boot) != AZ_OK)
		refuse("boot-info");
	frame_init(&boot);
	page_set_frames(frame_alloc, frame_free);
	page_init(&boot);
	console_init_screen(&boot.screen);
	if (trap_init_irq() != AZ_OK)
		panic("no memory for the interrupt controllers");
	clock_start();
	if (cmdline_parse(&options, boot.cmdline, boot.cmdline_len) != AZ_OK)
		refuse("command-line");
	console_select(options.serial, options.screen);
	log_set_level(options.log);
	log_info("boot", "memory frames=%lu free=%lu", frame_count_total(),
	    frame_count_free());
	log_info("boot", "bundle size=%lu modules=%u",
	    boot.bundle.end - boot.bundle.start, boot.module_count);
	clock_calibrate();
	log_info("boot", "clock wall=%lu", clock_wall() / 1000000000);
	power_end(AZ_END_OK);
}
