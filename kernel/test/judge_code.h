/* test/judge_code: what code that the verifier accepted must keep, told a second
 * time and in another way.
 *
 * Where verify/code reads the text once from front to back, the judge follows
 * control: from each function's start along every edge, with the depth of the
 * stack and the registers below 2^32, until no way to an instruction takes
 * one from those any more. It takes lengths and memory
 * operands from verify/x86_64 (tools/compare-decoder holds those to objdump)
 * and reads the rest from the bytes.
 * Memory: static; one thread. Texts up to JUDGE_TEXT_MAX bytes.
 */
#ifndef AZ_TEST_JUDGE_CODE_H
#define AZ_TEST_JUDGE_CODE_H

struct image_view;

enum { JUDGE_TEXT_MAX = 4096 };

/* What is wrong with code that passed code_check: NULL, or a static text. */
const char *judge_code(const struct image_view *v);

#endif
