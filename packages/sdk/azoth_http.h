/* azoth_http: a web server as a library: httpd, and what answers requests.
 *
 *	static int32_t greet(const struct az_http_request *request,
 *	    struct az_http_response *response);
 *	static const struct az_http_route routes[] = { { "/greet", greet } };
 *	int main(int argc, char **argv)
 *	{
 *		return az_http_serve(argc, argv, routes, 1);
 *	}
 *
 * A handler is an ordinary function of this module, or of another, to which
 * requests are passed by a call channel: AZ_HTTP_PASS here, azoth_handler.h
 * there. What it has from other modules it asks for by calls through their
 * channels (`azoth bindings --client`), and gives the status of such a call as
 * its own: httpd answers 503 for AZ_PEER_BUSY, 504 for AZ_PEER_TIMEOUT, 502
 * for any other. httpd does one thing at a time: while a handler waits, so do
 * all clients.
 *
 * Invariant: a handler sees a request only when it is whole and was found
 * good. Memory: all of it httpd's, for the time of the call.
 */
#ifndef AZOTH_HTTP_H
#define AZOTH_HTTP_H

#include "azoth.h"

#include <stdint.h>

enum az_http_method {
	AZ_HTTP_GET,
	AZ_HTTP_HEAD, /* answered as GET is; the body is not sent */
	AZ_HTTP_POST,
	AZ_HTTP_PUT,
	AZ_HTTP_DELETE,
	AZ_HTTP_PATCH,
	AZ_HTTP_OPTIONS,
};

/* Bytes, without a NUL behind them. */
struct az_http_text {
	const char *at;
	uint32_t length;
};

struct az_http_field {
	struct az_http_text name, value; /* the name as the client wrote it */
};

struct az_http_request {
	enum az_http_method method;
	struct az_http_text path;  /* decoded, from the first slash on */
	struct az_http_text query; /* as it came, without the ? */
	struct az_http_text body;
	const struct az_http_field *fields;
	uint32_t field_count;
	uint32_t turn; /* how often the handler was asked before: `again` */
};

enum {
	AZ_HTTP_FIELDS_MAX = 64,
	AZ_HTTP_BODY_MAX = 65536,
	AZ_HTTP_TEXTS_MAX = 1024, /* bytes of type and location, together */
};

struct az_http_response {
	uint32_t status;      /* 200 */
	const char *type;     /* "text/plain; charset=utf-8" */
	const char *location; /* of a redirection; or NULL */
	char *body;           /* to be written by the handler */
	uint32_t size;        /* room there, bytes */
	uint32_t length;      /* bytes written, 0 */
	/* Not all of it: ask again for what comes next, so many ms after this
	 * was sent, or at az_http_wake (a stream of events, text/event-stream).
	 * 0: this is the end. One half of the connections may be streams; who
	 * wants one more gets 503. */
	uint32_t again;
};

struct az_http_route {
	/* "/api/": all paths that begin so; "/api": and that one. */
	const char *prefix;
	/* 0: the response is there. Else no response of its own: an
	 * enum az_status, or above 0 for an error of the handler's, 500. */
	int32_t (*handle)(const struct az_http_request *request,
	    struct az_http_response *response);
};

/* A handler pass_NAME that passes requests to the server of the call channel
 * NAME (without a -), whose interface is azoth/handler.wit and whose arena has
 * 160 KiB. At file scope:
 *
 *	AZ_HTTP_PASS(shop);
 *	static const struct az_http_route routes[] = { { "/shop", pass_shop } };
 *
 * The channel's `timeout` says how long one takes at most. What a dead server
 * had begun is repeated, where the manifest says `on_failure: retry`, unless it
 * was POST or PATCH. */
#define AZ_HTTP_ARENA 163840
#define AZ_HTTP_PASS(name)                                                     \
	AZ_WINDOW(name, AZ_HTTP_ARENA);                                        \
	AZ_CALL(#name, "handle")                                               \
	int32_t name##_handle(const void *request, uint32_t length,            \
	    void *result, uint32_t max, uint32_t *result_length);              \
	AZ_CALL(#name, "handle_once")                                          \
	int32_t name##_handle_once(const void *request, uint32_t length,       \
	    void *result, uint32_t max, uint32_t *result_length);              \
	static int32_t pass_##name(const struct az_http_request *request,      \
	    struct az_http_response *response)                                 \
	{                                                                      \
		uint8_t *in = AZ_WINDOW_AT(name), *out = in + AZ_HTTP_HALF;    \
		uint32_t length = az_http_pack(in, request), got = 0;          \
		int32_t status =                                               \
		    az_http_is_repeatable(request->method)                     \
			? name##_handle(in, length, out, AZ_HTTP_HALF, &got)   \
			: name##_handle_once(                                  \
			      in, length, out, AZ_HTTP_HALF, &got);            \
                                                                               \
		return az_http_unpack(response, status, out, got);             \
	}                                                                      \
	AZ_ASSERT(1, "a semicolon comes next")

/* What AZ_HTTP_PASS does before a call and after it. Half of the arena is for
 * the request, the other for the answer, which is not believed. */
enum { AZ_HTTP_HALF = AZ_HTTP_ARENA / 2 };
uint32_t az_http_pack(uint8_t *half, const struct az_http_request *request);
int32_t az_http_unpack(struct az_http_response *response, int32_t status,
    const uint8_t *half, uint32_t length);
static inline int az_http_is_repeatable(enum az_http_method method)
{
	return method != AZ_HTTP_POST && method != AZ_HTTP_PATCH;
}

/* What all streams wait for has come: each is asked for its next part at
 * once, whatever its `again` was. */
void az_http_wake(void);

/* The handler of httpd's own /metrics, for a project that has more to say:
 * httpd's figures and the end, behind what the body holds already. */
int32_t az_http_metrics(
    const struct az_http_request *request, struct az_http_response *response);

/* Serve for ever; returns the program's exit code when it cannot begin. The
 * first route that fits has the request; without one it is for httpd's own
 * /healthz and /metrics, and then for the files of --root. Arguments:
 *	--root=/		the folder of files; what is in it never changes
 *	--connections=64	`sockets.count` of the manifest
 *	--header=10s		a time for the head of a request,
 *	--body=10s		for the next bytes of its body,
 *	--request=30s		for all of the request,
 *	--send=10s		for the client to take the next bytes,
 *	--idle=15s		and between two requests
 */
int az_http_serve(
    int argc, char **argv, const struct az_http_route *routes, uint32_t count);

#endif
