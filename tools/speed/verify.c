/* verify IMAGE: megabytes of text that verify/code checks in a second of CPU
 * time, over as many rounds as take a good part of one. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "verify/code.h"
#include "verify/image.h"

enum { ROUNDS = 20, IMAGE_SIZE_MAX = 64 << 20 };

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	uint8_t *bytes = malloc(IMAGE_SIZE_MAX);
	struct image_view view;
	struct code_fault fault;
	double start;
	size_t size;
	void *work;

	if (file == NULL || bytes == NULL)
		return 2;
	size = fread(bytes, 1, IMAGE_SIZE_MAX, file);
	fclose(file);
	if (image_open(&view, bytes, size, NULL) != AZ_REFUSE_NONE)
		return 1;
	work = malloc(code_work_size(&view));
	start = cpu_seconds();
	for (int n = 0; n < ROUNDS; n++) {
		if (code_check(&view, work, code_work_size(&view), &fault) !=
		    AZ_REFUSE_NONE)
			return 1;
	}
	printf("%.1f\n", view.head->text.count * (double)ROUNDS / 1e6 /
			     (cpu_seconds() - start));
	free(work);
	free(bytes);
	return 0;
}
