#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "cli.h"
#include "diag.h"
#include "index_read.h"
#include "manifest.h"

static bool open_image(struct system *s)
{
	const char *why = "it holds no system";

	s->image = true;
	if (s->file.bundle.len == 0 ||
	    artifact_index(&s->file, &s->bundle, &why) != AZ_REFUSE_NONE) {
		cli_error(NULL, NULL, "cannot read `%s`: %s", s->path, why);
		return false;
	}
	s->m = index_read(&s->bundle);
	return true;
}

static bool open_manifest(struct system *s, const struct cli *cli)
{
	s->list = diags_new();
	s->m = manifest_load(s->path, cli->profile, s->list);
	if (s->m != NULL && diags_errors(s->list) == 0)
		return true;
	diags_print(s->list, stderr, DIAG_HUMAN, cli->color);
	return false;
}

bool system_open(struct system *out, const struct cli *cli, const char *path)
{
	*out = (struct system){ .path = path };
	if (!artifact_open(&out->file, path)) {
		cli_error("AZ0205", NULL, "cannot read `%s`: %s", path,
		    strerror(errno));
		return false;
	}
	if (out->file.kind != ARTIFACT_UNKNOWN)
		return open_image(out);
	return open_manifest(out, cli);
}

bool system_drivers(struct system *s, const struct cli *cli)
{
	if (s->image)
		return true;
	check_drivers(s->m, s->list);
	if (diags_errors(s->list) == 0)
		return true;
	diags_print(s->list, stderr, DIAG_HUMAN, cli->color);
	return false;
}

void system_close(struct system *s)
{
	manifest_free(s->m);
	if (s->list != NULL)
		diags_free(s->list);
	artifact_close(&s->file);
}
