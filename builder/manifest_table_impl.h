/* manifest_table_impl: the parts of the table, for manifest_table*.c alone. */
#ifndef BUILDER_MANIFEST_TABLE_IMPL_H
#define BUILDER_MANIFEST_TABLE_IMPL_H

#include "manifest_table.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

#define US 1000ull
#define MS (1000 * US)
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)

enum { TEXT_MAX = 4096 };

#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}
#define LATER(key, text)                                                       \
	{                                                                      \
		.name = key, .type = FIELD_LATER, .help = text                 \
	}

/* What the user's names and items hold: one field, then END. */
extern const struct field TABLE_MODULE[];    /* modules.* */
extern const struct field TABLE_CHANNEL[];   /* channels.* */
extern const struct field TABLE_ASSERTION[]; /* assert.* */

extern const struct field TABLE_DEVICE[];  /* devices.* */
extern const struct field TABLE_NETWORK[]; /* networks.* */
extern const struct field TABLE_SECRET[];  /* secrets.* */
extern const struct field TABLE_HELD[];    /* grants.device.* */
extern const struct field TABLE_PLACE[];   /* grants.listen.* */
extern const struct field TABLE_TARGET[];  /* grants.connect.* */
extern const struct field TABLE_KNOWN[];   /* grants.secret.* */
extern const struct field TABLE_SOCKETS[]; /* the keys of `sockets` */

/* The keys of `supervision`. */
extern const struct field TABLE_SUPERVISION[];

#endif
