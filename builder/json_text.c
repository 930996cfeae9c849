#include "json_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, KEY_WIDTH = 14, DEL = 0x7f };

static void print_plain(struct buf *out, const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == DEL)
			buf_printf(out, "\\x%02x", (unsigned char)*c);
		else
			buf_putc(out, *c);
}

static void print_scalar(
    struct buf *out, const char *key, const json_t *value, int depth)
{
	buf_printf(out, "%*s%-*s ", INDENT * depth, "", KEY_WIDTH, key);
	if (json_is_string(value))
		print_plain(out, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(out, "%lld", (long long)json_integer_value(value));
	else
		buf_puts(out, json_is_true(value) ? "yes" : "no");
	buf_putc(out, '\n');
}

static void print_value(
    struct buf *out, const char *key, const json_t *value, int depth);

static void print_members(struct buf *out, const json_t *object, int depth)
{
	const char *key;
	json_t *child;

	json_object_foreach((json_t *)(uintptr_t)object, key,
	    child) if (strcmp(key, "schema") != 0)
	    print_value(out, key, child, depth);
}

static void print_elements(struct buf *out, const json_t *array, int depth)
{
	json_t *child;
	size_t i;

	json_array_foreach(array, i, child)
	{
		const char *name =
		    json_string_value(json_object_get(child, "name"));

		print_value(out, name ? name : "-", child, depth);
	}
}

static void print_value(
    struct buf *out, const char *key, const json_t *value, int depth)
{
	if (json_is_null(value))
		return;
	if (!json_is_object(value) && !json_is_array(value)) {
		print_scalar(out, key, value, depth);
		return;
	}
	buf_printf(out, "%*s", INDENT * depth, "");
	print_plain(out, key);
	buf_putc(out, '\n');
	if (json_is_object(value))
		print_members(out, value, depth + 1);
	else
		print_elements(out, value, depth + 1);
}

void json_text(struct buf *out, const json_t *object)
{
	print_members(out, object, 0);
}

json_t *json_text_string(const char *text)
{
	json_t *string = json_string(text);
	char *plain;

	if (string != NULL)
		return string;
	plain = xstrdup(text);
	for (char *c = plain; *c != '\0'; c++)
		if (*c < ' ' || *c == DEL)
			*c = '?';
	string = json_string(plain);
	free(plain);
	return string;
}

void json_text_set(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_text_string(text));
}

void json_text_print(FILE *to, json_t *object)
{
	json_dumpf(object, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(object);
}
