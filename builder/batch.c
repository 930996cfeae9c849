#include "batch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bound.h"
#include "compile.h"
#include "exit.h"
#include "fileio.h"
#include "proc.h"
#include "progress.h"
#include "translate.h"
#include "verify/image.h"

enum { JOBS_MAX = PROC_LIVE_MAX, TAIL_LINES = 20, LOG_MAX = 64 << 20 };

/* A child at work. */
struct worker {
	pid_t pid; /* 0: none */
	size_t item;
	uint64_t since;
};

struct pool {
	const struct batch_job *job;
	struct worker workers[JOBS_MAX];
	int jobs, live;
	size_t *queue, queued, next, done;
	int code; /* the first failure */
};

static char *work_path(
    const struct batch_job *job, size_t item, const char *kind)
{
	return xasprintf("%s/%zu.%s", job->work_dir, item, kind);
}

/* In the child: the image, checked as the kernel checks it, and packed. */
static int keep_image(const struct image *image, const char *path)
{
	struct cached entry = { .text_size = image->text_size };
	struct image_view view;
	const char *why;

	if (image_open(&view, image->bytes, image->size, &why) !=
	    AZ_REFUSE_NONE) {
		cli_error("AZ0703", NULL,
		    "the translation is not a valid image: %s", why);
		return EXIT_TOOL;
	}
	entry.stack = bound_stack(&view);
	file_sha256(entry.raw_sha256, image->bytes, image->size);
	blob_pack(&entry.blob, image->bytes, image->size);
	return cached_write(path, &entry) ? EXIT_DONE : EXIT_TOOL;
}

/* Few modules share the processors that many would fill. */
static unsigned compilers_each(const struct pool *p)
{
	unsigned jobs = (unsigned)p->jobs, modules = (unsigned)p->queued;

	return modules >= jobs ? 1 : jobs / modules;
}

static int translate_item(const struct pool *p, size_t i)
{
	const struct batch_job *job = p->job;
	const struct batch_item *item = &job->items[i];
	struct translate_job t = { .module = item->wasm,
		.name = item->name,
		.work_dir = job->work_dir,
		.keep_c = job->keep_dir,
		.jobs = compilers_each(p) };
	char *entry = work_path(job, i, "entry");
	char *note = work_path(job, i, "log");
	char *log = NULL;
	struct image image;
	int code = translate_module(&image, &t, &log);

	if (code == EXIT_DONE)
		code = keep_image(&image, entry);
	else if (log != NULL)
		(void)file_write(note, log, strlen(log), 0600);
	return code;
}

static void start(struct pool *p, size_t i)
{
	struct worker *w = p->workers;

	while (w->pid != 0)
		w++;
	progress_begin(p->job->progress, "compile", p->job->items[i].name,
	    p->done, p->queued);
	fflush(NULL);
	w->item = i;
	w->since = progress_now();
	w->pid = fork();
	if (w->pid == 0)
		_exit(translate_item(p, i));
	if (w->pid < 0) {
		w->pid = 0;
		cli_error(
		    NULL, NULL, "cannot start a process: %s", strerror(errno));
		p->code = EXIT_HOST;
		return;
	}
	p->live++;
}

static void print_tail(const struct buf *log)
{
	const char *at = log->at + log->len;
	int lines = 0;

	if (log->len == 0)
		return;
	while (at > log->at && (at[-1] != '\n' || lines++ < TAIL_LINES))
		at--;
	fputs(at, stderr);
	if (log->at[log->len - 1] != '\n')
		fputc('\n', stderr);
}

/* Say what failed; the log moves to where it stays. */
static void report_failure(struct pool *p, size_t i, int code)
{
	const struct batch_job *job = p->job;
	char *note = work_path(job, i, "log");
	char *kept = xasprintf("%s/%s.log", job->log_dir, job->items[i].name);
	struct buf path = { 0 }, log = { 0 };
	char *help = NULL;
	struct progress_end end = { .step = "compile",
		.module = job->items[i].name,
		.since = progress_now(),
		.failed = true };

	if (code == EXIT_INTERRUPTED)
		goto out; /* the user's wish */
	progress_end(job->progress, &end, "failed");
	if (file_read(&path, note, FILE_SIZE_MAX) &&
	    file_read(&log, path.at, LOG_MAX) &&
	    file_make_dirs(job->log_dir, 0755) &&
	    file_write(kept, log.at, log.len, 0644)) {
		print_tail(&log);
		help = xasprintf("the whole log: %s", kept);
	}
	cli_error(code == EXIT_HOST ? "AZ0701" : "AZ0703",
	    code == EXIT_HOST ? "azoth doctor" : help,
	    "module `%s` could not be compiled", job->items[i].name);
out:
	free(note);
	free(kept);
	free(help);
	buf_fini(&path);
	buf_fini(&log);
}

static void take(struct pool *p, const struct worker *w, int code)
{
	const struct batch_job *job = p->job;
	struct batch_item *item = &job->items[w->item];
	char *entry = work_path(job, w->item, "entry");
	struct progress_end end = {
		.step = "compile", .module = item->name, .since = w->since
	};

	p->done++;
	if (code == EXIT_DONE && !cached_read(&item->out, entry))
		code = EXIT_TOOL;
	if (code == EXIT_DONE) {
		cache_put(job->cache, item->key, &item->out);
		progress_end(job->progress, &end, "%zu KiB code",
		    (size_t)(item->out.text_size + 1023) / 1024);
	} else if (p->code == EXIT_DONE) {
		p->code = code;
		report_failure(p, w->item, code);
	}
	free(entry);
}

