/* base/panic: the end of the kernel, for its own broken invariants only.
 * Never for input, never for a module's crime (see base/err and sup/).
 */
#ifndef AZ_BASE_PANIC_H
#define AZ_BASE_PANIC_H

/* Print why and where, then stop the machine (arch/power: AZ_END_PANIC). */
_Noreturn void panic_at(const char *file, int line, const char *what);

#define panic(what) panic_at(__FILE_NAME__, __LINE__, (what))
#define invariant(cond)                                                        \
	do {                                                                   \
		if (!(cond))                                                   \
			panic(#cond);                                          \
	} while (0)

/* What panic_at does after printing; set once by main.c (base is below
 * arch). Without it panic_at loops. */
void panic_set_stop(void (*stop)(void));

#endif
