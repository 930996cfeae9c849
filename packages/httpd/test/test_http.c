/* test_http TABLE ROOT [CORPUS]: send each request of the table to httpd, whole and in
 * pieces of 1 and 7 bytes, with room for whole responses and for 5 bytes of
 * them, and compare what it answers. A line of the table:
 *
 *	STATUSES | BYTES
 *
 * The statuses of the responses, with an x behind the last one when httpd ends
 * the connection; `-` for none. In the bytes \e is CR LF, \r, \n, \t, \0 and
 * \xNN are what they say, \(N)c is N times c. ROOT has the files. In CORPUS
 * the requests are left as files for fuzz_http. */
#include "port_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1 << 18, LINE_MAX = 4096, SEED_MAX = 8192 };

static char bytes[BYTES_MAX];

/* One escape, behind its backslash; gives where the text goes on. */
static const char *put_escape(const char *from, uint32_t *length)
{
	static const char names[] = "ernt0\\", values[] = "\r\r\n\t\0\\";
	const char *name = strchr(names, *from);
	char *end;
	unsigned long count;

	if (*from == 'x') {
		char digits[] = { from[1], from[2], 0 };

		bytes[(*length)++] = (char)strtoul(digits, NULL, 16);
		return from + 3;
	}
	if (*from == '(') {
		count = strtoul(from + 1, &end, 10);
		memset(bytes + *length, end[1], count);
		*length += (uint32_t)count;
		return end + 2;
	}
	if (name == NULL)
		abort();
	bytes[(*length)++] = values[name - names];
	if (*from == 'e')
		bytes[(*length)++] = '\n';
	return from + 1;
}

static uint32_t unescape(const char *from)
{
	uint32_t length = 0;

	while (*from != 0 && *from != '\n')
		if (*from == '\\')
			from = put_escape(from + 1, &length);
		else
			bytes[length++] = *from++;
	return length;
}

/* The statuses of all that was sent. */
static void summarize(char out[LINE_MAX])
{
	static const char start[] = "HTTP/1.1 ";
	uint32_t length = 0;

	for (uint32_t i = 0; i + 12 <= fake.output_length; i++)
		if (memcmp(fake.output + i, start, sizeof(start) - 1) == 0 &&
		    length < 200)
			length += (uint32_t)sprintf(out + length, "%s%.3s",
			    length > 0 ? " " : "", fake.output + i + 9);
	if (length == 0)
		out[length++] = '-';
	if (fake.shut || !fake.open)
		out[length++] = 'x';
	out[length] = 0;
}

/* For fuzz_http: all at once, unless it is too long to be changed much. */
static void keep(const char *folder, uint32_t number, uint32_t length)
{
	char name[LINE_MAX];
	FILE *f;

	if (length > SEED_MAX)
		return;
	(void)snprintf(name, sizeof(name), "%s/table-%u", folder, number);
	f = fopen(name, "w");
	if (f == NULL || fputc(0, f) == EOF ||
	    fwrite(bytes, 1, length, f) != length || fclose(f) != 0)
		abort();
}

static int check(const char *line, const char *expected, uint32_t number)
{
	static const uint32_t pieces[] = { UINT32_MAX, 7, 1 };
	uint32_t length = unescape(line);
	char got[LINE_MAX];

	for (uint32_t i = 0; i < 6; i++) {
		fake.write_most = i < 3 ? UINT32_MAX : 5;
		fake_send(bytes, length, pieces[i % 3]);
		summarize(got);
		fake_end();
		if (strcmp(got, expected) != 0) {
			printf("line %u, manner %u: expected %s, got %s: %s",
			    number, i, expected, got, line);
			return 0;
		}
	}
	return 1;
}

int main(int argc, char **argv)
{
	FILE *table = argc >= 3 ? fopen(argv[1], "r") : NULL;
	uint32_t number = 0, passed = 0, failed = 0;
	char line[LINE_MAX];

	if (table == NULL)
		return 2;
	fake_begin(argv[2]);
	while (fgets(line, sizeof(line), table) != NULL) {
		char *bar = strstr(line, " | ");

		number++;
		if (line[0] == '#' || bar == NULL)
			continue;
		*bar = 0;
		if (argc > 3)
			keep(argv[3], number, unescape(bar + 3));
		if (check(bar + 3, line, number))
			passed++;
		else
			failed++;
	}
	(void)fclose(table);
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0 || passed == 0;
}
