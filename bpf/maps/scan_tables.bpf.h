/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* The automatons that are run over the head of a request. */
#ifndef ST_MAPS_SCAN_TABLES_H
#define ST_MAPS_SCAN_TABLES_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ST_SLOTS);
	__type(key, __u32);
	__type(value, struct st_scan_table);
} st_scan_tables SEC(".maps");

static __always_inline struct st_scan_table *st_scan_table_of(__u32 slot)
{
	return bpf_map_lookup_elem(&st_scan_tables, &slot);
}

#endif /* ST_MAPS_SCAN_TABLES_H */
