#include "inspect.h"

#include <stdio.h>
#include <string.h>

#include "artifact.h"
#include "fileio.h"
#include "wasm.h"

static const char *const external_names[] = { "func", "table", "memory",
	"global" };

static json_t *bytes_json(struct wasm_bytes b)
{
	json_t *text = json_stringn((const char *)b.at, b.len);

	return text != NULL ? text : json_string("(not UTF-8)");
}

static json_t *imports_json(const struct wasm_module *m)
{
	json_t *out = json_array();

	for (uint32_t i = 0; i < m->import_count; i++)
		json_array_append_new(
		    out, json_pack("{s:o, s:o, s:s}", "module",
			     bytes_json(m->imports[i].module), "name",
			     bytes_json(m->imports[i].name), "kind",
			     external_names[m->imports[i].kind]));
	return out;
}

static json_t *exports_json(const struct wasm_module *m)
{
	json_t *out = json_array();

	for (uint32_t i = 0; i < m->export_count; i++)
		json_array_append_new(
		    out, json_pack("{s:o, s:s}", "name",
			     bytes_json(m->exports[i].name), "kind",
			     external_names[m->exports[i].kind]));
	return out;
}

static json_t *customs_json(const struct wasm_module *m)
{
	json_t *out = json_array();

	for (uint32_t i = 0; i < m->custom_count; i++)
		json_array_append_new(
		    out, json_pack("{s:o, s:I}", "name",
			     bytes_json(m->customs[i].name), "size",
			     (json_int_t)m->customs[i].bytes.len));
	return out;
}

json_t *inspect_wasm(const struct artifact *a, char why[INSPECT_WHY_SIZE])
{
	struct wasm_error error;
	struct wasm_module *m =
	    wasm_parse((const uint8_t *)a->file.at, a->file.len, &error);
	uint8_t hash[32];
	char hex[65];
	json_t *out;

	if (m == NULL) {
		snprintf(why, INSPECT_WHY_SIZE, "%s (at byte %zu)", error.text,
		    error.offset);
		return NULL;
	}
	file_sha256(hash, a->file.at, a->file.len);
	file_hex(hex, hash, sizeof(hash));
	out = json_pack("{s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:I}", "schema",
	    "azoth.inspect/1", "kind", "wasm", "size", (json_int_t)a->file.len,
	    "sha256", hex, "functions", (json_int_t)m->func_count, "globals",
	    (json_int_t)m->global_count, "tables", (json_int_t)m->table_count,
	    "segments", (json_int_t)m->data_count);
	if (m->memory_count > 0) {
		json_object_set_new(
		    out, "memory_pages_min", json_integer(m->memories[0].min));
		if (m->memories[0].max != UINT32_MAX)
			json_object_set_new(out, "memory_pages_max",
			    json_integer(m->memories[0].max));
	}
	json_object_set_new(out, "imports", imports_json(m));
	json_object_set_new(out, "exports", exports_json(m));
	json_object_set_new(out, "sections", customs_json(m));
	wasm_free(m);
	return out;
}
