/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* The captured ports, one bit each: the first and cheapest test. One entry per rule set. */
#ifndef ST_MAPS_PORTS_H
#define ST_MAPS_PORTS_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ST_SLOTS);
	__type(key, __u32);
	__type(value, struct st_port_set);
} st_ports SEC(".maps");

static __always_inline bool st_port_captured(__u32 generation, __u32 port)
{
	__u32 slot = generation % ST_SLOTS;
	struct st_port_set *set = bpf_map_lookup_elem(&st_ports, &slot);

	/* Or clang leaves the mask out, knowing that a port has 16 bits: verifiers up to 6.12 at
	 * least forget that at the byte swap. */
	asm volatile("" : "+r"(port));
	return set && (set->bits[(port >> 6) & 1023] >> (port & 63)) & 1;
}

#endif /* ST_MAPS_PORTS_H */
