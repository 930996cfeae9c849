/* ctext_switch: br_table as a tree of comparisons.
 *
 * Module code has no jump through a table (the verifier lets none in), and
 * gcc makes two branches at each node of what it makes in place of one: for
 * equal and for above. This halves ranges of values that go to the same
 * place, by one branch a node.
 */
#ifndef BUILDER_CTEXT_SWITCH_H
#define BUILDER_CTEXT_SWITCH_H

struct buf;

/* Append to *out what does the same as wasm2c's switch, from behind that word
 * to its closing brace. Returns what follows, or NULL when the text has
 * another form. */
const char *ctext_switch(struct buf *out, const char *at, const char *end);

#endif
