#include "guest.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* An escape sequence: ESC, then one byte, or [ parameters and a final. */
enum { ESC_NONE, ESC_SEEN, ESC_PARAMS };
enum { US_PLACES = 6 }; /* of a second */

void guest_init(struct guest *g, const struct guest_hooks *hooks)
{
	memset(g, 0, sizeof *g);
	g->hooks = *hooks;
}

void guest_fini(struct guest *g)
{
	for (size_t i = 0; i < g->module_count; i++)
		free(g->modules[i].frames);
	free(g->modules);
	free(g->crash.frames);
	g->modules = NULL;
	g->crash.frames = NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

size_t guest_decode(char *text, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && len - i >= 4 && text[i + 1] == 'x') {
			int high = hex_digit(text[i + 2]);
			int low = hex_digit(text[i + 3]);
			if (high >= 0 && low >= 0) {
				text[to++] = (char)(high * 16 + low);
				i += 3;
				continue;
			}
		}
		text[to++] = text[i];
	}
	return to;
}

/* Step over one word, or over key="quoted words". */
static const char *field_end(const char *at)
{
	bool quoted = false;

	for (; *at && (quoted || *at != ' '); at++)
		quoted ^= *at == '"';
	return at;
}

bool guest_field(const char *line, const char *key, char *out, size_t size)
{
	size_t key_len = strlen(key);

	while (*line) {
		const char *end = field_end(line);
		const char *value = line + key_len + 1;
		if (strncmp(line, key, key_len) != 0 || line[key_len] != '=') {
			line = end + strspn(end, " ");
			continue;
		}
		size_t len = (size_t)(end - value);
		if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
			value++;
			len -= 2;
		}
		if (len >= size)
			len = size - 1;
		memcpy(out, value, len);
		out[guest_decode(out, len)] = 0;
		return true;
	}
	return false;
}

static uint64_t field_number(const char *line, const char *key)
{
	char text[24];

	if (!guest_field(line, key, text, sizeof text))
		return 0;
	return strtoull(text, NULL, 10);
}

/* A module has trapped: its frames follow, then its end. */
static void take_trap(struct guest *g, const char *fields)
{
	struct guest_module *c = &g->crash;

	free(c->frames);
	memset(c, 0, sizeof *c);
	guest_field(fields, "module", c->name, sizeof c->name);
	guest_field(fields, "func", c->function, sizeof c->function);
}

static void take_frame(struct guest *g, const char *fields)
{
	struct guest_module *c = &g->crash;
	char name[GUEST_NAME_MAX] = "", off[24] = "";

	guest_field(fields, "module", name, sizeof name);
	if (strcmp(name, c->name) != 0 || c->frame_count == GUEST_FRAMES_MAX)
		return;
	if (c->frames == NULL)
		c->frames = xcalloc(GUEST_FRAMES_MAX, sizeof *c->frames);
	struct guest_frame *f = &c->frames[c->frame_count++];
	guest_field(fields, "func", f->function, sizeof f->function);
	guest_field(fields, "off", off, sizeof off);
	f->offset = strtoull(off, NULL, 16);
}

/* What was said of the trap goes to the module that ends by it. */
static void move_crash(struct guest_module *m, struct guest_module *crash)
{
	if (!m->trapped || strcmp(m->name, crash->name) != 0)
		return;
	memcpy(m->function, crash->function, sizeof m->function);
	m->frames = crash->frames;
	m->frame_count = crash->frame_count;
	memset(crash, 0, sizeof *crash);
}

static void take_exit(struct guest *g, const char *fields)
{
	struct guest_module m = { .code = field_number(fields, "code"),
		.ms = field_number(fields, "ms") };
	char word[8];

	if (!guest_field(fields, "module", m.name, sizeof m.name))
		return;
	m.trapped = guest_field(fields, "end", word, sizeof word) &&
		    strcmp(word, "trap") == 0;
	m.expected = guest_field(fields, "expected", word, sizeof word) &&
		     strcmp(word, "yes") == 0;
	guest_field(fields, "trap", m.trap, sizeof m.trap);
	move_crash(&m, &g->crash);
	g->modules_ended++;
	bool kept = g->module_count < GUEST_MODULES_MAX;
	if (kept) {
		if ((g->module_count & (g->module_count - 1)) == 0)
			g->modules = xrealloc(
			    g->modules, (2 * g->module_count + 1) * sizeof m);
		g->modules[g->module_count++] = m;
	}
	if (g->hooks.ended)
		g->hooks.ended(g->hooks.ctx, &m);
	if (!kept)
		free(m.frames);
}

bool guest_eat_word(const char **rest, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*rest, word, len) != 0 ||
	    ((*rest)[len] != ' ' && (*rest)[len] != 0))
		return false;
	*rest += len;
	*rest += strspn(*rest, " ");
	return true;
}

