/* Requests on their way to handlers in other modules, and their answers, as
 * handler.wit has them. */
#include "azoth_http.h"

#include "handler.client.h"
#include "head.h"
#include "pool.h"

#include <string.h>

/* A field is no longer here than as it came. */
_Static_assert(
    sizeof(struct handler_request) + HEAD_SIZE_MAX + POOL_SIZE <=
	    AZ_HTTP_HALF &&
	sizeof(struct handler_answer) + POOL_SIZE + AZ_HTTP_TEXTS_MAX <=
	    AZ_HTTP_HALF,
    "half of an arena");

static uint8_t *put(uint8_t *to, struct az_http_text text)
{
	memcpy(to, text.at, text.length);
	return to + text.length;
}

uint32_t az_http_pack(uint8_t *half, const struct az_http_request *request)
{
	uint8_t *fields, *to = half + sizeof(struct handler_request);
	struct handler_request head = {
		.method = (uint32_t)request->method,
		.turn = request->turn,
		.path = request->path.length,
		.query = request->query.length,
	};

	to = put(to, request->path);
	fields = to = put(to, request->query);
	for (uint32_t i = 0; i < request->field_count; i++) {
		to = put(to, request->fields[i].name);
		*to++ = ':';
		*to++ = ' ';
		to = put(to, request->fields[i].value);
		*to++ = '\n';
	}
	head.fields = (uint32_t)(to - fields);
	to = put(to, request->body);
	memcpy(half, &head, sizeof(head));
	return (uint32_t)(to - half);
}

/* A text out of an answer, with its end, or NULL for none. */
static const char *take(char **room, const uint8_t **from, uint32_t length)
{
	char *text = *room;

	if (length == 0)
		return NULL;
	memcpy(text, *from, length);
	text[length] = 0;
	*from += length;
	*room += length + 1;
	return text;
}

int32_t az_http_unpack(struct az_http_response *response, int32_t status,
    const uint8_t *half, uint32_t length)
{
	static char texts[AZ_HTTP_TEXTS_MAX + 2];
	struct handler_answer head;
	uint32_t left = length - (uint32_t)sizeof(head);
	char *room = texts;

	if (status != 0)
		return status;
	if (length < sizeof(head) || length > AZ_HTTP_HALF)
		return AZ_BAD_ARGUMENT;
	memcpy(&head, half, sizeof(head)); /* it may change meanwhile */
	half += sizeof(head);
	if (head.body > response->size || head.body > left ||
	    head.content_type > AZ_HTTP_TEXTS_MAX ||
	    head.location > AZ_HTTP_TEXTS_MAX - head.content_type ||
	    head.content_type + head.location != left - head.body)
		return AZ_BAD_ARGUMENT;
	memcpy(response->body, half, head.body);
	half += head.body;
	response->status = head.code;
	response->again = head.again;
	response->length = head.body;
	response->type = take(&room, &half, head.content_type);
	response->location = take(&room, &half, head.location);
	return 0;
}
