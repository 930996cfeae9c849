/* A controller's mix, in the manner of CoreMark: a linked list that is
 * searched and sorted, small integer matrices, a state machine that reads
 * numbers, and a CRC over all results. */
#include <stddef.h>

#include "speed.h"

enum { ITEMS = 400, SIDE = 24, TEXT = 2000, CRC_POLYNOMIAL = 0xa001 };

struct item {
	struct item *next;
	int16_t value, index;
};

enum state { START, SIGN, INTEGER, FRACTION, EXPONENT, POWER, INVALID, STATES };

static struct item items[ITEMS];
static int16_t a[SIDE][SIDE], b[SIDE][SIDE];
static int32_t product[SIDE][SIDE];
static char text[TEXT];

static uint16_t crc_add(uint16_t crc, uint32_t value)
{
	for (int bit = 0; bit < 32; bit++) {
		uint16_t carry = (crc ^ value) & 1;

		value >>= 1;
		crc >>= 1;
		if (carry)
			crc ^= CRC_POLYNOMIAL;
	}
	return crc;
}

static int by_value(const struct item *x, const struct item *y)
{
	return x->value - y->value;
}

static int by_index(const struct item *x, const struct item *y)
{
	return x->index - y->index;
}

typedef int compare(const struct item *x, const struct item *y);

static struct item *merge(struct item *x, struct item *y, compare *order)
{
	struct item *first = NULL, **end = &first;

	while (x != NULL && y != NULL) {
		struct item **from = order(x, y) <= 0 ? &x : &y;

		*end = *from;
		end = &(*end)->next;
		*from = *end;
	}
	*end = x != NULL ? x : y;
	return first;
}

static struct item *sort(struct item *list, compare *order)
{
	struct item *slow = list, *fast = list, *half;

	if (list == NULL || list->next == NULL)
		return list;
	while (fast->next != NULL && fast->next->next != NULL) {
		slow = slow->next;
		fast = fast->next->next;
	}
	half = slow->next;
	slow->next = NULL;
	return merge(sort(list, order), sort(half, order), order);
}

static struct item *reverse(struct item *list)
{
	struct item *done = NULL;

	while (list != NULL) {
		struct item *next = list->next;

		list->next = done;
		done = list;
		list = next;
	}
	return done;
}

static uint16_t work_list(uint16_t crc)
{
	struct item *list = items;

	for (int n = 0; n + 1 < ITEMS; n++)
		items[n].next = &items[n + 1];
	items[ITEMS - 1].next = NULL;
	for (int wanted = 0; wanted < 40; wanted++) {
		const struct item *at = list;

		while (at != NULL && at->value != wanted * 50)
			at = at->next;
		list = reverse(list);
		crc = crc_add(crc, at != NULL ? (uint32_t)at->index : 0);
	}
	list = sort(list, by_value);
	for (const struct item *at = list; at != NULL; at = at->next)
		crc = crc_add(crc, (uint32_t)at->value);
	list = sort(list, by_index);
	return crc_add(crc, (uint32_t)list->value);
}

static uint16_t work_matrix(uint16_t crc, int16_t add)
{
	int32_t sum = 0, last = 0;

	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			a[i][j] = (int16_t)(a[i][j] + add);
	for (int i = 0; i < SIDE; i++) {
		for (int j = 0; j < SIDE; j++) {
			int32_t cell = 0;

			for (int k = 0; k < SIDE; k++) {
				int32_t t = (int32_t)a[i][k] * b[k][j];

				cell += ((t >> 2) & 15) * ((t >> 5) & 127);
			}
			product[i][j] = cell;
		}
	}
	for (int i = 0; i < SIDE; i++) {
		for (int j = 0; j < SIDE; j++) {
			sum += product[i][j] > last ? 10 : product[i][j] & 3;
			last = product[i][j];
		}
	}
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			a[i][j] = (int16_t)(a[i][j] - add);
	return crc_add(crc, (uint32_t)sum);
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum state step(enum state state, char c)
{
	switch (state) {
	case START:
		if (c == '+' || c == '-')
			return SIGN;
		/* fall through */
	case SIGN:
		return is_digit(c) ? INTEGER : c == '.' ? FRACTION : INVALID;
	case INTEGER:
		if (c == '.')
			return FRACTION;
		/* fall through */
	case FRACTION:
		if (c == 'e')
			return EXPONENT;
		return is_digit(c) ? state : INVALID;
	case EXPONENT:
		return is_digit(c) || c == '-' ? POWER : INVALID;
	case POWER:
		return is_digit(c) ? POWER : INVALID;
	default:
		return INVALID;
	}
}

static uint16_t work_states(uint16_t crc)
{
	uint32_t ended[STATES] = { 0 }, passed[STATES] = { 0 };
	enum state state = START;

	for (int n = 0; n < TEXT; n++) {
		if (text[n] == ',') {
			ended[state]++;
			state = START;
		} else {
			state = step(state, text[n]);
			passed[state]++;
		}
	}
	for (int n = 0; n < STATES; n++)
		crc = crc_add(crc_add(crc, ended[n]), passed[n]);
	return crc;
}

void speed_setup(void)
{
	static const char letters[] = "0123456789012345+-..ee,,,,x";

	for (int n = 0; n < ITEMS; n++) {
		items[n].value = (int16_t)(speed_random() % 2000);
		items[n].index = (int16_t)n;
	}
	for (int i = 0; i < SIDE; i++) {
		for (int j = 0; j < SIDE; j++) {
			a[i][j] = (int16_t)speed_random();
			b[i][j] = (int16_t)speed_random();
		}
	}
	for (int n = 0; n < TEXT; n++)
		text[n] = letters[speed_random() % (sizeof letters - 1)];
}

uint32_t speed_round(void)
{
	uint16_t crc = 0xffff;

	for (int16_t n = 0; n < 20; n++) {
		crc = work_list(crc);
		crc = work_matrix(crc, n);
		crc = work_states(crc);
	}
	return crc;
}
