/* prelude_text: what the code of modules compiles against.
 *
 * Gives the names that wasm2c's function bodies use (see builder/ctext),
 * with WebAssembly's exact semantics on any x86-64, and no other call than
 * those of abi/call's helpers. The builder embeds this text; it stands alone.
 * Invariant: linear memory is touched only by the two instructions of
 * AZ_LOAD and AZ_STORE, which the compiler cannot split: the first
 * zero-extends the address, the second adds r15 and a displacement below
 * 2^31. asmtext may drop the first and use the register that it copies, so
 * the copy must be dead behind the access. Nothing here may need a table, a
 * library or an address of a local.
 */
#ifndef AZ_PRELUDE_TEXT_H
#define AZ_PRELUDE_TEXT_H

typedef signed char s8;
typedef unsigned char u8;
typedef short s16;
typedef unsigned short u16;
typedef int s32;
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;
typedef float f32;
typedef double f64;

_Static_assert(sizeof(s64) == 8 && sizeof(u32) == 4, "LP64");

/* Helpers of abi/call. */
u32 az_mem_size(void);
u32 az_mem_grow(u32 pages);
void az_mem_fill(u32 to, u32 byte, u32 len);
void az_mem_copy(u32 to, u32 from, u32 len);
void az_mem_init(u32 segment, u32 to, u32 from, u32 len);
void az_data_drop(u32 segment);
u32 az_table_get(u32 index, u32 table);
void az_table_set(u32 index, u32 ref, u32 table);
u32 az_table_size(u32 table);
u32 az_table_grow(u32 ref, u32 count, u32 table);
void az_table_fill(u32 index, u32 ref, u32 count, u32 table);
void az_table_copy(u32 to, u32 from, u32 count, u32 table, u32 source);
void az_table_init(u32 to, u32 from, u32 count, u32 table, u32 elem);
void az_elem_drop(u32 elem);
_Noreturn void az_trap_unreachable(void);
_Noreturn void az_trap_oob(void);
_Noreturn void az_trap_int_overflow(void);
_Noreturn void az_trap_div_by_zero(void);
_Noreturn void az_trap_invalid_conversion(void);

#define AZ_INLINE static inline __attribute__((always_inline))
#define AZ_RARE(x) __builtin_expect(!!(x), 0)

/* A field of az_I: every global has eight bytes, whatever its type. */
#define AZ_GLOBAL(type, name) _Alignas(8) type name

#define FUNC_PROLOGUE
#define FUNC_EPILOGUE
#define UNREACHABLE az_trap_unreachable()
#define INFINITY __builtin_inff()

/* Functions with two results. */
#define AZ_MULTI(a, ta, b, tb)                                                 \
	struct wasm_multi_##a##b {                                             \
		ta a##0;                                                       \
		tb b##1;                                                       \
	};
#define AZ_MULTI_FIRST(a, ta)                                                  \
	AZ_MULTI(a, ta, i, u32)                                                \
	AZ_MULTI(a, ta, j, u64)                                                \
	AZ_MULTI(a, ta, f, f32)                                                \
	AZ_MULTI(a, ta, d, f64)
AZ_MULTI_FIRST(i, u32)
AZ_MULTI_FIRST(j, u64)
AZ_MULTI_FIRST(f, f32)
AZ_MULTI_FIRST(d, f64)

/* Offsets from 2^31 on are added in 64 bits and leave none to displace. */
#define AZ_NEAR(offset) ((offset) <= 0x7fffffffu)
#define AZ_DISP(offset) (AZ_NEAR(offset) ? (offset) : 0u)
#define AZ_ADDR(addr, offset)                                                  \
	(AZ_NEAR(offset) ? (addr) : az_far((addr), (offset)))

AZ_INLINE u32 az_far(u32 addr, u32 offset)
{
	u64 sum = (u64)addr + offset;

	if (AZ_RARE(sum >> 32 != 0))
		az_trap_oob();
	return (u32)sum;
}

/* The pairs. An integer load uses its result register for the address; the
 * others need one more. */
#define AZ_LOAD(type, insn, mod, addr, offset)                                 \
	({                                                                     \
		type r_;                                                       \
		__asm__ volatile(                                              \
		    "movl %k1, %k0\n\t" insn " %c2(%%r15,%q0), %" mod "0"      \
		    : "=r"(r_)                                                 \
		    : "g"(AZ_ADDR(addr, offset)), "i"(AZ_DISP(offset)));       \
		r_;                                                            \
	})
