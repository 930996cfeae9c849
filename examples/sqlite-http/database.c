/* database: SQLite in this module's memory, asked by /query, which the web
 * server passes on: GET /query?sql=TEXT reads, POST /query with the text as its
 * body may change it. Answers are JSON. It dies with the module: a database
 * that breaks is an empty one afterwards. */
#define HANDLER_ARENA database
#include <azoth_handler.h>
#include <sqlite3.h>
#include <stdio.h>

enum {
	TEXT_MAX = 60 << 10,
	QUERY_MAX = 2048,
	WHY_MAX = 1000,
	STEPS = 10000, /* between two looks at the count */
	ROUNDS_MAX = 200,
};

static sqlite3 *db;
static uint32_t rounds;

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

/* In place of an answer: {"error": WHY}. */
static uint32_t refuse(struct out *o, uint32_t status, const char *why)
{
	*o = (struct out){ .at = o->at, .size = o->size };
	put_text(o, "{\"error\":");
	put_string(o, (const uint8_t *)why, (uint32_t)strnlen(why, WHY_MAX));
	put_text(o, "}\n");
	return status;
}

/* What SQLite's result is as a status of HTTP; where it is no success, *o says
 * why. */
static uint32_t status_of(struct out *o, int code)
{
	switch (code) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 200;
	case SQLITE_INTERRUPT:
		return refuse(o, 503, "more than 2 million steps");
	case SQLITE_FULL:
	case SQLITE_NOMEM:
		return refuse(o, 507, "the database is full");
	case SQLITE_TOOBIG:
		return refuse(o, 413, "longer than 60 KiB");
	default:
		return refuse(o, 400, sqlite3_errmsg(db));
	}
}

/* Run one statement, and write what it gives over what another gave. */
static uint32_t run_statement(sqlite3_stmt *s, struct out *o)
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
	return status_of(o, o->full ? SQLITE_TOOBIG : code);
}

/* All statements of a text; with `reads` only one, and that changes nothing. */
static uint32_t run_all(struct az_http_text sql, bool reads, struct out *o)
{
	const char *at = sql.at, *end = sql.at + sql.length;
	uint32_t status = 200, count = 0;

	while (status == 200 && at < end) {
		sqlite3_stmt *s = NULL;
		int code = sqlite3_prepare_v2(db, at, (int)(end - at), &s, &at);

		if (code != SQLITE_OK) {
			status = status_of(o, code);
		} else if (s != NULL && reads &&
			   (!sqlite3_stmt_readonly(s) || count > 0)) {
			status =
			    refuse(o, 405, "what changes something is POSTed");
		} else if (s != NULL) {
			count++;
			status = run_statement(s, o);
		}
		(void)sqlite3_finalize(s);
	}
	if (status == 200 && count == 0)
		return refuse(o, 400, "there is no statement");
	return status;
}

/* Begin or end a transaction, which callers may not. */
static uint32_t control(struct out *o, const char *sql)
{
	int code;

	(void)sqlite3_set_authorizer(db, NULL, NULL);
	rounds = 0;
	code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	(void)sqlite3_set_authorizer(db, allow, NULL);
	return status_of(o, code);
}

/* All of it or none. */
static uint32_t serve(struct az_http_text sql, bool reads, struct out *o)
{
	struct out nobody = { 0 };
	uint32_t status = status_of(o, open_database());

	if (status == 200)
		status = control(o, "BEGIN");
	if (status != 200)
		return status;
	status = run_all(sql, reads, o);
	if (status == 200)
		status = control(o, "COMMIT");
	/* SQLite may have rolled back itself. */
	if (status != 200 && !sqlite3_get_autocommit(db))
		(void)control(&nobody, "ROLLBACK");
	return status;
}

/* --- HTTP -------------------------------------------------------------------- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode the value of sql=VALUE in a query; false: there is none. */
static bool decode(struct az_http_text query, struct az_http_text *sql)
{
	static const char key[] = "sql=";
	static char text[QUERY_MAX];
	const char *at = query.at, *end = query.at + query.length;

	*sql = (struct az_http_text){ text, 0 };
	while (at != NULL && (size_t)(end - at) >= sizeof(key) - 1 &&
	       memcmp(at, key, sizeof(key) - 1) != 0) {
		at = memchr(at, '&', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	if (at == NULL || (size_t)(end - at) < sizeof(key) - 1)
		return false;
	for (at += sizeof(key) - 1; at < end && *at != '&'; at++) {
		int byte = *at == '+' ? ' ' : (uint8_t)*at;

		if (*at == '%') {
			if (end - at < 3 || digit(at[1]) < 0 ||
			    digit(at[2]) < 0)
				return false;
			byte = digit(at[1]) << 4 | digit(at[2]);
			at += 2;
		}
		if (sql->length == sizeof(text))
			return false;
		text[sql->length++] = (char)byte;
	}
	return sql->length > 0;
}

static uint32_t answer(const struct az_http_request *request, struct out *o)
{
	struct az_http_text sql = request->body;

	switch (request->method) {
	case AZ_HTTP_GET:
	case AZ_HTTP_HEAD:
		if (!decode(request->query, &sql))
			return refuse(o, 400, "give ?sql=TEXT");
		return serve(sql, true, o);
	case AZ_HTTP_POST:
		if (sql.length > TEXT_MAX)
			return refuse(o, 413, "longer than 60 KiB");
		return serve(sql, false, o);
	default:
		return refuse(o, 405, "GET or POST");
	}
}

int32_t az_http_handle(
    const struct az_http_request *request, struct az_http_response *response)
{
	struct out o = { .at = response->body, .size = TEXT_MAX };

	response->type = "application/json";
	response->status = answer(request, &o);
	response->length = o.length;
	return 0;
}
