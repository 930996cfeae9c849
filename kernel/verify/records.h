/* verify/records: the checks of an index's records, table by table, once its
 * head and the bounds of its tables are known good. Parts of bundle_check_index
 * (verify/bundle.h), for index.c alone; why is never NULL.
 */
#ifndef AZ_VERIFY_RECORDS_H
#define AZ_VERIFY_RECORDS_H

#include "verify/bundle.h"

struct seen;

/* Blobs, and what they leave of the bundle: nothing. */
enum az_refusal blobs_check(const struct bundle *b, const char **why);
/* The record of the system and the strings of args and env. */
enum az_refusal system_check(const struct bundle *b, const char **why);
enum az_refusal strings_check(const struct bundle *b, const char **why);
enum az_refusal modules_check(const struct bundle *b, const char **why);
enum az_refusal grants_check(const struct bundle *b, const char **why);
enum az_refusal filesets_check(const struct bundle *b, const char **why);
enum az_refusal channels_check(const struct bundle *b, const char **why);
/* The tree of supervision. */
enum az_refusal nodes_check(const struct bundle *b, const char **why);
/* Devices, and who is granted them and the ends of socket channels. */
enum az_refusal devices_check(const struct bundle *b, const char **why);

/* In bounds, cut between characters, at most max bytes, no controls. */
bool records_text_plain(const struct bundle *b, struct az_text t, uint32_t max);

/* A name as those of modules. */
bool records_is_name(const struct bundle *b, struct az_text t);

/* Whether record i of that size, which begins with its name, has it alone
 * among those before it; seen has met these. The names are in bounds. */
bool records_is_new(const struct bundle *b, const void *records, size_t size,
    uint32_t i, struct seen *seen);

/* Whether r starts at *next, which it moves, and ends within count; an empty
 * one is {0, 0}. */
bool records_follow(struct az_run r, uint32_t *next, uint32_t count);

#endif
