/* base/err: the kernel's one error type.
 * A code exists only because some caller branches on it.
 */
#ifndef AZ_BASE_ERR_H
#define AZ_BASE_ERR_H

#define AZ_ERRORS(X)                                                           \
	X(AZ_OK, "ok")                                                         \
	X(AZ_EINVAL, "malformed request")                                      \
	X(AZ_ERANGE, "outside the bounds")                                     \
	X(AZ_ENOMEM, "out of memory")                                          \
	X(AZ_ENOTREADY, "not ready")

#define AZ_X(sym, text) sym,
typedef enum az_err { AZ_ERRORS(AZ_X) } az_err;
#undef AZ_X

/* Leave the current function with the error of expr, if it has one. */
#define TRY(expr)                                                              \
	do {                                                                   \
		az_err try_err_ = (expr);                                      \
		if (try_err_ != AZ_OK)                                         \
			return try_err_;                                       \
	} while (0)

#endif
