/* count-insns: a TCG plugin for QEMU that counts the guest's instructions,
 * function by function, from the first one at `entry` to the first one in
 * [stop, stop_end), which is not counted.
 *
 * -plugin count-insns.so,entry=ADDR,stop=ADDR,stop_end=ADDR,
 *	symbols=FILE (lines "ADDR NAME", ascending; an address belongs to the
 *	last symbol not above it), out=FILE (lines "COUNT NAME", of the
 *	first time), all=FILE (if given: a line "COUNT" for every time)
 * -plugin count-insns.so,symbols=FILE,live=FILE
 *	counts all the time, in FILE, which others may read meanwhile: 8
 *	bytes of what lies below the first symbol, then 8 for each symbol
 *
 * QEMU's header for plugins is not packaged: these are the prototypes used,
 * of its version 1.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { INLINE_ADD = 0, NO_REGS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(
    plugin_id id, void (*call)(plugin_id id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
    void (*call)(unsigned vcpu, void *data), int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(
    struct qemu_plugin_insn *insn, int op, void *counter, uint64_t add);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(
    const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

extern int qemu_plugin_version;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

int qemu_plugin_version = 1;

enum { SYMBOLS_MAX = 8192, NAME_MAX_LEN = 127 };

/* Number 0 takes what lies below the first symbol. */
static struct symbol {
	uint64_t at;
	char name[NAME_MAX_LEN + 1];
} symbols[SYMBOLS_MAX];
static size_t symbol_count = 1;
static uint64_t own_counts[SYMBOLS_MAX], *counts = own_counts;

static uint64_t entry, stop, stop_end;
static char out_path[4096], symbols_path[4096], all_path[4096], live_path[4096];
static bool done, begun;
static FILE *all;

static void begin(unsigned vcpu, void *data)
{
	(void)vcpu, (void)data;
	begun = true;
	for (size_t n = 0; n < symbol_count; n++)
		counts[n] = 0;
}

/* Note how many they were this time. */
static void note_all(void)
{
	uint64_t sum = 0;

	if (all == NULL)
		all = fopen(all_path, "w");
	if (all == NULL)
		abort();
	for (size_t n = 0; n < symbol_count; n++)
		sum += counts[n];
	fprintf(all, "%" PRIu64 "\n", sum);
	fflush(all);
}

static void end(unsigned vcpu, void *data)
{
	FILE *out;

	(void)vcpu, (void)data;
	if (!begun)
		return;
	begun = false;
	if (all_path[0] != 0)
		note_all();
	if (done)
		return;
	done = true;
	out = fopen(out_path, "w");
	if (out == NULL)
		abort();
	for (size_t n = 0; n < symbol_count; n++)
		if (counts[n] > 0)
			fprintf(out, "%" PRIu64 " %s\n", counts[n],
			    symbols[n].name);
	fclose(out);
}

static uint64_t *count_at(uint64_t addr)
{
	size_t low = 0, high = symbol_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (symbols[middle].at <= addr)
			low = middle;
		else
			high = middle;
	}
	return &counts[low];
}

static void translate(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t n = 0; n < qemu_plugin_tb_n_insns(tb); n++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, n);
		uint64_t at = qemu_plugin_insn_vaddr(insn);

		if (at == entry)
			qemu_plugin_register_vcpu_insn_exec_cb(
			    insn, begin, NO_REGS, NULL);
		if (at >= stop && at < stop_end)
			qemu_plugin_register_vcpu_insn_exec_cb(
			    insn, end, NO_REGS, NULL);
		qemu_plugin_register_vcpu_insn_exec_inline(
		    insn, INLINE_ADD, count_at(at), 1);
	}
}

static bool read_symbols(void)
{
	FILE *in = fopen(symbols_path, "r");

	strcpy(symbols[0].name, "(elsewhere)");
	if (in == NULL)
		return false;
	while (symbol_count < SYMBOLS_MAX &&
	       fscanf(in, "%" SCNx64 " %127s", &symbols[symbol_count].at,
		   symbols[symbol_count].name) == 2)
		symbol_count++;
	fclose(in);
	return true;
}

static bool share_counts(void)
{
	FILE *live = fopen(live_path, "w+");
	size_t size = symbol_count * sizeof(*counts);

	if (live == NULL || fwrite(own_counts, size, 1, live) != 1 ||
	    fflush(live) != 0)
		return false;
	counts = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(live), 0);
	return counts != MAP_FAILED;
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int n = 0; n < argc; n++)
		if (sscanf(argv[n], "entry=%" SCNx64, &entry) != 1 &&
		    sscanf(argv[n], "stop=%" SCNx64, &stop) != 1 &&
		    sscanf(argv[n], "stop_end=%" SCNx64, &stop_end) != 1 &&
		    sscanf(argv[n], "symbols=%4095s", symbols_path) != 1 &&
		    sscanf(argv[n], "live=%4095s", live_path) != 1 &&
		    sscanf(argv[n], "all=%4095s", all_path) != 1 &&
		    sscanf(argv[n], "out=%4095s", out_path) != 1)
			return -1;
	if (!read_symbols() || (live_path[0] != 0 && !share_counts()))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
