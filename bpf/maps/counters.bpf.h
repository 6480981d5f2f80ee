/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
#ifndef ST_MAPS_COUNTERS_H
#define ST_MAPS_COUNTERS_H

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ST_C_MAX);
	__type(key, __u32);
	__type(value, struct st_count);
} st_counters SEC(".maps");

/* Atomic although per CPU: a softirq may interrupt the same program on the same CPU in between. */
static __always_inline void st_count(__u32 reason, __u64 bytes)
{
	struct st_count *count = bpf_map_lookup_elem(&st_counters, &reason);

	if (!count)
		return;
	/* Or clang makes of adding 0 an atomic "or", which came with Linux 5.12. */
	asm volatile("" : "+r"(bytes));
	__sync_fetch_and_add(&count->records, 1);
	__sync_fetch_and_add(&count->bytes, bytes);
}

#endif /* ST_MAPS_COUNTERS_H */
