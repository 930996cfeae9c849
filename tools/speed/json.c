/* A JSON parser that makes a tree, and a walk over that tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "speed.h"

enum { TEXT_MAX = 600000, RECORDS = 2500, NODES_MAX = 100000, DEPTH_MAX = 64 };

enum kind { NUL, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT };

struct node {
	enum kind kind;
	uint32_t len;             /* of the string, or members */
	struct node *next;        /* in the same array or object */
	struct node *first;       /* member */
	const char *key, *string; /* decoded in place of the text */
	double number;
};

struct parser {
	char *at;
	int depth, failed;
};

static char source[TEXT_MAX], text[TEXT_MAX];
static size_t text_len;
static struct node nodes[NODES_MAX];
static uint32_t node_count;

static struct node *parse_value(struct parser *p);

static void *fail(struct parser *p)
{
	p->failed = 1;
	return NULL;
}

static void skip_space(struct parser *p)
{
	while (
	    *p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r')
		p->at++;
}

static int eat(struct parser *p, char c)
{
	skip_space(p);
	if (*p->at != c)
		return 0;
	p->at++;
	return 1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

static char *parse_escape(struct parser *p, char *to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	char c = *p->at++;
	const char *found = c != '\0' ? strchr(from, c) : NULL;
	uint32_t code = 0;

	if (found != NULL) {
		*to++ = into[found - from];
		return to;
	}
	if (c != 'u')
		return fail(p);
	for (int n = 0; n < 4; n++) {
		int digit = hex_digit(*p->at++);

		if (digit < 0)
			return fail(p);
		code = code << 4 | (uint32_t)digit;
	}
	return put_utf8(to, code);
}

static const char *parse_string(struct parser *p, uint32_t *len)
{
	char *start, *to;

	if (!eat(p, '"'))
		return fail(p);
	start = to = p->at;
	while (*p->at != '"') {
		if ((unsigned char)*p->at < 0x20)
			return fail(p);
		if (*p->at != '\\')
			*to++ = *p->at++;
		else if (p->at++, (to = parse_escape(p, to)) == NULL)
			return NULL;
	}
	p->at++;
	*len = (uint32_t)(to - start);
	return start;
}

static double parse_number(struct parser *p)
{
	int negative = eat(p, '-'), scale = 0, power = 0, minus = 0;
	double value = 0;

	if (*p->at < '0' || *p->at > '9')
		p->failed = 1;
	while (*p->at >= '0' && *p->at <= '9')
		value = value * 10 + (*p->at++ - '0');
	if (*p->at == '.') {
		p->at++;
		while (*p->at >= '0' && *p->at <= '9') {
			value = value * 10 + (*p->at++ - '0');
			scale--;
		}
	}
	if ((*p->at | 0x20) == 'e') {
		p->at++;
		minus = *p->at == '-';
		if (*p->at == '+' || *p->at == '-')
			p->at++;
		while (*p->at >= '0' && *p->at <= '9' && power < 1000)
			power = power * 10 + (*p->at++ - '0');
	}
	for (scale += minus ? -power : power; scale > 0; scale--)
		value *= 10;
	for (; scale < 0; scale++)
		value /= 10;
	return negative ? -value : value;
}

static void parse_members(struct parser *p, struct node *of, char end)
{
	struct node **next = &of->first;

	if (++p->depth > DEPTH_MAX) {
		p->failed = 1;
		return;
	}
	p->at++;
	if (!eat(p, end)) {
		do {
			const char *key = NULL;
			uint32_t len;

			if (of->kind == OBJECT) {
				key = parse_string(p, &len);
				if (key == NULL || !eat(p, ':'))
					p->failed = 1;
			}
			*next = p->failed ? NULL : parse_value(p);
			if (*next == NULL)
				return;
			(*next)->key = key;
			next = &(*next)->next;
			of->len++;
		} while (eat(p, ','));
		if (!eat(p, end))
			p->failed = 1;
	}
	p->depth--;
}

static int parse_word(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(p->at, word, len) != 0)
		return 0;
	p->at += len;
	return 1;
}

static struct node *parse_value(struct parser *p)
{
	struct node *n = &nodes[node_count];

	if (node_count++ == NODES_MAX)
		return fail(p);
	*n = (struct node){ 0 };
	skip_space(p);
	switch (*p->at) {
	case '{':
		n->kind = OBJECT;
		parse_members(p, n, '}');
		break;
	case '[':
		n->kind = ARRAY;
		parse_members(p, n, ']');
		break;
	case '"':
		n->kind = STRING;
		n->string = parse_string(p, &n->len);
		break;
	case 't':
		n->kind = TRUE;
		p->failed |= !parse_word(p, "true");
		break;
	case 'f':
		n->kind = FALSE;
		p->failed |= !parse_word(p, "false");
		break;
	case 'n':
		p->failed |= !parse_word(p, "null");
		break;
	default:
		n->kind = NUMBER;
		n->number = parse_number(p);
	}
	return p->failed ? NULL : n;
}

static uint32_t walk(const struct node *n)
{
	uint32_t sum = (uint32_t)n->kind + n->len;

	if (n->key != NULL)
		sum += (uint32_t)(unsigned char)n->key[0];
	if (n->kind == NUMBER)
		sum += (uint32_t)(int32_t)(n->number * 16);
	if (n->kind == STRING)
		sum = sum * 31 + speed_hash(n->string, n->len);
	for (const struct node *m = n->first; m != NULL; m = m->next)
		sum = sum * 31 + walk(m);
	return sum;
}

static void add_record(int n)
{
	static const char *const words[] = { "quick", "brown \\\"fox\\\"",
		"jumps\\nover", "gr\\u00fc\\u00dfe", "lazy dog", "" };

	uint32_t r[9];

	for (int i = 0; i < 9; i++)
		r[i] = speed_random();
	text_len += (size_t)snprintf(source + text_len, TEXT_MAX - text_len,
	    "%s\n  {\"id\": %d, \"name\": \"%s %s\", \"ok\": %s,\n"
	    "   \"score\": %d.%03d, \"small\": -%de-3, \"none\": null,\n"
	    "   \"tags\": [\"%s\", \"%s\", [%d, %d, {}]],\n"
	    "   \"at\": {\"x\": %d, \"y\": %d.5}}",
	    n > 0 ? "," : "", n, words[r[0] % 6], words[r[1] % 6],
	    n % 3 ? "true" : "false", (int)(r[2] % 1000), (int)(r[3] % 1000),
	    (int)(r[4] % 100), words[r[5] % 6], words[r[6] % 6],
	    (int)(r[7] % 100000), n, (int)(r[8] % 500), n % 500);
}

void speed_setup(void)
{
	source[text_len++] = '[';
	for (int n = 0; n < RECORDS; n++)
		add_record(n);
	text_len +=
	    (size_t)snprintf(source + text_len, TEXT_MAX - text_len, "\n]\n");
}

uint32_t speed_round(void)
{
	struct parser p = { .at = text };
	const struct node *root;

	memcpy(text, source, text_len + 1);
	node_count = 0;
	root = parse_value(&p);
	if (root == NULL) {
		printf("failed at %d\n", (int)(p.at - text));
		exit(1);
	}
	return walk(root);
}
