/* gate: a call through the channel `passed` as the kernel makes it, within one
 * program: the server sees the arena in a window of its own. Its half for the
 * request is what the tests' client has; the answer is written to the client's
 * at once, so that a byte beyond it is an error. */
#include "azoth_http.h"

#include <string.h>

int32_t handler_export_handle(const uint8_t *request, uint32_t length,
    uint8_t *result, uint32_t max, uint32_t *result_length);
int32_t handler_export_handle_once(const uint8_t *request, uint32_t length,
    uint8_t *result, uint32_t max, uint32_t *result_length);
int32_t passed_handle(const void *request, uint32_t length, void *result,
    uint32_t max, uint32_t *result_length);
int32_t passed_handle_once(const void *request, uint32_t length, void *result,
    uint32_t max, uint32_t *result_length);

extern uint8_t az_window_served[];

int32_t passed_handle(const void *request, uint32_t length, void *result,
    uint32_t max, uint32_t *result_length)
{
	memcpy(az_window_served, request, length);
	return handler_export_handle(
	    az_window_served, length, result, max, result_length);
}

int32_t passed_handle_once(const void *request, uint32_t length, void *result,
    uint32_t max, uint32_t *result_length)
{
	memcpy(az_window_served, request, length);
	return handler_export_handle_once(
	    az_window_served, length, result, max, result_length);
}
