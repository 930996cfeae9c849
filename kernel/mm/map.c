#include "mm/map.h"

#include "arch/page.h"
#include "base/panic.h"
#include "mm/frame.h"

/* Addresses of runs are never used twice: a stale pointer always faults.
 * 32 TiB last longer than any machine. */
static uint64_t next_run;

az_err map_fresh(uint64_t virt, uint64_t size, unsigned prot)
{
	invariant((virt | size) % PAGE_SIZE == 0);
	for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
		uint64_t frame = frame_alloc();

		if (frame == 0 || page_map(virt + done, frame, prot) != AZ_OK) {
			if (frame != 0)
				frame_free(frame);
			map_release(virt, done);
			return AZ_ENOMEM;
		}
	}
	return AZ_OK;
}

void map_release(uint64_t virt, uint64_t size)
{
	for (uint64_t at = virt + size; at > virt; at -= PAGE_SIZE) {
		uint64_t frame = page_unmap(at - PAGE_SIZE);

		if (frame != 0)
			frame_free(frame);
	}
}

void map_forget(uint64_t virt, uint64_t size)
{
	for (uint64_t at = virt; at < virt + size; at += PAGE_SIZE)
		(void)page_unmap(at);
}

az_err map_alloc(void **out, size_t size)
{
	uint64_t bytes = page_whole(size);

	if (next_run == 0)
		next_run = page_runs_start;
	if (bytes < size || bytes / PAGE_SIZE > frame_count_free() ||
	    bytes + PAGE_SIZE > page_runs_end - next_run)
		return AZ_ENOMEM;
	TRY(map_fresh(next_run, bytes, PAGE_WRITE));
	*out = (void *)next_run;
	next_run += bytes + PAGE_SIZE; /* the guard */
	return AZ_OK;
}

void map_free(void **run, size_t size)
{
	if (*run == NULL)
		return;
	map_release((uint64_t)*run, page_whole(size));
	*run = NULL;
}

void map_protect(void *run, size_t size, unsigned prot)
{
	uint64_t virt = (uint64_t)run, end = virt + page_whole(size);

	for (; virt < end; virt += PAGE_SIZE)
		page_protect(virt, prot);
}

az_err map_share(uint64_t virt, const void *run, size_t size, unsigned prot)
{
	uint64_t from = (uint64_t)run, bytes = page_whole(size);

	for (uint64_t done = 0; done < bytes; done += PAGE_SIZE) {
		uint64_t frame = page_lookup(from + done, NULL, NULL);

		invariant(frame != 0);
		if (page_map(virt + done, frame, prot) != AZ_OK) {
			map_forget(virt, done);
			return AZ_ENOMEM;
		}
	}
	return AZ_OK;
}
