#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest.h"
#include "mem.h"

/* What the hooks were given. */
struct heard {
	struct buf echo, output;
	size_t ended;
};

static void hear_echo(void *ctx, const char *bytes, size_t len)
{
	struct heard *h = ctx;

	buf_add(&h->echo, bytes, len);
}

static void hear_output(void *ctx, const char *bytes, size_t len)
{
	struct heard *h = ctx;

	buf_add(&h->output, bytes, len);
}

static void hear_end(void *ctx, const struct guest_module *m)
{
	struct heard *h = ctx;

	(void)m;
	h->ended++;
}

/* Play text in pieces of `piece` bytes. */
static void play(
    struct guest *g, struct heard *h, const char *text, size_t piece)
{
	size_t len = strlen(text);

	memset(h, 0, sizeof *h);
	guest_init(g, &(struct guest_hooks){ .ctx = h,
			  .echo = hear_echo,
			  .module = "m",
			  .output = hear_output,
			  .ended = hear_end });
	for (size_t at = 0; at < len; at += piece)
		guest_feed(g, text + at, len - at < piece ? len - at : piece);
	guest_finish(g);
	buf_putc(&h->echo, 0);
	buf_putc(&h->output, 0);
}

static void end(struct guest *g, struct heard *h)
{
	guest_fini(g);
	buf_fini(&h->echo);
	buf_fini(&h->output);
}

static const char ends[] =
    "azoth 0.012345 info boot start version=1\r\n"
    "azoth 0.2 info sup exit module=hello end=exit code=3 expected=no ms=12\n"
    "azoth 0.3 info sup exit module=crash end=trap code=2 "
    "trap=\"out of bounds memory access\" expected=yes ms=4\r\n";

static void test_ends(void **state)
{
	struct guest g;
	struct heard h;

	(void)state;
	for (size_t piece = 1; piece < sizeof ends; piece++) {
		play(&g, &h, ends, piece);
		assert_true(g.booted);
		assert_int_equal(h.ended, 2);
		assert_int_equal(g.module_count, 2);
		assert_string_equal(g.modules[0].name, "hello");
		assert_false(g.modules[0].trapped);
		assert_false(g.modules[0].expected);
		assert_int_equal(g.modules[0].code, 3);
		assert_int_equal(g.modules[0].ms, 12);
		assert_string_equal(g.modules[1].name, "crash");
		assert_true(g.modules[1].trapped);
		assert_true(g.modules[1].expected);
		assert_string_equal(
		    g.modules[1].trap, "out of bounds memory access");
		end(&g, &h);
	}
}

/* A trap is told before the end of its module, which takes it along. */
static void test_trap(void **state)
{
	static const char text[] =
	    "azoth 0.1 error sup trap module=a kind=\"k\" func=\"lost\" "
	    "pc=0x1\n"
	    "azoth 0.2 error sup trap module=b kind=\"k\" func=\"f \\x22g\" "
	    "pc=1\n"
	    "azoth 0.2 error sup frame module=b n=0 func=\"f \\x22g\" "
	    "off=0x2e\n"
	    "azoth 0.2 error sup frame module=a n=0 func=\"no\" off=0x2e\n"
	    "azoth 0.2 error sup frame module=b n=1 func=\"main\" off=0x10\n"
	    "azoth 0.3 info sup exit module=b end=trap code=2 trap=\"k\"\n"
	    "azoth 0.3 info sup exit module=a end=trap code=2 trap=\"k\"\n"
	    "azoth 0.4 error sup frame module=c n=0 func=\"late\" off=0x1\n";
	struct guest g;
	struct heard h;

	(void)state;
	play(&g, &h, text, 9);
	assert_int_equal(g.module_count, 2);
	assert_string_equal(g.modules[0].function, "f \"g");
	assert_int_equal(g.modules[0].frame_count, 2);
	assert_string_equal(g.modules[0].frames[0].function, "f \"g");
	assert_int_equal(g.modules[0].frames[0].offset, 0x2e);
	assert_string_equal(g.modules[0].frames[1].function, "main");
	assert_string_equal(g.modules[1].function, "");
	assert_int_equal(g.modules[1].frame_count, 0);
	end(&g, &h);
}

static void test_many_frames(void **state)
{
	struct guest g;
	struct heard h;
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, "azoth 0.1 error sup trap module=a func=\"f\"\n");
	for (int i = 0; i < 2 * GUEST_FRAMES_MAX; i++)
		buf_printf(&text,
		    "azoth 0.1 error sup frame module=a n=%d func=\"f\"\n", i);
	play(&g, &h, text.at, 4096);
	assert_int_equal(g.crash.frame_count, GUEST_FRAMES_MAX);
	end(&g, &h);
	buf_fini(&text);
}

