/* reader: prints its arguments, its environment and the files it may read. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 256, PATH_MAX_BYTES = 256 };

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void list_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, not_dots, by_name);

	if (count < 0) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	for (int n = 0; n < count; n++) {
		bool folder = entries[n]->d_type == DT_DIR;

		printf("%s holds %s%s\n", path, entries[n]->d_name,
		    folder ? "/" : "");
		free(entries[n]);
	}
	free(entries);
}

static void print_file(const char *name)
{
	char path[PATH_MAX_BYTES], line[LINE_MAX_BYTES];

	snprintf(path, sizeof path, "/books/%s", name);
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		printf("%s: %s\n", path, strerror(errno));
		return;
	}
	for (int n = 1; fgets(line, sizeof line, file) != NULL; n++)
		printf("%s:%d: %s", path, n, line);
	fclose(file);
}

int main(int argc, char **argv)
{
	printf("I am %s, with %d arguments\n", argv[0], argc - 1);
	printf("READER is %s\n", getenv("READER"));
	list_folder("/books");
	list_folder("/books/shelf");
	for (int n = 1; n < argc; n++)
		print_file(argv[n]);

	/* Only what was granted exists, and it cannot be written. */
	if (fopen("/books/new.txt", "w") == NULL)
		printf("writing: %s\n", strerror(errno));
	if (fopen("/etc/passwd", "r") == NULL)
		printf("outside: %s\n", strerror(errno));
	return 0;
}
