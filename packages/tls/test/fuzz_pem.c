/* fuzz_pem: a secret of whatever bytes: a key and certificates that belong
 * together, or a reason why not; and no byte of a key is left afterwards. */
#include "../identity.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct identity id;
	const char *text = (const char *)bytes;

	if (identity_read_key(&id, text, length) == NULL &&
	    identity_read_chain(&id, text, length) == NULL)
		(void)identity_check(&id);
	identity_forget(&id);
	for (size_t i = 0; i < KEY_SIZE; i++)
		if (id.bytes[i] != 0)
			abort();
	return 0;
}
