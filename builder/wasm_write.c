#include "wasm_write.h"

#include <string.h>

#include "abi/image.h"
#include "wasm_op.h"

enum { FUNC_FORM = 0x60, LEB_MORE = 0x80, LEB_BITS = 7 };

void wasm_put_header(struct buf *out)
{
	buf_add(out, "\0asm\1\0\0\0", 8);
}

void wasm_put_byte(struct buf *out, uint8_t byte)
{
	buf_putc(out, (char)byte);
}

void wasm_put_u32(struct buf *out, uint32_t value)
{
	for (; value >= LEB_MORE; value >>= LEB_BITS)
		wasm_put_byte(out, (uint8_t)(value | LEB_MORE));
	wasm_put_byte(out, (uint8_t)value);
}

void wasm_put_signed(struct buf *out, int64_t value)
{
	for (; value < -64 || value > 63; value >>= LEB_BITS)
		wasm_put_byte(out, (uint8_t)(value | LEB_MORE));
	wasm_put_byte(out, (uint8_t)(value & ~LEB_MORE));
}

void wasm_put_op(struct buf *out, uint32_t op)
{
	if (op >> 8 != 0) {
		wasm_put_byte(out, (uint8_t)(op >> 8));
		wasm_put_u32(out, op & 0xff);
	} else {
		wasm_put_byte(out, (uint8_t)op);
	}
}

void wasm_put_bytes(struct buf *out, struct wasm_bytes bytes)
{
	wasm_put_u32(out, (uint32_t)bytes.len);
	buf_add(out, bytes.at, bytes.len);
}

void wasm_put_name(struct buf *out, const char *name)
{
	wasm_put_bytes(
	    out, (struct wasm_bytes){ (const uint8_t *)name, strlen(name) });
}

void wasm_put_type(struct buf *out, const struct wasm_type *type)
{
	wasm_put_byte(out, FUNC_FORM);
	wasm_put_bytes(
	    out, (struct wasm_bytes){ type->params, type->param_count });
	wasm_put_bytes(
	    out, (struct wasm_bytes){ type->results, type->result_count });
}

void wasm_put_limits(struct buf *out, struct wasm_limits limits)
{
	wasm_put_byte(out, limits.max != UINT32_MAX);
	wasm_put_u32(out, limits.min);
	if (limits.max != UINT32_MAX)
		wasm_put_u32(out, limits.max);
}

void wasm_put_literal(struct buf *out, uint8_t type, uint64_t bits)
{
	/* The opcodes count up where the types count down. */
	wasm_put_byte(out, (uint8_t)(WASM_OP_I32_CONST + (AZ_I32 - type)));
	if (type == AZ_I32)
		wasm_put_signed(out, (int32_t)bits);
	else if (type == AZ_I64)
		wasm_put_signed(out, (int64_t)bits);
	else
		for (int i = 0; i < (type == AZ_F32 ? 4 : 8); i++)
			wasm_put_byte(out, (uint8_t)(bits >> (8 * i)));
}

void wasm_put_section(struct buf *out, enum wasm_section id, struct buf *body)
{
	wasm_put_byte(out, (uint8_t)id);
	wasm_put_bytes(
	    out, (struct wasm_bytes){ (const uint8_t *)body->at, body->len });
	buf_fini(body);
}
