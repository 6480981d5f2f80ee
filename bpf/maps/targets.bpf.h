/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Resolved addresses of the shadow targets: what reaches them is never captured, whoever sent it.
 */
#ifndef ST_MAPS_TARGETS_H
#define ST_MAPS_TARGETS_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ST_MAX_TARGETS);
	__type(key, struct st_endpoint);
	__type(value, __u32);
} st_targets SEC(".maps");

static __always_inline bool st_is_target(const struct st_tuple *tuple)
{
	struct st_endpoint server = {.port = tuple->server_port};

	__builtin_memcpy(server.addr, tuple->server_addr, sizeof(server.addr));
	return bpf_map_lookup_elem(&st_targets, &server) != NULL;
}

#endif /* ST_MAPS_TARGETS_H */
