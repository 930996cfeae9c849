/* test/script: a kernel that calls exports instead of running systems.
 *
 * The product's own objects, linked with --wrap: what main.c takes for
 * run_load and run_system are the functions below. So a bundle is opened,
 * checked and built as ever; then, instead of starting the modules, the
 * script is executed: the standard input of the first module that has one.
 *
 *	# a comment
 *	MODULE EXPORT ARGUMENT... want=NUMBER|void|trap:KIND
 *	MODULE "EXPORT WITH SPACES" ARGUMENT... want=...
 *
 * Each call is one life of the module's thread: on the module's own stack,
 * under its signed deadline and budget, ended by proc_exit with the export's
 * result, or by its trap. Instance and memory stay for the next call.
 * Arguments and results are integers in registers, results of 32 bits. KIND
 * is an enum az_trap without AZ_TRAP_. Context: as sup/run.
 */
#include "sup/run.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "arch/clock.h"
#include "arch/context.h"
#include "base/fmt.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "load/blob.h"
#include "task/domain.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/image.h"
#include "wasm/stub.h"

enum { ARGS_MAX = 6, STACK_SLACK = 64, DECIMAL = 10, FMT_U32 = 11 };

/* Known to entry.inc. */
struct script_entry {
	uint64_t sp, base; /* of the module's stack and memory */
	uint64_t arg[ARGS_MAX];
};
_Noreturn void script_enter(const struct script_entry *entry);
void script_return(void);
extern const uint32_t script_exit;
const uint32_t script_exit = STUB_CALL_HOST + AZ_CALL_PROC_EXIT;

enum az_refusal __real_run_load(const struct bundle *b,
    const struct run_hooks *hooks, const char **why, const char **who);
enum az_refusal __wrap_run_load(const struct bundle *b,
    const struct run_hooks *hooks, const char **why, const char **who);
_Noreturn void __wrap_run_system(void);

#define AZ_X(sym, text) #sym,
static const char *const trap_names[AZ_TRAP_COUNT] = { AZ_TRAPS(AZ_X) };
#undef AZ_X
enum { TRAP_PREFIX = sizeof("AZ_TRAP_") - 1 };

/* A line of the script, or a word of it. */
struct text {
	const char *at;
	size_t len;
};

static struct {
	const struct run_hooks *hooks; /* main.c's */
	struct domain *domains[AZ_MODULES_MAX];
	uint32_t domain_count;
	struct text rest; /* of the script */
	uint32_t line, passed, failed;

	/* The call under way. */
	struct domain *domain;
	struct text export, want;
	uint64_t entry, arg[ARGS_MAX];
} script;

/* --- Words -------------------------------------------------------------- */

static struct text cut(struct text *from, char end)
{
	struct text piece = { from->at, 0 };

	while (piece.len < from->len && piece.at[piece.len] != end)
		piece.len++;
	from->at += piece.len;
	from->len -= piece.len;
	if (from->len > 0) {
		from->at++;
		from->len--;
	}
	return piece;
}

static bool same(struct text text, const char *word)
{
	return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

static bool eat(struct text *text, const char *word)
{
	size_t len = strlen(word);

	if (text->len < len || memcmp(text->at, word, len) != 0)
		return false;
	text->at += len;
	text->len -= len;
	return true;
}

static bool number(uint64_t *out, struct text text)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		*out = *out * DECIMAL + (uint64_t)(text.at[i] - '0');
	}
	return text.len > 0;
}

/* --- One call ----------------------------------------------------------- */

static struct domain *find_module(struct text name)
{
	for (uint32_t i = 0; i < script.domain_count; i++)
		if (same(name, script.domains[i]->name))
			return script.domains[i];
	return NULL;
}

/* The function behind an export, or NULL. */
static const struct az_func *find_func(
    const struct image_view *v, struct text name)
{
	for (uint32_t i = 0; i < v->head->exports.count; i++) {
		const struct az_export *e = &v->exports[i];

		if (e->kind == AZ_EXPORT_FUNC &&
		    e->index < v->head->funcs.count &&
		    e->name_len == name.len &&
		    memcmp(v->names + e->name, name.at, name.len) == 0)
			return &v->funcs[e->index];
	}
	return NULL;
}

/* Words up to want=; their number, or more than ARGS_MAX. */
static uint32_t read_args(struct text *line)
{
	uint32_t count = 0;

	memset(script.arg, 0, sizeof(script.arg));
	for (;;) {
		struct text word = cut(line, ' ');

		script.want = word;
		if (eat(&script.want, "want="))
			return count;
		if (count == ARGS_MAX || !number(&script.arg[count], word))
			return ARGS_MAX + 1;
		count++;
	}
}

