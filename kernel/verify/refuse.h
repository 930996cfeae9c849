/* verify/refuse: how a check says no: the function returns an az_refusal and,
 * for all but PASS, has `const char **why`, never NULL. */
#ifndef AZ_VERIFY_REFUSE_H
#define AZ_VERIFY_REFUSE_H

/* Refuse with reason and text (static) unless cond holds. */
#define REQUIRE(cond, reason, text)                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			*why = (text);                                         \
			return (reason);                                       \
		}                                                              \
	} while (0)

/* The same for what the file is about, which defines REASON. */
#define MUST(cond, text) REQUIRE(cond, REASON, text)

/* Hand on the refusal of expr, if it is one. */
#define PASS(expr)                                                             \
	do {                                                                   \
		enum az_refusal pass_ = (expr);                                \
		if (pass_ != AZ_REFUSE_NONE)                                   \
			return pass_;                                          \
	} while (0)

#endif
