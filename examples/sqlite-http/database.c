/* database: SQLite in this module's memory, and its answers as JSON. It dies
 * with the module: a database that breaks is an empty one afterwards. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DATABASE_ARENA database
#define DATABASE_ARENA_SIZE 131072
#include "database.server.h"

enum {
	TEXT_MAX = 60 << 10,
	STEPS = 10000, /* between two looks at the count */
	ROUNDS_MAX = 200,
};

static sqlite3 *db;
static uint32_t rounds;
static char wrong[2048];

/* --- JSON -------------------------------------------------------------------- */

struct out {
	char *at;
	uint32_t size, length;
	bool full;
};

static void put(struct out *o, const char *bytes, size_t len)
{
	if (len > o->size - o->length) {
		o->full = true;
		return;
	}
	memcpy(o->at + o->length, bytes, len);
	o->length += (uint32_t)len;
}

static void put_text(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

/* SQLite keeps texts as UTF-8, but takes any bytes for one. */
static uint32_t char_length(const uint8_t *at, uint32_t left)
{
	uint32_t len = *at < 0x80                  ? 1
		       : *at >= 0xc2 && *at < 0xe0 ? 2
		       : *at >= 0xe0 && *at < 0xf0 ? 3
		       : *at >= 0xf0 && *at < 0xf5 ? 4
						   : 0;

	if (len == 0 || len > left)
		return 0;
	for (uint32_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) ||
	    (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

/* The inside of a string. */
static void put_escaped(struct out *o, const uint8_t *text, uint32_t len)
{
	char escape[8];

	for (uint32_t i = 0; i < len;) {
		uint32_t n = char_length(text + i, len - i);

		if (n == 0) {
			put_text(o, "\\ufffd");
			i++;
			continue;
		}
		if (text[i] == '"' || text[i] == '\\') {
			put(o, "\\", 1);
			put(o, (const char *)text + i, 1);
		} else if (text[i] < ' ') {
			(void)snprintf(
			    escape, sizeof(escape), "\\u%04x", text[i]);
			put_text(o, escape);
		} else {
			put(o, (const char *)text + i, n);
		}
		i += n;
	}
}

static void put_string(struct out *o, const uint8_t *text, uint32_t len)
{
	put(o, "\"", 1);
	put_escaped(o, text, len);
	put(o, "\"", 1);
}

static void put_hex(struct out *o, const uint8_t *bytes, uint32_t len)
{
	char two[3];

	put(o, "\"", 1);
	for (uint32_t i = 0; i < len && !o->full; i++) {
		(void)snprintf(two, sizeof(two), "%02x", bytes[i]);
		put(o, two, 2);
	}
	put(o, "\"", 1);
}

static void put_value(struct out *o, sqlite3_stmt *s, int column)
{
	uint32_t len = (uint32_t)sqlite3_column_bytes(s, column);
	char text[32];

	switch (sqlite3_column_type(s, column)) {
	case SQLITE_INTEGER:
		put_text(o, (const char *)sqlite3_column_text(s, column));
		break;
	case SQLITE_FLOAT: /* JSON has no infinity */
		sqlite3_snprintf(sizeof(text), text, "%!.15g",
		    sqlite3_column_double(s, column));
		put_text(o, strstr(text, "Inf") != NULL ? "null" : text);
		break;
	case SQLITE_TEXT:
		put_string(o, sqlite3_column_text(s, column), len);
		break;
	case SQLITE_BLOB:
		put_hex(o, sqlite3_column_blob(s, column), len);
		break;
	default:
		put_text(o, "null");
	}
}

static void put_columns(struct out *o, sqlite3_stmt *s)
{
	put_text(o, "{\"columns\":[");
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		const char *name = sqlite3_column_name(s, i);

		put(o, ",", i > 0);
		put_string(o, (const uint8_t *)name, (uint32_t)strlen(name));
	}
	put_text(o, "],\"rows\":[");
}

static void put_row(struct out *o, sqlite3_stmt *s, bool first)
{
	put_text(o, first ? "[" : ",[");
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		put(o, ",", i > 0);
		put_value(o, s, i);
	}
	put(o, "]", 1);
}

/* --- SQL --------------------------------------------------------------------- */

static int count_steps(void *unused)
{
	(void)unused;
	return ++rounds > ROUNDS_MAX;
}

/* There are no files to attach, and no transactions of one caller's beside
 * those of another. */
static int allow(void *unused, int action, const char *a, const char *b,
    const char *c, const char *d)
{
	(void)unused, (void)a, (void)b, (void)c, (void)d;
	return action == SQLITE_ATTACH || action == SQLITE_DETACH ||
		       action == SQLITE_PRAGMA ||
		       action == SQLITE_TRANSACTION ||
		       action == SQLITE_SAVEPOINT
		   ? SQLITE_DENY
		   : SQLITE_OK;
}

static int open_database(void)
{
	static const char settings[] = "PRAGMA max_page_count = 2048;"
				       "PRAGMA page_size = 4096;"
				       "PRAGMA temp_store = memory;";
	int code;

	if (db != NULL)
		return SQLITE_OK;
	code = sqlite3_open(":memory:", &db);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, settings, NULL, NULL, NULL);
	(void)sqlite3_hard_heap_limit64(16 << 20);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
	(void)sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
	(void)sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 50);
	sqlite3_progress_handler(db, STEPS, count_steps, NULL);
	return code;
}

