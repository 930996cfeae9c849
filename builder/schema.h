/* schema: the table of the manifest in other forms, for editors and people. */
#ifndef BUILDER_SCHEMA_H
#define BUILDER_SCHEMA_H

#include <stdbool.h>
#include <stdio.h>

struct field;

/* A JSON Schema, draft-07. */
void schema_print(FILE *to);

/* The table of manifests/README.md: a row for each key. */
void schema_print_markdown(FILE *to);

/* What `azoth explain PATH` says; as JSON when asked. */
void schema_explain(
    FILE *to, const struct field *f, const char *path, bool json);

/* Every path of the table, one a line. */
void schema_print_paths(FILE *to);

#endif
