/* ps2-keyboard: the driver of a PC's keyboard (scan code set 1, US layout),
 * which types on the console. */
#include "azoth_device.h"
#include "device.h"

#include <stdio.h>

enum {
	STATE_FULL = 1 << 0,
	STATE_MOUSE = 1 << 5,
	ABSENT = 0xff, /* what ports read as where nothing is */
	RELEASED = 0x80,
	PREFIX = 0xe0, /* of the keys that the first PC had not */
	CONTROL = 0x1d,
	SHIFT_LEFT = 0x2a,
	SHIFT_RIGHT = 0x36,
	ALT = 0x38,
	CAPS_LOCK = 0x3a,
	ENTER = 0x1c,
	SLASH = 0x35,
	KEYS = 0x3a,
	BYTES_MAX = 64, /* at once; the controller has 16 */
};

/* By scan code: alone, and with shift. */
static const char plain[KEYS] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0"
				"asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[KEYS] = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0"
				  "ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
static const char keypad[] = "789-456+1230."; /* from code 0x47 on */

static struct {
	uint8_t left, right, control, alt, caps, prefix;
} held;

/* What a key that is pressed types, or 0. */
static char typed_by(uint8_t code)
{
	uint8_t shift = held.left | held.right;
	char c = 0;

	if (held.prefix)
		return code == ENTER || code == SLASH ? plain[code] : 0;
	if (code < KEYS)
		c = shift ? shifted[code] : plain[code];
	else if (code >= 0x47 && code < 0x47 + sizeof(keypad) - 1)
		c = keypad[code - 0x47];
	if (held.caps && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
		c ^= 'a' - 'A';
	/* Of these only the end of input means anything to the console. */
	if (held.control)
		c = c == 'd' || c == 'D' ? 'D' - '@' : 0;
	return held.alt || c == '\033' ? 0 : c;
}

static void take(uint8_t byte)
{
	uint8_t code = byte & (RELEASED - 1), down = byte < RELEASED;
	char c = 0;

	if (byte == PREFIX) {
		held.prefix = 1;
		return;
	}
	switch (code) {
	case SHIFT_LEFT: /* behind the prefix none that is held */
		held.left = held.prefix ? held.left : down;
		break;
	case SHIFT_RIGHT:
		held.right = held.prefix ? held.right : down;
		break;
	case CONTROL:
		held.control = down;
		break;
	case ALT:
		held.alt = down;
		break;
	case CAPS_LOCK:
		held.caps ^= down;
		break;
	default:
		c = down ? typed_by(code) : 0;
	}
	held.prefix = 0;
	if (c != 0)
		(void)az_console_type(&c, 1);
}

/* 0, or why it cannot go on. */
static int32_t drain(int32_t device)
{
	for (int n = 0; n < BYTES_MAX; n++) {
		int64_t state = az_dev_read(device, REG_STATE, 0);
		int64_t byte;

		if (state < 0 || state == ABSENT)
			return AZ_PEER_GONE;
		if ((state & STATE_FULL) == 0)
			return 0;
		byte = az_dev_read(device, REG_DATA, 0);
		if ((state & STATE_MOUSE) == 0)
			take((uint8_t)byte);
	}
	return 0;
}

int main(void)
{
	int32_t device = az_device("", 0);
	int32_t status = device;

	if (status >= 0)
		status = az_dev_start(device);
	/* What came before it was listened to would keep the wire up. */
	if (status >= 0)
		status = drain(device);
	if (status >= 0)
		az_ready();
	while (status >= 0) {
		status = az_signal_wait(device, AZ_FOR_EVER);
		(void)az_dev_done(device);
		if (status >= 0)
			status = drain(device);
	}
	(void)fprintf(stderr, "there is no keyboard: %d\n", status);
	return 1;
}
