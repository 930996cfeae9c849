/* Paths against a small file system with every kind of link. Whatever the
 * path, resolving it ends, and what it finds lies in the directory that it
 * starts from. */
#include "host/test_fake.h"

#include "base/panic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether dir is at or above at. */
static bool is_above(uint32_t dir, uint32_t at)
{
	while (at != dir && at != AT_ROOT)
		at = files_get(0, at)->parent;
	return at == dir;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t starts[] = { AT_ROOT, AT_DIR, AT_DEEP, AT_EMPTY };
	struct files_walk walk = { 0 };
	enum files_result result;
	uint32_t at = UINT32_MAX;
	char *path;

	if (size == 0)
		return 0;
	if (fake.files[AT_DIR].kind == 0) {
		fake_index();
		files_init(&fake.bundle);
	}
	walk.start = starts[data[0] & 3];
	walk.follow = data[0] & 4;
	path = malloc(size - 1);
	if (path == NULL)
		return 0;
	memcpy(path, data + 1, size - 1);
	result = files_resolve(&at, &walk, path, (uint32_t)(size - 1));
	if (result == FILES_OK) {
		invariant(at < FAKE_FILES);
		invariant(is_above(walk.start, at));
		invariant(
		    !walk.follow || files_get(0, at)->kind != AZ_FILE_SYMLINK);
	}
	free(path);
	return 0;
}
