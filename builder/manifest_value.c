#include "manifest_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "abi/call.h"
#include "abi/index.h"
#include "abi/rights.h"
#include "mem.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first, for printing. */
static const struct unit SIZES[] = { { "GiB", 1ull << 30 },
	{ "MiB", 1ull << 20 }, { "KiB", 1ull << 10 } };
static const struct unit TIMES[] = { { "h", 3600000000000ull },
	{ "m", 60000000000ull }, { "s", 1000000000ull }, { "ms", 1000000 },
	{ "us", 1000 }, { "ns", 1 } };

enum {
	SIZE_COUNT = sizeof(SIZES) / sizeof(SIZES[0]),
	TIME_COUNT = sizeof(TIMES) / sizeof(TIMES[0]),
	DIGEST_DIGITS = 64,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at *text, which moves behind them. */
static bool take_digits(const char **text, uint64_t *out)
{
	const char *p = *text;
	uint64_t n = 0;

	if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
		return false;
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	*text = p;
	*out = n;
	return true;
}

bool value_bits(const char *text, uint64_t *out)
{
	enum { DIGITS = 8 };
	size_t len;

	if (strncmp(text, "0x", 2) != 0)
		return value_integer(text, out);
	len = strspn(text + 2, "0123456789abcdef");
	if (len == 0 || len > DIGITS || text[2 + len] != '\0')
		return false;
	*out = strtoull(text, NULL, 16);
	return true;
}

bool value_ip(const char *text, uint32_t *ip)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		return false;
	*ip = ntohl(address.s_addr);
	return true;
}

bool value_network(const char *text, uint32_t *ip, uint32_t *bits)
{
	const char *slash = strchr(text, '/');
	char *address;
	uint64_t n;
	bool good;

	if (slash == NULL || !value_integer(slash + 1, &n) || n < 1 || n > 32)
		return false;
	address = xstrndup(text, (size_t)(slash - text));
	good = value_ip(address, ip);
	free(address);
	*bits = (uint32_t)n;
	return good;
}

bool value_host(const char *text)
{
	struct in6_addr six;
	uint32_t four;

	return value_ip(text, &four) || inet_pton(AF_INET6, text, &six) == 1;
}

bool value_mac(const char *text)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':'
			       : text[i] == '\0' || strchr("0123456789abcdef",
							text[i]) == NULL)
			return false;
	return text[17] == '\0' && strchr("02468ace", text[1]) != NULL;
}

bool value_integer(const char *text, uint64_t *out)
{
	uint64_t n;

	if (!take_digits(&text, &n) || *text != '\0')
		return false;
	*out = n;
	return true;
}

static bool take_quantity(
    const char *text, const struct unit *units, size_t count, uint64_t *out)
{
	uint64_t n;
	size_t i;

	if (!take_digits(&text, &n))
		return false;
	for (i = 0; i < count; i++)
		if (strcmp(text, units[i].name) == 0)
			return !__builtin_mul_overflow(n, units[i].factor, out);
	return false;
}

bool value_size(const char *text, uint64_t *out)
{
	uint64_t n;

	if (!take_quantity(text, SIZES, SIZE_COUNT, &n))
		return false;
	*out = n;
	return true;
}

bool value_duration(const char *text, uint64_t *out)
{
	uint64_t n;

	if (!take_quantity(text, TIMES, TIME_COUNT, &n))
		return false;
	*out = n;
	return true;
}

bool value_cpu(const char *text, uint64_t *budget, uint64_t *period)
{
	const char *slash = strchr(text, '/');
	char *first;
	uint64_t b, p;
	bool valid;

	if (slash == NULL)
		return false;
	first = xstrndup(text, (size_t)(slash - text));
	valid = value_duration(first, &b) && value_duration(slash + 1, &p);
	free(first);
	if (!valid)
		return false;
	*budget = b;
	*period = p;
	return true;
}

bool value_state(const char *text, uint64_t *out)
{
	uint64_t n;

	if (*text != 'v' || !value_integer(text + 1, &n) || n == 0)
		return false;
	*out = n;
	return true;
}

bool value_rate(const char *text, uint64_t *count, uint64_t *period)
{
	static const char in[] = " in ";
	uint64_t n, p;

	if (!take_digits(&text, &n) || strncmp(text, in, sizeof(in) - 1) != 0 ||
	    !value_duration(text + sizeof(in) - 1, &p))
		return false;
	*count = n;
	*period = p;
	return true;
}

bool value_range(const char *text, uint64_t *low, uint64_t *high)
{
	const char *dots = strstr(text, "..");
	uint64_t l, h;
	char *first;
	bool valid;

	if (dots == NULL)
		return false;
	first = xstrndup(text, (size_t)(dots - text));
	valid = value_duration(first, &l) && value_duration(dots + 2, &h);
	free(first);
	if (!valid)
		return false;
	*low = l;
	*high = h;
	return true;
}

bool value_power(const char *text, uint32_t *op, const char **module)
{
	static const char reset[] = "reset:";

	*op = strcmp(text, "halt") == 0     ? AZ_POWER_HALT
	      : strcmp(text, "reboot") == 0 ? AZ_POWER_REBOOT
					    : 0;
	*module = NULL;
	if (strncmp(text, reset, sizeof(reset) - 1) == 0)
		*module = text + sizeof(reset) - 1;
	return *op != 0 || *module != NULL;
}

