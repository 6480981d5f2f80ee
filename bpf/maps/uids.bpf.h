/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Rules by the user that owns the socket. */
#ifndef ST_MAPS_UIDS_H
#define ST_MAPS_UIDS_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ST_MAX_OWNERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct st_slot_uid);
	__type(value, __u64);
} st_uids SEC(".maps");

static __always_inline __u64 st_rules_of_uid(__u32 slot, __u32 uid)
{
	struct st_slot_uid key = {.slot = slot, .uid = uid};
	__u64 *rules = bpf_map_lookup_elem(&st_uids, &key);

	return rules ? *rules : 0;
}

#endif /* ST_MAPS_UIDS_H */