/* Make the line's call the one under way. NULL, or what is wrong with it. */
static const char *read_call(struct text line)
{
	const struct az_func *func;
	const struct az_sig *sig;
	bool quoted;

	script.domain = find_module(cut(&line, ' '));
	if (script.domain == NULL)
		return "no such module";
	quoted = eat(&line, "\"");
	script.export = cut(&line, quoted ? '"' : ' ');
	if (quoted)
		(void)eat(&line, " ");
	func = find_func(script.domain->image, script.export);
	if (func == NULL)
		return "no such function";
	sig = &script.domain->image->sigs[func->sig];
	if (read_args(&line) != sig->param_count)
		return "not its arguments";
	for (uint32_t i = 0; i < sig->param_count; i++)
		if (sig->types[i] == AZ_F32 || sig->types[i] == AZ_F64)
			return "an argument is a float";
	script.entry = script.domain->slot + AZ_TEXT_BASE + func->off;
	return NULL;
}

/* First code of every call, on the thread's kernel stack. script_enter pops
 * the function, the function pops script_return. */
_Noreturn static void begin(void)
{
	struct domain *d = sched_domain();
	struct script_entry entry = {
		.sp = d->slot + AZ_STACK_TOP - STACK_SLACK - 16,
		.base = (uint64_t)(uintptr_t)d->memory,
	};
	uint64_t *stack = (uint64_t *)(uintptr_t)entry.sp;

	sched_way_out();
	memcpy(entry.arg, script.arg, sizeof(entry.arg));
	stack[0] = script.entry;
	stack[1] = (uint64_t)(uintptr_t)&script_return;
	context_fpu_reset();
	script_enter(&entry);
}

/* --- The script --------------------------------------------------------- */

static bool fits(const struct domain *d, struct text want)
{
	uint64_t value;

	if (eat(&want, "trap:"))
		return d->end == DOMAIN_TRAPPED &&
		       same(want, trap_names[d->end_code] + TRAP_PREFIX);
	if (d->end != DOMAIN_EXITED)
		return false;
	return same(want, "void") ||
	       (number(&value, want) && value == d->end_code);
}

static void tell_mismatch(const struct domain *d)
{
	bool trapped = d->end == DOMAIN_TRAPPED;
	const char *kind = trap_names[trapped ? d->end_code : 0];
	char result[FMT_U32];

	fmt_into(result, sizeof(result), "%u", d->end_code);
	log_error("script", "line=%u module=%s export=%.*s want=%.*s got=%s%s",
	    script.line, d->name, (int)script.export.len, script.export.at,
	    (int)script.want.len, script.want.at, trapped ? "trap:" : "",
	    trapped ? kind + TRAP_PREFIX : result);
}

static void judge(const struct domain *d)
{
	if (fits(d, script.want)) {
		script.passed++;
		return;
	}
	script.failed++;
	tell_mismatch(d);
}

static void finish(void)
{
	bool ok = script.failed == 0 && script.passed > 0;

	log_info(
	    "script", "%u passed, %u failed", script.passed, script.failed);
	for (uint32_t i = 0; i < script.domain_count; i++)
		script.hooks->detach(script.domains[i]);
	script.hooks->finish(ok ? AZ_END_OK : AZ_END_FAILED);
}

static void start(struct domain *d)
{
	uint64_t ns = d->module->deadline;

	d->end = DOMAIN_RUNNING;
	d->started = clock_now();
	sched_start(d->thread, ns != 0 ? d->started + ns : CLOCK_NEVER);
}

/* Start the next call; the machine ends when there is none. */
static void next(void)
{
	while (script.rest.len > 0) {
		struct text line = cut(&script.rest, '\n');
		const char *wrong;

		script.line++;
		if (line.len == 0 || line.at[0] == '#')
			continue;
		wrong = read_call(line);
		if (wrong == NULL) {
			start(script.domain);
			return;
		}
		script.failed++;
		log_error("script", "line=%u %s: %.*s", script.line, wrong,
		    (int)line.len, line.at);
	}
	finish();
}

static void reap(struct domain *d)
{
	judge(d);
	sched_halt(d->thread);
	thread_free(&d->thread);
	if (thread_alloc(&d->thread, d, begin) != AZ_OK)
		panic("no memory for a thread");
	next();
}

static void no_chores(void)
{
}

/* --- In place of sup/run ------------------------------------------------ */

static az_err attach(struct domain *d)
{
	invariant(script.domain_count < AZ_MODULES_MAX);
	script.domains[script.domain_count++] = d;
	return script.hooks->attach(d);
}

enum az_refusal __wrap_run_load(const struct bundle *b,
    const struct run_hooks *hooks, const char **why, const char **who)
{
	static struct run_hooks ours;

	script.hooks = hooks;
	ours = *hooks;
	ours.begin = begin;
	ours.attach = attach;
	return __real_run_load(b, &ours, why, who);
}

void __wrap_run_system(void)
{
	log_warn("script", "test kernel: runs no system, calls exports");
	for (uint32_t i = 0; script.rest.at == NULL; i++) {
		const struct az_module *m;
		uint64_t len;

		if (i == script.domain_count)
			panic("no module has a file as standard input");
		m = script.domains[i]->module;
		if (m->stdin_kind != AZ_STDIN_FILE)
			continue;
		script.rest.at = (const char *)blob_bytes(m->stdin_blob, &len);
		script.rest.len = len;
	}
	next();
	sched_run(reap, no_chores);
}
