#include "behind.h"

#include "azoth_socket.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

AZ_WINDOW(sockets, 4194304);
enum { WINDOW = 4194304 };

static struct client clients[CLIENTS_MAX];
static uint32_t client_count;

bool behind_open(void)
{
	while (client_count < CLIENTS_MAX) {
		struct client *c = &clients[client_count];

		if (!az_stack_open(
			&c->stack, AZ_WINDOW_AT(sockets), WINDOW, client_count))
			break;
		c->sessions =
		    calloc(c->stack.head.sockets, sizeof(c->sessions[0]));
		if (c->sessions == NULL)
			return false;
		client_count++;
	}
	return client_count > 0;
}

struct client *behind_find(uint16_t port, uint16_t *listener)
{
	struct client *only = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < client_count; i++) {
		const struct az_socket_head *head = &clients[i].stack.head;

		for (uint16_t k = 0; k < head->listener_count; k++) {
			if (head->listeners[k].protocol != AZ_PROTOCOL_TCP)
				continue;
			if (head->listeners[k].port == port) {
				*listener = k;
				return &clients[i];
			}
			if (count++ == 0) {
				only = &clients[i];
				*listener = k;
			}
		}
	}
	return count == 1 ? only : NULL;
}

uint32_t behind_arrive(
    struct client *client, struct session *s, uint16_t listener, int32_t fd)
{
	uint32_t number = az_socket_arrival(&client->stack);
	struct az_socket_stack *half;

	if (number == UINT32_MAX)
		return number;
	half = &az_socket_at(&client->stack, number)->stack;
	(void)az_sock_address(fd, 0, &half->peer);
	(void)az_sock_address(fd, 1, &half->local);
	half->listener = listener;
	client->sessions[number] = s;
	az_socket_set(&client->stack, number, AZ_SOCKET_ARRIVED);
	return number;
}

/* What the client sends goes nowhere; its end frees the socket. */
static void attend_alone(struct client *client, uint32_t number)
{
	struct az_stack *stack = &client->stack;
	const struct az_socket *socket = az_socket_at(stack, number);
	uint32_t length;

	switch (az_socket_want(socket)) {
	case AZ_WANT_NONE:
		/* Nobody has accepted it, and nobody is to. */
		if (socket->stack.state == AZ_SOCKET_ARRIVED)
			az_socket_free(stack, number);
		break;
	case AZ_WANT_CONNECT:
		if (socket->stack.state == AZ_SOCKET_FREE)
			az_socket_fail(stack, number, AZ_SOCKET_UNREACHABLE);
		break;
	case AZ_WANT_CLOSE:
	case AZ_WANT_ABORT:
		if (socket->stack.state != AZ_SOCKET_FREE)
			az_socket_free(stack, number);
		break;
	default:
		length = az_pieces_length(az_socket_bytes(stack, number, 0));
		if (length > 0)
			az_socket_take(stack, number, length);
	}
}

void behind_leave(struct client *client, uint32_t number, uint32_t error)
{
	const struct az_socket *socket = az_socket_at(&client->stack, number);

	client->sessions[number] = NULL;
	if (az_socket_want(socket) != AZ_WANT_NONE) {
		if (error != 0)
			az_socket_fail(&client->stack, number, error);
		else
			az_socket_set(&client->stack, number, AZ_SOCKET_ENDED);
	}
	attend_alone(client, number);
}

void behind_poll(void)
{
	for (uint32_t i = 0; i < client_count; i++) {
		struct client *client = &clients[i];
		uint32_t number;

		while ((number = az_stack_next(&client->stack)) != UINT32_MAX)
			if (client->sessions[number] != NULL)
				session_attend(client->sessions[number]);
			else
				attend_alone(client, number);
	}
}

void behind_wake(void)
{
	for (uint32_t i = 0; i < client_count; i++)
		az_stack_wake(&clients[i].stack);
}
