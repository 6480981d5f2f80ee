/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Our own connections, so that a mirror never mirrors itself. Payload processes enter both ends of
 * a connection before it sends, in mapped memory, because they may not make bpf() calls. Both ends,
 * because a client on this machine may use the same local port towards the live service. An entry
 * is a 64-bit tag of them, 0 when free, in one of the ways of the bucket that the tag selects. What
 * is recognised no more behind address translation has its header still.
 */
#ifndef ST_MAPS_OWN_H
#define ST_MAPS_OWN_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ST_OWN_BUCKETS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct st_own_bucket);
} st_own SEC(".maps");

/* Keep in step with ownTag() in src/capture/own-table.ts; a test runs both over the same endpoints.
 */
static __always_inline __u64 st_own_tag(const struct st_tuple *tuple)
{
	const __u32 *word = (const __u32 *)tuple->client_addr; /* the server's follows */
	__u32 low = tuple->client_port, high = tuple->server_port;

#pragma unroll
	for (int i = 0; i < 8; i++) {
		low = (low ^ word[i]) * 0x85ebca6b;
		low ^= low >> 15;
		high = (high ^ word[i]) * 0xc2b2ae35;
		high ^= high >> 13;
	}
	return ((__u64)high << 32 | low) | 1;
}

static __always_inline bool st_is_own(const struct st_tuple *tuple)
{
	__u64 tag = st_own_tag(tuple);
	__u32 key = (tag >> 8) & (ST_OWN_BUCKETS - 1);
	struct st_own_bucket *bucket = bpf_map_lookup_elem(&st_own, &key);

	if (!bucket)
		return false;
#pragma unroll
	for (int way = 0; way < ST_OWN_WAYS; way++)
		if (bucket->tags[way] == tag)
			return true;
	return false;
}

#endif /* ST_MAPS_OWN_H */
