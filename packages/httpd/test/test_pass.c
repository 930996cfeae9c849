/* test_pass [ROUNDS]: what a request and an answer are behind a channel, and
 * that neither end believes the other: bytes changed and cut by chance are
 * refused, or are an answer within its bounds. Each lies at the very end of
 * what may be read. */
#include <azoth_handler.h>

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 200000, PLAYED = 4 << 10 };

static struct az_http_request seen; /* by the handler */
static struct az_http_response given;
static char given_body[PLAYED];
static uint8_t half[AZ_HTTP_HALF], result[AZ_HTTP_HALF];
static uint32_t passed, failed;

int32_t az_http_handle(
    const struct az_http_request *request, struct az_http_response *response)
{
	struct az_http_response r = given;

	seen = *request;
	r.body = response->body;
	r.size = response->size;
	memcpy(r.body, given_body, r.length);
	*response = r;
	return 0;
}

static void check(const char *name, bool good)
{
	printf("%s %s\n", good ? "ok" : "not ok", name);
	passed += good;
	failed += !good;
}

static struct az_http_text text(const char *of)
{
	return (struct az_http_text){ of, (uint32_t)strlen(of) };
}

static bool is(struct az_http_text t, const char *of)
{
	return t.length == strlen(of) && memcmp(t.at, of, t.length) == 0;
}

static const struct az_http_field fields[] = {
	{ { "Host", 4 }, { "a", 1 } },
	{ { "X", 1 }, { "", 0 } },
	{ { "Content-Type", 12 }, { "a: b", 4 } },
};

static uint32_t pack(uint32_t field_count)
{
	struct az_http_request request = {
		.method = AZ_HTTP_PATCH,
		.path = text("/a/b"),
		.query = text("c=d"),
		.body = text("body\n"),
		.fields = fields,
		.field_count = field_count,
		.turn = 7,
	};

	return az_http_pack(half, &request);
}

/* Through both ends. */
static int32_t answer(struct az_http_response *out, const uint8_t *bytes,
    uint32_t length, uint32_t max)
{
	uint32_t got = 0;
	int32_t status =
	    handler_export_handle(bytes, length, result, max, &got);

	return az_http_unpack(out, status, result, got);
}

static void requests_arrive(void)
{
	static char body[AZ_HTTP_BODY_MAX];
	struct az_http_response out = { .body = body, .size = sizeof(body) };

	given = (struct az_http_response){ .status = 200 };
	check("answered", answer(&out, half, pack(3), sizeof(result)) == 0 &&
			      out.status == 200 && out.length == 0 &&
			      out.type == NULL && out.location == NULL &&
			      out.again == 0);
	check(
	    "method and turn", seen.method == AZ_HTTP_PATCH && seen.turn == 7);
	check("path, query, body", is(seen.path, "/a/b") &&
				       is(seen.query, "c=d") &&
				       is(seen.body, "body\n"));
	check("fields", seen.field_count == 3 &&
			    is(seen.fields[0].name, "Host") &&
			    is(seen.fields[1].value, "") &&
			    is(seen.fields[2].value, "a: b"));
	check("none", answer(&out, half, pack(0), sizeof(result)) == 0 &&
			  seen.field_count == 0 && is(seen.body, "body\n"));
	check("a request without room for its answer",
	    answer(&out, half, pack(3), 512) == AZ_BAD_ARGUMENT);
}

static void answers_arrive(void)
{
	static char body[AZ_HTTP_BODY_MAX], long_text[AZ_HTTP_TEXTS_MAX + 1];
	struct az_http_response out = { .body = body, .size = sizeof(body) };
	uint32_t length = pack(3);

	memcpy(given_body, "hello", 5);
	given = (struct az_http_response){ .status = 303,
		.type = "text/html",
		.location = "/c",
		.length = 5,
		.again = 9 };
	check("an answer",
	    answer(&out, half, length, sizeof(result)) == 0 &&
		out.status == 303 && strcmp(out.type, "text/html") == 0 &&
		strcmp(out.location, "/c") == 0 && out.again == 9 &&
		is((struct az_http_text){ body, out.length }, "hello"));
	out.size = 4;
	check("one that is too long",
	    answer(&out, half, length, sizeof(result)) == AZ_BAD_ARGUMENT);
	out.size = sizeof(body);
	memset(long_text, 'x', sizeof(long_text) - 1);
	given.location = long_text;
	check("too long a location",
	    answer(&out, half, length, sizeof(result)) == AZ_FAIL(0));
	given.type = NULL;
	check("the longest", answer(&out, half, length, sizeof(result)) == 0 &&
				 strcmp(out.location, long_text) == 0);
	check("a status of the call", az_http_unpack(&out, AZ_PEER_TIMEOUT,
					  result, 0) == AZ_PEER_TIMEOUT);
}

/* A copy of `bytes`, some of them changed, at the end of a block. */
static uint8_t *spoil(const uint8_t *bytes, uint32_t *length)
{
	uint32_t cut = rand() % 4 == 0 ? (uint32_t)rand() % (*length + 1) : 0;
	uint8_t *copy = malloc(*length - cut + 1);

	*length -= cut;
	memcpy(copy + 1, bytes, *length);
	for (int n = rand() % 4; n > 0 && *length > 0; n--) {
		uint32_t at = (uint32_t)rand() % *length;

		if (rand() % 2 == 0)
			at %= sizeof(struct handler_request);
		if (at < *length)
			copy[1 + at] = (uint8_t)(rand() >> rand() % 8);
	}
	return copy;
}

static bool lies_in(struct az_http_text t, const uint8_t *at, uint32_t length)
{
	const char *start = (const char *)at;

	return t.length == 0 ||
	       (t.at >= start && t.length <= start + length - t.at);
}

static void nobody_is_believed(uint32_t rounds)
{
	static char body[PLAYED];
	uint32_t whole = pack(3), answered = 0, length, taken = 0, told = 0;
	bool good = true;

	given = (struct az_http_response){ .status = 200,
		.type = "text/html",
		.location = "/c",
		.length = 64 };
	if (handler_export_handle(
		half, whole, result, sizeof(result), &answered) != 0)
		abort();
	for (uint32_t i = 0; i < rounds; i++) {
		static uint8_t again[AZ_HTTP_HALF];
		struct az_http_response out = { .body = body,
			.size = sizeof(body) };
		uint32_t got = 0;
		uint8_t *bytes;

		length = whole;
		bytes = spoil(half, &length);
		if (handler_export_handle(
			bytes + 1, length, again, sizeof(again), &got) == 0) {
			taken++;
			good &= lies_in(seen.path, bytes + 1, length) &&
				lies_in(seen.query, bytes + 1, length) &&
				lies_in(seen.body, bytes + 1, length) &&
				seen.field_count <= AZ_HTTP_FIELDS_MAX;
		}
		free(bytes);
		length = answered;
		bytes = spoil(result, &length);
		if (az_http_unpack(&out, 0, bytes + 1, length) == 0) {
			told++;
			good &= out.length <= out.size;
		}
		free(bytes);
	}
	printf("# of %u requests %u were taken, of as many answers %u\n",
	    rounds, taken, told);
	check("nobody is believed", good && taken > 0 && told > 0);
	check("no answer is longer than its half",
	    az_http_unpack(&given, 0, result, AZ_HTTP_HALF + 1) ==
		AZ_BAD_ARGUMENT);
}

int main(int argc, char **argv)
{
	srand(1);
	requests_arrive();
	answers_arrive();
	nobody_is_believed(argc > 1 ? (uint32_t)atoi(argv[1]) : ROUNDS);
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
