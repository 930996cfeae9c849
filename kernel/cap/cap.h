/* cap: capabilities, the authority of instances over ends of channels.
 *
 * A holder (a module's number) has a table of slots. A handle is the number
 * of a slot and its generation, which is raised when the slot is given back:
 * a forged, stale or foreign handle finds nothing, in a time that does not
 * depend on why. A slot whose generations are used up is never used again.
 * A capability that was made from another one is its child, has none but its
 * rights, and ends with it. A lease ends one by the clock.
 * Invariant: a capability is a root, or in the list of exactly one parent.
 * Memory: the caller's, or what cap_attach takes and cap_detach gives back;
 * nothing between them does. Context: interrupts off.
 */
#ifndef AZ_CAP_CAP_H
#define AZ_CAP_CAP_H

#include <stdint.h>

#include "base/err.h"
#include "base/timer.h"

enum {
	CAP_SLOT_BITS = 10,
	CAP_SLOTS_MAX = 1 << CAP_SLOT_BITS,
	/* A handle, as i32, is never negative: those are enum az_status. */
	CAP_GENERATION_MAX = (1 << (31 - CAP_SLOT_BITS)) - 1,
	/* Made by one holder and alive at a time: for itself, and for each
	 * other one. */
	CAP_DERIVED_MAX = 32,
	CAP_LENT_MAX = 4,
};

struct cap {
	uint32_t generation; /* a free slot's: of its next use; 0: retired */
	uint32_t object;     /* channel, AZ_TABLE_CHANNEL */
	uint32_t end;        /* whose authority it is, AZ_TABLE_PEER */
	uint16_t holder;     /* AZ_TABLE_MODULE */
	uint8_t kind;        /* enum az_channel_type; 0: the slot is free */
	uint8_t rights;      /* set of enum az_right */
	struct cap *parent;  /* NULL: a root */
	struct cap *child;   /* the youngest one made from this */
	struct cap *next;    /* the next older one of its parent; free slot */
	struct timer lease;  /* set when it has one */
};

/* What a new capability is to be: the values of its fields, and the moment
 * that ends it (0: none). */
struct cap_wish {
	uint32_t object, end;
	uint8_t kind, rights;
	uint64_t until;
};

enum cap_why { CAP_CLOSED, CAP_REVOKED, CAP_EXPIRED, CAP_DIED };

/* Told of every capability that ends, while c and its handle still stand (but
 * a lease that has run out is not set any more); must not change any. Whoever
 * waits or calls through c is to learn it. Set once. */
typedef void cap_ended_fn(const struct cap *c, enum cap_why why);
void cap_set_ended(cap_ended_fn *on_end);

/* Room for holders 0 to count - 1, none with a table. */
az_err cap_init(uint32_t count);
/* Zeroed memory for a table, until its holder is detached. */
struct cap_room {
	uint8_t *at;
	uint64_t size; /* bytes; if they do not suffice, a run is allocated */
};

/* Give holder a table for roots, whose slots nothing else can take, and for
 * what it and `others` make for it. roots <= CAP_SLOTS_MAX. */
az_err cap_attach(uint32_t holder, uint32_t roots, uint32_t others,
    const struct cap_room *room);
/* cap_clear, and free the table. Nothing for a holder without one. */
void cap_detach(uint32_t holder);

/* All below give 0 or enum az_status, and change nothing when they fail. */

/* Leave the current function with the status of expr, unless that is 0. */
#define CAP_TRY(expr)                                                          \
	do {                                                                   \
		int32_t cap_status_ = (expr);                                  \
		if (cap_status_ != 0)                                          \
			return cap_status_;                                    \
	} while (0)

/* A new root for holder: AZ_PEER_BUSY when it has as many as it may, those
 * counted whose slots are used up. */
int32_t cap_root(
    struct cap **out, uint32_t holder, const struct cap_wish *wish);

/* The capability behind handle of holder: AZ_BAD_HANDLE for none of that
 * kind, AZ_DENIED when it lacks some of rights. */
int32_t cap_find(struct cap **out, uint32_t holder, uint32_t handle,
    uint32_t kind, uint32_t rights);
/* The same for any kind. */
int32_t cap_find_any(struct cap **out, uint32_t holder, uint32_t handle);

/* Make a child of c for `holder` (c's own, or another): AZ_BAD_ARGUMENT for
 * no rights, AZ_DENIED for rights that c has not, AZ_PEER_BUSY beyond a
 * quota. until: as in cap_wish. */
int32_t cap_derive(struct cap **out, struct cap *c, uint32_t holder,
    uint32_t rights, uint64_t until);

/* End all that was made from c; c stays. */
void cap_revoke(struct cap *c);
/* End c, and all that was made from it before. */
void cap_close(struct cap *c, enum cap_why why);
/* The holder died: end all of its capabilities and what was made from them.
 * Its handles stay invalid for ever. */
void cap_clear(uint32_t holder);

/* The number by which c's holder names it: > 0. */
uint32_t cap_handle(const struct cap *c);

#endif
