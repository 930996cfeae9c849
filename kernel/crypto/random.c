#include "crypto/random.h"

#include <bearssl.h>

#include "base/mem.h"
#include "crypto/hash.h"

/* A sample of the hardware source is one 64-bit word. RDRAND and RDSEED claim
 * 64 bits each; 8 are counted, so that 32 words make 256 bits. The cutoffs
 * follow from 8 bits a sample and a false alarm once in 2^20 (SP 800-90B,
 * 4.4.1 and 4.4.2, non-binary window). */
enum {
	WORD_BITS = 8,
	SEED_WORDS = 256 / WORD_BITS,
	STARTUP_WORDS = 1024, /* tested before the first use, 4.3 */
	REPEAT_CUTOFF = 1 + (20 + WORD_BITS - 1) / WORD_BITS,
	WINDOW = 512,
	WINDOW_CUTOFF = 13,
	TRIES = 10,          /* Intel's advice for a word that fails to come */
	JITTER_SAMPLES = 64, /* mixed in, not counted */
	CHUNK = 65536,       /* bytes of one request, SP 800-90A table 2 */
};

/* The continuous tests of the source. */
struct health {
	uint64_t last;  /* the word before */
	uint32_t same;  /* how often it came in a row */
	uint64_t first; /* of the window */
	uint32_t seen;  /* words of the window so far */
	uint32_t again; /* of these, equal to the first */
};

enum state { UNSEEDED, READY, ABSENT, FAILED };

static struct {
	bool (*hardware)(uint64_t *out);
	uint64_t (*jitter)(void);
	uint8_t pool[HASH_SIZE]; /* hash over all that was mixed in */
	struct health health;
	struct health fed_health; /* of what random_feed was given */
	uint32_t fed;             /* words of it that have passed */
	enum state state;
	uint32_t requests; /* since the last seed */
	br_hmac_drbg_context drbg;
} rng;

/* Run the tests over one more word. */
static bool health_check(struct health *h, uint64_t word)
{
	h->same = word == h->last ? h->same + 1 : 1;
	h->last = word;
	if (h->seen == WINDOW)
		h->seen = 0;
	if (h->seen++ == 0) {
		h->first = word;
		h->again = 0;
	}
	h->again += word == h->first;
	return h->same < REPEAT_CUTOFF && h->again < WINDOW_CUTOFF;
}

/* One tested word: READY, or why there is none. */
static enum state word_take(uint64_t *out)
{
	for (int i = 0; rng.hardware && i < TRIES; i++) {
		if (rng.hardware(out))
			return health_check(&rng.health, *out) ? READY : FAILED;
	}
	return ABSENT;
}

static enum state seed_take(uint64_t seed[SEED_WORDS])
{
	enum state s = READY;

	for (int i = 0; i < SEED_WORDS && s == READY; i++)
		s = word_take(&seed[i]);
	return s;
}

static enum state startup_check(void)
{
	enum state s = READY;
	uint64_t word;

	rng.health = (struct health){ 0 };
	for (int i = 0; i < STARTUP_WORDS && s == READY; i++)
		s = word_take(&word);
	return s;
}

static void jitter_mix(void)
{
	uint64_t samples[JITTER_SAMPLES];

	if (!rng.jitter)
		return;
	for (int i = 0; i < JITTER_SAMPLES; i++)
		samples[i] = rng.jitter();
	random_mix(samples, sizeof(samples));
}

void random_mix(const void *bytes, size_t len)
{
	br_sha256_context ctx;

	br_sha256_init(&ctx);
	br_sha256_update(&ctx, rng.pool, sizeof(rng.pool));
	br_sha256_update(&ctx, bytes, len);
	br_sha256_out(&ctx, rng.pool);
	if (rng.state == READY)
		br_hmac_drbg_update(&rng.drbg, bytes, len);
}

/* The generator starts from a seed. */
static void start(const void *seed, size_t len)
{
	br_hmac_drbg_init(&rng.drbg, &br_sha256_vtable, seed, len);
	rng.state = READY;
	rng.requests = 0;
	/* Only the generator may know what it was seeded with. */
	hash_sha256(rng.pool, rng.pool, sizeof(rng.pool));
}

void random_feed(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	random_mix(bytes, len);
	for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
		if (health_check(&rng.fed_health, mem_get64(at)))
			rng.fed++;
		else
			rng.fed = 0;
		at += sizeof(uint64_t);
	}
	/* All of it is in the pool. */
	if (rng.state == ABSENT && rng.fed >= STARTUP_WORDS + SEED_WORDS)
		start(rng.pool, sizeof(rng.pool));
}

void random_init(bool (*hardware)(uint64_t *out), uint64_t (*jitter)(void))
{
	struct {
		uint64_t words[SEED_WORDS];
		uint8_t pool[HASH_SIZE];
	} seed;

	rng.hardware = hardware;
	rng.jitter = jitter;
	rng.state = UNSEEDED;
	rng.fed = 0;
	jitter_mix();
	rng.state = startup_check();
	if (rng.state == READY)
		rng.state = seed_take(seed.words);
	if (rng.state == READY) {
		memcpy(seed.pool, rng.pool, sizeof(seed.pool));
		start(&seed, sizeof(seed));
	}
	memset(&seed, 0, sizeof(seed));
}

bool random_ready(void)
{
	return rng.state == READY;
}

const char *random_why(void)
{
	static const char *const why[] = {
		[UNSEEDED] = "not seeded yet",
		[READY] = "ready",
		[ABSENT] = "no hardware source",
		[FAILED] = "hardware source failed its health test",
	};

	return why[rng.state];
}

/* Fresh entropy. A source that is silent for once leaves the state as good as
 * it was; one that fails its tests ends the generator. */
static void reseed(void)
{
	uint64_t seed[SEED_WORDS];
	enum state s = seed_take(seed);

	if (s == READY) {
		br_hmac_drbg_update(&rng.drbg, seed, sizeof(seed));
		rng.requests = 0;
	} else if (s == FAILED) {
		rng.state = FAILED;
		memset(&rng.drbg, 0, sizeof(rng.drbg));
	}
	memset(seed, 0, sizeof(seed));
}

az_err random_bytes(void *out, size_t len)
{
	uint8_t *at = out;

	if (rng.state == READY && rng.requests >= RANDOM_RESEED_REQUESTS)
		reseed();
	if (rng.state != READY)
		return AZ_ENOTREADY;
	while (len > 0) {
		size_t chunk = len < CHUNK ? len : CHUNK;

		br_hmac_drbg_generate(&rng.drbg, at, chunk);
		rng.requests++;
		at += chunk;
		len -= chunk;
	}
	return AZ_OK;
}
