/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What the programs cost: one packet in ST_TIMED_PACKETS is timed, since reading the clock twice
 * costs as much as a packet that nobody asked for. */
#ifndef ST_MAPS_COST_H
#define ST_MAPS_COST_H

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct st_cost);
} st_cost SEC(".maps");

/* The time, if this packet is to be timed; else 0. */
static __always_inline __u64 st_cost_begin(void)
{
	__u32 key = 0;
	struct st_cost *cost = bpf_map_lookup_elem(&st_cost, &key);

	if (!cost || ++cost->packets % ST_TIMED_PACKETS)
		return 0;
	return bpf_ktime_get_ns();
}

static __always_inline void st_cost_end(__u64 began_ns)
{
	__u32 key = 0;
	struct st_cost *cost;

	if (!began_ns)
		return;
	cost = bpf_map_lookup_elem(&st_cost, &key);
	if (!cost)
		return;
	cost->timed++;
	cost->timed_ns += bpf_ktime_get_ns() - began_ns;
}

#endif /* ST_MAPS_COST_H */
