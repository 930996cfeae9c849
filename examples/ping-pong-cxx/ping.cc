// ping: plays a few balls against pong.
#include <stdio.h>

#include "game.client.h"

namespace
{

// The answer to a call, or why there is none.
struct answer {
	int32_t status;
	uint32_t height;

	explicit answer(uint32_t at) : height(0)
	{
		status = game_hit(at, &height);
	}
};

} // namespace

int main()
{
	static const uint32_t heights[] = { 3, 0, 12 };
	char text[8];
	uint32_t len = 0;

	for (uint32_t at : heights) {
		answer back(at);

		printf("hit %u: status %d, height %u\n", at, back.status,
		    back.height);
	}
	if (game_say("++C", 3, text, sizeof(text), &len) == 0)
		printf("pong says %.*s\n", static_cast<int>(len), text);
	return az_power(AZ_POWER_HALT);
}
