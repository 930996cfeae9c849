/* verify/image_records: the checks of an image's records, once its head and
 * the bounds of its spans are known good. Parts of image_open, for image.c
 * alone; why is never NULL. Each relies on the ones above it.
 */
#ifndef AZ_VERIFY_IMAGE_RECORDS_H
#define AZ_VERIFY_IMAGE_RECORDS_H

#include "verify/image.h"

enum az_refusal image_sigs_check(const struct image_view *v, const char **why);
/* Functions and the start function. */
enum az_refusal image_funcs_check(const struct image_view *v, const char **why);
enum az_refusal image_imports_check(
    const struct image_view *v, const char **why);
enum az_refusal image_exports_check(
    const struct image_view *v, const char **why);
/* Tables, what is written into them, and its entries. */
enum az_refusal image_tables_check(
    const struct image_view *v, const char **why);
enum az_refusal image_segments_check(
    const struct image_view *v, const char **why);

#endif
