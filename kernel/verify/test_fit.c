/* Images held against the modules that an index makes of them. */
#include "verify/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/image.h"
#include "test/forge_system.h"
#include "verify/bundle.h"
#include "verify/image.h"

static struct az_image_head head;
static struct az_sig sigs[2];
static struct az_func funcs[1];
static struct az_import imports[1];
static struct az_export exports[1];
static struct az_grant grants[2];
static struct az_module modules[1];
static const char names[] = "_start";
static struct image_view view;
static struct bundle bundle;

static int set_up(void **state)
{
	(void)state;
	head = (struct az_image_head){ .start_func = AZ_NONE,
		.mem_min = 2,
		.funcs.count = 1,
		.sigs.count = 2,
		.imports.count = 1,
		.exports.count = 1 };
	sigs[0] = (struct az_sig){ 0 };
	sigs[1] = (struct az_sig){ .param_count = 1, .types = { AZ_I32 } };
	funcs[0] = (struct az_func){ 0 };
	imports[0] = (struct az_import){ .kind = AZ_IMPORT_HOST,
		.call = AZ_CALL_FD_WRITE };
	exports[0] =
	    (struct az_export){ .name_len = 6, .kind = AZ_EXPORT_FUNC };
	grants[0] = (struct az_grant){ .kind = AZ_GRANT_CLOCK, .value = 1 };
	grants[1] =
	    (struct az_grant){ .kind = AZ_GRANT_LOG, .value = AZ_LEVEL_INFO };
	modules[0] = (struct az_module){ .memory = 2 << 16,
		.grants = { .first = 0, .count = 1 } };
	view = (struct image_view){ .head = &head,
		.sigs = sigs,
		.funcs = funcs,
		.imports = imports,
		.exports = exports,
		.names = names };
	bundle = (struct bundle){ .modules = modules,
		.grants = grants,
		.module_count = 1,
		.grant_count = 2 };
	return 0;
}

static void expect(enum az_refusal refusal, const char *text)
{
	const char *why = "";

	assert_int_equal(fit_check(&view, &bundle, 0, &why), refusal);
	assert_string_equal(why, text);
}

static void wasi_needs_no_grant(void **state)
{
	(void)state;
	expect(AZ_REFUSE_NONE, "");
}

static void native_import_needs_its_own_grant(void **state)
{
	(void)state;
	imports[0].call = AZ_CALL_LOG;
	expect(AZ_REFUSE_IMPORT, "import without its grant");
	modules[0].grants.count = 2;
	expect(AZ_REFUSE_NONE, "");
	imports[0].call = AZ_CALL_POWER;
	expect(AZ_REFUSE_IMPORT, "import without its grant");
	/* Another module's grants do not count. */
	modules[0].grants = (struct az_run){ 0, 0 };
	imports[0].call = AZ_CALL_LOG;
	expect(AZ_REFUSE_IMPORT, "import without its grant");
}

static void memory_at_start_must_be_granted(void **state)
{
	(void)state;
	head.mem_min = 3;
	expect(AZ_REFUSE_MEMORY, "image needs more memory than it was granted");
	head.mem_min = UINT32_MAX;
	expect(AZ_REFUSE_MEMORY, "image needs more memory than it was granted");
}

static void start_must_be_a_function_of_the_image(void **state)
{
	(void)state;
	exports[0].index = AZ_FUNCREF_IMPORT;
	expect(AZ_REFUSE_IMAGE, "the entry is no function of its own");
	exports[0].index = AZ_NONE;
	expect(AZ_REFUSE_IMAGE, "the entry is no function of its own");
	head.exports.count = 0;
	expect(AZ_REFUSE_IMAGE, "no function _start");
}

static void start_takes_and_gives_nothing(void **state)
{
	(void)state;
	funcs[0].sig = 1;
	expect(AZ_REFUSE_IMAGE, "the entry takes or gives values");
}

/* --- Channels: a store that b serves to a -------------------------------- */

enum { A, B, C };

struct world {
	struct forge_face client[3], server[4];
	struct forge_channel channels[2];
	struct forge_module modules[3];
	struct forge_system system;
};

