/* LU decomposition in place without pivoting, as PolyBench's lu. */
#include "speed.h"

enum { N = 200 };

static double start[N][N], a[N][N];

static void lu(int n)
{
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++) {
			for (int k = 0; k < j; k++)
				a[i][j] -= a[i][k] * a[k][j];
			a[i][j] /= a[j][j];
		}
		for (int j = i; j < n; j++)
			for (int k = 0; k < i; k++)
				a[i][j] -= a[i][k] * a[k][j];
	}
}

void speed_setup(void)
{
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++)
			start[i][j] = speed_random() % 1000 / 1000.0;
		start[i][i] += N; /* well conditioned */
	}
}

uint32_t speed_round(void)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			a[i][j] = start[i][j];
	lu(speed_unknown(N));
	return speed_hash(a[N - 1], sizeof a[0]);
}
