/* passed: a handler for tests in a module of its own: what stands behind the
 * last slash of a path says what becomes of the request. HANDLER_ARENA comes
 * from who compiles it. */
#include <azoth_handler.h>
#include <strings.h>

static struct az_http_text find_field(
    const struct az_http_request *request, const char *name)
{
	for (uint32_t i = 0; i < request->field_count; i++)
		if (request->fields[i].name.length == strlen(name) &&
		    strncasecmp(
			request->fields[i].name.at, name, strlen(name)) == 0)
			return request->fields[i].value;
	return (struct az_http_text){ "", 0 };
}

static void put(struct az_http_response *response, struct az_http_text text)
{
	memcpy(response->body + response->length, text.at, text.length);
	response->length += text.length;
}

/* The body, under the type it came with. */
static int32_t echo(
    const struct az_http_request *request, struct az_http_response *response)
{
	static char type[100];
	struct az_http_text field = find_field(request, "content-type");

	if (field.length > 0 && field.length < sizeof(type)) {
		memcpy(type, field.at, field.length);
		type[field.length] = 0;
		response->type = type;
	}
	put(response, request->body);
	return 0;
}

/* A letter for the method, the path, the query and all fields. */
static int32_t show(
    const struct az_http_request *request, struct az_http_response *response)
{
	put(response, (struct az_http_text){ &"GHPUDAO"[request->method], 1 });
	put(response, request->path);
	put(response, (struct az_http_text){ "?", 1 });
	put(response, request->query);
	for (uint32_t i = 0; i < request->field_count; i++) {
		put(response, (struct az_http_text){ "\n", 1 });
		put(response, request->fields[i].name);
		put(response, (struct az_http_text){ "=", 1 });
		put(response, request->fields[i].value);
	}
	return 0;
}

static int32_t move(
    const struct az_http_request *request, struct az_http_response *response)
{
	static char where[AZ_HTTP_TEXTS_MAX + 1];

	memset(where, 0, sizeof(where));
	memcpy(where, request->query.at,
	    request->query.length < AZ_HTTP_TEXTS_MAX ? request->query.length
						      : AZ_HTTP_TEXTS_MAX);
	response->status = 303;
	response->type = NULL;
	response->location = where;
	return 0;
}

/* In three parts, of which the second is empty. */
static int32_t stream(
    const struct az_http_request *request, struct az_http_response *response)
{
	response->again = request->turn < 2 ? 100 : 0;
	if (request->turn != 1)
		put(response, (struct az_http_text){ "part", 4 });
	return 0;
}

/* The status that the query says. */
static int32_t fail(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)response;
	return request->query.length == 1 ? '0' - request->query.at[0] : 1;
}

#ifdef __wasm__ /* what ends a module */
static int32_t trap(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	(void)response;
	__builtin_trap();
}

/* Every other time: what lies in the arena outlives this module. */
static int32_t trap_once(
    const struct az_http_request *request, struct az_http_response *response)
{
	volatile uint8_t *trapped =
	    &AZ_WINDOW_AT(HANDLER_ARENA)[AZ_HTTP_ARENA - 1];

	*trapped ^= 1;
	if (*trapped)
		__builtin_trap();
	return show(request, response);
}

static int32_t hang(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	(void)response;
	for (volatile bool over = false; !over;)
		;
	return 0;
}
#endif

int32_t az_http_handle(
    const struct az_http_request *request, struct az_http_response *response)
{
	static const struct {
		const char *name;
		int32_t (*handle)(const struct az_http_request *request,
		    struct az_http_response *response);
	} all[] = {
		{ "echo", echo },
		{ "show", show },
		{ "move", move },
		{ "stream", stream },
		{ "fail", fail },
#ifdef __wasm__
		{ "trap", trap },
		{ "trap-once", trap_once },
		{ "hang", hang },
#endif
	};
	const char *end = request->path.at + request->path.length, *name = end;

	while (name > request->path.at && name[-1] != '/')
		name--;
	for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strlen(all[i].name) == (size_t)(end - name) &&
		    memcmp(name, all[i].name, (size_t)(end - name)) == 0)
			return all[i].handle(request, response);
	response->status = 404;
	return 0;
}
