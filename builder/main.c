/* azoth: builds and runs systems made of WebAssembly modules. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "exit.h"
#include "help.h"

/* What is closed would be the next file's number. */
static void open_standard_files(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = dup(fd);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct cli cli;
	int code;

	open_standard_files();
	code = cli_parse(&cli, argc, argv);
	if (code >= 0)
		return code;
	if (cli.folder && chdir(cli.folder) != 0) {
		cli_error(NULL, NULL, "cannot go to `%s`: %s", cli.folder,
		    strerror(errno));
		return EXIT_USAGE;
	}
	if (cli.help)
		help_print_verb(cli.verb);
	else
		code = cli.verb->run(&cli);
	/* A full disk or a closed pipe must not pass for success. */
	if (fflush(stdout) != 0 && code <= 0)
		return EXIT_TOOL;
	return code < 0 ? EXIT_DONE : code;
}
