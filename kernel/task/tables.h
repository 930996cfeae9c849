/* task/tables: WebAssembly's operations on a domain's tables. What is outside
 * a table or a segment, and a number that names none, is refused before any
 * entry is written. Long ones let interrupts in between pieces.
 * Memory: the entries are the kernel's; the slot has them for reading only.
 * Context: a helper call of the domain's own thread, or its start.
 */
#ifndef AZ_TASK_TABLES_H
#define AZ_TASK_TABLES_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct table_entry;

enum { TABLES_ARGS = 5 };

/* count entries of a table from index on, or NULL when they are not all in
 * it. */
struct table_entry *tables_at(
    const struct domain *d, uint32_t table, uint32_t index, uint32_t count);

/* One of the helpers AZ_HELP_TABLE_GET to AZ_HELP_ELEM_DROP, with arguments
 * as abi/call orders them. False: refused, which the caller makes a trap. */
bool tables_op(struct domain *d, uint32_t helper,
    const uint32_t arg[TABLES_ARGS], uint32_t *result);

#endif