static void world_init(struct world *w)
{
	*w = (struct world){
		.client = { { .kind = FORGE_EXPORT,
				.name = "_start",
				.type = ":" },
		    { .kind = FORGE_IMPORT,
			.channel = "store",
			.name = "get",
			.type = "iF:I" },
		    { .kind = FORGE_IMPORT,
			.channel = "handle:store",
			.name = "get",
			.type = "iiF:I" } },
		.server = { { .kind = FORGE_EXPORT,
				.name = "_initialize",
				.type = ":" },
		    { .kind = FORGE_EXPORT, .name = "get", .type = "iF:I" },
		    { .kind = FORGE_EXPORT, .name = "put", .type = "f:" },
		    { .kind = FORGE_WINDOW,
			.name = "az_window_store",
			.value = 0x1000 } },
		.channels = { { .name = "store",
				  .like.type = AZ_CHANNEL_CALL,
				  .ends = { { B }, { A, AZ_RIGHT_CALL, 0 } },
				  .end_count = 2,
				  .methods = { { .name = "get",
						   .type = "iF:I" },
				      { .name = "put", .type = "f:" } },
				  .method_count = 2 },
		    { .name = "bell",
			.like.type = AZ_CHANNEL_SIGNAL,
			.ends = { { A, AZ_RIGHT_WRITE, 0 },
			    { C, AZ_RIGHT_READ, 0 } },
			.end_count = 2 } },
		.modules = { { .name = "a",
				 .faces = w->client,
				 .face_count = 3 },
		    { .name = "b", .faces = w->server, .face_count = 4 },
		    { .name = "c", .faces = w->client, .face_count = 1 } },
		.system = { w->modules, 3, w->channels, 2, NULL, 0 },
	};
}

/* What fit_check says of the first module that does not fit; "": all do. */
static const char *judge(const struct world *w, enum az_refusal *refusal)
{
	const char *why = "";
	struct image_view v;
	struct bundle b;
	size_t size;
	uint8_t *bytes = forge_system(&w->system, &size);

	assert_int_equal(
	    bundle_check_index(&b, bytes, size, NULL), AZ_REFUSE_NONE);
	*refusal = AZ_REFUSE_NONE;
	for (uint32_t i = 0; i < b.module_count && !*refusal; i++) {
		uint64_t len = b.blobs[i].raw_size;
		uint8_t *image = malloc(len);

		memcpy(image, bundle_blob(&b, i), len);
		assert_int_equal(image_open(&v, image, len, NULL), 0);
		*refusal = fit_check(&v, &b, i, &why);
		free(image);
	}
	free(bytes);
	return why;
}

