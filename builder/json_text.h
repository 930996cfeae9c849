/* json_text: a JSON object as a document, and as indented lines for people, so
 * that the two outputs of a reading verb cannot drift apart. Control characters are shown
 * as \\xNN: what a file holds never reaches the terminal raw.
 */
#ifndef BUILDER_JSON_TEXT_H
#define BUILDER_JSON_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "mem.h"

/* Append the object's members, "schema" left out. Elements of arrays that
 * have a "name" are titled by it. */
void json_text(struct buf *out, const json_t *object);

/* A string of bytes that may be no UTF-8: what is not ASCII is '?' then. */
json_t *json_text_string(const char *text);
void json_text_set(json_t *object, const char *key, const char *text);

/* Print the object as a JSON document, and drop it. */
void json_text_print(FILE *to, json_t *object);

#endif
