/* Jacobi's method in two dimensions, as PolyBench's jacobi-2d. */
#include "speed.h"

enum { N = 250, STEPS = 20 };

static double a[N][N], b[N][N];

static void relax(int n, double to[N][N], double from[N][N])
{
	for (int i = 1; i < n - 1; i++)
		for (int j = 1; j < n - 1; j++)
			to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] +
					     from[i][j + 1] + from[i + 1][j] +
					     from[i - 1][j]);
}

static void jacobi(int n, int steps)
{
	for (int t = 0; t < steps; t++) {
		relax(n, b, a);
		relax(n, a, b);
	}
}

void speed_setup(void)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			a[i][j] = b[i][j] = speed_random() % 1000 / 10.0;
}

uint32_t speed_round(void)
{
	jacobi(speed_unknown(N), STEPS);
	return speed_hash(a[N / 2], sizeof a[0]);
}