/* "SECONDS.FRACTION" in us, as far as it fits. */
static uint64_t read_us(const char *digits)
{
	uint64_t us = 0;
	int places = -1; /* of the fraction, once it has begun */

	for (; *digits != ' ' && places < US_PLACES; digits++) {
		if (*digits == '.' || us > UINT64_MAX / 100) {
			places = places < 0 ? 0 : US_PLACES;
			continue;
		}
		us = us * 10 + (uint64_t)(*digits - '0');
		places += places >= 0;
	}
	for (places = places < 0 ? 0 : places; places < US_PLACES; places++)
		us = us <= UINT64_MAX / 10 ? us * 10 : us;
	return us;
}

const char *guest_kernel_text(const char *line, uint64_t *at_us)
{
	if (!guest_eat_word(&line, "azoth"))
		return NULL;
	size_t digits = strspn(line, "0123456789.");
	if (digits == 0 || line[digits] != ' ')
		return NULL;
	const char *time = line;
	line += digits + 1;
	line += strspn(line, " ");
	size_t level = strcspn(line, " ");
	if (level == 0 || !line[level])
		return NULL;
	*at_us = read_us(time);
	return line + level + 1;
}

static void take_sup_event(struct guest *g, const char *event)
{
	if (guest_eat_word(&event, "exit"))
		take_exit(g, event);
	else if (guest_eat_word(&event, "trap"))
		take_trap(g, event);
	else if (guest_eat_word(&event, "frame"))
		take_frame(g, event);
}

static void take_kernel_line(struct guest *g, const char *text)
{
	const char *event = text + strcspn(text, " ");

	g->booted = true;
	event += strspn(event, " ");
	if (guest_eat_word(&text, "sup")) {
		take_sup_event(g, event);
	} else if (guest_eat_word(&text, "trust") &&
		   guest_eat_word(&event, "refused")) {
		guest_field(event, "reason", g->refusal, sizeof g->refusal);
		guest_field(event, "what", g->what, sizeof g->what);
		guest_field(event, "module", g->refused_module,
		    sizeof g->refused_module);
	} else if (guest_eat_word(&event, "panic")) {
		strncpy(g->panic, event, sizeof g->panic - 1);
	}
}

/* "NAME | text", "NAME |+ text": give text to output, with the newline that
 * + says is not there. */
static void take_module_line(struct guest *g, char *line, size_t len)
{
	size_t name = strlen(g->hooks.module);

	if (len < name + 2 || memcmp(line, g->hooks.module, name) != 0 ||
	    line[name] != ' ' || line[name + 1] != '|')
		return;
	size_t at = name + 2;
	bool newline = !(at < len && line[at] == '+');
	at += !newline;
	at += at < len && line[at] == ' ';
	len = guest_decode(line + at, len - at);
	if (newline)
		line[at + len++] = '\n'; /* in place of its end */
	g->hooks.output(g->hooks.ctx, line + at, len);
}

static void take_line(struct guest *g)
{
	char *line = g->line;
	size_t len = g->line_len;

	g->line_len = 0;
	line[len] = 0;
	if (g->hooks.line)
		g->hooks.line(g->hooks.ctx, line);
	uint64_t at_us;
	const char *text = guest_kernel_text(line, &at_us);
	if (text)
		take_kernel_line(g, text);
	else if (g->hooks.output && g->hooks.module)
		take_module_line(g, line, len);
}

/* Take one clean character into the line; what is over its size is cut. */
static void take_char(struct guest *g, char c)
{
	if (c == '\n')
		take_line(g);
	else if (g->line_len < GUEST_LINE_MAX - 2)
		g->line[g->line_len++] = c;
}

/* Is c text, and not part of an escape sequence or a control character? */
static bool filter(struct guest *g, char c)
{
	unsigned char u = (unsigned char)c;

	switch (g->escape) {
	case ESC_SEEN:
		g->escape = c == '[' ? ESC_PARAMS : ESC_NONE;
		return false;
	case ESC_PARAMS:
		if (u >= 0x40 && u <= 0x7e)
			g->escape = ESC_NONE;
		return false;
	}
	if (c == 0x1b)
		g->escape = ESC_SEEN;
	return c == '\n' || c == '\t' || (u >= 0x20 && u != 0x7f);
}

void guest_feed(struct guest *g, const char *bytes, size_t len)
{
	char clean[4096];
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (!filter(g, bytes[i]))
			continue;
		clean[used++] = bytes[i];
		take_char(g, bytes[i]);
		if (used < sizeof clean && i + 1 < len)
			continue;
		if (g->hooks.echo)
			g->hooks.echo(g->hooks.ctx, clean, used);
		used = 0;
	}
	if (used && g->hooks.echo)
		g->hooks.echo(g->hooks.ctx, clean, used);
}

void guest_finish(struct guest *g)
{
	if (g->line_len)
		take_line(g);
}
