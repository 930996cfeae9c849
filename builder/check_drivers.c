/* Drivers: what each device of the manifest is, from its device.yaml. */
#include "check_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "manifest.h"
#include "mem.h"

/* bus/NAME@PORT is described by NAME-1.device.yaml among the packages. */
static char *driver_path(
    const struct manifest *m, const struct manifest_device *device)
{
	const char *name;
	char *dir, *path;

	if (device->file.text != NULL)
		return manifest_resolve(m, device->file.text);
	name = strchr(device->match.text, '/') + 1;
	dir = check_package_dir();
	path = xasprintf(
	    "%s/%.*s-1.device.yaml", dir, (int)strcspn(name, "@"), name);
	free(dir);
	return path;
}

/* The description as a source that the list owns, or NULL after saying why
 * there is none. */
static const struct source *load(const struct manifest *m,
    const struct manifest_device *device, struct diags *list)
{
	const struct manifest_string *from =
	    device->file.text != NULL ? &device->file : &device->match;
	char *full = driver_path(m, device), *what;
	struct source *src = xcalloc(1, sizeof(*src));
	int err = source_load(src, full, SOURCE_MAX);

	if (err != 0) {
		what = xasprintf("the driver of `%s`", device->name.text);
		(void)report_absent(
		    list, what, from->text, full, from->at, err);
		free(what);
		free(src);
		free(full);
		return NULL;
	}
	free(src->path);
	src->path = device->file.text != NULL ? xstrdup(device->file.text)
					      : xstrdup(full);
	diags_own(list, src);
	free(full);
	return src;
}

/* A device that reaches memory has some, and one that does not has none. */
static void check_pool(const struct manifest_device *device, struct diags *list)
{
	bool needs = device->driver->device.engine != AZ_ENGINE_NONE;
	struct diag *d;

	if (needs == (device->pool != 0))
		return;
	d = diag_add(list, "AZ0103", device->name.at,
	    needs ? "device `%s` has no `dma`"
		  : "device `%s` has `dma`, which its driver cannot use",
	    device->name.text);
	diag_label(d, needs ? "its rings need memory" : "memory for nothing");
	diag_help(d, needs ? "add `dma: 1MiB`, of the size of the driver's "
			     "`AZ_WINDOW(dma, ...)`"
			   : "remove `dma`");
}

void check_drivers(struct manifest *m, struct diags *list)
{
	for (size_t i = 0; i < m->device_count; i++) {
		struct manifest_device *device = &m->devices[i];
		const struct source *src;

		if (device->owner == SIZE_MAX ||
		    (device->match.text == NULL && device->file.text == NULL))
			continue;
		src = load(m, device, list);
		if (src != NULL)
			device->driver = driver_parse(m->arena, src, list);
		if (device->driver != NULL)
			check_pool(device, list);
	}
}
