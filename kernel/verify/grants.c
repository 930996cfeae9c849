/* The grants of an index: what each module may do, nothing else. */
#include "verify/records.h"

#include "base/mem.h"
#include "verify/refuse.h"
#include "verify/sockets.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_GRANT

static struct az_text text_of(const struct az_grant *g)
{
	return (struct az_text){ .off = g->text_off, .len = g->text_len };
}

static bool value_ok(const struct bundle *b, const struct az_grant *g)
{
	switch ((enum az_grant_kind)g->kind) {
	case AZ_GRANT_LOG:
		return g->value >= AZ_LEVEL_ERROR && g->value <= AZ_LEVEL_DEBUG;
	case AZ_GRANT_CLOCK:
		return g->value >= 1;
	case AZ_GRANT_RANDOM:
	case AZ_GRANT_OBSERVE:
		return g->value == 0;
	case AZ_GRANT_FILES:
		return g->value < b->fileset_count;
	case AZ_GRANT_POWER:
		return g->value >= 1 &&
		       g->value <= (AZ_POWER_HALT | AZ_POWER_REBOOT);
	case AZ_GRANT_RESET:
		return g->value < b->module_count;
	case AZ_GRANT_DEVICE:
		return g->value < b->device_count;
	case AZ_GRANT_LISTEN:
	case AZ_GRANT_CONNECT:
		return g->value < b->channel_count;
	case AZ_GRANT_SECRET:
		return g->value >= 1 && g->value <= AZ_SECRET_MAX;
	case AZ_GRANT_KINDS:
		break;
	}
	return false;
}

/* A place to listen at, or to connect to. */
static bool is_place(const struct bundle *b, const struct az_grant *g)
{
	struct sockets_place place;

	return sockets_place(&place, bundle_text(b, text_of(g))) &&
	       text_is_name(place.network.at, place.network.len) &&
	       (place.host.len == 0) == (g->kind == AZ_GRANT_LISTEN);
}

static bool text_ok(const struct bundle *b, const struct az_grant *g)
{
	const char *text = b->text + g->text_off;

	switch ((enum az_grant_kind)g->kind) {
	case AZ_GRANT_FILES:
		return records_text_plain(b, text_of(g), AZ_PATH_MAX) &&
		       text_is_path(text, g->text_len);
	case AZ_GRANT_CONNECT:
	case AZ_GRANT_LISTEN:
		return records_text_plain(b, text_of(g), AZ_PLACE_MAX) &&
		       is_place(b, g);
	case AZ_GRANT_SECRET:
		return records_is_name(b, text_of(g));
	default:
		return g->text_off == 0 && g->text_len == 0;
	}
}

/* What grants of one kind may differ in: not at all, in the value, in the
 * text, or in one of them. */
static const struct {
	bool value, text;
} differ[AZ_GRANT_KINDS] = {
	[AZ_GRANT_FILES] = { .text = true },
	[AZ_GRANT_RESET] = { .value = true },
	[AZ_GRANT_DEVICE] = { .value = true },
	[AZ_GRANT_LISTEN] = { true, true },
	[AZ_GRANT_CONNECT] = { true, true },
	[AZ_GRANT_SECRET] = { .text = true },
};

/* Two grants that contradict each other, or are the same. */
static bool clash(
    const struct bundle *b, const struct az_grant *x, const struct az_grant *y)
{
	if (x->kind != y->kind ||
	    (differ[x->kind].value && x->value != y->value))
		return false;
	return !differ[x->kind].text ||
	       (x->text_len == y->text_len &&
		   memcmp(b->text + x->text_off, b->text + y->text_off,
		       x->text_len) == 0);
}

static enum az_refusal grant_check(
    const struct bundle *b, const struct az_grant *g, const char **why)
{
	MUST(g->kind >= AZ_GRANT_LOG && g->kind < AZ_GRANT_KINDS,
	    "grant: unknown kind");
	MUST(g->reserved == 0, "grant: reserved field is not zero");
	MUST(value_ok(b, g), "grant: value out of range");
	MUST(text_ok(b, g), "grant: malformed text");
	return AZ_REFUSE_NONE;
}

static enum az_refusal module_grants_check(
    const struct bundle *b, struct az_run r, const char **why)
{
	const struct az_grant *grants = b->grants + r.first;
	uint32_t preopens = 0;

	for (uint32_t i = 0; i < r.count; i++) {
		PASS(grant_check(b, &grants[i], why));
		for (uint32_t j = 0; j < i; j++)
			MUST(!clash(b, &grants[j], &grants[i]),
			    "grant: comes twice");
		preopens += grants[i].kind == AZ_GRANT_FILES ||
			    grants[i].kind == AZ_GRANT_LISTEN;
	}
	REQUIRE(preopens <= AZ_PREOPENS_MAX, AZ_REFUSE_LIMIT,
	    "module: too many files and places to listen");
	return AZ_REFUSE_NONE;
}

enum az_refusal grants_check(const struct bundle *b, const char **why)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < b->module_count; i++) {
		struct az_run r = b->modules[i].grants;

		REQUIRE(r.count <= AZ_GRANTS_MAX, AZ_REFUSE_LIMIT,
		    "module: too many grants");
		if (r.count == 0)
			continue;
		MUST(r.first == next && r.count <= b->grant_count - next,
		    "module: grants out of order");
		PASS(module_grants_check(b, r, why));
		next += r.count;
	}
	MUST(next == b->grant_count, "grant without a module");
	return AZ_REFUSE_NONE;
}
