/* uart-8250: the driver of a serial port of the 8250 family, as a server of
 * serial.wit. Nothing is lost between two calls but what the port itself has no
 * room for. */
#include "azoth_device.h"
#include "device.h"
#include "serial.server.h"

enum {
	ENABLE_RECEIVED = 1 << 0,
	ENABLE_SENT = 1 << 1,
	WHY_NONE = 1 << 0,
	WHY_FIFOS = 0xc0, /* they are there, and work */
	FIFO_ON_CLEAR = 0xc7,
	LINE_8N1 = 0x03,
	LINE_DIVISOR = 0x80,
	MODEM_READY = 0x0b, /* OUT2 lets interrupts through */
	STATE_RECEIVED = 1 << 0,
	STATE_SENT = 1 << 5,
	ABSENT = 0xff,
	CLOCK = 115200,
	FIFO = 16,
	ROUNDS = 64, /* of causes, at a time */
	BYTES = 4096,
};

static int32_t device = -1;
static uint32_t burst; /* bytes that fit when all were sent */

/* Bytes on their way, in order. */
static struct queue {
	uint8_t bytes[BYTES];
	uint32_t first, count;
} in, out;

static void put(struct queue *q, uint8_t byte)
{
	q->bytes[(q->first + q->count++) % BYTES] = byte;
}

static uint8_t take(struct queue *q)
{
	uint8_t byte = q->bytes[q->first];

	q->first = (q->first + 1) % BYTES;
	q->count--;
	return byte;
}

static uint32_t get_reg(uint32_t reg)
{
	return (uint32_t)az_dev_read(device, reg, 0);
}

static void set_reg(uint32_t reg, uint32_t value)
{
	(void)az_dev_write(device, reg, 0, value);
}

/* As much as there is room for; one interrupt when that has gone. */
static void send(void)
{
	set_reg(REG_ENABLE, ENABLE_RECEIVED);
	if (out.count > 0 && get_reg(REG_STATE) & STATE_SENT)
		for (uint32_t n = 0; n < burst && out.count > 0; n++)
			set_reg(REG_DATA, take(&out));
	if (out.count > 0)
		set_reg(REG_ENABLE, ENABLE_RECEIVED | ENABLE_SENT);
}

/* The wire tells of a next cause only when there is none left. */
static void serve(void)
{
	for (int n = 0; n < ROUNDS; n++) {
		while (in.count < BYTES && get_reg(REG_STATE) & STATE_RECEIVED)
			put(&in, (uint8_t)get_reg(REG_DATA));
		send();
		if (get_reg(REG_WHY) & WHY_NONE)
			break;
	}
	(void)az_dev_done(device);
}

int32_t serial_open(uint32_t baud)
{
	uint32_t divisor = baud > 0 ? CLOCK / baud : 0;
	int32_t status;

	if (divisor == 0 || divisor > UINT16_MAX || CLOCK % baud != 0)
		return AZ_BAD_ARGUMENT;
	device = az_device("", 0);
	status = device < 0 ? device : (int32_t)az_dev_features(device, 0);
	if (status < 0)
		return status;
	if (get_reg(REG_STATE) == ABSENT)
		return AZ_PEER_GONE;
	in.count = out.count = 0;
	set_reg(REG_LINE, LINE_DIVISOR);
	set_reg(REG_DATA, divisor & 0xff);
	set_reg(REG_ENABLE, divisor >> 8);
	set_reg(REG_LINE, LINE_8N1);
	set_reg(REG_WHY, FIFO_ON_CLEAR);
	burst = (get_reg(REG_WHY) & WHY_FIFOS) == WHY_FIFOS ? FIFO : 1;
	status = az_dev_start(device);
	set_reg(REG_MODEM, MODEM_READY);
	serve();
	return status;
}

int32_t serial_write(const uint8_t *bytes, uint32_t bytes_len, uint32_t *result)
{
	*result = 0;
	if (device < 0)
		return AZ_PEER_GONE;
	while (*result < bytes_len && out.count < BYTES)
		put(&out, bytes[(*result)++]);
	serve();
	return 0;
}

int32_t serial_read(uint8_t *result, uint32_t result_max, uint32_t *result_len)
{
	if (device < 0)
		return AZ_PEER_GONE;
	serve();
	while (*result_len < result_max && in.count > 0)
		result[(*result_len)++] = take(&in);
	return 0;
}
