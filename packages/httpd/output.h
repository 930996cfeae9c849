/* output: the bytes of a response on their way out: three pieces of memory,
 * then a file that is not in memory, in as few calls as there can be. */
#ifndef HTTPD_OUTPUT_H
#define HTTPD_OUTPUT_H

struct conn;

enum output {
	OUTPUT_DONE,  /* all of it is out */
	OUTPUT_MORE,  /* all that was tried; there is more of the file */
	OUTPUT_MOVED, /* some of it, and the socket is full */
	OUTPUT_FULL,  /* nothing */
	OUTPUT_BROKEN,
};

/* c->out and c->file are set. */
void output_begin(struct conn *c);
/* Write what the socket takes now. */
enum output output_write(struct conn *c);

#endif
