/* The console of a guest is bytes of its choice. However they are cut into
 * pieces the document must be the same, and be JSON. */
#include "dossier.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_line(void *ctx, const char *line)
{
	dossier_line(ctx, line);
}

static char *document(const char *bytes, size_t size, size_t step)
{
	static const struct dossier_run run = { .image = "x", .result = "ok" };
	static struct guest g;
	struct dossier e;
	json_t *json;
	char *text;

	dossier_init(&e);
	guest_init(&g, &(struct guest_hooks){ .ctx = &e, .line = take_line });
	for (size_t at = 0; at < size; at += step)
		guest_feed(&g, bytes + at, size - at < step ? size - at : step);
	guest_finish(&g);
	guest_fini(&g);
	json = dossier_json(&e, &run);
	dossier_fini(&e);
	text = json_dumps(json, JSON_ENSURE_ASCII);
	json_decref(json);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *whole = document((const char *)data, size, size + 1);
	char *pieces = document((const char *)data, size, 3);
	json_t *again = whole ? json_loads(whole, 0, NULL) : NULL;

	if (again == NULL || pieces == NULL || strcmp(whole, pieces) != 0)
		abort();
	json_decref(again);
	free(whole);
	free(pieces);
	return 0;
}
