/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What a rule set says beside its tables. User space fills the slot that is not in force, then
 * changes the generation. */
#ifndef ST_MAPS_RULE_SETS_H
#define ST_MAPS_RULE_SETS_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ST_SLOTS);
	__type(key, __u32);
	__type(value, struct st_rule_set);
} st_rule_sets SEC(".maps");

static __always_inline struct st_rule_set *st_rule_set_of(__u32 slot)
{
	return bpf_map_lookup_elem(&st_rule_sets, &slot);
}

#endif /* ST_MAPS_RULE_SETS_H */