bool value_expect(const char *text, uint32_t *kind, uint32_t *code)
{
	static const char word[] = "exit ";
	uint64_t n;

	if (strcmp(text, "trap") == 0) {
		*kind = AZ_EXPECT_TRAP;
		*code = 0;
		return true;
	}
	if (strncmp(text, word, sizeof(word) - 1) != 0 ||
	    !value_integer(text + sizeof(word) - 1, &n) || n > UINT32_MAX)
		return false;
	*kind = AZ_EXPECT_EXIT;
	*code = (uint32_t)n;
	return true;
}

bool value_digest(const char *text)
{
	static const char prefix[] = "sha256:";

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return false;
	text += sizeof(prefix) - 1;
	return strlen(text) == DIGEST_DIGITS &&
	       strspn(text, "0123456789abcdef") == DIGEST_DIGITS;
}

static bool name_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

static bool name_valid_len(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || len > AZ_NAME_MAX || text[0] == '_' || text[0] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!name_char(text[i]))
			return false;
	return true;
}

bool name_valid(const char *text)
{
	return name_valid_len(text, strlen(text));
}

bool name_valid_env(const char *text)
{
	if (*text == '\0' || is_digit(*text))
		return false;
	for (; *text != '\0'; text++)
		if (!is_digit(*text) && *text != '_' &&
		    !(*text >= 'a' && *text <= 'z') &&
		    !(*text >= 'A' && *text <= 'Z'))
			return false;
	return true;
}

bool name_valid_import(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= AZ_NAME_MAX &&
	       strcmp(text, AZ_NATIVE_MODULE) != 0 &&
	       strcmp(text, AZ_WASI_MODULE) != 0;
}

bool value_package(const char *text, size_t *name_len, uint64_t *major)
{
	const char *at = strchr(text, '@');
	uint64_t n;

	if (at == NULL || !name_valid_len(text, (size_t)(at - text)) ||
	    !value_integer(at + 1, &n))
		return false;
	*name_len = (size_t)(at - text);
	*major = n;
	return true;
}

bool mount_valid(const char *text)
{
	const char *part;
	size_t len;

	if (*text != '/')
		return false;
	if (text[1] == '\0')
		return true;
	for (part = text; *part == '/'; part += len) {
		part++;
		len = strcspn(part, "/");
		if (len == 0 || (len == 1 && part[0] == '.') ||
		    (len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
	}
	return true;
}

static char *quantity_text(uint64_t n, const struct unit *units, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (n != 0 && n % units[i].factor == 0)
			return xasprintf("%llu%s",
			    (unsigned long long)(n / units[i].factor),
			    units[i].name);
	return xasprintf(
	    "%llu%s", (unsigned long long)n, units[count - 1].name);
}

char *value_size_text(uint64_t bytes)
{
	return quantity_text(bytes, SIZES, SIZE_COUNT);
}

char *value_duration_text(uint64_t ns)
{
	return quantity_text(ns, TIMES, TIME_COUNT);
}

/* The number at the start of text; *unit is what follows it and blanks. */
static bool split_quantity(const char *text, uint64_t *n, const char **unit)
{
	if (!take_digits(&text, n))
		return false;
	while (*text == ' ' || *text == '_')
		text++;
	*unit = text;
	return true;
}

char *value_size_guess(const char *text)
{
	static const char letters[] = "gmk";
	const char *unit, *letter;
	uint64_t n, bytes;

	if (!split_quantity(text, &n, &unit))
		return NULL;
	if (*unit == '\0' || strcasecmp(unit, "b") == 0)
		return n != 0 && n % 1024 == 0 ? value_size_text(n) : NULL;
	letter = strchr(letters, tolower((unsigned char)*unit));
	if (letter == NULL || *letter == '\0' ||
	    (unit[1] != '\0' && strcasecmp(unit + 1, "b") != 0 &&
		strcasecmp(unit + 1, "ib") != 0 &&
		strcasecmp(unit + 1, "i") != 0))
		return NULL;
	if (__builtin_mul_overflow(n, SIZES[letter - letters].factor, &bytes))
		return NULL;
	return xasprintf(
	    "%llu%s", (unsigned long long)n, SIZES[letter - letters].name);
}

char *value_duration_guess(const char *text)
{
	static const struct {
		const char *word, *unit;
	} words[] = { { "sec", "s" }, { "secs", "s" }, { "second", "s" },
		{ "seconds", "s" }, { "min", "m" }, { "mins", "m" },
		{ "minute", "m" }, { "minutes", "m" }, { "hour", "h" },
		{ "hours", "h" }, { "msec", "ms" }, { "usec", "us" },
		{ "nsec", "ns" }, { "\xc2\xb5s", "us" }, { "ms", "ms" },
		{ "us", "us" }, { "ns", "ns" }, { "s", "s" }, { "h", "h" },
		{ "m", "m" } };
	const char *unit;
	uint64_t n;
	size_t i;

	if (!split_quantity(text, &n, &unit))
		return NULL;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(unit, words[i].word) == 0)
			return xasprintf(
			    "%llu%s", (unsigned long long)n, words[i].unit);
	return NULL;
}
