/* What the modules of these trials share: numbers in log lines, and a wait
 * for what cannot fail. Freestanding. */
#ifndef TRIAL_H
#define TRIAL_H

#include <azoth.h>

enum { US = 1000, MS = 1000 * US };

static inline uint32_t trial_put(char *to, int64_t number)
{
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[20];
	uint32_t n = 0, len = 0;

	if (number < 0)
		to[len++] = '-';
	do
		digits[n++] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	while (n > 0)
		to[len++] = digits[--n];
	return len;
}

/* Log "word=number". */
static inline void trial_say(const char *word, int64_t number)
{
	char line[80];
	uint32_t len = 0;

	while (word[len] != 0) {
		line[len] = word[len];
		len++;
	}
	line[len++] = '=';
	len += trial_put(line + len, number);
	az_log(AZ_LOG_INFO, line, len);
}

static inline int32_t trial_channel(const char *name)
{
	uint32_t len = 0;

	while (name[len] != 0)
		len++;
	return az_channel(name, len);
}

static inline uint32_t trial_random(void)
{
	static uint64_t seed = 20261122;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 32);
}

void _start(void);

#endif
