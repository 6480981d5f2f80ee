/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* clsact filters outlive the process that attached them; without a heartbeat they do nothing. */
#ifndef ST_MAPS_HEARTBEAT_H
#define ST_MAPS_HEARTBEAT_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct st_heartbeat);
} st_beat SEC(".maps");

static __always_inline bool st_keeper_is_dead(void)
{
	__u32 key = 0;
	struct st_heartbeat *beat;

	if (!config.heartbeat_limit_ns)
		return false;
	beat = bpf_map_lookup_elem(&st_beat, &key);
	return beat && beat->time_ns &&
	       bpf_ktime_get_ns() - beat->time_ns > config.heartbeat_limit_ns;
}

#endif /* ST_MAPS_HEARTBEAT_H */
