/* ipc/test_slot: a module's slot in this process, for tests over the machine
 * code of stubs, entry and gates. Include it once a program. */
#ifndef AZ_IPC_TEST_SLOT_H
#define AZ_IPC_TEST_SLOT_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "abi/layout.h"
#include "ipc/call.h"

/* Where Linux has the registers, in a trap frame's order. */
[[maybe_unused]] static const int reg_index[15] = { REG_RAX, REG_RBX, REG_RCX,
	REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_R8, REG_R9, REG_R10, REG_R11,
	REG_R12, REG_R13, REG_R14, REG_R15 };

static uint8_t *map_at(uint64_t at, size_t size)
{
	void *want = (void *)(uintptr_t)at;

	assert_ptr_equal(
	    mmap(want, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
	    want);
	return want;
}

/* Where stubs jump to must have an address of 32 bits. */
static uint64_t trampoline(void)
{
	static uint8_t *at;
	uint64_t to = (uint64_t)(uintptr_t)&call_entry;

	if (at == NULL)
		at =
		    mmap(NULL, AZ_PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_true(at != MAP_FAILED);
	memcpy(at, "\x49\xbb", 2); /* mov r11, to; jmp r11 */
	memcpy(at + 2, &to, 8);
	memcpy(at + 10, "\x41\xff\xe3", 3);
	return (uint64_t)(uintptr_t)at;
}

#endif
