#include "templates.h"

/* The bytes of a file of this tree, between two symbols. The assembler finds
 * it from the folder where the build runs, which is the tree's root. */
#define EMBED(symbol, path)                                                    \
	__asm__(".pushsection .rodata\n"                                       \
		"template_" #symbol ":\n"                                      \
		".incbin \"builder/templates/" path "\"\n"                     \
		"template_" #symbol "_end:\n"                                  \
		".byte 0\n"                                                    \
		".popsection\n");                                              \
	extern const char template_##symbol[], template_##symbol##_end[]

#define FILE_ROW(path, symbol, mode)                                           \
	{                                                                      \
		path, template_##symbol, template_##symbol##_end, mode         \
	}

EMBED(hello_c_manifest, "hello-c/azoth.yaml");
EMBED(hello_c_makefile, "hello-c/Makefile");
EMBED(hello_c_main, "hello-c/src/main.c");
EMBED(hello_c_gitignore, "hello-c/gitignore");
EMBED(hello_c_ci, "hello-c/ci");

EMBED(pair_manifest, "supervised-pair/azoth.yaml");
EMBED(pair_makefile, "supervised-pair/Makefile");
EMBED(pair_interface, "supervised-pair/vault.wit");
EMBED(pair_server, "supervised-pair/vault.c");
EMBED(pair_client, "supervised-pair/teller.c");

EMBED(web_manifest, "web/azoth.yaml");
EMBED(web_makefile, "web/Makefile");
EMBED(web_main, "web/web.c");
EMBED(web_page, "web/site/index.html");

static const struct template_file hello_c[] = {
	FILE_ROW("azoth.yaml", hello_c_manifest, 0644),
	FILE_ROW("src/main.c", hello_c_main, 0644),
	FILE_ROW("Makefile", hello_c_makefile, 0644),
	FILE_ROW(".gitignore", hello_c_gitignore, 0644),
	FILE_ROW(".ci/run", hello_c_ci, 0755),
	{ NULL, NULL, NULL, 0 },
};

static const struct template_file pair[] = {
	FILE_ROW("azoth.yaml", pair_manifest, 0644),
	FILE_ROW("vault.wit", pair_interface, 0644),
	FILE_ROW("vault.c", pair_server, 0644),
	FILE_ROW("teller.c", pair_client, 0644),
	FILE_ROW("Makefile", pair_makefile, 0644),
	FILE_ROW(".gitignore", hello_c_gitignore, 0644),
	FILE_ROW(".ci/run", hello_c_ci, 0755),
	{ NULL, NULL, NULL, 0 },
};

static const struct template_file web[] = {
	FILE_ROW("azoth.yaml", web_manifest, 0644),
	FILE_ROW("web.c", web_main, 0644),
	FILE_ROW("site/index.html", web_page, 0644),
	FILE_ROW("Makefile", web_makefile, 0644),
	FILE_ROW(".gitignore", hello_c_gitignore, 0644),
	FILE_ROW(".ci/run", hello_c_ci, 0755),
	{ NULL, NULL, NULL, 0 },
};

static const struct template templates[] = {
	{ "hello-c", "a C program on wasi-libc that greets", hello_c },
	{ "supervised-pair", "a server that is restarted, and its client",
	    pair },
	{ "web", "a web server with a handler", web },
};

const struct template *template_table(size_t *count)
{
	*count = sizeof templates / sizeof *templates;
	return templates;
}
