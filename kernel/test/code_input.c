#include "test/code_input.h"

const struct az_sig code_input_types[INPUT_SIGS] = {
	{ .types = { 0 } },
	{ .param_count = 6,
	    .types = { AZ_I32, AZ_I32, AZ_I64, AZ_I32, AZ_I64, AZ_I32 } },
	{ .param_count = 9,
	    .stack_args = 16,
	    .types = { AZ_I32, AZ_I32, AZ_I32, AZ_I64, AZ_F64, AZ_I32, AZ_I32,
		AZ_I32, AZ_I64 } },
	{ .param_count = 5,
	    .result_count = 1,
	    .types = { AZ_I32, AZ_I32, AZ_I64, AZ_I32, AZ_I64, AZ_I32 } },
	{ .param_count = 10,
	    .stack_args = 16,
	    .types = { AZ_F64, AZ_F32, AZ_F64, AZ_F64, AZ_F64, AZ_F64, AZ_F64,
		AZ_F64, AZ_F64, AZ_F32 } },
	{ .param_count = 7,
	    .result_count = 2,
	    .stack_args = 8,
	    .types = { AZ_I64, AZ_I64, AZ_I64, AZ_I64, AZ_I64, AZ_I64, AZ_I64,
		AZ_I64, AZ_F64 } },
};
