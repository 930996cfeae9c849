/* guest: what a guest's console says, read as it comes.
 *
 * guest_feed takes the raw bytes of the serial line in pieces of any size,
 * drops the firmware's escape sequences, gives the clean text on at once
 * (echo), and reads whole lines: the kernel's own ("azoth SECONDS LEVEL LAYER
 * EVENT key=value ...") and the modules' ("NAME | text").
 * Only a line that starts with "azoth " is the kernel's: no module may have
 * that name, and module text always stands behind its module's prefix, so
 * nothing that a module prints can pass for an end or a refusal.
 * The guest is not trusted: every text is cut to its field, and modules
 * beyond GUEST_MODULES_MAX are counted only.
 */
#ifndef BUILDER_GUEST_H
#define BUILDER_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GUEST_MODULES_MAX = 4096,
	GUEST_NAME_MAX = 64,
	GUEST_TEXT_MAX = 160,
	GUEST_FUNCTION_MAX = 100,
	GUEST_FRAMES_MAX = 16,
	GUEST_LINE_MAX = 8192,
};

/* A call that was under way when a module trapped. */
struct guest_frame {
	char function[GUEST_FUNCTION_MAX];
	uint64_t offset; /* in the function's machine code */
};

/* How one module ended. */
struct guest_module {
	char name[GUEST_NAME_MAX];
	char function[GUEST_FUNCTION_MAX]; /* that trapped; "": not known */
	struct guest_frame *frames;        /* innermost first; the guest's */
	size_t frame_count;
	char trap[GUEST_TEXT_MAX]; /* "" unless it trapped */
	bool trapped;
	bool expected;
	uint64_t code; /* exit status, or number of the trap */
	uint64_t ms;   /* from its start */
};

/* Where things go; each may be NULL. A callback's bytes are borrowed. */
struct guest_hooks {
	void *ctx;
	void (*echo)(void *ctx, const char *bytes, size_t len);
	/* the stdout of the module named in module, decoded */
	const char *module;
	void (*output)(void *ctx, const char *bytes, size_t len);
	void (*ended)(void *ctx, const struct guest_module *m);
	/* each whole line, without its newline, before it is acted on */
	void (*line)(void *ctx, const char *line);
};

struct guest {
	struct guest_hooks hooks;
	struct guest_module *modules;
	size_t module_count;          /* stored */
	size_t modules_ended;         /* seen */
	bool booted;                  /* a kernel line was seen */
	char refusal[GUEST_TEXT_MAX]; /* reason=; "" when nothing was */
	char what[GUEST_TEXT_MAX];
	char refused_module[GUEST_NAME_MAX]; /* "": the bundle itself */
	char panic[GUEST_TEXT_MAX];
	/* inside */
	struct guest_module crash; /* of a trap, until its module's end */
	int escape;                /* state of the sequence being dropped */
	char line[GUEST_LINE_MAX];
	size_t line_len;
};

void guest_init(struct guest *g, const struct guest_hooks *hooks);
void guest_feed(struct guest *g, const char *bytes, size_t len);
/* The console has ended: take a last line without its newline. */
void guest_finish(struct guest *g);
void guest_fini(struct guest *g);

/* The text of a kernel's line behind its level: "LAYER EVENT ..."; NULL for any
 * other. *at_us: when it was written, from boot. */
const char *guest_kernel_text(const char *line, uint64_t *at_us);

/* Does the text start with this word? Then *rest is what follows it. */
bool guest_eat_word(const char **rest, const char *word);

/* The value of key in a line of key=value, quotes taken off and \xNN
 * decoded, cut to size: false when the line has no such key. */
bool guest_field(const char *line, const char *key, char *out, size_t size);

/* Decode \xNN in place; returns the new length. */
size_t guest_decode(char *text, size_t len);

#endif
