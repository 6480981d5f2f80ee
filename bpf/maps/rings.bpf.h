/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* One ring buffer per payload process; a flow always goes to the same one. */
#ifndef ST_MAPS_RINGS_H
#define ST_MAPS_RINGS_H

struct st_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* user space creates the real ones */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, ST_MAX_RINGS);
	__type(key, __u32);
	__array(values, struct st_ring);
} st_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ST_MAX_RINGS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct st_ring_control);
} st_ring_ctl SEC(".maps");

/*
 * Waking the consumer for every record costs more than all the rest of the capture, so it happens
 * once, when it sleeps and the ring holds what it would get up for. Asked behind a submission,
 * which is a full barrier: a consumer that arms and then looks again sees either the record or the
 * wake-up. The wake-up itself needs a record: an empty one that is discarded.
 */
static __always_inline void st_wake_consumer(void *ring, __u32 ring_index)
{
	struct st_ring_control *control = bpf_map_lookup_elem(&st_ring_ctl, &ring_index);
	void *empty;

	if (!control || !control->wake_bytes ||
	    bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < control->wake_bytes)
		return;
	empty = bpf_ringbuf_reserve(ring, 8, 0);
	if (!empty)
		return;
	control->wake_bytes = 0;
	bpf_ringbuf_discard(empty, BPF_RB_FORCE_WAKEUP);
}

/* How large the ring is for admission: a consumer that yields the CPU wants little to catch up
 * with. */
static __always_inline __u64 st_admit_bytes(__u32 ring_index)
{
	struct st_ring_control *control = bpf_map_lookup_elem(&st_ring_ctl, &ring_index);

	if (!control || !control->admit_bytes)
		return config.ring_bytes;
	return control->admit_bytes;
}

#endif /* ST_MAPS_RINGS_H */
