/* BearSSL's constant-time AES-128 in counter mode over a buffer. */
#include <bearssl.h>

#include "speed.h"

static uint8_t bytes[1 << 20];

void speed_setup(void)
{
	for (uint32_t n = 0; n < sizeof bytes; n++)
		bytes[n] = (uint8_t)speed_random();
}

uint32_t speed_round(void)
{
	static const uint8_t key[16] = "sixteen letters";
	static const uint8_t iv[12] = "a nonce";
	br_aes_ct64_ctr_keys c;

	br_aes_ct64_ctr_init(&c, key, sizeof key);
	br_aes_ct64_ctr_run(&c, iv, 1, bytes, sizeof bytes);
	return speed_hash(bytes, 4096);
}
