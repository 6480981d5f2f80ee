/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Which rule set is in force, and how much the limit on our own cost lets through. */
#ifndef ST_MAPS_CONTROL_H
#define ST_MAPS_CONTROL_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct st_control);
} st_control SEC(".maps");

/* Read once a packet, so that no packet meets two rule sets. */
static __always_inline __u32 st_generation(void)
{
	__u32 key = 0;
	struct st_control *control = bpf_map_lookup_elem(&st_control, &key);

	return control ? control->generation : 0;
}

/* Drawn for each request start. */
static __always_inline bool st_throttled(void)
{
	__u32 key = 0;
	struct st_control *control = bpf_map_lookup_elem(&st_control, &key);

	if (!control || control->admitted == ~0U)
		return false;
	return bpf_get_prandom_u32() >= control->admitted;
}

#endif /* ST_MAPS_CONTROL_H */