/* Ctrl-C reaches children through the terminal; a plain kill does not. */
static void stop_all(struct pool *p)
{
	for (int i = 0; i < p->jobs; i++)
		if (p->workers[i].pid != 0)
			kill(p->workers[i].pid, SIGTERM);
	p->code = EXIT_INTERRUPTED;
}

static void wait_one(struct pool *p)
{
	int status;
	pid_t pid = waitpid(-1, &status, 0);

	if (pid < 0 && errno == EINTR && proc_interrupted())
		stop_all(p);
	for (int i = 0; i < p->jobs && pid > 0; i++) {
		struct worker *w = &p->workers[i];

		if (w->pid != pid)
			continue;
		w->pid = 0;
		p->live--;
		take(p, w,
		    WIFEXITED(status)    ? WEXITSTATUS(status)
		    : proc_interrupted() ? EXIT_INTERRUPTED
					 : EXIT_TOOL);
	}
}

static int order_by_size(const void *a, const void *b, void *items)
{
	const struct batch_item *x =
	    (struct batch_item *)items + *(const size_t *)a;
	const struct batch_item *y =
	    (struct batch_item *)items + *(const size_t *)b;

	return (x->bytes->len < y->bytes->len) -
	       (x->bytes->len > y->bytes->len);
}

/* The item before i with the same key, or i. */
static size_t first_like(const struct batch_item *items, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (memcmp(items[j].key, items[i].key, 32) == 0)
			return j;
	return i;
}

static void copy_result(struct cached *to, const struct cached *from)
{
	*to = *from;
	to->blob.stored = (struct buf){ 0 };
	if (from->blob.stored.len > 0)
		buf_add(&to->blob.stored, from->blob.stored.at,
		    from->blob.stored.len);
}

/* Take from the cache what it has, and queue the rest. */
static void look_up(struct pool *p, const uint8_t fingerprint[32])
{
	const struct batch_job *job = p->job;

	for (size_t i = 0; i < job->count; i++) {
		struct batch_item *item = &job->items[i];
		struct progress_end end = { .step = "compile",
			.module = item->name,
			.since = progress_now(),
			.cached = true };
		uint8_t both[64];

		memcpy(both, item->sha256, 32);
		memcpy(both + 32, fingerprint, 32);
		file_sha256(item->key, both, sizeof(both));
		item->hit = cache_get(&item->out, job->cache, item->key);
		if (item->hit)
			progress_end(job->progress, &end, "cached");
		else if (first_like(job->items, i) == i)
			p->queue[p->queued++] = i;
	}
}

static void explain(const struct pool *p)
{
	for (size_t i = 0; i < p->queued && p->job->explain; i++) {
		const struct batch_item *item = &p->job->items[p->queue[i]];
		char hex[65];

		file_hex(hex, item->sha256, 32);
		progress_say(p->job->progress,
		    " rebuild   %s: nothing is cached for sha256 %.12s... "
		    "with this compiler and these flags",
		    item->name, hex);
	}
}

/* The state of the programs that translate, and of this one. */
static bool tools_state(uint8_t key[32])
{
	static const char *const tools[] = { "wasm2c", COMPILE_PROGRAM, "as" };
	struct buf b = { 0 };
	struct stat st;
	bool done = stat("/proc/self/exe", &st) == 0;

	buf_printf(&b, "fingerprint %lld %lld.%ld", (long long)st.st_size,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools) && done; i++) {
		char *path = proc_find(tools[i]);

		done = path != NULL && stat(path, &st) == 0;
		buf_printf(&b, " %s %lld %lld.%ld", path ? path : "",
		    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec);
		free(path);
	}
	file_sha256(key, b.at, b.len);
	buf_fini(&b);
	return done;
}

/* translate_fingerprint runs the tools to ask for their versions: not again
 * while they are the same files. */
static int find_fingerprint(uint8_t out[32], const struct cache *cache)
{
	uint8_t key[32];
	char hex[65];
	char *note = NULL;
	bool known = tools_state(key);
	int code = EXIT_DONE;

	if (known)
		note = cache_get_note(cache, key);
	if (note == NULL || strlen(note) != sizeof(hex) - 1 ||
	    !file_unhex(out, note, 32)) {
		code = translate_fingerprint(out);
		file_hex(hex, out, 32);
		if (known && code == EXIT_DONE)
			cache_put_note(cache, key, hex);
	}
	free(note);
	return code;
}

int batch_compile(const struct batch_job *job)
{
	struct pool p = { .job = job, .jobs = job->jobs };
	uint8_t fingerprint[32];
	int code = find_fingerprint(fingerprint, job->cache);

	if (code != EXIT_DONE)
		return code;
	if (p.jobs <= 0)
		p.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (p.jobs < 1 || p.jobs > JOBS_MAX)
		p.jobs = p.jobs < 1 ? 1 : JOBS_MAX;
	p.queue = xcalloc(job->count, sizeof(*p.queue));
	look_up(&p, fingerprint);
	explain(&p);
	qsort_r(p.queue, p.queued, sizeof(*p.queue), order_by_size, job->items);
	while (p.live > 0 || (p.next < p.queued && p.code == EXIT_DONE)) {
		while (p.live < p.jobs && p.next < p.queued &&
		       p.code == EXIT_DONE && !proc_interrupted())
			start(&p, p.queue[p.next++]);
		if (proc_interrupted() && p.code == EXIT_DONE)
			stop_all(&p);
		if (p.live > 0)
			wait_one(&p);
	}
	for (size_t i = 0; i < job->count && p.code == EXIT_DONE; i++) {
		size_t j = first_like(job->items, i);

		if (j != i && !job->items[i].hit)
			copy_result(&job->items[i].out, &job->items[j].out);
	}
	free(p.queue);
	return p.code;
}
