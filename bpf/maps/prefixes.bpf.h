/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Rules by network. Each prefix has all rules that its addresses fit, so that the longest one that
 * contains an address says everything. */
#ifndef ST_MAPS_PREFIXES_H
#define ST_MAPS_PREFIXES_H

#define ST_LOCAL_SIDE  0
#define ST_REMOTE_SIDE 1

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, ST_MAX_PREFIXES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct st_prefix);
	__type(value, __u64);
} st_prefixes SEC(".maps");

static __always_inline __u64 st_rules_of_address(__u32 slot, __u32 side, const __u8 addr[16])
{
	struct st_prefix key = {.bits = 160, .place = slot * 2 + side};
	__u64 *rules;

	__builtin_memcpy(key.addr, addr, sizeof(key.addr));
	rules = bpf_map_lookup_elem(&st_prefixes, &key);
	return rules ? *rules : 0;
}

#endif /* ST_MAPS_PREFIXES_H */
