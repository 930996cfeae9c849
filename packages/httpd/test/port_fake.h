/* port_fake: port.h with one connection, whose client is a test. Time stands
 * still unless the test moves it, or gives it a pace. */
#ifndef HTTPD_PORT_FAKE_H
#define HTTPD_PORT_FAKE_H

#include <stdbool.h>
#include <stdint.h>

enum { FAKE_OUTPUT_MAX = 1 << 20, FAKE_SLOW_MAX = 2048 };

struct fake {
	const char *input;
	uint32_t input_length;
	uint32_t read_most, write_most; /* bytes of one call, written so
					 * up to FAKE_SLOW_MAX */
	bool ended;   /* the client sends nothing behind input */
	bool resets;  /* reading behind input fails */
	bool arrives; /* it connects; cleared then */
	bool open;
	bool shut;
	uint64_t now;     /* ms */
	uint64_t turn_ms; /* that pass with each turn of the server */
	uint32_t output_length;
	char output[FAKE_OUTPUT_MAX + 1]; /* what does not fit is not kept */
};

extern struct fake fake;

/* Begin httpd, with the handlers of the tests, on files below root. */
void fake_begin(const char *root);
/* A client connects and sends these bytes, in pieces of so many; the server
 * does all that it can. */
void fake_send(const char *bytes, uint32_t length, uint32_t piece);
/* Connections are gone afterwards. */
void fake_end(void);

#endif