/* Keep what SQLite says, as the inside of a JSON string. */
static void note(const char *text)
{
	struct out o = { .at = wrong, .size = sizeof(wrong) - 1 };

	put_escaped(&o, (const uint8_t *)text, (uint32_t)strlen(text));
	wrong[o.length] = 0;
}

static int32_t trouble_of(int code)
{
	switch (code) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_INTERRUPT:
		return AZ_FAIL(DATABASE_TROUBLE_TOO_SLOW);
	case SQLITE_FULL:
	case SQLITE_NOMEM:
		return AZ_FAIL(DATABASE_TROUBLE_FULL);
	case SQLITE_TOOBIG:
		return AZ_FAIL(DATABASE_TROUBLE_TOO_LONG);
	default:
		note(sqlite3_errmsg(db));
		return AZ_FAIL(DATABASE_TROUBLE_WRONG);
	}
}

/* Run one statement, and write what it gives over what another gave. */
static int32_t run_statement(sqlite3_stmt *s, struct out *o)
{
	bool first = true;
	char text[64];
	int code;

	o->length = 0;
	put_columns(o, s);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && !o->full) {
		put_row(o, s, first);
		first = false;
	}
	(void)snprintf(text, sizeof(text), "],\"changes\":%d}\n",
	    sqlite3_stmt_readonly(s) ? 0 : sqlite3_changes(db));
	put_text(o, text);
	return o->full ? AZ_FAIL(DATABASE_TROUBLE_TOO_LONG) : trouble_of(code);
}

/* All statements of a text; with `reads` only one, and that changes nothing. */
static int32_t run_all(const char *sql, uint32_t len, bool reads, struct out *o)
{
	const char *at = sql, *end = sql + len;
	int32_t status = 0;
	uint32_t count = 0;

	while (status == 0 && at < end) {
		sqlite3_stmt *s = NULL;
		int code = sqlite3_prepare_v2(db, at, (int)(end - at), &s, &at);

		if (code != SQLITE_OK) {
			status = trouble_of(code);
		} else if (s != NULL && reads &&
			   (!sqlite3_stmt_readonly(s) || count > 0)) {
			status = AZ_FAIL(DATABASE_TROUBLE_CHANGES);
		} else if (s != NULL) {
			count++;
			status = run_statement(s, o);
		}
		(void)sqlite3_finalize(s);
	}
	if (status == 0 && count == 0) {
		note("there is no statement");
		status = AZ_FAIL(DATABASE_TROUBLE_WRONG);
	}
	return status;
}

/* Begin or end a transaction, which callers may not. */
static int32_t control(const char *sql)
{
	int code;

	(void)sqlite3_set_authorizer(db, NULL, NULL);
	rounds = 0;
	code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	(void)sqlite3_set_authorizer(db, allow, NULL);
	return trouble_of(code);
}

static int32_t serve(const uint8_t *sql, uint32_t len, bool reads,
    uint8_t *result, uint32_t result_max, uint32_t *result_len)
{
	struct out o = {
		.at = (char *)result,
		.size = result_max < TEXT_MAX ? result_max : TEXT_MAX,
	};
	int32_t status;

	if (len > TEXT_MAX)
		return AZ_FAIL(DATABASE_TROUBLE_TOO_LONG);
	status = trouble_of(open_database());
	if (status == 0)
		status = control("BEGIN");
	if (status != 0)
		return status;
	status = run_all((const char *)sql, len, reads, &o);
	if (status == 0)
		status = control("COMMIT");
	/* SQLite may have rolled back itself. */
	if (status != 0 && !sqlite3_get_autocommit(db))
		(void)control("ROLLBACK");
	*result_len = status == 0 ? o.length : 0;
	return status;
}

int32_t database_ask(const uint8_t *sql, uint32_t sql_len, uint8_t *result,
    uint32_t result_max, uint32_t *result_len)
{
	return serve(sql, sql_len, true, result, result_max, result_len);
}

int32_t database_run(const uint8_t *sql, uint32_t sql_len, uint8_t *result,
    uint32_t result_max, uint32_t *result_len)
{
	return serve(sql, sql_len, false, result, result_max, result_len);
}

int32_t database_why(uint8_t *result, uint32_t result_max, uint32_t *result_len)
{
	uint32_t len = (uint32_t)strlen(wrong);

	*result_len = len < result_max ? len : result_max;
	memcpy(result, wrong, *result_len);
	return 0;
}
