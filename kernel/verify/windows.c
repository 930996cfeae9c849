#include "verify/windows.h"

#include <stddef.h>

#include "abi/layout.h"
#include "abi/ring.h"
#include "base/mem.h"
#include "verify/bundle.h"
#include "verify/image.h"
#include "verify/refuse.h"

#define REASON AZ_REFUSE_IMAGE

enum { PREFIX_MAX = sizeof("az_window_end_") - 1 };

uint64_t windows_bytes(const struct az_channel *c)
{
	return c->type == AZ_CHANNEL_RING ? c->size + AZ_RING_HEAD : c->size;
}

struct bundle_text windows_name(
    const struct bundle *b, const struct az_channel *c)
{
	if (c->type == AZ_CHANNEL_DEVICE)
		return (struct bundle_text){ "dma", 3 };
	if (c->type == AZ_CHANNEL_SOCKET)
		return (struct bundle_text){ "sockets", 7 };
	return bundle_text(b, c->name);
}

static uint32_t find(const struct image_view *v, const char *prefix,
    const char *name, uint32_t len)
{
	char text[PREFIX_MAX + AZ_NAME_MAX];
	uint32_t start = 0;
	const struct az_export *e;

	for (; prefix[start] != '\0'; start++)
		text[start] = prefix[start];
	for (uint32_t i = 0; i < len; i++)
		text[start + i] = name[i] == '-' ? '_' : name[i];
	e = image_find_export(v, AZ_EXPORT_GLOBAL, text, start + len);
	return e != NULL ? e->index : 0;
}

uint32_t windows_find(
    const struct image_view *v, const char *name, uint32_t len)
{
	return find(v, "az_window_", name, len);
}

bool windows_taken(const char *name, uint32_t len)
{
	uint32_t end = sizeof("end") - 1;

	if (len == sizeof(WINDOWS_INBOX) - 1)
		return memcmp(name, WINDOWS_INBOX, len) == 0;
	return len > end && memcmp(name, "end", end) == 0 &&
	       (name[end] == '-' || name[end] == '_');
}

/* Whether anything that is written at start lies in [at, at + size). */
static bool has_data(const struct image_view *v, uint64_t at, uint64_t size)
{
	for (uint32_t i = 0; i < v->head->segments.count; i++) {
		const struct az_segment *s = &v->segments[i];

		if (s->mode == AZ_ACTIVE && s->size > 0 &&
		    s->dest < at + size && at < (uint64_t)s->dest + s->size)
			return true;
	}
	return false;
}

bool windows_has(const struct az_channel *c, uint32_t module)
{
	return windows_bytes(c) > 0 &&
	       (c->type != AZ_CHANNEL_SOCKET || c->owner == module);
}

uint32_t windows_place(const struct image_view *v, const struct bundle *b,
    const struct az_channel *c)
{
	struct bundle_text name = windows_name(b, c);
	uint32_t at = windows_find(v, name.at, name.len);

	if (c->type == AZ_CHANNEL_SOCKET)
		for (const struct az_channel *e = b->channels; e < c; e++)
			if (e->type == c->type && e->owner == c->owner)
				at += e->size;
	return at;
}

uint32_t windows_rest(const struct image_view *v)
{
	return find(v, "az_window_end_", "sockets", 7);
}

static enum az_refusal one_check(const struct image_view *v, const char *name,
    uint32_t len, uint64_t size, const char **why)
{
	uint64_t memory = (uint64_t)v->head->mem_min * AZ_WASM_PAGE;
	uint32_t at = windows_find(v, name, len);
	uint32_t end = find(v, "az_window_end_", name, len);

	MUST(at != 0, "no window for a channel");
	MUST(at % AZ_PAGE_SIZE == 0, "a window that starts within a page");
	MUST(at + size <= memory, "a window that is not in memory");
	MUST(end == 0 || end == at + size,
	    "a window of another size than its channel");
	MUST(!has_data(v, at, size), "a window with data of the module's own");
	return AZ_REFUSE_NONE;
}

/* The window of a stack has room for the memory of each of its channels. */
static enum az_refusal sockets_check(const struct image_view *v,
    const struct bundle *b, const struct az_channel *c, const char **why)
{
	uint32_t start = windows_find(v, "sockets", 7);
	uint32_t end = windows_rest(v);

	MUST(start != 0 && end > start, "no window for sockets");
	PASS(one_check(v, "sockets", 7, end - start, why));
	MUST((uint64_t)windows_place(v, b, c) + c->size <= end,
	    "a window with no room for a channel's sockets");
	return AZ_REFUSE_NONE;
}

/* Whether another window of module i is where c's is: two have one name, or
 * one end. */
static bool overlaps(const struct image_view *v, const struct bundle *b,
    const struct az_channel *c, uint32_t i)
{
	uint64_t at = windows_place(v, b, c);

	for (const struct az_channel *e = b->channels; e < c; e++) {
		uint64_t other;

		if (!windows_has(e, i) || bundle_end(b, e, i) == NULL)
			continue;
		other = windows_place(v, b, e);
		if (at < other + windows_bytes(e) &&
		    other < at + windows_bytes(c))
			return true;
	}
	return false;
}

static bool has_copies(const struct bundle *b, const struct az_channel *c)
{
	for (uint32_t k = 0; k < c->methods.count; k++)
		if (b->methods[c->methods.first + k].copy_count > 0)
			return true;
	return false;
}

enum az_refusal windows_check(const struct image_view *v,
    const struct bundle *b, uint32_t i, const char **why)
{
	for (uint32_t k = 0; k < b->channel_count; k++) {
		const struct az_channel *c = &b->channels[k];
		struct bundle_text name = windows_name(b, c);

		if (bundle_end(b, c, i) == NULL)
			continue;
		if (windows_has(c, i) && c->type == AZ_CHANNEL_SOCKET) {
			PASS(sockets_check(v, b, c, why));
		} else if (windows_has(c, i)) {
			REQUIRE(!windows_taken(name.at, name.len),
			    AZ_REFUSE_CHANNEL, "a window's name that is taken");
			PASS(one_check(
			    v, name.at, name.len, windows_bytes(c), why));
		}
		REQUIRE(!windows_has(c, i) || !overlaps(v, b, c, i),
		    AZ_REFUSE_CHANNEL, "a window where another is");
		if (c->owner == i && has_copies(b, c))
			PASS(one_check(v, WINDOWS_INBOX,
			    sizeof(WINDOWS_INBOX) - 1,
			    AZ_COPIES_MAX * AZ_PAGE_SIZE, why));
	}
	return AZ_REFUSE_NONE;
}