#define AZ_LOAD_FLOAT(type, insn, addr, offset)                                \
	({                                                                     \
		type r_;                                                       \
		u64 t_;                                                        \
		__asm__ volatile(                                              \
		    "movl %k2, %k1\n\t" insn " %c3(%%r15,%q1), %0"             \
		    : "=x"(r_), "=r"(t_)                                       \
		    : "g"(AZ_ADDR(addr, offset)), "i"(AZ_DISP(offset)));       \
		r_;                                                            \
	})
#define AZ_STORE(insn, mod, fits, addr, offset, value)                         \
	({                                                                     \
		u64 t_;                                                        \
		__asm__ volatile("movl %k1, %k0\n\t" insn " %" mod             \
				 "2, %c3(%%r15,%q0)"                           \
				 : "=&r"(t_)                                   \
				 : "g"(AZ_ADDR(addr, offset)), fits(value),    \
				 "i"(AZ_DISP(offset)));                        \
	})

#define i32_load(a, o) AZ_LOAD(u32, "movl", "k", a, o)
#define i64_load(a, o) AZ_LOAD(u64, "movq", "q", a, o)
#define f32_load(a, o) AZ_LOAD_FLOAT(f32, "movss", a, o)
#define f64_load(a, o) AZ_LOAD_FLOAT(f64, "movsd", a, o)
#define i32_load8_s(a, o) AZ_LOAD(u32, "movsbl", "k", a, o)
#define i32_load8_u(a, o) AZ_LOAD(u32, "movzbl", "k", a, o)
#define i32_load16_s(a, o) AZ_LOAD(u32, "movswl", "k", a, o)
#define i32_load16_u(a, o) AZ_LOAD(u32, "movzwl", "k", a, o)
#define i64_load8_s(a, o) AZ_LOAD(u64, "movsbq", "q", a, o)
#define i64_load8_u(a, o) AZ_LOAD(u64, "movzbl", "k", a, o)
#define i64_load16_s(a, o) AZ_LOAD(u64, "movswq", "q", a, o)
#define i64_load16_u(a, o) AZ_LOAD(u64, "movzwl", "k", a, o)
#define i64_load32_s(a, o) AZ_LOAD(u64, "movslq", "q", a, o)
#define i64_load32_u(a, o) AZ_LOAD(u64, "movl", "k", a, o)

#define i32_store(a, o, v) AZ_STORE("movl", "k", "ri", a, o, (u32)(v))
#define i64_store(a, o, v) AZ_STORE("movq", "q", "re", a, o, (u64)(v))
#define f32_store(a, o, v) AZ_STORE("movss", "", "x", a, o, (f32)(v))
#define f64_store(a, o, v) AZ_STORE("movsd", "", "x", a, o, (f64)(v))
#define i32_store8(a, o, v) AZ_STORE("movb", "b", "ri", a, o, (u8)(v))
#define i32_store16(a, o, v) AZ_STORE("movw", "w", "ri", a, o, (u16)(v))
#define i64_store8(a, o, v) AZ_STORE("movb", "b", "ri", a, o, (u8)(v))
#define i64_store16(a, o, v) AZ_STORE("movw", "w", "ri", a, o, (u16)(v))
#define i64_store32(a, o, v) AZ_STORE("movl", "k", "ri", a, o, (u32)(v))

/* Bits. */
#define AZ_REINTERPRET(name, from, to)                                         \
	AZ_INLINE to name(from x)                                              \
	{                                                                      \
		union {                                                        \
			from in;                                               \
			to out;                                                \
		} bits = { .in = x };                                          \
                                                                               \
		return bits.out;                                               \
	}
AZ_REINTERPRET(f32_reinterpret_i32, u32, f32)
AZ_REINTERPRET(i32_reinterpret_f32, f32, u32)
AZ_REINTERPRET(f64_reinterpret_i64, u64, f64)
AZ_REINTERPRET(i64_reinterpret_f64, f64, u64)

