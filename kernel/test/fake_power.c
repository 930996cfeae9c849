#include "arch/power.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/panic.h"
#include "test/fake.h"

static jmp_buf *catcher;
static enum az_end ended;

void power_end(enum az_end end)
{
	if (catcher == NULL) {
		fprintf(stderr, "power_end(0x%x)\n", (unsigned)end);
		abort();
	}
	ended = end;
	longjmp(*catcher, 1);
}

void power_set_button(void (*pressed)(void))
{
	(void)pressed;
}

static void stop_panicked(void)
{
	power_end(AZ_END_PANIC);
}

bool fake_catch(void (*fn)(void *arg), void *arg, enum az_end *end)
{
	jmp_buf here, *volatile outer = catcher;
	volatile bool caught = true;

	panic_set_stop(stop_panicked);
	catcher = &here;
	if (setjmp(here) == 0) {
		fn(arg);
		caught = false;
	}
	catcher = outer;
	if (caught)
		*end = ended;
	return caught;
}
