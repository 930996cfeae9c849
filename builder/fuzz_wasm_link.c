/* Two modules, untrusted but for what wasm_parse sees, as a group: the first
 * byte chooses the options, the next two say where the second one starts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "mem.h"
#include "wasm.h"
#include "wasm_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void link_both(
    struct wasm_module *first, struct wasm_module *second, uint8_t choice)
{
	static const char *const host[] = { AZ_WASI_MODULE, AZ_NATIVE_MODULE,
		NULL };
	const struct link_member members[] = {
		{ .name = "a", .module = first },
		{ .label = "b", .module = second, .grown = (choice & 1) != 0 },
	};
	const struct link_options options = {
		.host = (choice & 2) != 0 ? host : NULL,
		.pages = (choice & 4) != 0 ? choice : 0,
		.export_all = (choice & 24) != 0,
		.export_inits = (choice & 16) != 0,
	};
	struct link_error error;
	struct buf out = { 0 };
	int result = wasm_link(&out, members, 2, &options, &error);

	if ((result == 0) != (error.fault == LINK_OK) ||
	    (result != 0 &&
		(out.len != 0 || error.text[0] == '\0' || error.member > 1)))
		abort();
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wasm_module *first, *second = NULL;
	struct wasm_error error;
	size_t split;

	if (len < 3)
		return 0;
	split = 3 + (bytes[1] | (size_t)bytes[2] << 8);
	if (split > len)
		split = len;
	first = wasm_parse(bytes + 3, split - 3, &error);
	if (first != NULL)
		second = wasm_parse(bytes + split, len - split, &error);
	if (second != NULL)
		link_both(first, second, bytes[0]);
	wasm_free(first);
	wasm_free(second);
	return 0;
}
