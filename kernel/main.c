/* main: boot as one flat list, and the hooks by which a layer reaches one
 * above it. Order matters where a comment says so; nothing here decides. */
#include <stddef.h>

#include "abi/trust.h"
#include "arch/boot.h"
#include "arch/clock.h"
#include "arch/console.h"
#include "arch/cpu.h"
#include "arch/page.h"
#include "arch/power.h"
#include "arch/trap.h"
#include "base/cmdline.h"
#include "base/log.h"
#include "base/panic.h"
#include "crypto/random.h"
#include "dev/device.h"
#include "host/host.h"
#include "ipc/call.h"
#include "ipc/channel.h"
#include "ipc/gate.h"
#include "ipc/signal.h"
#include "ipc/turn.h"
#include "load/blob.h"
#include "load/carry.h"
#include "load/window.h"
#include "mm/frame.h"
#include "sup/evidence.h"
#include "sup/report.h"
#include "sup/run.h"
#include "task/domain.h"
#include "task/sched.h"
#include "verify/bundle.h"

void kernel_main(void);

extern const struct az_trust_page trust_page;

static struct boot_info info;
static struct bundle bundle;

#define AZ_X(sym, text) text,
static const char *const refusal_texts[AZ_REFUSE_COUNT] = { AZ_REFUSALS(AZ_X) };
#undef AZ_X

/* Nothing of the system runs: say why and end. */
_Noreturn static void refuse(
    enum az_refusal reason, const char *what, const char *who)
{
	log_error("trust", "refused reason=%s what=\"%s\"%s%s",
	    refusal_texts[reason], what, who[0] != 0 ? " module=" : "", who);
	power_end(AZ_END_REFUSED);
}

static void stop_after_panic(void)
{
	power_end(AZ_END_PANIC);
}

/* A fault in module text is the module's end; any other is the kernel's. */
static bool on_trap(struct trap *trap)
{
	struct domain *d = sched_domain();
	struct report_site site = {
		.rip = trap->frame->rip,
		.sp = trap->frame->rsp,
		.addr = trap->addr,
	};
	uint32_t kind;

	turn_settle();
	if (d == NULL || !domain_owns(d, site.rip))
		return false;
	kind = report_classify(d, trap);
	site.has_addr = kind == AZ_TRAP_OOB;
	evidence_trap(d, kind, &site);
	sched_trap(kind);
}

static void on_helper_trap(
    struct domain *d, uint32_t trap, uint64_t rip, uint64_t sp)
{
	struct report_site site = { .rip = rip, .sp = sp, .after_call = true };

	evidence_trap(d, trap, &site);
}

static void on_power(enum az_power_op op)
{
	power_end(op == AZ_POWER_REBOOT ? AZ_END_REBOOT : AZ_END_HALT);
}

/* First code of every life. */
static void begin(void)
{
	struct domain *d = sched_domain();

	channel_begin(d);
	host_begin(d);
	gate_bind(d);
	gate_open(d);
	call_begin();
}

static az_err attach(struct domain *d)
{
	az_err err;

	TRY(channel_attach(d));
	err = host_attach(d);
	if (err != AZ_OK)
		channel_detach(d);
	else
		gate_open(d);
	return err;
}

static void detach(struct domain *d)
{
	channel_detach(d);
	host_detach(d);
}

/* What d held and lent is nobody's from now on. */
static void evict(struct domain *d, enum az_status why)
{
	gate_evict(d, why);
	cap_clear(d->id);
}

static void renew(struct domain *d, bool all)
{
	host_renew(d, all);
	if (!all)
		return;
	domain_forget(d);
	gate_bind(d);
}

/* Count one at the ends of a device's channel, but not at the first few. */
static void post_others(uint32_t channel, uint32_t few)
{
	const struct az_run *ends = &bundle.channels[channel].peers;

	for (uint32_t i = few; i < ends->count; i++)
		signal_post(ends->first + i, 1);
}

static void on_interrupt(uint32_t channel)
{
	post_others(channel, 0);
}

/* Whose device it is, is its driver no more. Who waits for its interrupts
 * would wait in vain. */
static void on_device_end(const struct cap *c, enum cap_why why)
{
	struct device *d = device_find(c->object);

	(void)why;
	if (d == NULL || c->parent != NULL ||
	    c->end != bundle.channels[c->object].peers.first)
		return;
	device_stop(d);
	post_others(c->object, 1);
}

static const struct device_hooks device_hooks = { .pool = window_run,
	.raise = on_interrupt };

static bool expects(void)
{
	return host_expects() || device_expects();
}

