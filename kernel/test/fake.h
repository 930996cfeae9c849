/* test/fake: arch/ on Linux, for unit tests and fuzz targets.
 *
 * Physical memory is a file in memory that page_direct maps as a whole;
 * page_map maps its pages at the very address, where Linux has that address
 * to spare, and only takes note where it has not (low module slots lie under
 * the sanitizer's shadow). Table frames are taken and given back as real page
 * tables do, one for each 2 MiB. The clock stands still until it is told to
 * advance. One file for each contract header, so that a test may bring its
 * own version of one.
 */
#ifndef AZ_TEST_FAKE_H
#define AZ_TEST_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/fault.h"

struct boot_info;
struct trap;

/* Fresh physical memory of that size, with frame allocator and page tables
 * started over; undoes all mappings. Gives what boot_read would. */
const struct boot_info *fake_memory(uint64_t bytes);

/* Let time pass; timer interrupts happen on the way. */
void fake_advance(uint64_t ns);

/* What console_write got since fake_console_clear, NUL-terminated, cut at
 * 64 KiB. */
const char *fake_console(void);
void fake_console_clear(void);
/* Input arrives. */
void fake_type(const char *text);

/* The machine's devices, by a test; NULL: none. Registers are at the address
 * that their BAR says, plus their offset. Where somebody waits for them,
 * config_read lets time pass. */
struct fake_io {
	uint32_t (*config_read)(uint32_t place, uint32_t reg);
	void (*config_write)(uint32_t place, uint32_t reg, uint32_t value);
	uint32_t (*read)(uint64_t address, uint32_t width);
	void (*write)(uint64_t address, uint32_t width, uint32_t value);
	uint64_t remappers[2]; /* where their registers are */
	uint32_t remapper_count;
};
void fake_io_set(const struct fake_io *io);
/* A line (arch/io) is raised; false: the pin is masked. */
bool fake_interrupt(uint32_t line);

/* One file is handed to the machine (arch/handed); borrowed. NULL: none. */
void fake_hand(const char *name, const char *text);

/* Run fn; true when it ended in power_end, *end saying how. A panic ends in
 * AZ_END_PANIC. */
bool fake_catch(void (*fn)(void *arg), void *arg, enum az_end *end);

/* What cpu_random gives: numbers that repeat in each run, or failure. */
void fake_random(bool works);

/* Raise a fault: true when the handler claimed it. */
bool fake_trap(struct trap *trap);

#endif
