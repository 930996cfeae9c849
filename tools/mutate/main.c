/* mutants: does anything that the verifier accepts leave its box?
 *
 * usage: mutants [-s SEED] [-n COUNT] [-g GENERATED] [-w REASON] IMAGE...
 *
 * Mutants of slices of the flat images are made until COUNT of them have been
 * accepted and executed, or GENERATED have been made. Each changed function is
 * entered at its start, at the change and at a place before it where nothing is
 * known of registers, with every kind of hostile ones. -w drops the check that
 * refuses with REASON, in a build with weakened checks; it ends at the first
 * escape.
 * Exit status: 1 when something escaped, 2 for bad usage.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/layout.h"
#include "box.h"
#include "chance.h"
#include "edit.h"
#include "slice.h"
#include "verify/code.h"
#include "verify/x86_64/decode.h"

enum {
	PROGRAMS_MAX = 256,
	MUTANTS_OF_SLICE = 3000,
	EDITS_MAX = 2,
	WORK_SLACK = 1 << 20, /* around it, for weakened checks */
	SHOWN_ESCAPES = 20,
	SHOWN_BYTES = 48,
	DEPTH_UNKNOWN = -1,
	SLOT = 8,
};

static const char *weakened; /* the reason of the check to drop, or NULL */

/* What the checks of a weakened build ask before they refuse. */
bool code_is_dropped(const char *reason);
bool code_is_dropped(const char *reason)
{
	return weakened != NULL && strcmp(reason, weakened) == 0;
}

static struct {
	struct image_view programs[PROGRAMS_MAX];
	const char *names[PROGRAMS_MAX];
	uint32_t program_count;
	struct chance chance;  /* of the mutants: repeated by the seed */
	struct chance hostile; /* of one mutant's runs, which time may end */
	uint8_t *work;
	uint64_t generated, accepted, executed, runs, escapes;
	uint64_t ends[BOX_END_COUNT];
} M;

/* The edits of one mutant. */
struct mutant {
	const char *program;
	uint32_t count;
	struct edit edits[EDITS_MAX];
};

static void read_program(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct image_view *v = &M.programs[M.program_count];
	const char *why = "cannot be read";
	uint8_t *room = malloc(AZ_IMAGE_MAX), *bytes;
	size_t size = 0;

	if (file != NULL) {
		size = fread(room, 1, AZ_IMAGE_MAX, file);
		fclose(file);
	}
	bytes = realloc(room, size + 1);
	if (bytes == NULL)
		bytes = room;
	if (size == 0 || image_open(v, bytes, size, &why) != AZ_REFUSE_NONE) {
		fprintf(stderr, "%s: %s\n", path, why);
		exit(2);
	}
	M.names[M.program_count++] = path;
}

static bool accepted(const struct image_view *v, struct code_fault *fault)
{
	size_t size = code_work_size(v);

	if (size > WORK_SLACK)
		return false;
	return code_check(v, M.work + WORK_SLACK, size, fault) ==
	       AZ_REFUSE_NONE;
}

/* The depth behind an instruction, `end` from the slot's start. Behind a jump,
 * or a helper, which may not come back, it is not known here. */
static int64_t depth_after(
    const struct x86_insn *in, uint32_t end, int64_t depth)
{
	if (depth == DEPTH_UNKNOWN || in->kind == X86_RET ||
	    in->kind == X86_JMP ||
	    (in->kind == X86_CALL && end + in->imm < AZ_IMPORT_BASE))
		return DEPTH_UNKNOWN;
	if (in->kind == X86_PUSH)
		return depth + SLOT;
	if (in->kind == X86_POP)
		return depth - SLOT;
	if (in->rm.class != X86_GPR || in->rm.num != X86_RSP)
		return depth;
	if (in->kind == X86_SUB)
		return depth + in->imm;
	return in->kind == X86_ADD ? depth - in->imm : depth;
}

