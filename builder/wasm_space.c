/* Imports, and the sections that make tables, memories and globals. */
#include "wasm_read.h"

#include "abi/image.h"
#include "abi/layout.h"
#include "mem.h"

enum {
	KIND_TAG = 4,
	/* Bits of a limits flag. Only a memory can be shared, and then it has
	 * a maximum. */
	LIMITS_MAX = 1,
	LIMITS_SHARED = 2,
	LIMITS_64 = 4
};

static struct wasm_limits read_limits(struct wasm_reader *r, bool sharable)
{
	struct wasm_limits l = { 0, UINT32_MAX };
	uint8_t flags = wasm_byte(r);
	bool shared = (flags & LIMITS_SHARED) != 0;

	if (flags > (LIMITS_MAX | LIMITS_SHARED | LIMITS_64) ||
	    (shared && (!sharable || (flags & LIMITS_MAX) == 0)))
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "limits flag 0x%02x does not exist", flags);
	else if ((flags & LIMITS_64) != 0)
		wasm_refuse(r, WASM_MEMORY64);
	else if (shared)
		wasm_refuse(r, WASM_THREADS);
	l.min = wasm_u32(r);
	if ((flags & LIMITS_MAX) != 0)
		l.max = wasm_u32(r);
	if (!wasm_failed(r) && l.min > l.max)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "minimum %u is above maximum %u", l.min, l.max);
	return l;
}

static void refuse_entries(struct wasm_reader *r)
{
	wasm_fail(r, WASM_OUTSIDE_PROFILE, NULL,
	    "tables of more than %d entries", AZ_TABLE_ENTRIES_MAX);
}

static struct wasm_table read_table(struct wasm_reader *r)
{
	struct wasm_table t = { .type = wasm_reftype(r) };

	t.limits = read_limits(r, false);
	if (t.limits.min > AZ_TABLE_ENTRIES_MAX)
		refuse_entries(r);
	return t;
}

static struct wasm_limits read_memory(struct wasm_reader *r)
{
	struct wasm_limits l = read_limits(r, true);

	if (l.min > AZ_WASM_PAGES_MAX + 1 ||
	    (l.max > AZ_WASM_PAGES_MAX + 1 && l.max != UINT32_MAX))
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "memory size must be at most 65536 pages");
	else if (l.min > AZ_WASM_PAGES_MAX)
		wasm_fail(r, WASM_OUTSIDE_PROFILE,
		    "link with a smaller --initial-memory",
		    "memory of 4 GiB at start, and at most 4 GiB - 64 KiB "
		    "are supported");
	return l;
}

static bool read_mutable(struct wasm_reader *r)
{
	uint8_t mutable = wasm_byte(r);

	if (mutable > 1)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "malformed mutability of a global");
	return mutable == 1;
}

/* No kind of 2.0: where the rest of a tag's import follows, say what it is. */
static void refuse_kind(struct wasm_reader *r, uint8_t kind)
{
	if (kind == KIND_TAG && wasm_left(r) >= 2 && *r->at == 0)
		wasm_refuse(r, WASM_EXCEPTIONS);
	else
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "import kind %u does not exist", kind);
}

/* What an import is, behind its names. */
static void read_import(
    struct wasm_reader *r, struct wasm_module *m, struct wasm_import *i)
{
	uint8_t kind = wasm_byte(r);

	i->kind = (enum wasm_external)kind;
	switch (kind) {
	case WASM_FUNC:
		i->type = wasm_index(r, m->type_count, "type");
		m->imported_funcs++;
		break;
	case WASM_TABLE:
		i->table = read_table(r);
		m->imported_tables++;
		break;
	case WASM_MEMORY:
		i->memory = read_memory(r);
		m->imported_memories++;
		break;
	case WASM_GLOBAL:
		i->global_type = wasm_valtype(r);
		i->global_mutable = read_mutable(r);
		m->imported_globals++;
		break;
	default:
		refuse_kind(r, kind);
	}
}

/* Put what is imported in front of its index space. */
static void enter_imports(struct wasm_module *m)
{
	uint32_t funcs = 0;

	m->func_imports = xcalloc(m->imported_funcs, sizeof(uint32_t));
	m->tables = xcalloc(m->imported_tables, sizeof(*m->tables));
	m->memories = xcalloc(m->imported_memories, sizeof(*m->memories));
	m->globals = xcalloc(m->imported_globals, sizeof(*m->globals));
	for (uint32_t n = 0; n < m->import_count; n++) {
		const struct wasm_import *i = &m->imports[n];

		if (i->kind == WASM_FUNC)
			m->func_imports[funcs++] = n;
		else if (i->kind == WASM_TABLE)
			m->tables[m->table_count++] = i->table;
		else if (i->kind == WASM_MEMORY)
			m->memories[m->memory_count++] = i->memory;
		else
			m->globals[m->global_count++] = (struct wasm_global){
				.type = i->global_type,
				.mutable = i->global_mutable,
			};
	}
}

void wasm_read_imports(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, AZ_IMPORT_MAX, "imports");

	m->imports = xcalloc(n, sizeof(*m->imports));
	for (; m->import_count < n && !wasm_failed(r); m->import_count++) {
		struct wasm_import *i = &m->imports[m->import_count];

		i->module = wasm_name(r);
		i->name = wasm_name(r);
		read_import(r, m, i);
	}
	if (wasm_failed(r))
		return;
	enter_imports(m);
	if (m->table_count > AZ_TABLES_MAX)
		wasm_fail(r, WASM_OUTSIDE_PROFILE, NULL, "more than %d tables",
		    AZ_TABLES_MAX);
	if (m->memory_count > 1)
		wasm_refuse(r, WASM_MULTI_MEMORY);
}

void wasm_read_tables(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, AZ_TABLES_MAX - m->table_count, "tables");
	uint32_t total = m->table_count + n;
	uint64_t entries = 0; /* of those that are not imported */

	m->tables = xrealloc(m->tables, total * sizeof(*m->tables));
	while (m->table_count < total && !wasm_failed(r)) {
		m->tables[m->table_count] = read_table(r);
		entries += m->tables[m->table_count++].limits.min;
	}
	if (!wasm_failed(r) && entries > AZ_TABLE_ENTRIES_MAX)
		refuse_entries(r);
}

void wasm_read_memories(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, UINT32_MAX, "memories");

	if (n + m->memory_count > 1)
		wasm_refuse(r, WASM_MULTI_MEMORY);
	if (n == 0 || wasm_failed(r))
		return;
	m->memories = xrealloc(m->memories, sizeof(*m->memories));
	m->memories[m->memory_count++] = read_memory(r);
}

void wasm_read_globals(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, UINT32_MAX, "globals");
	uint32_t total = m->global_count + n;

	m->globals = xrealloc(m->globals, total * sizeof(*m->globals));
	while (m->global_count < total && !wasm_failed(r)) {
		struct wasm_global *g = &m->globals[m->global_count++];

		g->type = wasm_valtype(r);
		g->mutable = read_mutable(r);
		g->init = wasm_read_const(r, m, g->type);
	}
}
