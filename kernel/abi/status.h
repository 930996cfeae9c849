/* abi/status: what a call of another module, or of the kernel's own module
 * "azoth", answers in place of a result: zero and above are the callee's.
 */
#ifndef AZ_ABI_STATUS_H
#define AZ_ABI_STATUS_H

enum az_status {
	AZ_PEER_DIED = -1,    /* it ended in the call, and comes back */
	AZ_PEER_BUSY = -2,    /* its queue is full */
	AZ_PEER_TIMEOUT = -3, /* it did not answer within the channel's time */
	AZ_PEER_REVOKED = -4, /* the right to reach it was taken away */
	AZ_PEER_GONE = -5,    /* it ended and will not come back */
	AZ_BAD_HANDLE = -6,   /* no capability of the caller, or of that kind */
	AZ_DENIED = -7,	      /* the caller was not granted this */
	AZ_BAD_ARGUMENT = -8,
};

#endif