#define AZ_INTEGER(P, ut, st, bits, min, clz, ctz)                             \
	AZ_INLINE ut P##_CLZ(ut x)                                             \
	{                                                                      \
		return x != 0 ? (ut)clz(x) : bits;                             \
	}                                                                      \
	AZ_INLINE ut P##_CTZ(ut x)                                             \
	{                                                                      \
		return x != 0 ? (ut)ctz(x) : bits;                             \
	}                                                                      \
	AZ_INLINE ut P##_POPCNT(ut x)                                          \
	{                                                                      \
		const ut ones = ~(ut)0;                                        \
                                                                               \
		x -= (x >> 1) & ones / 3;                                      \
		x = (x & ones / 5) + ((x >> 2) & ones / 5);                    \
		x = (x + (x >> 4)) & ones / 17;                                \
		return (x * (ones / 255)) >> (bits - 8);                       \
	}                                                                      \
	AZ_INLINE ut P##_ROTL(ut x, ut n)                                      \
	{                                                                      \
		return x << (n & (bits - 1)) | x >> (-n & (bits - 1));         \
	}                                                                      \
	AZ_INLINE ut P##_ROTR(ut x, ut n)                                      \
	{                                                                      \
		return x >> (n & (bits - 1)) | x << (-n & (bits - 1));         \
	}                                                                      \
	AZ_INLINE ut P##_DIV_S(ut x, ut y)                                     \
	{                                                                      \
		if (AZ_RARE(y == 0))                                           \
			az_trap_div_by_zero();                                 \
		if (AZ_RARE(x == min && y == ~(ut)0))                          \
			az_trap_int_overflow();                                \
		return (ut)((st)x / (st)y);                                    \
	}                                                                      \
	AZ_INLINE ut P##_REM_S(ut x, ut y)                                     \
	{                                                                      \
		if (AZ_RARE(y == 0))                                           \
			az_trap_div_by_zero();                                 \
		return AZ_RARE(y == ~(ut)0) ? 0 : (ut)((st)x % (st)y);         \
	}                                                                      \
	AZ_INLINE ut P##_DIV_U(ut x, ut y)                                     \
	{                                                                      \
		if (AZ_RARE(y == 0))                                           \
			az_trap_div_by_zero();                                 \
		return x / y;                                                  \
	}                                                                      \
	AZ_INLINE ut P##_REM_U(ut x, ut y)                                     \
	{                                                                      \
		if (AZ_RARE(y == 0))                                           \
			az_trap_div_by_zero();                                 \
		return x % y;                                                  \
	}
AZ_INTEGER(I32, u32, s32, 32, 0x80000000u, __builtin_clz, __builtin_ctz)
AZ_INTEGER(
    I64, u64, s64, 64, 0x8000000000000000ull, __builtin_clzll, __builtin_ctzll)
#define DIV_U(x, y)                                                            \
	(sizeof(x) == 4 ? I32_DIV_U((u32)(x), (u32)(y)) : I64_DIV_U((x), (y)))
#define REM_U(x, y)                                                            \
	(sizeof(x) == 4 ? I32_REM_U((u32)(x), (u32)(y)) : I64_REM_U((x), (y)))

/* Conversions: low and high are the last values that still fit, or the first
 * that do not; below and above compare accordingly. */
#define AZ_TRUNC(name, ut, st, ft, above, low, high)                           \
	AZ_INLINE ut name(ft x)                                                \
	{                                                                      \
		if (AZ_RARE(x != x))                                           \
			az_trap_invalid_conversion();                          \
		if (AZ_RARE(!(x above low && x < high)))                       \
			az_trap_int_overflow();                                \
		return (ut)(st)x;                                              \
	}
AZ_TRUNC(I32_TRUNC_S_F32, u32, s32, f32, >=, -0x1p31f, 0x1p31f)
AZ_TRUNC(I32_TRUNC_S_F64, u32, s32, f64, >, -2147483649.0, 0x1p31)
AZ_TRUNC(I32_TRUNC_U_F32, u32, u32, f32, >, -1.0f, 0x1p32f)
AZ_TRUNC(I32_TRUNC_U_F64, u32, u32, f64, >, -1.0, 0x1p32)
AZ_TRUNC(I64_TRUNC_S_F32, u64, s64, f32, >=, -0x1p63f, 0x1p63f)
AZ_TRUNC(I64_TRUNC_S_F64, u64, s64, f64, >=, -0x1p63, 0x1p63)
AZ_TRUNC(I64_TRUNC_U_F32, u64, u64, f32, >, -1.0f, 0x1p64f)
AZ_TRUNC(I64_TRUNC_U_F64, u64, u64, f64, >, -1.0, 0x1p64)

#define AZ_TRUNC_SAT(name, ut, st, ft, above, low, high, min, max)             \
	AZ_INLINE ut name(ft x)                                                \
	{                                                                      \
		if (AZ_RARE(x != x))                                           \
			return 0;                                              \
		if (AZ_RARE(!(x above low)))                                   \
			return min;                                            \
		if (AZ_RARE(!(x < high)))                                      \
			return max;                                            \
		return (ut)(st)x;                                              \
	}
#define AZ_S32 0x80000000u, 0x7fffffffu
#define AZ_U32 0, 0xffffffffu
#define AZ_S64 0x8000000000000000ull, 0x7fffffffffffffffull
#define AZ_U64 0, 0xffffffffffffffffull
#define AZ_TRUNC_SAT_(name, ut, st, ft, above, low, high, limits)              \
	AZ_TRUNC_SAT(name, ut, st, ft, above, low, high, limits)
