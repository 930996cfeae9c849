#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "fileio.h"
#include "mem.h"

enum { FOLDERS_MAX = 2 };

static char *output_folder(const char *manifest)
{
	const char *slash = strrchr(manifest, '/');

	if (!slash)
		return xstrdup("out");
	return xasprintf("%.*s/out", (int)(slash - manifest), manifest);
}

static int clean_folder(const char *path, bool remove, bool quiet)
{
	if (access(path, F_OK) != 0)
		return EXIT_DONE;
	if (remove && !file_remove_tree(path)) {
		cli_error(NULL, NULL, "cannot remove `%s`: %s", path,
		    strerror(errno));
		return EXIT_HOST;
	}
	if (!quiet || !remove)
		printf("%s %s\n", remove ? "removed" : "would remove", path);
	return EXIT_DONE;
}

int verb_clean(const struct cli *cli)
{
	char *manifest = cli_manifest_path(cli);
	char *folders[FOLDERS_MAX];
	int count = 0, code = EXIT_DONE;
	bool yes = cli_value(cli, "yes") != NULL;

	if (!manifest)
		return EXIT_INPUT;
	folders[count++] = output_folder(manifest);
	if (cli_value(cli, "cache")) {
		char *cache = file_xdg_dir("XDG_CACHE_HOME", ".cache");
		if (cache)
			folders[count++] = cache;
	}
	for (int i = 0; i < count; i++) {
		if (code == EXIT_DONE)
			code = clean_folder(folders[i], yes, cli->quiet);
		free(folders[i]);
	}
	if (!yes && !cli->quiet)
		fprintf(stderr, "nothing was removed; `azoth clean --yes` "
				"does it\n");
	free(manifest);
	return code;
}
