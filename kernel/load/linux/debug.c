/* load/linux/debug: instances as a debugger sees them.
 *
 * gdb knows code that appears while a program runs by a list of ELF files in
 * its memory (GDB manual, "JIT Compilation Interface"); names and layout of
 * the list are gdb's. The kernel calls spawn_map and spawn_unmap as ever: the
 * hosted runner is linked with --wrap, so that the calls come here.
 */
#include <stdlib.h>

#include "base/panic.h"
#include "load/linux/symbols.h"
#include "load/program.h"
#include "load/spawn.h"
#include "task/domain.h"

enum jit_action { JIT_NONE, JIT_REGISTER, JIT_UNREGISTER };

struct jit_entry {
	struct jit_entry *next, *prev;
	uint8_t *file;
	uint64_t size;
	const struct domain *domain; /* ours */
};

struct jit_descriptor {
	uint32_t version;
	uint32_t action; /* enum jit_action */
	struct jit_entry *relevant, *first;
};

extern struct jit_descriptor __jit_debug_descriptor;
void __jit_debug_register_code(void);
az_err __real_spawn_map(struct domain *d, const struct program *p);
void __real_spawn_unmap(struct domain *d, const struct program *p);
az_err __wrap_spawn_map(struct domain *d, const struct program *p);
void __wrap_spawn_unmap(struct domain *d, const struct program *p);

struct jit_descriptor __jit_debug_descriptor = { .version = 1 };

/* gdb stops here. */
__attribute__((noinline)) void __jit_debug_register_code(void)
{
	__asm__ volatile("" ::: "memory");
}

static void tell(enum jit_action action, struct jit_entry *entry)
{
	__jit_debug_descriptor.relevant = entry;
	__jit_debug_descriptor.action = action;
	__jit_debug_register_code();
	__jit_debug_descriptor.action = JIT_NONE;
}

static void add(const struct domain *d)
{
	struct jit_entry *first = __jit_debug_descriptor.first;
	struct jit_entry *entry = calloc(1, sizeof(*entry));

	invariant(entry != NULL);
	entry->file = symbols_make(d->name, d->slot, d->image, &entry->size);
	entry->domain = d;
	entry->next = first;
	if (first != NULL)
		first->prev = entry;
	__jit_debug_descriptor.first = entry;
	tell(JIT_REGISTER, entry);
}

static void drop(const struct domain *d)
{
	struct jit_entry *entry = __jit_debug_descriptor.first;

	while (entry != NULL && entry->domain != d)
		entry = entry->next;
	if (entry == NULL)
		return;
	if (entry->next != NULL)
		entry->next->prev = entry->prev;
	if (entry->prev != NULL)
		entry->prev->next = entry->next;
	else
		__jit_debug_descriptor.first = entry->next;
	tell(JIT_UNREGISTER, entry);
	free(entry->file);
	free(entry);
}

az_err __wrap_spawn_map(struct domain *d, const struct program *p)
{
	TRY(__real_spawn_map(d, p));
	add(d);
	return AZ_OK;
}

/* Before the text goes: gdb takes its breakpoints out of it. */
void __wrap_spawn_unmap(struct domain *d, const struct program *p)
{
	drop(d);
	__real_spawn_unmap(d, p);
}
