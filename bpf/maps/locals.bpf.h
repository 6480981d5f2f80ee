/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Addresses of this namespace: how connections that end here are told from forwarded ones where no
 * socket of the connection itself is found. */
#ifndef ST_MAPS_LOCALS_H
#define ST_MAPS_LOCALS_H

struct st_address {
	__u8 bytes[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ST_MAX_LOCALS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct st_address);
	__type(value, __u32);
} st_locals SEC(".maps");

static __always_inline bool st_is_local(const __u8 addr[16])
{
	struct st_address key;

	__builtin_memcpy(key.bytes, addr, sizeof(key.bytes));
	/* 127.0.0.0/8, mapped: every address of it is local, and only some are listed. */
	if (addr[12] == 127 && addr[10] == 0xff && addr[11] == 0xff && !addr[0])
		return true;
	return bpf_map_lookup_elem(&st_locals, &key) != NULL;
}

#endif /* ST_MAPS_LOCALS_H */
