/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Rules by port of the service. */
#ifndef ST_MAPS_PORT_RULES_H
#define ST_MAPS_PORT_RULES_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ST_SLOTS * 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct st_slot_port);
	__type(value, __u64);
} st_port_rules SEC(".maps");

static __always_inline __u64 st_rules_of_port(__u32 slot, __u32 port)
{
	struct st_slot_port key = {.slot = slot, .port = port};
	__u64 *rules = bpf_map_lookup_elem(&st_port_rules, &key);

	return rules ? *rules : 0;
}

#endif /* ST_MAPS_PORT_RULES_H */
