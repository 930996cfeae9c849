// pong: serves the interface game. What it keeps between calls is its own.
#include "game.server.h"

namespace
{

struct table {
	uint32_t balls = 0;

	uint32_t turn(uint32_t height)
	{
		balls++;
		return 10 - height;
	}
};

table table;

} // namespace

int32_t game_hit(uint32_t height, uint32_t *result)
{
	if (height == 0)
		return AZ_FAIL(GAME_MISS_NET);
	if (height > 9)
		return AZ_FAIL(GAME_MISS_OUT);
	*result = table.turn(height);
	return 0;
}

int32_t game_say(const uint8_t *text, uint32_t text_len, uint8_t *result,
    uint32_t result_max, uint32_t *result_len)
{
	if (text_len > result_max)
		return AZ_FAIL(GAME_MISS_OUT);
	for (uint32_t i = 0; i < text_len; i++)
		result[i] = text[text_len - 1 - i];
	*result_len = text_len;
	return 0;
}
