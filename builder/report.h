/* report: what is in an image and why, for people and for tools.
 * report.json carries "schema":"azoth.report/1"; keys are only ever added.
 */
#ifndef BUILDER_REPORT_H
#define BUILDER_REPORT_H

#include <stdbool.h>

struct build;

/* Write report.txt and report.json into the build's out folder. */
bool report_write(const struct build *b);

#endif
