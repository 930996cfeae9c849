/* sieve [LIMIT]: counts the primes below LIMIT, by Eratosthenes' sieve. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_DEFAULT = 1000000, LIMIT_MAX = 8000000 };

static unsigned char composite[LIMIT_MAX];

static unsigned count_primes(unsigned limit)
{
	unsigned count = 0;

	for (unsigned n = 2; n < limit; n++) {
		if (composite[n])
			continue;
		count++;
		for (unsigned long long m = (unsigned long long)n * n;
		     m < limit; m += n)
			composite[m] = 1;
	}
	return count;
}

int main(int argc, char **argv)
{
	unsigned long limit = LIMIT_DEFAULT;

	if (argc > 1)
		limit = strtoul(argv[1], NULL, 10);
	if (limit > LIMIT_MAX) {
		fprintf(stderr, "sieve: at most %d\n", LIMIT_MAX);
		return 2;
	}
	printf("there are %u primes below %lu\n", count_primes((unsigned)limit),
	    limit);
	return 0;
}
