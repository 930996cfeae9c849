/* C = alpha * A * B + beta * C, in the order of PolyBench's gemm. */
#include "speed.h"

enum { N = 192 };

static double a[N][N], b[N][N], c[N][N];

static void gemm(int n, double alpha, double beta)
{
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++)
			c[i][j] *= beta;
		for (int k = 0; k < n; k++)
			for (int j = 0; j < n; j++)
				c[i][j] += alpha * a[i][k] * b[k][j];
	}
}

void speed_setup(void)
{
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++) {
			a[i][j] = speed_random() % 1000 / 1000.0;
			b[i][j] = speed_random() % 1000 / 1000.0;
			c[i][j] = speed_random() % 1000 / 1000.0;
		}
	}
}

uint32_t speed_round(void)
{
	gemm(speed_unknown(N), 0.01, 0.25);
	return speed_hash(c[N - 1], sizeof c[0]);
}