/* X(refusal, text, change of *w) */
#define CASES                                                                  \
	X(NONE, "", (void)w)                                                   \
	X(NONE, "", w->modules[B].faces++; w->modules[B].face_count--)         \
	X(NONE, "", w->modules[A].face_count = 1)                              \
	X(NONE, "", w->channels[0].method_count = 1)                           \
	/* servers */                                                          \
	X(IMAGE, "a server with a _start", w->server[3].kind = FORGE_EXPORT;   \
	    w->server[3].name = "_start"; w->server[3].type = ":")             \
	X(IMAGE, "no function _start", w->server[0].name = "_initialize";      \
	    w->modules[C].faces = w->server)                                   \
	X(IMAGE, "the entry takes or gives values", w->server[0].type = "i:")  \
	X(IMAGE, "the entry takes or gives values", w->server[0].type = ":i")  \
	X(IMAGE, "a server without a method", w->server[1].name = "got")       \
	X(IMAGE, "a server without a method", w->modules[B].face_count = 2)    \
	X(IMAGE, "a server without a method",                                  \
	    w->server[1].kind = FORGE_WINDOW)                                  \
	X(IMAGE, "a method of another type", w->server[1].type = "iF:i")       \
	X(IMAGE, "a method of another type", w->server[1].type = "IF:I")       \
	X(IMAGE, "a method of another type", w->server[2].type = "ff:")        \
	X(IMAGE, "a method of another type", w->server[2].type = ":f")         \
	/* clients */                                                          \
	X(IMPORT, "a channel it is no client of",                              \
	    w->client[1].channel = "stora")                                    \
	X(IMPORT, "a channel it is no client of",                              \
	    w->client[1].channel = "warehouse")                                \
	X(IMPORT, "a channel it is no client of",                              \
	    w->client[1].channel = "handle:")                                  \
	X(IMPORT, "a channel it is no client of",                              \
	    w->client[2].channel = "handle:stor")                              \
	X(IMPORT, "a channel it is no client of",                              \
	    w->modules[C].face_count = 2)                                      \
	X(IMPORT, "a channel it is no client of", w->server[0] = w->client[1]) \
	X(IMPORT, "a channel it is no client of",                              \
	    w->client[1].channel = "bell")                                     \
	X(IMPORT, "that the channel has not", w->client[1].name = "git")       \
	X(IMPORT, "that the channel has not", w->client[2].name = "ge")        \
	X(IMPORT, "as another type", w->client[1].type = "iF:")                \
	X(IMPORT, "as another type", w->client[1].type = "iiF:I")              \
	X(IMPORT, "as another type", w->client[1].name = "put")                \
	X(IMPORT, "as another type", w->client[2].type = "iF:I")               \
	X(IMPORT, "as another type", w->client[2].type = "IiF:I")              \
	X(IMPORT, "as another type", w->client[2].type = ":i";                 \
	    w->channels[0].methods[0].type = ":i"; w->server[1].type = ":i";   \
	    w->client[1].type = ":i")

static const struct {
	enum az_refusal refusal;
	const char *why, *code;
} cases[] = {
#define X(refusal, why, ...) { AZ_REFUSE_##refusal, why, #__VA_ARGS__ },
	CASES
#undef X
};

static void case_apply(struct world *w, size_t n)
{
	size_t i = 0;

#define X(refusal, why, ...)                                                   \
	if (i++ == n) {                                                        \
		__VA_ARGS__;                                                   \
	}
	CASES
#undef X
}

static void channels_are_served_and_called_as_signed(void **state)
{
	size_t count = sizeof(cases) / sizeof(cases[0]), passed = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		enum az_refusal refusal;
		struct world w;
		const char *why;

		world_init(&w);
		case_apply(&w, i);
		why = judge(&w, &refusal);
		if (refusal == cases[i].refusal && strstr(why, cases[i].why))
			passed++;
		else
			print_error("%s: refused as %d (%s)\n", cases[i].code,
			    refusal, why);
	}
	assert_int_equal(passed, count);
}

/* An export that is an import of its own is no function of the server. */
static void a_server_does_not_pass_calls_on(void **state)
{
	static const char start[] = "_initialize";
	struct az_channel channel = { .type = AZ_CHANNEL_CALL };
	struct az_export *e = &exports[0];
	const char *why = "";

	(void)state;
	bundle.channels = &channel;
	bundle.channel_count = 1;
	view.names = start;
	e->name_len = sizeof(start) - 1;
	assert_int_equal(fit_check(&view, &bundle, 0, &why), AZ_REFUSE_NONE);
	e->index = AZ_FUNCREF_IMPORT;
	assert_int_equal(fit_check(&view, &bundle, 0, &why), AZ_REFUSE_IMAGE);
	assert_string_equal(why, "the entry is no function of its own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(wasi_needs_no_grant, set_up),
		cmocka_unit_test_setup(
		    native_import_needs_its_own_grant, set_up),
		cmocka_unit_test_setup(memory_at_start_must_be_granted, set_up),
		cmocka_unit_test_setup(
		    start_must_be_a_function_of_the_image, set_up),
		cmocka_unit_test_setup(start_takes_and_gives_nothing, set_up),
		cmocka_unit_test(channels_are_served_and_called_as_signed),
		cmocka_unit_test_setup(a_server_does_not_pass_calls_on, set_up),
	};

	return cmocka_run_group_tests_name("verify/fit", tests, NULL, NULL);
}