static const struct run_hooks hooks = {
	.entry = (uint64_t)&call_entry,
	.begin = begin,
	.attach = attach,
	.detach = detach,
	.evict = evict,
	.renew = renew,
	.expects = expects,
	.finish = power_end,
};

/* The machine: after this there are memory, traps, time and text. */
static void init_machine(void)
{
	console_init_serial();
	log_set_sink(console_write);
	log_set_clock(clock_now);
	panic_set_stop(stop_after_panic);
	trap_init();
	if (boot_read(&info) != AZ_OK)
		refuse(AZ_REFUSE_BOOT_INFO, "boot loader's information", "");
	frame_init(&info);
	page_set_frames(frame_alloc, frame_free);
	if (page_init(&info) != AZ_OK)
		refuse(AZ_REFUSE_MEMORY, "no memory for page tables", "");
	console_init_screen(&info.screen);
	if (trap_init_irq() != AZ_OK)
		refuse(AZ_REFUSE_MEMORY, "no memory for interrupts", "");
	clock_start();
}

/* The bundle: authentic, complete, and started as it was signed. */
static void open_bundle(void)
{
	const uint8_t *bytes = page_direct(info.bundle.start);
	uint64_t size = info.bundle.end - info.bundle.start;
	const char *why = "";
	enum az_refusal refusal;

	if (info.module_count != 1 || size == 0)
		refuse(AZ_REFUSE_NO_BUNDLE, "need exactly one boot module", "");
	refusal = bundle_open(&bundle, bytes, size, &trust_page, &why);
	if (refusal != AZ_REFUSE_NONE)
		refuse(refusal, why, "");
	refusal = bundle_check_cmdline(&bundle, info.cmdline, info.cmdline_len);
	if (refusal != AZ_REFUSE_NONE)
		refuse(refusal, "not the signed one", "");
}

/* What the signed command line asks for. */
static void apply_cmdline(void)
{
	struct cmdline options;

	if (cmdline_parse(&options, info.cmdline, info.cmdline_len) != AZ_OK)
		refuse(AZ_REFUSE_CMDLINE, "not of the known grammar", "");
	console_select(options.serial, options.screen);
	log_set_level(options.log);
}

static void announce(void)
{
	struct bundle_text name = bundle_text(&bundle, bundle.system->name);
	struct bundle_text version =
	    bundle_text(&bundle, bundle.system->version);

	log_info("trust",
	    "verified system=%.*s version=%.*s serial=%lu modules=%u",
	    (int)name.len, name.at, (int)version.len, version.at,
	    bundle.system->serial, bundle.module_count);
	if (bundle.key->flags & AZ_TRUST_DEV)
		log_warn("trust",
		    "development-key: anyone who holds it can sign for this "
		    "kernel; never ship this image");
}

static void seed_random(void)
{
	uint64_t noise[] = { clock_wall(), cpu_cycles() };

	random_mix(noise, sizeof(noise));
	random_init(cpu_random, cpu_cycles);
	if (!random_ready())
		log_warn("crypto", "random not ready: %s", random_why());
}

static void start_system(void)
{
	const char *why = "", *who = "";
	enum az_refusal refusal;

	gate_init(&bundle);
	carry_init(&bundle);
	gate_set_carry(carry_call, window_give_back);
	if (channel_init(&bundle) != AZ_OK)
		refuse(AZ_REFUSE_MEMORY, "no memory for the channels", "");
	if (window_init(&bundle) != AZ_OK ||
	    host_init(&bundle, blob_bytes) != AZ_OK)
		refuse(AZ_REFUSE_MEMORY, "no memory for what they share", "");
	if (device_init(&bundle, &device_hooks) != AZ_OK)
		refuse(AZ_REFUSE_MEMORY, "no memory for the devices", "");
	channel_on_end(0, window_shut);
	channel_on_end(AZ_CHANNEL_DEVICE, on_device_end);
	host_set_power(on_power);
	call_init(host_calls, on_helper_trap, run_ready);
	report_set_last_line(host_last_line);
	trap_set_handlers(on_trap, gate_rewind, sched_interrupted);
	sched_set_tick(gate_stamp);
	refusal = run_load(&bundle, &hooks, &why, &who);
	if (refusal != AZ_REFUSE_NONE)
		refuse(refusal, why, who);
	power_set_button(run_stop);
	run_system();
}

void kernel_main(void)
{
	init_machine();
	open_bundle();
	apply_cmdline();
	announce();
	clock_calibrate();
	seed_random();
	start_system();
}