/* Nothing that a module prints is taken for the kernel's. */
static void test_forged(void **state)
{
	static const char *const lines[] = {
		"m | azoth 0.2 info sup exit module=x end=exit code=0\n",
		"m ! azoth 0.2 error trust refused reason=code\n",
		"m |+ azoth 0.2 info sup exit module=x end=exit code=0\n",
		"m # info azoth 0.2 info sup exit module=x end=exit code=0\n",
		" azoth 0.2 info sup exit module=x end=exit code=0\n",
		"azothx 0.2 info sup exit module=x end=exit code=0\n",
		"azoth | 0.2 info sup exit module=x end=exit code=0\n",
		"azoth x info sup exit module=x end=exit code=0\n",
		"azoth 0.2 info sup\n",
		"azoth 0.2 info host exit module=x\n",
		"azoth 0.2 info sup exit code=0\n",
		"azoth\n",
		"\n",
	};
	struct guest g;
	struct heard h;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		play(&g, &h, lines[i], 7);
		assert_int_equal(h.ended, 0);
		assert_string_equal(g.refusal, "");
		end(&g, &h);
	}
}

static void test_refused(void **state)
{
	struct guest g;
	struct heard h;

	(void)state;
	play(&g, &h,
	    "azoth 0.1 error trust refused reason=index-signature "
	    "what=\"signature of the index is \\x22wrong\\x22\"",
	    5);
	assert_string_equal(g.refusal, "index-signature");
	assert_string_equal(g.what, "signature of the index is \"wrong\"");
	end(&g, &h);
}

static void test_output(void **state)
{
	struct guest g;
	struct heard h;

	(void)state;
	play(&g, &h,
	    "m | one\r\n"
	    "n | not mine\n"
	    "mm | nor mine\n"
	    "m ! errors are not output\n"
	    "m |+ two \n"
	    "m |+ and \\x5cx41, \\xc3\\n\n"
	    "m | \n"
	    "m |\n"
	    "m |+ \\x0d\\x09\\x1b[0m\\xZZ\\x4",
	    3);
	assert_string_equal(
	    h.output.at, "one\ntwo and \\x41, \xc3\\n\n\n\r\t\x1b[0m\\xZZ\\x4");
	end(&g, &h);
}

/* Firmware moves the cursor; none of that reaches the user. */
static void test_escapes(void **state)
{
	struct guest g;
	struct heard h;

	(void)state;
	play(&g, &h,
	    "\x1b[2J\x1b[01;01H\x1b=\x1b[0m\x07"
	    "azoth 0.1 info boot start x=1\r\n\x7f",
	    1);
	assert_true(g.booted);
	assert_string_equal(h.echo.at, "azoth 0.1 info boot start x=1\n");
	end(&g, &h);
}

static void test_long_line(void **state)
{
	struct guest g;
	struct heard h;
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < 3 * GUEST_LINE_MAX; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, "\nazoth 0.1 info sup exit module=a end=exit code=0\n");
	play(&g, &h, text.at, 100);
	assert_int_equal(h.ended, 1);
	assert_int_equal(h.echo.len, text.len + 1);
	end(&g, &h);
	buf_fini(&text);
}

static void test_many_modules(void **state)
{
	struct guest g;
	struct heard h;
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < GUEST_MODULES_MAX + 10; i++)
		buf_printf(&text,
		    "azoth 0.1 info sup exit module=a%d end=exit code=0\n", i);
	play(&g, &h, text.at, 4096);
	assert_int_equal(g.module_count, GUEST_MODULES_MAX);
	assert_int_equal(g.modules_ended, GUEST_MODULES_MAX + 10);
	end(&g, &h);
	buf_fini(&text);
}

static void test_field(void **state)
{
	char out[6];

	(void)state;
	assert_true(guest_field("ab=1 b=2", "b", out, sizeof out));
	assert_string_equal(out, "2");
	assert_true(guest_field("a=\"x b=9\" b=3", "b", out, sizeof out));
	assert_string_equal(out, "3");
	assert_true(guest_field("a=12345678", "a", out, sizeof out));
	assert_string_equal(out, "12345");
	assert_true(guest_field("a=\"", "a", out, sizeof out));
	assert_string_equal(out, "\"");
	assert_true(guest_field("a= b=1", "a", out, sizeof out));
	assert_string_equal(out, "");
	assert_false(guest_field("a b", "b", out, sizeof out));
	assert_false(guest_field("", "b", out, sizeof out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_trap),
		cmocka_unit_test(test_many_frames),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_many_modules),
		cmocka_unit_test(test_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
