/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Rules by cgroup. */
#ifndef ST_MAPS_CGROUPS_H
#define ST_MAPS_CGROUPS_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ST_MAX_OWNERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct st_slot_cgroup);
	__type(value, __u64);
} st_cgroups SEC(".maps");

static __always_inline __u64 st_rules_of_cgroup(__u32 slot, __u64 id)
{
	struct st_slot_cgroup key = {.id = id, .slot = slot};
	__u64 *rules = bpf_map_lookup_elem(&st_cgroups, &key);

	return rules ? *rules : 0;
}

#endif /* ST_MAPS_CGROUPS_H */
