/* SQLite through its C API: a database in memory is filled, indexed, queried
 * and changed. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "speed.h"

enum { PEOPLE = 4000, SALES = 8000 };

static void check(sqlite3 *db, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
		printf("%s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static void run(sqlite3 *db, const char *sql)
{
	check(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;

	check(db, sqlite3_prepare_v2(db, sql, -1, &s, NULL));
	return s;
}

static void fill(sqlite3 *db)
{
	sqlite3_stmt *s;

	run(db, "create table person(id integer primary key, name text,"
		" town text, age integer);"
		"create table sale(person integer, item text, price real);"
		"begin");
	s = prepare(db, "insert into person values(?1, ?2, ?3, ?4)");
	for (int n = 0; n < PEOPLE; n++) {
		char name[40], town[20];

		snprintf(
		    name, sizeof name, "name-%u-%d", n * 7919u % PEOPLE, n);
		snprintf(town, sizeof town, "town %d", n * 31 % 97);
		check(db, sqlite3_bind_int(s, 1, n));
		check(db, sqlite3_bind_text(s, 2, name, -1, SQLITE_TRANSIENT));
		check(db, sqlite3_bind_text(s, 3, town, -1, SQLITE_TRANSIENT));
		check(db, sqlite3_bind_int(s, 4, n * 13 % 90));
		check(db, sqlite3_step(s));
		check(db, sqlite3_reset(s));
	}
	check(db, sqlite3_finalize(s));
	s = prepare(db, "insert into sale values(?1, 'item ' || ?2, ?3)");
	for (int n = 0; n < SALES; n++) {
		check(db, sqlite3_bind_int(s, 1, (int)(n * 4099u % PEOPLE)));
		check(db, sqlite3_bind_int(s, 2, n % 50));
		check(db, sqlite3_bind_double(s, 3, n % 1000 / 8.0));
		check(db, sqlite3_step(s));
		check(db, sqlite3_reset(s));
	}
	check(db, sqlite3_finalize(s));
	run(db, "commit; create index by_name on person(name);"
		"create index by_person on sale(person)");
}

static uint32_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = prepare(db, sql);
	uint32_t sum = 0;

	while (sqlite3_step(s) == SQLITE_ROW) {
		for (int n = 0; n < sqlite3_column_count(s); n++) {
			const void *value = sqlite3_column_text(s, n);

			sum = sum * 31 +
			      speed_hash(
				  value, (uint32_t)sqlite3_column_bytes(s, n));
		}
	}
	check(db, sqlite3_finalize(s));
	return sum;
}

static uint32_t look_up(sqlite3 *db)
{
	sqlite3_stmt *s = prepare(db, "select age, town from person"
				      " where name = ?1");
	uint32_t sum = 0;

	for (int n = 0; n < PEOPLE; n += 2) {
		char name[40];

		snprintf(
		    name, sizeof name, "name-%u-%d", n * 7919u % PEOPLE, n);
		check(db, sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT));
		if (sqlite3_step(s) == SQLITE_ROW)
			sum = sum * 31 + (uint32_t)sqlite3_column_int(s, 0);
		check(db, sqlite3_reset(s));
	}
	check(db, sqlite3_finalize(s));
	return sum;
}

static const char *const questions[] = {
	"select town, count(*), avg(age) from person group by town"
	" order by town",
	"select p.town, sum(s.price) total from person p join sale s"
	" on s.person = p.id group by p.town order by total desc, p.town",
	"select count(*) from person where name like '%9%' and age > 30",
	"select item, max(price), min(price) from sale group by item"
	" order by 2, 1",
	"select upper(substr(name, 1, 8)), length(town) from person"
	" where age between 20 and 40 order by name limit 500",
	"with recursive c(x) as (select 1 union all select x + 1 from c"
	" where x < 20000) select sum(x * x % 7) from c",
};

void speed_setup(void)
{
}

uint32_t speed_round(void)
{
	sqlite3 *db = NULL;
	uint32_t sum;

	check(NULL, sqlite3_open(":memory:", &db));
	fill(db);
	sum = look_up(db);
	for (size_t n = 0; n < sizeof questions / sizeof questions[0]; n++)
		sum = sum * 31 + ask(db, questions[n]);
	run(db, "update person set age = age + 1 where id % 3 = 0;"
		"delete from sale where price < 10");
	sum = sum * 31 + ask(db, "select sum(age) from person");
	sum = sum * 31 + ask(db, "select count(*), sum(price) from sale");
	check(db, sqlite3_close(db));
	return sum;
}
