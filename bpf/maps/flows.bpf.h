/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Facts about flows. LRU: when it overflows, the oldest flow is joined again like one that was open
 * before us. */
#ifndef ST_MAPS_FLOWS_H
#define ST_MAPS_FLOWS_H

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ST_MAX_FLOWS);
	__type(key, struct st_tuple);
	__type(value, struct st_flow);
} st_flows SEC(".maps");

static __always_inline struct st_flow *st_flow_add(const struct st_tuple *tuple,
						   const struct st_flow *flow)
{
	if (bpf_map_update_elem(&st_flows, tuple, flow, BPF_ANY))
		return NULL;
	return bpf_map_lookup_elem(&st_flows, tuple);
}

#endif /* ST_MAPS_FLOWS_H */
