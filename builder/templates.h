/* templates: the projects that `azoth new` can write, as data in the binary.
 * Their text is in builder/templates/NAME/; @NAME@ stands for the project's
 * name.
 */
#ifndef BUILDER_TEMPLATES_H
#define BUILDER_TEMPLATES_H

#include <stddef.h>

struct template_file {
	const char *path; /* in the project */
	const char *text, *end;
	unsigned mode;
};

struct template
{
	const char *name, *summary;
	const struct template_file *files; /* ends with path NULL */
};

const struct template *template_table(size_t *count);

#endif
