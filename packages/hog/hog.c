/* hog: takes all the time of the processor that it gets, and never calls
 * anybody. What it gets is its `cpu` in the manifest. */
int main(void)
{
	static volatile unsigned long rounds;

	for (;;)
		rounds++;
}