AZ_TRUNC_SAT_(I32_TRUNC_SAT_S_F32, u32, s32, f32, >=, -0x1p31f, 0x1p31f, AZ_S32)
AZ_TRUNC_SAT_(
    I32_TRUNC_SAT_S_F64, u32, s32, f64, >, -2147483649.0, 0x1p31, AZ_S32)
AZ_TRUNC_SAT_(I32_TRUNC_SAT_U_F32, u32, u32, f32, >, -1.0f, 0x1p32f, AZ_U32)
AZ_TRUNC_SAT_(I32_TRUNC_SAT_U_F64, u32, u32, f64, >, -1.0, 0x1p32, AZ_U32)
AZ_TRUNC_SAT_(I64_TRUNC_SAT_S_F32, u64, s64, f32, >=, -0x1p63f, 0x1p63f, AZ_S64)
AZ_TRUNC_SAT_(I64_TRUNC_SAT_S_F64, u64, s64, f64, >=, -0x1p63, 0x1p63, AZ_S64)
AZ_TRUNC_SAT_(I64_TRUNC_SAT_U_F32, u64, u64, f32, >, -1.0f, 0x1p64f, AZ_U64)
AZ_TRUNC_SAT_(I64_TRUNC_SAT_U_F64, u64, u64, f64, >, -1.0, 0x1p64, AZ_U64)

/* Floats. x + y is the NaN that WebAssembly wants when either is one: quiet,
 * with an operand's payload. Above `whole` every value is an integer; adding
 * and taking it away rounds to nearest, ties to even. */
#define AZ_FLOAT(s, ft, ut, to_bits, of_bits, whole, copysign, fabs, sqrt)         \
	AZ_INLINE ft az_min##s(ft x, ft y)                                         \
	{                                                                          \
		if (AZ_RARE(x != x || y != y))                                     \
			return x + y;                                              \
		if (AZ_RARE(x == y))                                               \
			return of_bits(to_bits(x) | to_bits(y));                   \
		return x < y ? x : y;                                              \
	}                                                                          \
	AZ_INLINE ft az_max##s(ft x, ft y)                                         \
	{                                                                          \
		if (AZ_RARE(x != x || y != y))                                     \
			return x + y;                                              \
		if (AZ_RARE(x == y))                                               \
			return of_bits(to_bits(x) & to_bits(y));                   \
		return x > y ? x : y;                                              \
	}                                                                          \
	AZ_INLINE ft wasm_nearbyint##s(ft x)                                       \
	{                                                                          \
		if (!(fabs(x) < whole))                                            \
			return x + 0;                                              \
		return copysign((fabs(x) + whole) - whole, x);                     \
	}                                                                          \
	AZ_INLINE ft wasm_floor##s(ft x)                                           \
	{                                                                          \
		ft r = wasm_nearbyint##s(x);                                       \
                                                                                   \
		return r > x ? copysign(r - 1, x) : r;                             \
	}                                                                          \
	AZ_INLINE ft wasm_ceil##s(ft x)                                            \
	{                                                                          \
		ft r = wasm_nearbyint##s(x);                                       \
                                                                                   \
		return r < x ? copysign(r + 1, x) : r;                             \
	}                                                                          \
	AZ_INLINE ft wasm_trunc##s(ft x)                                           \
	{                                                                          \
		ft r = wasm_nearbyint##s(x);                                       \
                                                                                   \
		return fabs(r) > fabs(x) ? copysign(fabs(r) - 1, x) : r;           \
	}                                                                          \
	AZ_INLINE ft wasm_sqrt##s(ft x)                                            \
	{                                                                          \
		return sqrt(x);                                                    \
	}                                                                          \
	AZ_INLINE ft wasm_fabs##s(ft x)                                            \
	{                                                                          \
		return fabs(x);                                                    \
	}                                                                          \
	/* The conversion that follows quiets; the compiler must not join it     \
	 * with another one, which would not. */ \
	AZ_INLINE ft wasm_quiet##s(ft x)                                           \
	{                                                                          \
		__asm__("" : "+x"(x));                                             \
		return x;                                                          \
	}
AZ_FLOAT(f, f32, u32, i32_reinterpret_f32, f32_reinterpret_i32, 0x1p23f,
    __builtin_copysignf, __builtin_fabsf, __builtin_sqrtf)
AZ_FLOAT(, f64, u64, i64_reinterpret_f64, f64_reinterpret_i64, 0x1p52,
    __builtin_copysign, __builtin_fabs, __builtin_sqrt)
#define FMIN(x, y) _Generic((x), f32 : az_minf, default : az_min)((x), (y))
#define FMAX(x, y) _Generic((x), f32 : az_maxf, default : az_max)((x), (y))
#define copysignf __builtin_copysignf
#define copysign __builtin_copysign

#endif
