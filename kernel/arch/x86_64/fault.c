#include "arch/x86_64/fault.h"

#include "base/log.h"
#include "base/panic.h"

enum {
	VECTOR_DIVIDE = 0,
	VECTOR_ILLEGAL = 6,
	VECTOR_PAGE_FAULT = 14,
	VECTOR_FLOAT = 16,
	VECTOR_SIMD = 19,
};

enum trap_cause fault_cause(const struct trap_frame *frame)
{
	switch (frame->vector) {
	case VECTOR_PAGE_FAULT:
		return TRAP_PAGE_FAULT;
	case VECTOR_DIVIDE:
		return TRAP_DIVIDE;
	case VECTOR_ILLEGAL:
		return TRAP_ILLEGAL;
	case VECTOR_FLOAT:
	case VECTOR_SIMD:
		return TRAP_FLOAT;
	default:
		return TRAP_OTHER;
	}
}

void fault_die(const struct trap_frame *f, uint64_t addr)
{
	static const char names[15][4] = { "rax", "rbx", "rcx", "rdx", "rsi",
		"rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		"r15" };

	log_error("arch",
	    "exception vector=%lu error=0x%lx rip=0x%lx rsp=0x%lx "
	    "rflags=0x%lx cr2=0x%lx",
	    f->vector, f->error, f->rip, f->rsp, f->rflags, addr);
	for (int n = 0; n < 15; n += 5)
		log_error("arch",
		    "registers %s=0x%lx %s=0x%lx %s=0x%lx %s=0x%lx %s=0x%lx",
		    names[n], f->reg[n], names[n + 1], f->reg[n + 1],
		    names[n + 2], f->reg[n + 2], names[n + 3], f->reg[n + 3],
		    names[n + 4], f->reg[n + 4]);
	panic("exception in the kernel");
}