/* Where to start for a change at `end`: at the last instruction at or before
 * it where the verifier takes no register to be below 2^32, and at the last
 * one of all, with those registers cut; their depths may be unknown.
 * Only for code that has been accepted. */
static void find_starts(const struct image_view *v, const struct az_func *f,
    uint32_t end, struct box_start *loose, struct box_start *near)
{
	static int32_t labels[SLICE_TEXT_MAX];
	const uint8_t *text = v->text + f->off;
	int64_t depth = 0;
	uint16_t clean = 0;
	bool ends = false;
	struct x86_insn in;

	for (uint32_t i = 0; i < f->len; i++)
		labels[i] = DEPTH_UNKNOWN;
	for (uint32_t i = 0;
	     i <= end && i < f->len && x86_decode(&in, text + i, f->len - i);
	     i += in.len) {
		if (labels[i] != DEPTH_UNKNOWN)
			depth = labels[i];
		if (labels[i] != DEPTH_UNKNOWN || ends)
			clean = 0;
		near->at = i;
		near->depth = (uint32_t)depth;
		near->clean = clean;
		if (clean == 0)
			*loose = *near;
		clean = (uint16_t)((clean | in.clears) & ~in.soils);
		ends = in.kind == X86_JMP || in.kind == X86_RET;
		if ((in.kind == X86_JCC || in.kind == X86_JMP) && in.imm > 0 &&
		    i + in.len + (uint64_t)in.imm < f->len)
			labels[i + in.len + in.imm] = (int32_t)depth;
		depth =
		    depth_after(&in, AZ_TEXT_BASE + f->off + i + in.len, depth);
	}
}

static void show_escape(const struct slice *s, const struct mutant *mutant,
    const struct box_start *start, const struct box_result *result)
{
	const struct az_func *f = &s->view.funcs[start->func];
	uint64_t off = result->rip - BOX_SLOT - AZ_TEXT_BASE - f->off;
	uint32_t from = off < f->len && off > SHOWN_BYTES / 2
			    ? (uint32_t)off - SHOWN_BYTES / 2
			    : 0;

	printf("escape: %s\n  %s, function %u of the slice, from +%#x, depth "
	       "%u, registers %d\n  rip %#" PRIx64 " (+%#" PRIx64
	       ") address %#" PRIx64 "\n",
	    result->why, mutant->program, start->func, start->at, start->depth,
	    (int)start->file, result->rip, off, result->address);
	for (uint32_t i = 0; i < mutant->count; i++)
		printf("  edit: %s, function %u +%#x\n",
		    edit_names[mutant->edits[i].kind], mutant->edits[i].func,
		    mutant->edits[i].at);
	printf("  stack_args %u, bytes from +%#x:", f->stack_args, from);
	for (uint32_t i = from; i < f->len && i < from + SHOWN_BYTES; i++)
		printf(" %02x", s->view.text[f->off + i]);
	printf("\n");
}

static bool run_one(const struct slice *s, const struct mutant *mutant,
    const struct box_start *start)
{
	struct box_result result = box_run(start, &M.hostile);

	M.runs++;
	M.ends[result.end]++;
	if (result.end != BOX_ESCAPED)
		return true;
	if (++M.escapes <= SHOWN_ESCAPES)
		show_escape(s, mutant, start, &result);
	return false;
}

/* A changed function, from its start and from about the change, with each kind
 * of registers. At most one escape of a function counts. */
static bool run_function(
    const struct slice *s, const struct mutant *mutant, const struct edit *edit)
{
	struct box_start starts[3] = { { .func = edit->func },
		{ .func = edit->func }, { .func = edit->func } };

	find_starts(&s->view, &s->view.funcs[edit->func], edit->at, &starts[1],
	    &starts[2]);
	for (int i = 0; i < 3; i++) {
		if (starts[i].depth == (uint32_t)DEPTH_UNKNOWN ||
		    (i > 0 && starts[i].at == starts[i - 1].at))
			continue;
		for (int file = 0; file < BOX_FILES; file++) {
			starts[i].file = (enum box_file)file;
			if (!run_one(s, mutant, &starts[i]))
				return false;
		}
	}
	return true;
}

static void execute(const struct slice *s, const struct mutant *mutant)
{
	box_load(&s->view);
	M.hostile.state = chance_next(&M.chance);
	M.executed++;
	for (uint32_t i = 0; i < mutant->count; i++) {
		struct edit next = mutant->edits[i];

		if (!run_function(s, mutant, &next))
			return;
		/* A lie about one's length concerns the next one too. */
		next.func++;
		if (next.kind == EDIT_TABLE &&
		    next.func < s->view.head->funcs.count &&
		    !run_function(s, mutant, &next))
			return;
	}
}

static bool is_changed(const struct slice *s)
{
	return memcmp(s->bytes, s->pristine, s->size) != 0;
}

/* Make one mutant of the slice; execute it when it is accepted. */
static void try_mutant(struct slice *s, const char *program)
{
	struct mutant mutant = { .program = program };
	struct code_fault fault;
	struct image_view view;

	slice_restore(s);
	mutant.count = 1 + (chance_below(&M.chance, 4) == 0);
	for (uint32_t i = 0; i < mutant.count; i++) {
		mutant.edits[i] = edit_apply(s, &M.chance);
		/* Later edits need a table that is true. */
		if (mutant.edits[i].kind == EDIT_TABLE)
			mutant.count = i + 1;
	}
	if (!is_changed(s))
		return;
	M.generated++;
	if (image_open(&view, s->bytes, s->size, NULL) != AZ_REFUSE_NONE ||
	    !accepted(&view, &fault))
		return;
	M.accepted++;
	execute(s, &mutant);
}

static void try_slice(uint64_t count, uint64_t generated)
{
	uint32_t program = chance_below(&M.chance, M.program_count);
	struct code_fault fault;
	struct slice s;

	if (!slice_make(&s, &M.programs[program], &M.chance))
		return;
	if (!accepted(&s.view, &fault)) {
		fprintf(stderr, "%s: refused unchanged: %s (func %u +%#x)\n",
		    M.names[program], fault.text, fault.func, fault.offset);
		exit(2);
	}
	box_open(&s.view, &M.chance);
	for (int i = 0;
	     i < MUTANTS_OF_SLICE && M.executed < count &&
	     M.generated < generated && (weakened == NULL || M.escapes == 0);
	     i++)
		try_mutant(&s, M.names[program]);
	box_close();
	slice_free(&s);
}

static void report(uint64_t seed)
{
	printf("seed %" PRIu64 " generated %" PRIu64 " accepted %" PRIu64
	       " executed %" PRIu64 " runs %" PRIu64 " escapes %" PRIu64 "\n",
	    seed, M.generated, M.accepted, M.executed, M.runs, M.escapes);
	printf("returned %" PRIu64 " left %" PRIu64 " guard %" PRIu64
	       " cpu %" PRIu64 " calls %" PRIu64 " bound %" PRIu64 "\n",
	    M.ends[BOX_RETURNED], M.ends[BOX_LEFT], M.ends[BOX_GUARD],
	    M.ends[BOX_CPU], M.ends[BOX_CALLS], M.ends[BOX_BOUND]);
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, count = 1000, generated = UINT64_MAX;
	int option;

	while ((option = getopt(argc, argv, "s:n:g:w:")) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (option == 'g')
			generated = strtoull(optarg, NULL, 10);
		else if (option == 'w')
			weakened = optarg;
		else
			return 2;
	}
	if (optind == argc || argc - optind > PROGRAMS_MAX)
		return 2;
	while (optind < argc)
		read_program(argv[optind++]);
	M.chance.state = seed;
	M.work = calloc(3, WORK_SLACK);
	while (M.executed < count && M.generated < generated &&
	       (weakened == NULL || M.escapes == 0))
		try_slice(count, generated);
	report(seed);
	return M.escapes > 0;
}
